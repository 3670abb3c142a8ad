"""Charts in templates: drawings, their data for the browser, their sentence and their table twin."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.utils.html import json_script
from django.utils.safestring import SafeString, mark_safe

from metrics.charts.client import chart_payload
from metrics.charts.draw import draw
from metrics.charts.shapes import ChartFigure, Point
from metrics.charts.sparks import spark_line
from metrics.charts.twin import Twin, twin_of
from metrics.charts.words import cell, sentence

register = template.Library()


@register.simple_tag
def sparkline(points: Sequence[Point] | None, height: int = 40, washed: bool = False, label: str = "") -> SafeString:
    """`{% sparkline points %}`: the small line of a card (washed) or a table row, drawn by the server."""
    return mark_safe(spark_line(points or (), height=height, washed=washed, label=label))  # noqa: S308 escaped there


@register.simple_tag
def chart_svg(figure: ChartFigure, height: int = 280) -> SafeString:
    """`{% chart_svg figure %}`: the chart as the server draws it."""
    return mark_safe(draw(figure, height=height))  # noqa: S308 every text is escaped by metrics.charts.svg.tag


@register.simple_tag
def chart_data(figure: ChartFigure) -> SafeString:
    """`{% chart_data figure %}`: the figure as a JSON data block for static/js/chart.js."""
    return json_script(chart_payload(figure), f"{figure.key}-data")


@register.filter
def chart_sentence(figure: ChartFigure) -> str:
    """The one sentence that says what the chart shows."""
    return sentence(figure)


@register.filter
def chart_twin(figure: ChartFigure) -> Twin:
    """The rows of the table twin."""
    return twin_of(figure)


@register.filter
def point_text(point: Point, unit: str = "count") -> str:
    """A point in words: 0, –, n/a, or its value, "so far" while open."""
    return cell(point, unit)
