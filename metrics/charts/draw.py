"""The one door to a drawing of a figure, its sentence and its table twin."""

from __future__ import annotations

from metrics.charts.bars import bar_chart
from metrics.charts.heat import heat_grid, heat_words
from metrics.charts.lags import lag_plot, lag_words
from metrics.charts.lines import line_chart
from metrics.charts.plots import HeatFigure, LagFigure
from metrics.charts.shapes import ChartFigure
from metrics.charts.twin import Twin, heat_twin, lag_twin, twin_of
from metrics.charts.words import sentence

Figure = ChartFigure | HeatFigure | LagFigure


def draw(figure: Figure, *, height: int = 280) -> str:
    """The drawing of a figure by its kind."""
    match figure:
        case HeatFigure():
            return heat_grid(figure)
        case LagFigure():
            return lag_plot(figure, height=height)
        case ChartFigure(kind="line"):
            return line_chart(figure, height=height)
        case _:
            return bar_chart(figure, height=height)


def says(figure: Figure) -> str:
    """The one sentence that says what a figure shows."""
    match figure:
        case HeatFigure():
            return heat_words(figure)
        case LagFigure():
            return lag_words(figure)
        case _:
            return sentence(figure)


def rows(figure: Figure) -> Twin:
    """The table twin of a figure."""
    match figure:
        case HeatFigure():
            return heat_twin(figure)
        case LagFigure():
            return lag_twin(figure)
        case _:
            return twin_of(figure)
