"""Charts in templates: drawings, their data for the browser, their sentence and their table twin."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.utils.html import json_script
from django.utils.safestring import SafeString, mark_safe

from metrics.charts.cells import bullet as draw_bullet
from metrics.charts.cells import interval as draw_interval
from metrics.charts.cells import split_bar as draw_split_bar
from metrics.charts.client import chart_payload
from metrics.charts.draw import Figure, draw, rows, says
from metrics.charts.shapes import ChartFigure, Point
from metrics.charts.sparks import spark_line
from metrics.charts.twin import Twin
from metrics.charts.words import cell

register = template.Library()


@register.simple_tag
def sparkline(points: Sequence[Point] | None, height: int = 40, washed: bool = False, label: str = "") -> SafeString:
    """`{% sparkline points %}`: the small line of a card (washed) or a table row, drawn by the server."""
    return mark_safe(spark_line(points or (), height=height, washed=washed, label=label))  # noqa: S308 escaped there


@register.simple_tag
def chart_svg(figure: Figure, height: int = 280) -> SafeString:
    """`{% chart_svg figure %}`: the chart as the server draws it."""
    return mark_safe(draw(figure, height=height))  # noqa: S308 every text is escaped by metrics.charts.svg.tag


@register.simple_tag
def chart_data(figure: ChartFigure) -> SafeString:
    """`{% chart_data figure %}`: the figure as a JSON data block for static/js/chart.js."""
    return json_script(chart_payload(figure), f"{figure.key}-data")


@register.filter
def chart_sentence(figure: Figure) -> str:
    """The one sentence that says what the chart shows."""
    return says(figure)


@register.filter
def chart_twin(figure: Figure) -> Twin:
    """The rows of the table twin."""
    return rows(figure)


@register.filter
def point_text(point: Point, unit: str = "count") -> str:
    """A point in words: 0, –, n/a, or its value, "so far" while open."""
    return cell(point, unit)


@register.simple_tag
def split_bar(negative: float, neutral: float, positive: float) -> SafeString:
    """`{% split_bar 12 30 58 %}`: diverging bars for a table cell; print the numbers beside it."""
    return mark_safe(draw_split_bar(negative, neutral, positive))  # noqa: S308 numbers only


@register.simple_tag
def interval(
    value: float | None, low: float | None, high: float | None, start: float = -1.0, end: float = 1.0
) -> SafeString:
    """`{% interval value low high -1 1 %}`: a dot with its interval for a table cell."""
    return mark_safe(draw_interval(value, low, high, axis=(start, end)))  # noqa: S308 numbers only


@register.simple_tag
def bullet(value: float | None, goal: float | None, top: float) -> SafeString:
    """`{% bullet value goal top %}`: a bar with its goal for a table cell."""
    return mark_safe(draw_bullet(value, goal, top))  # noqa: S308 numbers only
