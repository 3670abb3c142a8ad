"""The one door to a drawing of a figure."""

from __future__ import annotations

from metrics.charts.bars import bar_chart
from metrics.charts.lines import line_chart
from metrics.charts.shapes import ChartFigure


def draw(figure: ChartFigure, *, height: int = 280) -> str:
    """The SVG of a figure by its kind."""
    chart = line_chart if figure.kind == "line" else bar_chart
    return chart(figure, height=height)
