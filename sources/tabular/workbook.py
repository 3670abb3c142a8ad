"""Excel workbooks, read row by row. The archive is checked first; formulas count as their cached values."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from sources.tabular import limits, ziplock
from sources.tabular.opening import refuse, seekable
from sources.tabular.shape import Row, Shape, Value

EXCEL_ROWS = 1_048_576
#: what openpyxl is known to raise over damaged files
_BROKEN = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError,
    KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError, EOFError, RuntimeError,
)  # fmt: skip

if not openpyxl.DEFUSEDXML:
    raise ImportError("defusedxml is needed to read workbooks safely: install it and leave OPENPYXL_DEFUSEDXML unset")


@contextmanager
def _book(file: BinaryIO, *, formulas: bool = False) -> Iterator[Any]:
    with seekable(file) as plain:
        ziplock.check(plain)
        try:
            book = openpyxl.load_workbook(plain, read_only=True, data_only=not formulas, keep_links=False)
        except _BROKEN as error:
            raise refuse("The workbook is damaged. Save it again and upload it once more.") from error
        yield book


def look(file: BinaryIO, wanted: str = "") -> tuple[tuple[str, ...], str, list[Row]]:
    """(visible sheets, the wanted one or the first that holds rows, its first rows with the header)."""
    with _book(file) as book:
        titles = tuple(sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible")
        titles = titles or tuple(sheet.title for sheet in book.worksheets)
        if not titles and not wanted:
            raise refuse("The workbook has no sheet with cells.")
        for title in (wanted,) if wanted else titles:
            top = list(islice(_rows(book, title), limits.STUDIED + 1))
            if top:
                return titles, title, top
        return titles, wanted or titles[0], []


def table(file: BinaryIO, sheet: str) -> Iterator[Row]:
    """Every row of a sheet that is not empty, header included, numbered as Excel does."""
    with _book(file) as book:
        yield from _rows(book, sheet)


def _rows(book: Any, sheet: str) -> Iterator[Row]:
    if sheet not in book.sheetnames:
        raise refuse(f"The workbook has no sheet {sheet!r}. It has {', '.join(book.sheetnames)}.")
    page = book[sheet]
    page.reset_dimensions()
    number = 0
    try:
        for values in page.iter_rows(values_only=True):
            number += 1
            if number > EXCEL_ROWS:
                raise refuse(f"Sheet {sheet!r} claims more rows than Excel allows. Save the file again.")
            if any(value is not None for value in values):
                yield _row(number, values)
    except _BROKEN as error:
        raise refuse(f"Sheet {sheet!r} is damaged near row {number + 1}. Save the file again.") from error


def _row(number: int, values: tuple[Any, ...]) -> Row:
    last = max(index for index, value in enumerate(values) if value is not None) + 1
    if last > limits.COLUMNS:
        raise refuse(f"Row {number} has {last} cells; at most {limits.COLUMNS} columns can be read.")
    return Row(number, [_plain(value) for value in values[:last]])


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds" if value.microsecond else "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else str(value)


def rows(file: BinaryIO, shape: Shape, *, start: int = 0) -> Iterator[Row]:
    """Data rows after row ``start``."""
    width = len(shape.columns)
    first = shape.skip + (1 if shape.header else 0)
    for row in table(file, shape.sheet):
        if row.number <= first or row.number <= start:
            continue
        missing = width - len(row.values)
        if missing >= 0:
            yield row._replace(values=row.values + [None] * missing)
        else:
            yield row._replace(fault=f"has {len(row.values)} cells, the table has {width} columns")


def uncalculated(file: BinaryIO, sheet: str) -> int | None:
    """The first of the sampled rows with a formula that no program has calculated yet."""
    with _book(file, formulas=True) as written, _book(file) as cached:
        pairs = zip(_rows(written, sheet), _rows(cached, sheet), strict=False)
        for _, (formulas, values) in zip(range(limits.SAMPLE), pairs, strict=False):
            if formulas.number != values.number:
                return formulas.number
            results = values.values + [None] * (len(formulas.values) - len(values.values))
            for formula, result in zip(formulas.values, results, strict=False):
                if isinstance(formula, str) and formula.startswith("=") and result is None:
                    return formulas.number
    return None
