"""The table twin of a chart: the same data in the same order."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.charts.plots import HeatFigure, LagFigure
from metrics.charts.shapes import ChartFigure
from metrics.charts.words import cell, exact_value


@dataclass(frozen=True, slots=True)
class TwinRow:
    """One bucket: its label, ISO day, and a cell per column."""

    label: str
    iso: str
    cells: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Twin:
    """The name of the first column, the names of the others, and rows."""

    columns: tuple[str, ...]
    rows: tuple[TwinRow, ...]
    corner: str = ""

    @property
    def noted(self) -> bool:
        """Whether any row carries a note."""
        return any(row.note for row in self.rows)


def twin_of(figure: ChartFigure) -> Twin:
    """The rows of every series beside each other, the comparison last."""
    columns = [*figure.series, *([figure.comparison] if figure.comparison else [])]
    rows = []
    for index, point in enumerate(figure.main.points):
        cells = tuple(
            cell(column.points[index], column.unit) if index < len(column.points) else "–" for column in columns
        )
        rows.append(TwinRow(point.label, point.iso, cells, point.note))
    return Twin(tuple(column.name for column in columns), tuple(rows), figure.grain.capitalize())


def heat_twin(figure: HeatFigure) -> Twin:
    """A row per row of the grid, a column per column."""
    rows = [
        TwinRow(name, "", tuple(exact_value(value, figure.unit) for value in cells))
        for name, cells in zip(figure.rows, figure.cells, strict=True)
    ]
    return Twin(figure.columns, tuple(rows), figure.corner)


def lag_twin(figure: LagFigure) -> Twin:
    """A row per lag with its correlation; a note on those outside the band."""
    rows = []
    for lag, value in zip(figure.lags, figure.values, strict=True):
        outside = value is not None and abs(value) > figure.band
        text = "–" if value is None else f"{value:.2f}"
        rows.append(TwinRow(str(lag), "", (text,), "outside the band" if outside else ""))
    return Twin(("Correlation",), tuple(rows), f"Lag in {figure.grain}s")
