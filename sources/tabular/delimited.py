"""CSV and its cousins: finding the delimiter, and rows in flat memory with a byte offset each."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO, cast

from sources.tabular import amounts, dates, limits
from sources.tabular.opening import refuse
from sources.tabular.shape import Row, Shape, Value

DELIMITERS = ",;\t|"


class Lines:
    """Decoded lines of a UTF-8 stream. Counts bytes, and what the present record took."""

    def __init__(self, stream: BinaryIO, offset: int = 0) -> None:
        self._readline = stream.readline
        self.offset = offset
        self.row = 0
        self.taken = 0
        self.size = 0
        self.quotes = 0
        self.zero = False

    def fresh(self) -> None:
        self.taken = self.size = self.quotes = 0
        self.zero = False

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        raw = self._readline(limits.LINE)
        if not raw:
            raise StopIteration
        if len(raw) == limits.LINE:
            raise refuse(f"Row {self.row + 1}: the line is longer than {limits.LINE:,} bytes. Is this a text table?")
        try:
            line = raw.decode()
        except UnicodeDecodeError as error:
            at = self.offset + error.start
            message = f"Row {self.row + 1}: byte {at:,} (0x{raw[error.start]:02X}) is not valid UTF-8."
            raise refuse(message + " Save the file as UTF-8.") from error
        self.offset += len(raw)
        self.taken += 1
        self.size += len(raw)
        self.quotes += raw.count(b'"')
        self.zero = self.zero or b"\0" in raw
        return line


def records(stream: BinaryIO, delimiter: str, *, number: int = 0, offset: int = 0) -> Iterator[Row]:
    """Every record with its number; blank lines are counted and left out."""
    lines = Lines(stream, offset)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.fresh()
        lines.row = number
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _refused(lines, number + 1, error)
            number += 1
            continue
        number += 1
        if number > limits.ROWS:
            raise refuse(f"The file has more than {limits.ROWS:,} rows. Split it and upload the parts.")
        if lines.taken > 1 and lines.quotes % 2:
            raise refuse(f"Row {number}: a quote is opened and never closed.")
        if values and any(values):
            yield Row(number, cast(list[Value], values), lines.offset, _fault(values, lines))


def _refused(lines: Lines, number: int, error: csv.Error) -> Row:
    if "field limit" in str(error):
        raise refuse(
            f"Row {number}: a cell is longer than {limits.CELL:,} characters; perhaps a quote is never closed."
        ) from error
    return Row(number, [], lines.offset, f"the line cannot be read ({error})")


def _fault(values: list[str], lines: Lines) -> str:
    if lines.zero:
        return "the line holds a zero byte (NUL)"
    if lines.size > limits.CELL and max(map(len, values)) > limits.CELL:
        return f"a cell is longer than {limits.CELL:,} characters"
    return ""


def rows(stream: BinaryIO, shape: Shape, *, start: int = 0, offset: int = 0) -> Iterator[Row]:
    """Data rows after row ``start``; ``stream`` stands at ``offset``, where row ``start + 1`` begins."""
    width = len(shape.columns)
    first = shape.skip + (1 if shape.header else 0)
    number = start if offset else 0
    if not offset:
        number, offset = _pass_lines(stream, shape.skip)
    for row in records(stream, shape.delimiter, number=number, offset=offset):
        if row.number <= first or row.number <= start:
            continue
        yield row if len(row.values) == width else _ragged(row, width)


def _pass_lines(stream: BinaryIO, count: int) -> tuple[int, int]:
    passed = sum(len(stream.readline(limits.LINE)) for _ in range(count))
    return count, passed


def _ragged(row: Row, width: int) -> Row:
    """Empty cells too many are cut off; anything else is a fault."""
    extra = row.values[width:]
    if row.fault or (extra and not any(extra)):
        return row._replace(values=row.values[:width])
    cells = "1 cell" if len(row.values) == 1 else f"{len(row.values)} cells"
    return row._replace(fault=f"has {cells}, the table has {width} columns")


def preamble(text: str) -> tuple[int, str]:
    """(lines before the table, delimiter that Excel's ``sep=`` line names)."""
    skip, delimiter = 0, ""
    for line in text.splitlines():
        bare = line.strip().strip('"')
        if bare.lower().startswith("sep=") and len(bare) <= 5:
            delimiter = bare[4:] or "\t"
        elif bare and not bare.startswith("#"):
            break
        skip += 1
    return skip, delimiter


def sniff(text: str) -> str:
    """The delimiter that cuts the sample into rows of one length whose cells make sense."""
    scored = [(score, delimiter) for delimiter in DELIMITERS if (score := _score(text, delimiter))]
    return max(scored, key=lambda pair: pair[0])[1] if scored else ","


def _score(text: str, delimiter: str) -> tuple[float, float, float] | None:
    try:
        table = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row][:200]
    except csv.Error:
        return None
    if len(table) > 2:
        table = table[:-1]  # the sample may end in the middle of a row
    if not table:
        return None
    width, often = Counter(map(len, table)).most_common(1)[0]
    if len(table[0]) < 2:
        return None
    cells = [cell for row in table[:50] for cell in row if cell]
    clean = sum(1 for cell in cells if _makes_sense(cell))
    return (1.0 if len(table[0]) == width else 0.0, round(often / len(table), 1), clean / max(len(cells), 1))


def _makes_sense(cell: str) -> bool:
    """A number, a date, or words without another delimiter in them."""
    return not any(mark in cell for mark in DELIMITERS) or bool(amounts.guess([cell]) or dates.guess([cell]))
