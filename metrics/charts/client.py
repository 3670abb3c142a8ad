"""What the chart in the browser needs: numbers to draw, and every word already written by the one formatter."""

from __future__ import annotations

from typing import Any

from metrics.charts.scale import scale_for, tick_label
from metrics.charts.shapes import ChartFigure, Series
from metrics.charts.words import cell


def chart_payload(figure: ChartFigure) -> dict[str, Any]:
    """A JSON-able picture of the figure. Gaps are null; `states` say why."""
    values = [value for series in figure.series for value in series.values]
    if figure.comparison:
        values.extend(figure.comparison.values)
    scale = scale_for(values, figure.unit)
    points = figure.main.points
    places = {point.iso: index for index, point in enumerate(points)}
    return {
        "key": figure.key,
        "kind": figure.kind,
        "labels": [point.label for point in points],
        "iso": [point.iso for point in points],
        "series": [_series(series) for series in figure.series],
        "comparison": _series(figure.comparison) if figure.comparison else None,
        "rule": figure.rule,
        "low": scale.low,
        "high": scale.high,
        "ticks": [[value, tick_label(value, figure.unit)] for value in scale.ticks],
        "annotations": [
            {"index": places[note.iso], "text": note.text} for note in figure.annotations if note.iso in places
        ],
        "zoom_url": figure.zoom_url,
    }


def _series(series: Series) -> dict[str, Any]:
    return {
        "name": series.name,
        "colour": series.colour,
        "labels": [point.label for point in series.points],
        "values": [point.value if point.drawn else None for point in series.points],
        "texts": [cell(point, series.unit) for point in series.points],
        "states": [point.state for point in series.points],
        "notes": [point.note for point in series.points],
    }
