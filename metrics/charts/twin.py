"""The table twin of a chart: the same data in the same order."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.charts.shapes import ChartFigure
from metrics.charts.words import cell


@dataclass(frozen=True, slots=True)
class TwinRow:
    """One bucket: its label, ISO day, and a cell per column."""

    label: str
    iso: str
    cells: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Twin:
    """Column names and rows."""

    columns: tuple[str, ...]
    rows: tuple[TwinRow, ...]


def twin_of(figure: ChartFigure) -> Twin:
    """The rows of every series beside each other, the comparison last."""
    columns = [*figure.series, *([figure.comparison] if figure.comparison else [])]
    rows = []
    for index, point in enumerate(figure.main.points):
        cells = tuple(
            cell(column.points[index], column.unit) if index < len(column.points) else "–" for column in columns
        )
        rows.append(TwinRow(point.label, point.iso, cells, point.note))
    return Twin(tuple(column.name for column in columns), tuple(rows))
