"""CSV (RFC 4180, UTF-8): a header line and rows, nothing else. Text is inert in spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice

from livinglytics.lib.spreadsheets import safe_text
from metrics.exports.table import Cell, Table

_ROWS = 2_000


def write(table: Table) -> Iterator[bytes]:
    """Pieces of a few thousand rows."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([safe_text(column.name) for column in table.columns])
    rows = iter(table.rows)
    while True:
        writer.writerows([_cell(cell) for cell in row] for row in islice(rows, _ROWS))
        if not buffer.tell():
            return
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _cell(cell: Cell) -> Cell:
    """Whole numbers without a needless .0; everything else as it is."""
    if isinstance(cell, str):
        return safe_text(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    return cell
