"""The line chart: current solid, open period dashed, comparison thin and grey, gaps left open."""

from __future__ import annotations

from itertools import groupby

from metrics.charts.scale import scale_for
from metrics.charts.shapes import ChartFigure, Point, Series
from metrics.charts.svg import TOP, Frame, days, grid, remarks, stretched, tag, wrap
from metrics.charts.words import sentence

Spot = tuple[int, Point]


def line_chart(figure: ChartFigure, *, height: int = 280) -> str:
    """An SVG of the figure's series over time. Missing points break the line; nothing is interpolated."""
    values = [value for series in figure.series for value in series.values]
    if figure.comparison:
        values.extend(figure.comparison.values)
    frame = Frame(height, scale_for(values, figure.unit), len(figure.main.points))
    strokes: list[str] = []
    if figure.comparison:
        strokes.extend(_runs(frame, figure.comparison, "line line-compare", washed=False))
    for series in figure.series:
        strokes.extend(_runs(frame, series, _classes("line", series), washed=len(figure.series) == 1))
    dots = [dot for series in figure.series for dot in _dots(frame, series)]
    parts = [*_gaps(frame, figure.main), *grid(frame), stretched(frame, strokes), *dots]
    parts.extend(remarks(frame, figure.main.points, figure.annotations))
    return wrap(figure, frame, [*parts, *days(frame, figure.main.points, figure.grain)], sentence(figure))


def runs(points: tuple[Point, ...]) -> list[list[Spot]]:
    """Stretches of neighbouring points that are drawn."""
    spots = enumerate(points)
    return [list(group) for drawn, group in groupby(spots, key=lambda spot: spot[1].drawn) if drawn]


def _classes(base: str, series: Series) -> str:
    return f"{base} cat-{series.colour}" if series.colour else base


def _place(frame: Frame, spot: Spot) -> tuple[float, float]:
    return round(frame.x(spot[0]) * 10, 1), frame.y(spot[1].value or 0.0)


def _path(frame: Frame, spots: list[Spot]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in (_place(frame, spot) for spot in spots))


def _runs(frame: Frame, series: Series, classes: str, *, washed: bool) -> list[str]:
    parts = []
    for run in runs(series.points):
        closed = [spot for spot in run if spot[1].state != "partial"]
        ends = [run[:2], run[-2:]] if len(run) > 2 else [run[:2]]
        loose = [end for end in ends if len(end) > 1 and any(spot[1].state == "partial" for spot in end)]
        if washed and len(closed) > 1:
            foot = frame.y(max(0.0, frame.scale.low))
            first, last = _place(frame, closed[0])[0], _place(frame, closed[-1])[0]
            parts.append(tag("path", class_="wash", d=f"{_path(frame, closed)}L{last} {foot}L{first} {foot}Z"))
        if len(closed) > 1:
            parts.append(tag("path", class_=classes, d=_path(frame, closed)))
        parts.extend(tag("path", class_=f"{classes} line-open", d=_path(frame, end)) for end in loose)
    return parts


def _dots(frame: Frame, series: Series) -> list[str]:
    """A ring at the open end, a dot for a point without neighbours and for the last closed value."""
    found = runs(series.points)
    parts = []
    for run in found:
        last = run[-1]
        if len(run) > 1 and run is not found[-1]:
            continue
        kind = "point-open" if last[1].state == "partial" else "point"
        x, y = frame.x(last[0]), TOP + frame.y(last[1].value or 0.0)
        radius = 3 if len(run) == 1 and run is not found[-1] else 4
        parts.append(tag("circle", class_=_classes(kind, series), cx=f"{x}%", cy=y, r=radius))
    return parts


def _gaps(frame: Frame, series: Series) -> list[str]:
    """A quiet band from the last known point before a gap to the first after it."""
    parts = []
    spots = list(enumerate(series.points))
    for drawn, group in groupby(spots, key=lambda spot: spot[1].drawn):
        run = list(group)
        if drawn:
            continue
        left = frame.x(max(run[0][0] - 1, 0))
        right = frame.x(min(run[-1][0] + 1, frame.count - 1))
        title = f"<title>{'No data' if len(run) > 1 else run[0][1].label + ': no data'}</title>"
        width = f"{round(right - left, 3)}%"
        parts.append(tag("rect", title, class_="gap", x=f"{left}%", y=TOP, width=width, height=frame.plot))
    return parts
