"""One pass over the days of a property, oldest first, with where it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from livinglytics.lib.buckets import day_bounds, local_day, zone_info
from livinglytics.lib.errors import BadAnswer, Invalid
from sources.connectors.ga4 import report
from sources.connectors.ga4.report import Question, Table, said
from sources.connectors.ga4.service import Service
from sources.connectors.ga4.words import DIMENSIONS, PEOPLE, SETTLES, SUMS, measure

if TYPE_CHECKING:
    from sources.connectors._base import Context, State

STATE_VERSION = 1
YEAR = 365
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for, as the settings mean it."""

    number: str
    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    currency: str
    lookback: int
    since: date | None

    @property
    def sums(self) -> tuple[str, ...]:
        return tuple(name for name in self.metrics if name in SUMS)

    @property
    def totals(self) -> tuple[str, ...]:
        """Asked for without dimensions: people, or just whether there was anything."""
        return tuple(name for name in self.metrics if name in PEOPLE) or ("sessions",)

    @property
    def scope(self) -> str:
        """Another scope means another history: it is read from the start."""
        return json.dumps([self.number, self.dimensions, self.metrics, self.currency, str(self.since or "")])

    def probe(self) -> dict[str, Any]:
        """A small question that tells zone, currency and quota."""
        return {
            "dateRanges": [{"startDate": "yesterday", "endDate": "yesterday"}],
            "metrics": [{"name": "sessions"}],
            "limit": "1",
        }


@dataclass(frozen=True, slots=True)
class DayRead:
    """One day as it came. ``promised``: the metrics that were seen whole; ``done`` of ``total`` days are read."""

    day: date
    payload: dict[str, Any]
    state: State
    done: int
    total: int
    promised: tuple[str, ...] = ()
    bad: tuple[Any, ...] = ()
    warnings: tuple[str, ...] = ()


class Pass:
    """From a few days before the last one read up to yesterday in the property's time zone.

    State: ``through`` last day that is read for good; ``next`` and ``until`` where an unfinished pass goes on;
    ``zone`` the property's time zone.
    """

    def __init__(self, ctx: Context, plan: Plan, service: Service, state: State) -> None:
        self.ctx, self.plan, self.service = ctx, plan, service
        self.state = state if state.get("v") == STATE_VERSION and state.get("scope") == plan.scope else {}
        self.warnings: list[str] = []
        self.through = _date(self.state.get("through"))
        self.stuck = False

    def days(self) -> Iterator[DayRead]:
        """Day after day; each is told whole or not at all. What is left in ``warnings`` belongs to no day."""
        zone = self._zone()
        last = local_day(self.ctx.now(), zone) - _DAY
        if self.ctx.window is not None:
            last = min(last, self.ctx.window[1])
        first = self._first(last)
        total = (last - first).days + 1
        if self.through is None and total > 2 and self.ctx.window is None:
            yield self._glimpse(last - _DAY, zone, total)
        for number in range(total):
            if self.ctx.cancelled():
                return
            yield self._day(first + timedelta(days=number), last, zone, total)

    def _zone(self) -> str:
        metadata = self.service.report(self.plan.probe()).get("metadata")
        told = metadata.get("timeZone") if isinstance(metadata, dict) else None
        known = self.state.get("zone")
        zone = str(told or known or self.ctx.zone)
        try:
            zone_info(zone)
        except Invalid:
            self.warnings.append(f"Google told a time zone that is not known here: {zone[:60]}.")
            zone = self.ctx.zone
        if known and zone != known:
            self.warnings.append(
                f"The property's time zone changed from {known} to {zone}. Older days stay as they are."
            )
        return zone

    def _first(self, last: date) -> date:
        """Where to begin: where an unfinished pass of the same day stopped, else the lookback before the new days."""
        if self.through is not None and self.through > last:
            self.warnings.append("The last day read lay in the future and was set to yesterday.")
            self.through = last
        begin = self.plan.since or last - timedelta(days=YEAR - 1)
        if self.ctx.window is not None:
            begin = self.ctx.window[0]
        following = _date(self.state.get("next"))
        if following is not None and self.state.get("until") == last.isoformat():
            return max(begin, min(following, last + _DAY))
        if self.through is not None:
            again = self.through + _DAY - timedelta(days=self.plan.lookback)
            return max(begin, min(again, following or again))
        if begin > last:
            self.warnings.append(f"There is nothing to read before {said(begin)}.")
        return begin

    def _glimpse(self, day: date, zone: str, total: int) -> DayRead:
        """A recent day ahead of a long first reading, which comes to it again: something to look at meanwhile."""
        tables = self._tables(day)
        state = {"v": STATE_VERSION, "scope": self.plan.scope, "zone": zone}
        return DayRead(day, self._payload(day, *tables), state, 0, total)

    def _day(self, day: date, last: date, zone: str, total: int) -> DayRead:
        people, split = self._tables(day)
        bad = (*people.bad, *split.bad)
        moving = self.ctx.now() - day_bounds(day, zone)[1] < SETTLES
        # a fresh day without anything is more likely not counted yet than truly empty
        whole = not bad and not (moving and not people.rows)
        self.stuck = self.stuck or (moving and not whole)
        if not self.stuck:
            self.through = max(self.through or day, day)
        seen = [name for name in self.plan.metrics if whole and name not in people.missing | split.missing]
        warnings = tuple(dict.fromkeys([*self.warnings, *people.notes, *split.notes]))
        self.warnings = []
        return DayRead(
            day=day,
            payload=self._payload(day, people, split),
            state=self._place(day, last, zone),
            done=total - (last - day).days,
            total=total,
            promised=tuple(measure(name, self.plan.currency).key for name in seen),
            bad=bad,
            warnings=warnings,
        )

    def _tables(self, day: date) -> tuple[Table, Table]:
        """The day's people, then its sums by the chosen dimensions; an empty day is asked about once."""
        plan = self.plan
        total = report.read(self._ask, Question(day, plan.totals))
        if not plan.sums or not (total.rows or total.bad):
            return total, Table()
        return total, report.read(self._ask, Question(day, plan.sums, plan.dimensions, plan.currency))

    def _ask(self, body: Any) -> dict[str, Any]:
        answer = self.service.report(body)
        metadata = answer.get("metadata")
        told = metadata.get("currencyCode") if isinstance(metadata, dict) else None
        if "currencyCode" in body and told and told != body["currencyCode"]:
            raise BadAnswer(f"Google answered in {str(told)[:10]} although {body['currencyCode']} was asked for.")
        return answer

    def _payload(self, day: date, total: Table, split: Table) -> dict[str, Any]:
        """The day as it is kept: all that ``map`` needs, in our words where they are settled."""
        plan = self.plan
        people = dict(zip(plan.totals, total.rows[0], strict=True)) if total.rows else {}
        return {
            "day": day.isoformat(),
            "currency": plan.currency,
            "by": [DIMENSIONS[name][1] for name in plan.dimensions],
            "metrics": list(plan.sums),
            "rows": split.rows,
            "people": {name: value for name, value in people.items() if name in PEOPLE},
            "missing": sorted(total.missing | split.missing),
        }

    def _place(self, day: date, last: date, zone: str) -> State:
        state: State = {"v": STATE_VERSION, "scope": self.plan.scope, "zone": zone}
        if self.through is not None:
            state["through"] = self.through.isoformat()
        if day < last:
            state |= {"next": (day + _DAY).isoformat(), "until": last.isoformat()}
        return state


def _date(value: Any) -> date | None:
    try:
        return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        return None
