"""Small figures for the tests of charts."""

from __future__ import annotations

from datetime import date, timedelta

from metrics.charts.shapes import ChartFigure, Point, PointState, Series

FIRST = date(2025, 11, 1)


def points(*values: float | None, last: PointState | None = None) -> tuple[Point, ...]:
    made = []
    for index, value in enumerate(values):
        state: PointState = "missing" if value is None else "zero" if value == 0 else "value"
        if last and index == len(values) - 1:
            state = last
        day = FIRST + timedelta(days=index)
        made.append(Point(f"{day.day} Nov", day.isoformat(), value, state))
    return tuple(made)


def figure(*values: float | None, last: PointState | None = None, **more: object) -> ChartFigure:
    series = Series("visits", "Visits", points(*values, last=last))
    return ChartFigure(key="visits", title="Visits", series=(series,), **more)  # type: ignore[arg-type]
