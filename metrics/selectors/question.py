"""The question of a page, read from its address: unknown keys are told, bad values become an explained default."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.http import QueryDict

from livinglytics.lib.buckets import GRAINS, Grain, Period, resolve_range
from livinglytics.lib.errors import Invalid
from metrics.charts.bar import Choice, ContextBar, FilterChip
from metrics.query.address import filter_of
from metrics.query.filters import EVERYTHING, All, Filter, Test, parse
from metrics.query.model import Compare

RANGES = (
    ("7d", "Last 7 days", "D"),
    ("28d", "Last 28 days", "W"),
    ("91d", "Last 91 days", "M"),
    ("month", "Month to date", ""),
    ("quarter", "Quarter to date", ""),
    ("year", "Year to date", "Y"),
    ("12mo", "Last 12 months", ""),
    ("all", "All time", "A"),
)
COMPARES = (("previous", "Period before"), ("year", "Year before"), ("none", "Nothing"))
GRAIN_LABELS: dict[Grain, str] = {
    "hour": "Hour",
    "day": "Day",
    "week": "Week",
    "month": "Month",
    "quarter": "Quarter",
    "year": "Year",
}
_VERBS = {"is": "is", "is_not": "is not", "contains": "contains", "contains_not": "doesn't contain"}
#: as in the API
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 12, 31)
_KNOWN = frozenset({"range", "compare", "match", "grain", "metric", "f", "by", "page", "sort", "q", "first", "last"})
DEFAULT_RANGE = "28d"


@dataclass(frozen=True)
class Question:
    """What a page asks for, and the address that asks it again."""

    path: str
    period: Period
    range_text: str = DEFAULT_RANGE
    compare: Compare | None = None
    compare_text: str = "previous"
    grain: Grain | None = None
    filters: tuple[Test, ...] = ()
    metric: str = ""
    by: str = ""
    notices: tuple[str, ...] = ()

    @property
    def where(self) -> Filter:
        return All(self.filters) if self.filters else EVERYTHING

    @property
    def best_grain(self) -> Grain:
        """The asked grain, or one that gives a readable number of points."""
        if self.grain:
            return self.grain
        return "day" if self.period.days <= 100 else "week" if self.period.days <= 500 else "month"

    def url(self, *, path: str | None = None, **changes: str | None) -> str:
        """The address with some keys changed; None leaves a key out. Defaults are left out."""
        pairs: dict[str, str | None] = {
            "range": self.range_text if self.range_text != DEFAULT_RANGE else None,
            "compare": self.compare_text if self.compare_text != "previous" else None,
            "match": "date" if self.compare and self.compare.match == "date" else None,
            "grain": self.grain,
            "metric": self.metric or None,
            "by": self.by or None,
        }
        pairs.update(changes)
        query = [(key, value) for key, value in pairs.items() if value]
        query += [("f", filter_text(one)) for one in self.filters]
        return _address(path or self.path, query)

    def filtered_by(self, dimension: str, value: str) -> str:
        """The address with one more filter; a filter that is there already is taken off."""
        one = Test("is", dimension, (value,))
        kept = tuple(test for test in self.filters if test != one)
        if len(kept) == len(self.filters):
            kept = (*self.filters, one)
        return replace(self, filters=kept).url()


def _address(path: str, query: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(query, safe=':,')}" if query else path


def filter_text(test: Test) -> str:
    """A filter as it stands in an address: ``country:is:DE,FR`` (commas in values as %2C)."""
    return (
        f"{test.dimension}:{test.op}:{','.join(value.replace('%', '%25').replace(',', '%2C') for value in test.values)}"
    )


def read_question(params: QueryDict, path: str, *, today: date, first_day: date | None) -> Question:
    """The question in an address. Never fails: what can't be understood is replaced and explained."""
    notices = [f"“{key}” isn't something this page understands." for key in params if key not in _KNOWN]
    wanted = params.get("range", DEFAULT_RANGE)
    if params.get("first") and params.get("last"):
        wanted = f"{params['first']},{params['last']}"
    period, range_text = _range(wanted, today, first_day, notices)
    compare, compare_text = _compare(params, notices)
    grain = _grain(params.get("grain", ""), period, notices)
    return Question(
        path=path,
        period=period,
        range_text=range_text,
        compare=compare,
        compare_text=compare_text,
        grain=grain,
        filters=tuple(_filters(params.getlist("f"), notices)),
        metric=params.get("metric", "")[:100],
        by=params.get("by", "")[:60],
        notices=tuple(notices),
    )


