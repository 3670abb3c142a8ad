"""A question from JSON or from an address. Every wrong field is named; nothing is guessed in silence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar, cast

from django.http import QueryDict

from livinglytics.lib import buckets, clock
from livinglytics.lib.buckets import GRAINS, Grain, Period
from livinglytics.lib.errors import Invalid
from metrics.query import paging
from metrics.query.address import body_of
from metrics.query.context import context
from metrics.query.filters import EVERYTHING, Filter, parse
from metrics.query.model import Compare, CompareKind, Match, Query, Workspace
from metrics.query.slots import LONGEST_DAYS
from metrics.store import for_team, reads

FIELDS: Final = (
    "metrics",
    "range",
    "compare",
    "grain",
    "dimensions",
    "filters",
    "order_by",
    "limit",
    "cursor",
    "include_today",
)
LARGEST_LIMIT: Final = 1_000
MOST_METRICS: Final = 20
MOST_DIMENSIONS: Final = 4
DEFAULT_RANGE: Final = "28d"
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 12, 31)
_ENDS_YESTERDAY = re.compile(r"[1-9]\d*(d|mo)", re.ASCII)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as understood. ``version``: the data version that the cursor was made of, if there was one."""

    query: Query
    version: int | None = None
    notices: tuple[str, ...] = ()


def from_body(
    body: Any, workspace: Workspace, *, now: datetime | None = None, largest: int | None = LARGEST_LIMIT
) -> Asked:
    """The question in a JSON body. ``largest`` None: no limit unless one is asked for (exports).

    Raises Invalid whose details name every unknown and every wrong field.
    """
    if not isinstance(body, Mapping):
        raise Invalid("The body is an object with metrics and a range.", details={"body": ["Send a JSON object."]})
    fields = _Fields(body)
    fields.refuse_unknown()
    metrics: tuple[str, ...] = fields.take("metrics", _metrics, tuple[str, ...]())
    if not metrics and "metrics" not in fields.errors:
        fields.wrong("metrics", "Name at least one metric.")
    today = buckets.local_day(now or clock.now(), workspace.zone)
    include_today = fields.take("include_today", _flag, False)
    text = fields.take("range", _range_text, DEFAULT_RANGE)
    period = fields.take("range", lambda _: _period(text, today, include_today, workspace, metrics), None)
    if period is None and "range" not in fields.errors:
        period = _period(text, today, include_today, workspace, metrics)
    dimensions = fields.take("dimensions", _dimensions, tuple[str, ...]())
    query = Query(
        metrics=metrics,
        period=period or Period(today, today),
        grain=fields.take("grain", _grain, None),
        dimensions=dimensions,
        where=fields.take("filters", _where, cast(Filter, EVERYTHING)),
        compare=fields.take("compare", _compare, None),
        order_by=fields.take("order_by", lambda raw: _order(raw, (*metrics, *dimensions)), ()),
        limit=fields.take("limit", lambda raw: _limit(raw, largest), largest),
        range_text=text,
    )
    page = fields.take("cursor", lambda raw: paging.read(raw, query), None)
    fields.done()
    return _on_page(query, page, _cut_notice(text, period, today))


def from_params(
    params: QueryDict, workspace: Workspace, *, now: datetime | None = None, largest: int | None = LARGEST_LIMIT
) -> Asked:
    """The question in an address (``?metrics=sessions,users&range=28d&f=country:is:DE``), as strict as a body."""
    return from_body(body_of(params), workspace, now=now, largest=largest)


