"""XLSX in constant memory: the sheet Data, and the sheet About with the question and the definitions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from livinglytics.lib.errors import Invalid
from metrics.exports.files import streamed
from metrics.exports.table import Cell, Table

_MOST_ROWS: Final = 1_048_575
_LONGEST: Final = 32_767
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}


def write(table: Table) -> Iterator[bytes]:
    """Raises Invalid when the rows don't fit on a sheet."""
    return streamed("export.xlsx", lambda path: _make(table, path))


def _make(table: Table, path: Path) -> None:
    import xlsxwriter  # heavy, and only exports need it

    book = xlsxwriter.Workbook(str(path), _OPTIONS | {"tmpdir": str(path.parent)})
    try:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("Data")
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.name[:_LONGEST], bold)
        _fill(sheet, table)
        _describe(book.add_worksheet("About"), table.about, bold)
    finally:
        book.close()


def _fill(sheet: Any, table: Table) -> None:
    for number, row in enumerate(table.rows, start=1):
        if number > _MOST_ROWS:
            message = f"A sheet holds at most {_MOST_ROWS:,} rows. Export as csv or parquet, or ask for less."
            raise Invalid(message, details={"format": [message]})
        for place, cell in enumerate(row):
            _put(sheet, number, place, cell)


def _put(sheet: Any, row: int, place: int, cell: Cell) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, place, cell[:_LONGEST])
    elif cell is not None:
        sheet.write_number(row, place, cell)


def _describe(sheet: Any, about: dict[str, Any], bold: Any) -> None:
    """One line per fact: its path and its value."""
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 80)
    for number, (name, value) in enumerate(_lines(about, "")):
        sheet.write_string(number, 0, name[:_LONGEST], bold)
        if isinstance(value, bool) or not isinstance(value, int | float):
            sheet.write_string(number, 1, _words(value)[:_LONGEST])
        else:
            sheet.write_number(number, 1, value)


def _words(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _lines(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _lines(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for number, inner in enumerate(value, start=1):
            yield from _lines(inner, f"{path}.{number}")
    else:
        yield path, value
