"""Bars per bucket, alone or stacked up to five parts and Other."""

from __future__ import annotations

from metrics.charts.scale import band, scale_for
from metrics.charts.shapes import ChartFigure, Point, Series
from metrics.charts.svg import TOP, Frame, days, grid, remarks, tag, wrap
from metrics.charts.words import sentence

MOST_PARTS = 6


def bar_chart(figure: ChartFigure, *, height: int = 280) -> str:
    """An SVG with a bar per bucket; the open period is hollow and dashed, a missing bucket stays empty."""
    stacked = figure.kind == "stacked" or len(figure.series) > 1
    if stacked and len(figure.series) > MOST_PARTS:
        raise ValueError(f"A stack holds {MOST_PARTS} parts at most; fold the rest into Other.")
    count = len(figure.main.points)
    totals = [_total(figure.series, index) for index in range(count)]
    compared = figure.comparison.values if figure.comparison else ()
    frame = Frame(height, scale_for([*totals, *compared, *figure.main.values], figure.unit), count, bars=True)
    parts = grid(frame)
    for index in range(count):
        parts.extend(_column(frame, figure.series, index, stacked=stacked))
        if figure.comparison and index < len(figure.comparison.points):
            parts.extend(_level(frame, figure.comparison.points[index], index))
    parts.extend(remarks(frame, figure.main.points, figure.annotations))
    return wrap(figure, frame, [*parts, *days(frame, figure.main.points, figure.grain)], sentence(figure))


def _total(series: tuple[Series, ...], index: int) -> float:
    return sum(part.points[index].value or 0.0 for part in series if part.points[index].drawn)


def _column(frame: Frame, series: tuple[Series, ...], index: int, *, stacked: bool) -> list[str]:
    parts, floor = [], 0.0
    for part in series:
        point = part.points[index]
        if not point.drawn or not point.value:
            continue
        roof = floor + point.value
        parts.append(_bar(frame, part, index, floor, roof))
        floor = roof if stacked else 0.0
    return parts


def _bar(frame: Frame, part: Series, index: int, floor: float, roof: float) -> str:
    point = part.points[index]
    left, width = band(index, frame.count)
    high, low = sorted((frame.y(roof), frame.y(floor)))
    kind = "bar bar-open" if point.state == "partial" else "bar"
    classes = f"{kind} cat-{part.colour}" if part.colour else kind
    tall = max(round(low - high, 2), 1)
    place = {"x": f"{left:.3f}%", "y": round(TOP + high, 2), "width": f"{width:.3f}%", "height": tall}
    return tag("rect", class_=classes, rx=1, **place)


def _level(frame: Frame, point: Point, index: int) -> list[str]:
    """The comparison as a thin level over its bar."""
    if not point.drawn or point.value is None:
        return []
    left, width = band(index, frame.count, 0.9)
    y = round(TOP + frame.y(point.value), 2)
    ends = {"x1": f"{left:.3f}%", "x2": f"{left + width:.3f}%", "y1": y, "y2": y}
    return [tag("line", class_="bar-halo", **ends), tag("line", class_="bar-compare", **ends)]