class _Fields:
    """The fields of a body on their way to a query; collects what is wrong with them."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.errors: dict[str, list[str]] = {}

    def refuse_unknown(self) -> None:
        for name in self.given:
            if name not in FIELDS:
                self.wrong(str(name)[:60], f"There is no such field. The fields are {', '.join(FIELDS)}.")

    def wrong(self, name: str, message: str) -> None:
        self.errors.setdefault(name, []).append(message)

    def take(self, name: str, read: Callable[[Any], T], default: T) -> T:
        """The field as ``read`` understands it; ``default`` where it is absent, null or wrong."""
        raw = self.given.get(name)
        if raw is None or name in self.errors:
            return default
        try:
            return read(raw)
        except Invalid as error:
            self.wrong(name, error.message)
            return default

    def done(self) -> None:
        if self.errors:
            raise Invalid(details=self.errors)


def _on_page(query: Query, page: paging.Page | None, notices: tuple[str, ...]) -> Asked:
    if page is None:
        return Asked(query, None, notices)
    return Asked(replace(query, offset=page.offset, period=page.period), page.version, notices)


def _names(raw: Any, what: str, most: int) -> tuple[str, ...]:
    names = [raw] if isinstance(raw, str) else raw
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise Invalid(f"Give a list of {what}.")
    if len(names) > most:
        raise Invalid(f"At most {most} {what} fit into one question.")
    if len(set(names)) != len(names):
        raise Invalid(f"Name each of the {what} once.")
    if any(not 0 < len(one) <= 100 or not one.isprintable() for one in names):
        raise Invalid(f"Names of {what} have 1 to 100 printable characters.")
    return tuple(names)


def _where(raw: Any) -> Filter:
    return parse(raw)


def _metrics(raw: Any) -> tuple[str, ...]:
    return _names(raw, "metrics", MOST_METRICS)


def _dimensions(raw: Any) -> tuple[str, ...]:
    names = _names(raw, "dimensions", MOST_DIMENSIONS)
    if "time" in names:
        raise Invalid("Time is no dimension: choose a grain.")
    return names


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise Invalid("Give true or false.")
    return raw


def _range_text(raw: Any) -> str:
    """The range as text; a list of two dates becomes ``first,last``."""
    if isinstance(raw, list) and len(raw) == 2 and all(isinstance(one, str) for one in raw):
        return f"{raw[0]},{raw[1]}"[:60]
    if not isinstance(raw, str):
        raise Invalid("Give a range such as 28d, 12mo, month, all, or two ISO dates.")
    return raw[:60]


def _period(text: str, today: date, include_today: bool, workspace: Workspace, metrics: tuple[str, ...]) -> Period:
    if text == "all":
        return _all_time(workspace, metrics, today)
    complete = not include_today and _ENDS_YESTERDAY.fullmatch(text) is not None
    try:
        period = buckets.resolve_range(text, today, complete=complete)
    except (OverflowError, ValueError):
        raise Invalid(f"The range “{text}” leaves the calendar.") from None
    if not _EARLIEST <= period.first <= period.last <= _LATEST:
        raise Invalid(f"A range lies between {_EARLIEST} and {_LATEST}.")
    return period


def _all_time(workspace: Workspace, metrics: tuple[str, ...], today: date) -> Period:
    """From the first stored day of these metrics; without any, today. At most as far back as a range may go."""
    catalog = context(workspace.team_id).catalog
    bases = sorted({base for key in metrics if (one := catalog.find(key)) for base in one.bases()})
    found = reads.fills(for_team(workspace.team_id), bases) if bases else []
    days = [fill.first_day for fill in found if fill.first_day is not None]
    first = buckets.from_day_number(min(days)) if days else today
    return Period(max(min(first, today), today - timedelta(days=LONGEST_DAYS - 1)), today)


def _cut_notice(text: str, period: Period | None, today: date) -> tuple[str, ...]:
    if text == "all" and period is not None and period.days == LONGEST_DAYS and period.last == today:
        return ("All time reaches back at most twenty years; ask for earlier days by their dates.",)
    return ()


def _grain(raw: Any) -> Grain:
    if raw not in GRAINS:
        raise Invalid(f"A grain is one of {', '.join(GRAINS)}.")
    return cast(Grain, raw)


def _compare(raw: Any) -> Compare:
    """``"previous"``, ``"year"`` or an object of kind, match and, for custom, the period."""
    given = {"kind": raw} if isinstance(raw, str) else raw
    if not isinstance(given, Mapping) or not set(given) <= {"kind", "match", "period"}:
        raise Invalid("Compare with previous or year, or give an object of kind, match and period.")
    kind, match = given.get("kind", "custom" if given.get("period") else "previous"), given.get("match", "weekday")
    if kind not in ("previous", "year", "custom"):
        raise Invalid("A comparison is one of previous, year, custom.")
    if match not in ("weekday", "date"):
        raise Invalid("Comparisons match by weekday or by date.")
    if (kind == "custom") != (given.get("period") is not None):
        raise Invalid("A custom comparison, and only that, has a period of two ISO dates.")
    period = None if kind != "custom" else _custom_period(given["period"])
    return Compare(cast(CompareKind, kind), cast(Match, match), period)


def _custom_period(raw: Any) -> Period:
    text = _range_text(raw)
    if "," not in text:
        raise Invalid("The period of a custom comparison is two ISO dates.")
    period = buckets.resolve_range(text, _LATEST)
    if not _EARLIEST <= period.first <= period.last <= _LATEST:
        raise Invalid(f"A period lies between {_EARLIEST} and {_LATEST}.")
    return period


def _order(raw: Any, names: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    if not isinstance(raw, list) or len(raw) > 6:
        raise Invalid('Give up to six pairs such as [["sessions", "desc"]].')
    return tuple(_one_order(one, names) for one in raw)


def _one_order(raw: Any, names: tuple[str, ...]) -> tuple[str, bool]:
    pair = [raw, "asc"] if isinstance(raw, str) else raw
    if not isinstance(pair, list) or len(pair) != 2 or pair[1] not in ("asc", "desc"):
        raise Invalid('Each order is a pair such as ["sessions", "desc"].')
    if pair[0] != "time" and pair[0] not in names:
        raise Invalid(f"Order by time, or by a metric or dimension of the question, not “{str(pair[0])[:60]}”.")
    return pair[0], pair[1] == "desc"


def _limit(raw: Any, largest: int | None) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 1 or (largest is not None and raw > largest):
        raise Invalid("A limit is a whole number from 1" + (f" to {largest:,}." if largest else "."))
    return raw
