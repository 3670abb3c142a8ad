"""From an answer of the engine to what the components draw: tiles, figures, breakdowns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from livinglytics.lib import buckets, numbers
from metrics.catalog import Definition
from metrics.charts import shapes
from metrics.charts.judged import judged
from metrics.models import Annotation
from metrics.query.model import Answer, Compared, Row, Value
from metrics.selectors.question import GRAIN_LABELS, Question

VERBS = {"is": "is", "is_not": "is not", "contains": "contains", "contains_not": "doesn't contain"}

_SHOWN = 8


def unit_of(definition: Definition) -> str:
    """The unit that the formatter and the axis use."""
    return definition.unit


def label(iso: str, grain: str, *, year: bool = True) -> str:
    """A bucket's start as people write it: Thu 14 Nov, 14:00 · Thu 14 Nov · week of 11 Nov · Nov 2026 · Q4 2026 · 2026.

    ``year`` puts the year behind days and weeks; it is left out where a whole range lies in one.
    """
    if grain == "hour":
        return datetime.fromisoformat(iso).strftime("%a %-d %b, %H:%M")
    day = date.fromisoformat(iso[:10])
    tail = f" {day.year}" if year else ""
    if grain == "week":
        return f"week of {day.day} {day:%b}{tail}"
    if grain == "month":
        return f"{day:%b %Y}"
    if grain == "quarter":
        return f"Q{(day.month + 2) // 3} {day.year}"
    return str(day.year) if grain == "year" else f"{day:%a} {day.day} {day:%b}{tail}"


def _spans_years(answer: Answer) -> bool:
    return answer.query.period.first.year != answer.query.period.last.year


def points(answer: Answer, index: int) -> tuple[shapes.Point, ...]:
    """The series of the metric at ``index``."""
    grain, year = answer.query.grain or "day", _spans_years(answer)
    found = tuple(_point(row.time or "", row.values[index], grain, year) for row in answer.rows)
    if grain in ("hour", "day"):
        return found
    return tuple(_cut(point, answer) for point in found)


def _cut(point: shapes.Point, answer: Answer) -> shapes.Point:
    """A bucket that reaches over an end of the range is drawn open: its low value says nothing about the business."""
    period, start = answer.query.period, date.fromisoformat(point.iso[:10])
    after = buckets.next_bucket(start, answer.query.grain or "day")
    inside = (min(after, period.last + timedelta(days=1)) - max(start, period.first)).days
    if inside == (after - start).days or point.state not in ("value", "zero"):
        return point
    note = f"{inside} of its {(after - start).days} days lie in the range"
    return replace(point, state="partial", note=point.note or note, cut=True)


def _point(iso: str, value: Value, grain: str, year: bool) -> shapes.Point:
    return shapes.Point(label(iso, grain, year=year), iso, value.value, value.state, value.note)


def days_words(period: buckets.Period) -> str:
    """A range as people write it: 30 Sep – 27 Oct 2026."""
    first, last = period.first, period.last
    year = f" {first.year}" if first.year != last.year else ""
    start = f"{first.day} {first:%b}{year} – " if first != last else ""
    return f"{start}{last.day} {last:%b} {last.year}"


def spoken(rule: str) -> str:
    """A rule of comparison with its days as people write them."""
    return re.sub(r"\d{4}-\d\d-\d\d", lambda found: f"{date.fromisoformat(found[0]):%-d %b %Y}", rule)


def known_since(answer: Answer, definition: Definition) -> date | None:
    """The first day on which every part of the metric has numbers; None where nothing is known of that."""
    first: dict[str, date] = {}
    for one in answer.freshness:
        if one.metric in definition.bases() and one.first_day is not None:
            first[one.metric] = min(one.first_day, first.get(one.metric, one.first_day))
    return max(first.values(), default=None)


def change_of(compared: Compared | None, definition: Definition, *, since: date | None = None) -> shapes.Change | None:
    """The change over the fair basis, in the metric's own terms; None where nothing was asked.

    Days that begin before ``since`` are no basis: numbers that hold only a part of them would invent a rise.
    """
    if compared is None:
        return None
    now, before = compared.now, compared.before
    if since is not None and compared.against.first < since <= compared.against.last:
        return shapes.Change("–", f"no numbers before {since:%-d %b %Y}", rule=spoken(compared.rule))
    if now.value is None and before.value is None:
        return shapes.Change("–", "nothing to compare", rule=spoken(compared.rule))
    kind = "ratio" if definition.unit == "percent" else "sum"
    plain = numbers.change(now.value, before.value, kind=kind, unit=definition.unit)
    words = (
        "no earlier value" if before.value is None else f"from {numbers.format_value(before.value, definition.unit)}"
    )
    return judged(plain, definition.direction, words=words, rule=spoken(compared.rule))


def tile(answer: Answer, index: int, question: Question) -> shapes.Tile:
    """The KPI card of one metric; a click makes it the metric of the main chart."""
    definition, value = answer.definitions[index], answer.totals.values[index]
    compared = answer.totals.compared[index] if answer.totals.compared else None
    kind: shapes.TileKind = "partial" if value.state == "partial" else "ready"
    message = value.note if kind == "partial" else ""
    if question.filters and value.n == 0 and value.state in ("missing", "zero", "na"):
        kind, message = "filtered", _filter_words(question)
    return shapes.Tile(
        key=definition.key,
        label=definition.label,
        value=value.value,
        unit=unit_of(definition),
        definition=f"{definition.description} ({definition.formula})".strip(),
        definition_url=f"/metrics/{definition.key}/",
        change=change_of(compared, definition, since=known_since(answer, definition)),
        points=points(answer, index),
        state=shapes.TileState(
            kind,
            message,
            action_label="Remove filters",
            action_url=replace(question, filters=()).url() if kind == "filtered" else "",
        ),
        url=question.url(metric=definition.key),
        selected=definition.key == question.metric,
        na_reason=value.note if value.state == "na" else "",
        n=value.n if value.small else None,
    )


def _filter_words(question: Question) -> str:
    named = " and ".join(f"{one.dimension} {VERBS[one.op]} {', '.join(one.values)}" for one in question.filters)
    return f"No rows where {named} in this range."


def figure(
    answer: Answer, index: int, question: Question, *, key: str, annotations: Sequence[Annotation] = ()
) -> shapes.ChartFigure:
    """The main chart: this period, the compared one behind it, remarks on the axis."""
    definition = answer.definitions[index]
    grain = answer.query.grain or "day"
    compared = answer.totals.compared[index] if answer.totals.compared else None
    return shapes.ChartFigure(
        key=key,
        title=definition.label,
        series=(shapes.Series(definition.key, definition.label, points(answer, index), unit_of(definition)),),
        unit=unit_of(definition),
        comparison=_comparison(answer, index, grain),
        rule=spoken(compared.rule) if compared else "",
        direction=definition.direction,
        grain=GRAIN_LABELS[grain].lower(),
        annotations=tuple(
            shapes.Annotation(
                _bucket_iso(one.day, answer),
                one.title,
                day=f"{one.day:%-d %b %Y}",
                own="" if one.source_id else str(one.pk),
            )
            for one in annotations
        ),
        csv_url=export_url(question, [definition.key], grain=grain),
        zoom_url=question.url(range="{first},{last}", grain=None).replace("%7B", "{").replace("%7D", "}"),
    )


def _bucket_iso(day: date, answer: Answer) -> str:
    """The bucket a day falls into, so that its remark stands on the axis."""
    starts = [row.time or "" for row in answer.rows if (row.time or "")[:10] <= day.isoformat()]
    return starts[-1] if starts else day.isoformat()


def _comparison(answer: Answer, index: int, grain: str) -> shapes.Series | None:
    if answer.against is None:
        return None
    name = days_words(answer.against)
    year = _spans_years(answer)
    earlier = tuple(
        _point(iso, row.before[index], grain, year)
        for row, iso in zip(answer.rows, _earlier(answer, grain), strict=False)
        if row.before
    )
    if sum(point.drawn for point in earlier) < 2:
        return None
    return shapes.Series("before", name, earlier, unit_of(answer.definitions[index]))


def _earlier(answer: Answer, grain: str) -> Iterator[str]:
    """The starts of the compared buckets, so that each is named by its own day."""
    against, period = answer.against or answer.query.period, answer.query.period
    if grain != "hour":
        found = buckets.buckets(against.first, against.last, answer.query.grain or "day", answer.workspace.week_start)
        return (day.isoformat() for day in found)
    moved = against.first - period.first
    return ((datetime.fromisoformat(row.time or "") + moved).isoformat() for row in answer.rows)


def breakdown(answer: Answer, question: Question, *, title: str, names: dict[str, str]) -> shapes.Breakdown:
    """The top rows of one dimension with Other, each a filter."""
    definition, dimension = answer.definitions[0], answer.query.dimensions[0]
    whole = answer.totals.values[0].value
    top = max((abs(row.values[0].value or 0) for row in answer.rows), default=0)
    additive = definition.kind == "sum"
    base = whole if additive and whole else top
    return shapes.Breakdown(
        key=f"by-{dimension}",
        title=title,
        rows=tuple(_breakdown_row(row, question, dimension, base or 0, names) for row in answer.rows),
        unit=unit_of(definition),
        dimension=dimension,
        other=_other_row(answer, base or 0),
        other_count=answer.other_groups,
        total=whole if additive else None,
        details_url=question.url(path=f"/metrics/{definition.key}/", metric=None, by=dimension),
        csv_url=export_url(question, [definition.key], dimensions=[dimension]),
    )


def _breakdown_row(
    row: Row, question: Question, dimension: str, base: float, names: dict[str, str]
) -> shapes.BreakdownRow:
    value, name = row.values[0], row.dimensions[0]
    active = any(test.dimension == dimension and name in test.values for test in question.filters)
    return shapes.BreakdownRow(
        label=names.get(name, name),
        value=value.value,
        share=max(0.0, min(1.0, (value.value or 0) / base)) if base else 0.0,
        url=question.filtered_by(dimension, name),
        note=f"n = {value.n}" if value.small else "",
        active=active,
    )


def _other_row(answer: Answer, base: float) -> shapes.BreakdownRow | None:
    if answer.other is None:
        return None
    value = answer.other.values[0].value
    share = max(0.0, min(1.0, (value or 0) / base)) if base else 0.0
    return shapes.BreakdownRow(f"Other ({answer.other_groups})", value, share)


def export_url(
    question: Question, metrics: Sequence[str], *, grain: str | None = None, dimensions: Sequence[str] = ()
) -> str:
    """The address of the same numbers as CSV."""
    pairs = {"format": "csv", "metrics": ",".join(metrics), "metric": None, "by": None, "compare": None, "match": None}
    pairs |= {"range": f"{question.period.first.isoformat()},{question.period.last.isoformat()}", "grain": grain}
    pairs["dimensions"] = ",".join(dimensions) or None
    return question.url(path="/api/v1/metrics/export", **pairs)
