"""One pass over the days of an account, oldest first: three questions a day, each day as a whole.

Instagram tells no time zone. Its own daily values end at midnight Pacific, so days begin and end there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from livinglytics.lib.buckets import day_bounds, epoch, local_day
from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Batch, Progress, Raw, Rejected
from sources.connectors._values import instant, number, thing, words
from sources.connectors.instagram.declared import QUESTIONS, Question
from sources.connectors.instagram.profiles import profile
from sources.connectors.instagram.refusals import Unsupported
from sources.connectors.instagram.service import Service
from sources.records import CompleteDays, MetricPoint

if TYPE_CHECKING:
    from sources.connectors._base import Context, State

PACIFIC = "America/Los_Angeles"
STATE_VERSION = 1
#: days that are read again each time, and those of a first run
LOOKBACK, FIRST = 3, 30
#: Instagram keeps two years, of some numbers a month
KEPT, RECENT = 730, 30
#: so many followers an account needs for numbers about followers
FEW = 100
#: after so many days something that an account did not have is asked for again
FORGOTTEN = timedelta(days=30)
_DAY = timedelta(days=1)
#: below zero too: a day's interactions are what is left after those that were taken back
_LARGEST = 10**15


@dataclass(slots=True)
class _Day:
    """What a day brought: our names -> numbers, and what was no number."""

    values: dict[str, float] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)


class Pass:
    """From a few days before the last one read up to yesterday.

    State: ``through`` last day that was read; ``next`` and ``until`` where an unfinished pass goes on; ``lacking``
    what this account does not have, with the day that was learned. ``pinned`` goes with every state.
    """

    def __init__(self, ctx: Context, service: Service, state: State, *, pinned: State, since: date | None) -> None:
        self.ctx, self.service, self.pinned, self.since = ctx, service, pinned, since
        self.scope = [pinned["profile"], str(since or "")]
        self.state = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        self.last = local_day(ctx.now(), PACIFIC) - _DAY
        self.through = day_of(self.state.get("through"))
        self.lacking = {str(name): str(day) for name, day in thing(self.state.get("lacking")).items()}
        self.warnings: list[str] = []
        self.few = False

    def batches(self) -> Iterator[Batch]:
        """One batch a day. Days that Instagram has nothing for stay missing."""
        if self.ctx.window is not None:
            self.last = min(self.last, self.ctx.window[1])
        first = self._first()
        total = (self.last - first).days + 1
        if total > 0:
            self._meet()
        for done in range(total):
            if self.ctx.cancelled():
                return
            yield self._day(first + timedelta(days=done), done + 1, total)
        if self.warnings:
            yield Batch((), warnings=self._told())

    def _meet(self) -> None:
        followers = profile(self.service, self.pinned["profile"]).followers
        self.few = followers is not None and followers < FEW
        if self.few:
            self.warnings.append(f"Instagram tells follows from {FEW} followers on: they are missing, not zero.")
        old = (local_day(self.ctx.now(), PACIFIC) - FORGOTTEN).isoformat()
        self.lacking = {name: day for name, day in self.lacking.items() if day > old}

    def _first(self) -> date:
        """Where to begin: where an unfinished pass stopped, else some days before the new ones."""
        if self.through is not None and self.through > self.last and self.ctx.window is None:
            self.warnings.append("The last day read lay in the future and was set to yesterday.")
            self.through = self.last
        begin = self.ctx.window[0] if self.ctx.window else self.since or self.last - timedelta(days=FIRST - 1)
        oldest = local_day(self.ctx.now(), PACIFIC) - timedelta(days=KEPT)
        if begin < oldest:
            self.warnings.append(f"Instagram keeps numbers for two years: days before {oldest} are left out.")
            begin = oldest
        following = day_of(self.state.get("next"))
        if following is not None and self.state.get("until") == self.last.isoformat():
            return max(begin, min(following, self.last + _DAY))
        if self.through is not None:
            again = self.through + _DAY - timedelta(days=LOOKBACK)
            return max(begin, min(again, following or again))
        return begin

    def _day(self, day: date, done: int, total: int) -> Batch:
        found = _Day()
        for question in QUESTIONS:
            if not (question.few and self.few) and not (question.recent and self._is_old(day)):
                self._ask(question, day, found)
        self.through = max(self.through or day, day)
        name, promised = day.isoformat(), tuple(sorted(found.values))
        bad = f"Instagram sent {', '.join(found.bad)} that can't be read as a number. The rest of the day is kept."
        return Batch(
            (Raw(name, {"day": name, "values": found.values}, self.ctx.now()),) if found.values else (),
            self._place(day),
            Progress(done, total, "days"),
            complete=(CompleteDays(promised, day, day),) if promised else (),
            rejected=(Rejected(name, bad),) if found.bad else (),
            warnings=self._told(),
            quota=self.service.quota(),
        )

    def _is_old(self, day: date) -> bool:
        return day < local_day(self.ctx.now(), PACIFIC) - timedelta(days=RECENT)

    def _ask(self, question: Question, day: date, found: _Day) -> None:
        """All in one; where Instagram refuses one of them, which fails all, each by itself."""
        names = [one for one in question.names if one not in self.lacking]
        if not names:
            return
        try:
            self._read(question, names, day, found)
        except Unsupported as refused:
            if len(names) == 1:
                self._lacks(names[0], refused)
                return
            for name in names:
                try:
                    self._read(question, [name], day, found)
                except Unsupported as why:
                    self._lacks(name, why)

    def _lacks(self, name: str, why: Unsupported) -> None:
        self.lacking[name] = local_day(self.ctx.now(), PACIFIC).isoformat()
        self.warnings.append(f"This account has no {name}; it is left out for a month. {why.message}")

    def _read(self, question: Question, names: list[str], day: date, found: _Day) -> None:
        start, end = day_bounds(day, PACIFIC)
        body = self.service.get(
            f"{self.pinned['profile']}/insights",
            metric=",".join(names),
            period="day",
            metric_type="time_series" if question.series else "total_value",
            breakdown=question.breakdown or None,
            since=epoch(start),
            until=epoch(end),
        )
        if not isinstance(rows := body.get("data"), list):
            raise BadAnswer("Instagram sent no list of insights. If it stays, its service has changed.")
        for row in map(thing, rows):
            for name, sent in _told_by(row, question, day).items():
                if (ours := question.metrics.get(name)) is None:
                    continue
                count = number(sent, -_LARGEST, _LARGEST)
                if count is None:
                    found.bad.append(words(row.get("name"))[:60])
                else:
                    found.values[ours] = count

    def _place(self, day: date) -> State:
        state: State = {**self.pinned, "v": STATE_VERSION, "scope": self.scope, "lacking": dict(self.lacking)}
        if self.through is not None:
            state["through"] = self.through.isoformat()
        if day < self.last:
            state |= {"next": (day + _DAY).isoformat(), "until": self.last.isoformat()}
        return state

    def _told(self) -> tuple[str, ...]:
        told, self.warnings = tuple(dict.fromkeys(self.warnings)), []
        return told


def _told_by(row: Mapping[str, Any], question: Question, day: date) -> dict[str, Any]:
    """Name -> what one row of an answer tells of the day, as it was sent; what it leaves out is missing."""
    if question.series:
        values = row.get("values")
        each = [thing(one) for one in values] if isinstance(values, list) else []
        of_day = [one.get("value") for one in each if _day_ending(one.get("end_time")) == day]
        return {words(row.get("name")): of_day[-1]} if of_day else {}
    total = thing(row.get("total_value"))
    if not question.breakdown:
        return {words(row.get("name")): total["value"]} if "value" in total else {}
    parts = total.get("breakdowns")
    results = [one for part in parts if isinstance(one := thing(part).get("results"), list)] if parts else []
    rows = [thing(one) for result in results for one in result]
    return {words("/".join(map(str, one.get("dimension_values") or ()))): one.get("value") for one in rows}


def _day_ending(value: Any) -> date | None:
    """The day before a midnight; half a day back forgives the hour of summer time."""
    end = instant(value)
    return local_day(end - timedelta(hours=12), PACIFIC) if end else None


def day_of(value: Any) -> date | None:
    """A calendar day as a state keeps it."""
    try:
        return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        return None


def points(raw: Mapping[str, Any]) -> list[MetricPoint]:
    """A day as one point for each of its numbers."""
    day = date.fromisoformat(raw["day"])
    return [MetricPoint(key, day, float(value)) for key, value in sorted(raw["values"].items())]