def _range(text: str, today: date, first_day: date | None, notices: list[str]) -> tuple[Period, str]:
    if text == "all":
        return Period(min(first_day or today, today), today), text
    try:
        return _within_calendar(resolve_range(text, today, complete=text.endswith(("d", "mo")))), text
    except (Invalid, ValueError, OverflowError):
        notices.append(f"The range “{text[:40]}” can't be read, so this is the last 28 days.")
        return resolve_range(DEFAULT_RANGE, today, complete=True), DEFAULT_RANGE


def _within_calendar(period: Period) -> Period:
    """The period, or OverflowError where no period before or after it could be computed."""
    if not _EARLIEST <= period.first <= period.last <= _LATEST:
        raise OverflowError
    return period


def _compare(params: QueryDict, notices: list[str]) -> tuple[Compare | None, str]:
    text = params.get("compare", "previous")
    match = "date" if params.get("match") == "date" else "weekday"
    if text == "none":
        return None, text
    if text == "year":
        return Compare("year", match), text  # type: ignore[arg-type]
    if "," in text:
        try:
            period = _within_calendar(resolve_range(text, date.max))
            return Compare("custom", match, period), text  # type: ignore[arg-type]
        except (Invalid, ValueError, OverflowError):
            pass
    if text != "previous":
        notices.append(f"The comparison “{text[:40]}” isn't known, so this compares with the period before.")
    return Compare("previous", match), "previous"  # type: ignore[arg-type]


def _grain(text: str, period: Period, notices: list[str]) -> Grain | None:
    if not text:
        return None
    if text not in GRAINS:
        notices.append(f"The grain “{text[:40]}” isn't known, so the page chose one.")
        return None
    if text == "hour" and period.days > 31:
        notices.append("Hours can be shown for at most 31 days, so this shows days.")
        return "day"
    return text


def _filters(texts: Iterable[str], notices: list[str]) -> Iterable[Test]:
    for text in list(texts)[:20]:
        try:
            test = parse(filter_of(text))
        except Invalid as error:
            notices.append(f"{error.message} It was left out.")
            continue
        if isinstance(test, Test):
            yield test


def context_bar(question: Question, *, source_names: dict[str, str], export_url: str = "") -> ContextBar:
    """The sticky bar: every choice an address."""
    today_words = f"{_day(question.period.first)} – {_day(question.period.last)}"
    earlier = question.period.shifted(-question.period.days)
    later = question.period.shifted(question.period.days)
    return ContextBar(
        action=question.path,
        ranges=tuple(
            Choice(label, value, question.url(range=value), question.range_text == value, key)
            for value, label, key in RANGES
        ),
        compares=tuple(
            Choice(label, value, question.url(compare=value), question.compare_text == value)
            for value, label in COMPARES
        ),
        grains=tuple(
            Choice(GRAIN_LABELS[grain], grain, question.url(grain=grain), question.best_grain == grain)
            for grain in _grains_for(question.period)
        ),
        filters=tuple(_chip(question, test, source_names) for test in question.filters),
        hidden=_hidden(question),
        first=question.period.first.isoformat(),
        last=question.period.last.isoformat(),
        words=today_words,
        earlier_url=question.url(range=_text(earlier)),
        later_url=question.url(range=_text(later)),
        clear_url=replace(question, filters=()).url() if question.filters else "",
        export_url=export_url,
        notices=question.notices,
    )


def _grains_for(period: Period) -> tuple[Grain, ...]:
    found: list[Grain] = ["day"]
    if period.days <= 31:
        found.insert(0, "hour")
    if period.days > 13:
        found.append("week")
    if period.days > 59:
        found.append("month")
    if period.days > 180:
        found.append("quarter")
    return tuple(found)


def _chip(question: Question, test: Test, source_names: dict[str, str]) -> FilterChip:
    without = replace(question, filters=tuple(one for one in question.filters if one != test))
    values = [source_names.get(value, value) if test.dimension == "source" else value for value in test.values]
    return FilterChip(test.dimension, ", ".join(values), without.url(), _VERBS[test.op])


def _hidden(question: Question) -> tuple[tuple[str, str], ...]:
    pairs = [("metric", question.metric), ("grain", question.grain or ""), ("by", question.by)]
    pairs += [("f", filter_text(one)) for one in question.filters]
    if question.compare_text != "previous":
        pairs.append(("compare", question.compare_text))
    return tuple((key, value) for key, value in pairs if value)


def _text(period: Period) -> str:
    return f"{period.first.isoformat()},{period.last.isoformat()}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
