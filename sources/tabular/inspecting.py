"""``inspect`` says what an uploaded file is; ``rows`` reads it. Both take any open, seekable binary file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from livinglytics.lib.errors import Invalid, TooLarge
from sources.tabular import amounts, columns, dates, delimited, encodings, jsonrows, limits, opening, parquet, workbook
from sources.tabular.opening import refuse
from sources.tabular.shape import Column, Problem, Reading, Row, Shape

_HEAD = 1 << 16


def inspect(file: BinaryIO, name: str = "", reading: Reading | None = None) -> Shape:
    """Format, encoding, columns, a sample and every problem found in the first rows.

    Raises Invalid or TooLarge for files that are no tables or are dangerous to open; what
    is wrong inside a table stands in ``Shape.problems``.
    """
    reading = reading or Reading()
    size = opening.measure(file)
    packed = opening.is_packed(file)
    head = opening.unpacked(file).read(_HEAD) if size else b""
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        problem = Problem("file.empty", "The file is empty. Export it again and upload it once more.", fatal=True)
        return Shape("csv", packed=packed, size=size, problems=(problem,))
    kind = opening.kind_of(head, name)
    if kind == "parquet":
        return _parquet(file, Shape("parquet", packed=packed, size=size))
    if kind == "xlsx":
        return _workbook(file, Shape("xlsx", packed=packed, size=size), reading)
    return _text(file, Shape("csv", packed=packed, size=size), reading, name)


def rows(file: BinaryIO, shape: Shape, start: int = 0, *, offset: int = 0) -> Iterator[Row]:
    """Data rows after row number ``start``, one at a time.

    With the ``offset`` of row ``start`` text files go on from that byte; without it, and for
    Excel, the rows before are read and passed over. Raises Invalid where nothing after can be read.
    """
    if shape.fatal:
        raise refuse(shape.fatal.message)
    if shape.format == "parquet":
        return parquet.rows(file, shape, start=start)
    if shape.format == "xlsx":
        return workbook.rows(file, shape, start=start)
    stream = opening.text(file, shape, offset)
    if shape.format == "csv":
        return delimited.rows(stream, shape, start=start, offset=offset)
    return jsonrows.rows(stream, shape, start=start, offset=offset)


def _text(file: BinaryIO, shape: Shape, reading: Reading, name: str) -> Shape:
    found = _encoding(file, reading)
    shape = replace(shape, encoding=found.name, mark=found.mark, size=found.size)
    if found.problem:
        shape = replace(shape, problems=(found.problem,))
        if found.problem.fatal:
            return shape
    sample = _sample(file, shape)
    if "\r" in sample and "\n" not in sample:
        shape = replace(shape, newline="\r")
        sample = sample.replace("\r", "\n")
    kind = _text_format(sample, name)
    if kind == "csv":
        return _delimited(file, shape, reading, sample)
    return _json(file, replace(shape, format="json" if kind == "json" else "ndjson"))


def _encoding(file: BinaryIO, reading: Reading) -> encodings.Encoding:
    head = opening.unpacked(file).read(_HEAD)
    stream = opening.unpacked(file)
    if not reading.encoding:
        return encodings.detect(head, stream)
    try:
        return encodings.chosen(reading.encoding, head, stream)
    except LookupError as error:
        raise refuse(f"{reading.encoding!r} is not an encoding we know; for example utf-8 or cp1252.") from error


def _sample(file: BinaryIO, shape: Shape) -> str:
    return opening.text(file, shape).read(_HEAD).decode("utf-8", "ignore")


def _text_format(sample: str, name: str) -> str:
    start = sample.lstrip()
    says_json = ".json" in name.lower() or ".ndjson" in name.lower()
    if start.startswith("["):
        inner = start[1:].lstrip()[:1]
        return "json" if says_json or inner in ("{", "[", "]") else "csv"
    if start.startswith("{"):
        line = start.splitlines()[0]
        return "ndjson" if says_json or _is_json(line) or line.rstrip() == "{" else "csv"
    return "ndjson" if says_json else "csv"


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return len(line) > _HEAD // 2
    return True


def _json(file: BinaryIO, shape: Shape) -> Shape:
    read = jsonrows.elements if shape.format == "json" else jsonrows.lines
    try:
        items = list(islice(read(opening.text(file, shape)), limits.STUDIED))
    except Invalid as error:
        return _with(shape, Problem("json.broken", error.message, fatal=True))
    if shape.format == "ndjson" and items and items[0].fault and not any(item.cells for item in items):
        message = "Expected one object per line, or a list: [{…}, {…}]. " + f"Line {items[0].number} {items[0].fault}."
        return _with(shape, Problem("json.broken", message, items[0].number, fatal=True))
    keys = jsonrows.fields(items)
    read_rows = [Row(i.number, [i.cells.get(key) for key in keys], i.offset, i.fault) for i in items]
    return _studied(replace(shape, keys=tuple(keys)), keys, read_rows)


def _parquet(file: BinaryIO, shape: Shape) -> Shape:
    names, count = parquet.describe(file)
    shape = replace(shape, keys=tuple(names), rows=count)
    return _studied(shape, names, list(islice(parquet.rows(file, shape), limits.STUDIED)))


def _workbook(file: BinaryIO, shape: Shape, reading: Reading) -> Shape:
    titles, sheet, top = workbook.look(file, reading.sheet)
    shape = replace(shape, sheet=sheet, sheets=titles)
    if not top:
        return _with(shape, Problem("file.empty", f"Sheet {sheet!r} is empty.", fatal=True))
    formula_row = workbook.uncalculated(file, sheet)
    if formula_row:
        message = f"Row {formula_row} holds a formula without a stored result. Open the file in Excel and save it."
        shape = _with(shape, Problem("formula.uncalculated", message, formula_row))
    width = max(len(row.values) for row in top[: limits.SAMPLE])
    top = [row._replace(values=row.values + [None] * (width - len(row.values))) for row in top]
    return _headed(replace(shape, skip=top[0].number - 1), top, reading)


def _delimited(file: BinaryIO, shape: Shape, reading: Reading, sample: str) -> Shape:
    skip, named = delimited.preamble(sample)
    body = "".join(sample.splitlines(keepends=True)[skip:])
    shape = replace(shape, skip=skip, delimiter=reading.delimiter or named or delimited.sniff(body))
    stream = opening.text(file, shape)
    for _ in range(skip):
        stream.readline(limits.LINE)
    try:
        top = list(islice(delimited.records(stream, shape.delimiter, number=skip), limits.STUDIED + 1))
    except Invalid as error:
        return _with(shape, Problem("csv.broken", error.message, fatal=True))
    if not top:
        return _with(shape, Problem("file.empty", "The file holds no rows.", fatal=True))
    return _headed(shape, top, reading)


def _headed(shape: Shape, top: list[Row], reading: Reading) -> Shape:
    """Decides whether the first row is a header, names the columns and studies the rest."""
    first, rest = top[0], top[1:]
    header = _is_header(first, rest) if reading.header is None else reading.header
    shape = replace(shape, header=header)
    if not header:
        problem = Problem(
            "header.missing", f"Row {first.number} looks like data: the columns are named by number.", first.number
        )
        names = [f"Column {index}" for index in range(1, len(first.values) + 1)]
        return _studied(_with(shape, problem), names, top)
    names = ["" if cell is None else str(cell).strip() for cell in first.values]
    while names and not names[-1] and not any(any(row.values[len(names) - 1 :]) for row in rest):
        names.pop()
    return _studied(shape, names, rest, header_row=first.number)


def _is_header(first: Row, rest: list[Row]) -> bool:
    """A header differs from what stands below it: words over numbers or dates."""
    votes = 0
    for index, cell in enumerate(first.values):
        below = [row.values[index] for row in rest[:100] if index < len(row.values)]
        kind = columns.study("", below).type
        if amounts.is_missing(cell) or (rest and kind not in ("number", "date", "datetime")):
            continue
        typed = bool(amounts.guess([str(cell)]) or dates.guess([str(cell)]))
        votes += -1 if typed else 1
    return votes >= 0


def _studied(shape: Shape, names: list[str], read: list[Row], header_row: int = 0) -> Shape:
    if len(names) > limits.COLUMNS:
        raise TooLarge(f"The table has {len(names):,} columns; at most {limits.COLUMNS} can be read.")
    unique, problems = _unique(names, header_row)
    width = len(unique)
    good = [row for row in read if not row.fault and len(row.values) >= width]
    found = tuple(columns.study(name, [row.values[i] for row in good]) for i, name in enumerate(unique))
    problems += _row_problems(read, width) + [p for column in found if (p := _ask(column))]
    if not read:
        problems.append(Problem("rows.none", "There is a header but no row below it.", header_row or None, fatal=True))
    sample = tuple(tuple(row.values[:width]) for row in good[: limits.SAMPLE])
    return _with(replace(shape, columns=found, sample=sample), *problems)


def _with(shape: Shape, *problems: Problem) -> Shape:
    return replace(shape, problems=shape.problems + problems)


def _unique(names: list[str], row: int) -> tuple[list[str], list[Problem]]:
    """Every column gets a name of its own; what was changed is a problem worth showing."""
    unique: list[str] = []
    problems: list[Problem] = []
    for position, name in enumerate(names, start=1):
        wanted = name or f"Column {position}"
        made, again = wanted, 2
        while made in unique:
            made, again = f"{wanted} ({again})", again + 1
        unique.append(made)
        if not name:
            problems.append(Problem("header.blank", f"Column {position} has no name; it is called {made!r}.", row))
        elif made != name:
            text = f"Row {row}: two columns are called {name!r}; the later one is called {made!r}."
            problems.append(Problem("header.duplicate", text, row))
    return unique, problems


def _row_problems(read: list[Row], width: int) -> list[Problem]:
    found = []
    for row in read:
        ragged = len(row.values) < width or any(row.values[width:])
        if row.fault:
            found.append(Problem("row.broken", f"Row {row.number}: {row.fault}.", row.number))
        elif ragged:
            cells = f"{len(row.values)} cells instead of {width}"
            found.append(Problem("row.ragged", f"Row {row.number} has {cells}.", row.number))
    return found[: limits.SAMPLE]


def _ask(column: Column) -> Problem | None:
    if not column.ambiguous:
        return None
    choices = column.date_candidates if len(column.date_candidates) > 1 else column.number_candidates
    example = column.examples[0] if column.examples else ""
    text = f"Column {column.name!r}: {example!r} can be read as {' or '.join(choices)}. Choose one."
    return Problem("column.ambiguous", text)
