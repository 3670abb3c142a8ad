"""The one-sentence summary of a chart, and values written in full."""

from __future__ import annotations

from itertools import groupby

from livinglytics.lib import numbers
from metrics.charts.shapes import ChartFigure, Point, Series

MISSING = "–"
SPACE = "\u00a0"
_SHAPED = frozenset({"seconds", "ms", "bytes", "rating", "score"})
_BARE = frozenset({"count", ""})


def exact_value(value: float | None, unit: str = "count") -> str:
    """The value in full, with spaces between thousands; – when missing. Money keeps its currency's code."""
    if value is None:
        return MISSING
    if unit == "percent":
        return f"{value * 100:.2f} %"
    if unit in _SHAPED:
        return numbers.format_value(value, unit)
    text = f"{value:,.0f}" if unit in _BARE and float(value).is_integer() else f"{value:,.2f}"
    text = text.replace(",", SPACE)
    return text if unit in _BARE else f"{text} {unit.upper() if len(unit) == 3 else unit}"


def cell(point: Point, unit: str) -> str:
    """The words of one point in a table: 0, –, n/a or the value; an open period is "so far", a cut one "in part"."""
    if point.state == "na":
        return "n/a"
    if point.value is None or point.state == "missing":
        return MISSING
    text = exact_value(point.value, unit)
    if point.state != "partial":
        return text
    return f"{text} in part" if point.cut else f"{text} so far"


def gaps(series: Series) -> int:
    """How many stretches of missing points lie in the series."""
    return sum(1 for missing, _ in groupby(series.points, key=lambda point: not point.drawn) if missing)


def sentence(figure: ChartFigure) -> str:
    """What the chart shows, from its data: range, peak, low, gaps, open period. One sentence for eyes and ears."""
    if figure.sentence:
        return figure.sentence
    series = figure.main
    closed = [point for point in series.points if point.drawn and point.state != "partial"]
    if not closed:
        return f"{series.name}: no values in this range."
    parts = [_course(figure, closed), *_extremes(figure, closed), *_remarks(series)]
    return "; ".join(parts) + "."


def _course(figure: ChartFigure, closed: list[Point]) -> str:
    first, last = closed[0], closed[-1]
    unit = figure.main.unit
    shown = numbers.format_value(last.value, unit)
    if first is last or first.value is None or last.value is None:
        return f"{figure.main.name} was {shown} on {last.label}"
    verb = "rose" if last.value > first.value else "fell" if last.value < first.value else "stayed"
    if verb == "stayed":
        return f"{figure.main.name} was {shown} on both {first.label} and {last.label}"
    begun = numbers.format_value(first.value, unit)
    return f"{figure.main.name} {verb} from {begun} on {first.label} to {shown} on {last.label}"


def _extremes(figure: ChartFigure, closed: list[Point]) -> list[str]:
    if len(closed) < 3:
        return []
    unit = figure.main.unit
    peak = max(closed, key=lambda point: point.value or 0)
    low = min(closed, key=lambda point: point.value or 0)
    if peak.value == low.value:
        return []
    return [
        f"peak {numbers.format_value(peak.value, unit)} on {peak.label}",
        f"low {numbers.format_value(low.value, unit)} on {low.label}",
    ]


def _remarks(series: Series) -> list[str]:
    said = []
    count = gaps(series)
    if count:
        said.append("1 gap" if count == 1 else f"{count} gaps")
    if series.points and series.points[-1].state == "partial":
        last = series.points[-1]
        said.append(f"{last.label} {'lies only partly in the range' if last.cut else 'is still open'}")
    return said
