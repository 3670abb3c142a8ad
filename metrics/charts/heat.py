"""The heat grid: strength of colour in five steps, every cell with its number for the pointer and the twin."""

from __future__ import annotations

import math
from html import escape

from livinglytics.lib import numbers
from metrics.charts.plots import HeatFigure
from metrics.charts.scale import band
from metrics.charts.svg import GUTTER, tag
from metrics.charts.words import exact_value

ROW = 24
STEPS = 5


def heat_words(figure: HeatFigure) -> str:
    """Where the grid is strongest."""
    if figure.sentence:
        return figure.sentence
    found = [
        (value, row, column)
        for row, cells in zip(figure.rows, figure.cells, strict=True)
        for column, value in zip(figure.columns, cells, strict=True)
        if value is not None
    ]
    if not found:
        return "No values in this range."
    value, row, column = max(found)
    return f"Most on {row} at {column}: {numbers.format_value(value, figure.unit)}."


def heat_grid(figure: HeatFigure) -> str:
    """An SVG with a cell per row and column; column labels below, row labels in the gutter."""
    top = max((value for cells in figure.cells for value in cells if value is not None), default=0) or 1
    height = ROW * len(figure.rows) + 24
    parts = [
        _cell(figure, row, column, top) for row in range(len(figure.rows)) for column in range(len(figure.columns))
    ]
    parts += [_label(figure, column, height) for column in range(0, len(figure.columns), 3)]
    names = [
        tag("text", escape(name), class_="tick", x=GUTTER - 8, y=ROW * row + 16, text_anchor="end")
        for row, name in enumerate(figure.rows)
    ]
    axis = tag("svg", "".join(names), width=GUTTER, height=height, aria_hidden="true")
    label = f"{figure.title}. {heat_words(figure)}"
    plot = tag("svg", "".join(parts), class_="plot-svg", width="100%", height=height, role="img", aria_label=label)
    return f'<div class="plot">{axis}<div class="plot-area">{plot}</div></div>'


def _cell(figure: HeatFigure, row: int, column: int, top: float) -> str:
    value = figure.cells[row][column]
    left, width = band(column, len(figure.columns), 0.92)
    words = f"{figure.rows[row]} {figure.columns[column]}: {exact_value(value, figure.unit)}"
    step = math.ceil(STEPS * value / top) if value else 0
    return tag(
        "rect",
        f"<title>{escape(words)}</title>",
        class_="heat-none" if value is None else "heat",
        x=f"{left:.3f}%",
        y=ROW * row + 1,
        width=f"{width:.3f}%",
        height=ROW - 2,
        rx=2,
        fill_opacity=round(0.06 + 0.94 * step / STEPS, 2),
    )


def _label(figure: HeatFigure, column: int, height: int) -> str:
    left, width = band(column, len(figure.columns))
    place = f"{left + width / 2:.3f}%"
    text = escape(figure.columns[column])
    kind = "tick tick-minor" if column % 6 else "tick"
    return tag("text", text, class_=kind, x=place, y=height - 6, text_anchor="middle")
