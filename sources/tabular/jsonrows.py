"""JSON lists of objects, and NDJSON, as rows in flat memory.

The standard library reads one object at a time; this module only finds where each one ends,
so that a list of any length needs no more memory than its largest object.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from sources.tabular import limits
from sources.tabular.opening import CHUNK, refuse
from sources.tabular.shape import Row, Shape, Value

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TOKEN = re.compile(_STRING + rb'|[\[\]{}]|"', re.DOTALL)
_SCALAR = re.compile(_STRING + rb'|[^,\]\s"]+(?=[,\]\s])', re.DOTALL)
_GAP = b" \t\r\n"


class Item(NamedTuple):
    """One object of the file, flattened to dotted names, or the reason why it is none."""

    number: int
    cells: dict[str, Value]
    offset: int
    fault: str = ""


class _ItemError(ValueError):
    """The message goes into the row's error as it is."""


def _constant(name: str) -> float:
    raise _ItemError(f"{name} is not valid JSON; leave the value out or write null")


def _whole(digits: str) -> int:
    if len(digits) > 400:
        raise _ItemError(f"a whole number of {len(digits)} digits is too large")
    return int(digits)


def parse(raw: bytes) -> dict[str, Value]:
    """One object as flat cells. Raises _ItemError with a message for a person."""
    try:
        found = json.loads(raw.decode(), parse_constant=_constant, parse_int=_whole)
    except _ItemError:
        raise
    except UnicodeDecodeError as error:
        raise _ItemError(f"byte {error.start} of the object is not valid UTF-8") from error
    except RecursionError as error:
        raise _ItemError(f"is nested deeper than {limits.DEPTH} levels") from error
    except json.JSONDecodeError as error:
        raise _ItemError(f"is not valid JSON ({error.msg})") from error
    if not isinstance(found, dict):
        raise _ItemError("is not an object; each item has to look like {…}")
    cells: dict[str, Value] = {}
    _flatten(found, "", cells, 1)
    return cells


def _flatten(item: Mapping[str, Any], prefix: str, cells: dict[str, Value], depth: int) -> None:
    if depth > limits.DEPTH:
        raise _ItemError(f"is nested deeper than {limits.DEPTH} levels")
    for key, value in item.items():
        name = prefix + key
        if isinstance(value, dict):
            _flatten(value, name + ".", cells, depth + 1)
            continue
        cell = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
        if isinstance(cell, str):
            _check_text(name, cell)
        if isinstance(cell, float) and not math.isfinite(cell):
            raise _ItemError(f"{name} is too large to be stored")
        cells[name] = cell
    if len(cells) > limits.COLUMNS:
        raise _ItemError(f"has more than {limits.COLUMNS} fields")


def _check_text(name: str, cell: str) -> None:
    if len(cell) > limits.CELL:
        raise _ItemError(f"{name} is longer than {limits.CELL:,} characters")
    if "\0" in cell or "\0" in name:
        raise _ItemError(f"{name} holds a zero byte (NUL)")
    try:
        name.encode()
        cell.encode()
    except UnicodeEncodeError as error:
        raise _ItemError("a text holds half of a character (a lone surrogate)") from error


def _item(raw: bytes, number: int, offset: int) -> Item:
    if number > limits.ROWS:
        raise refuse(f"The file has more than {limits.ROWS:,} rows. Split it and upload the parts.")
    try:
        return Item(number, parse(raw), offset)
    except _ItemError as error:
        return Item(number, {}, offset, str(error))


def lines(stream: BinaryIO, *, number: int = 0, offset: int = 0) -> Iterator[Item]:
    """Items of an NDJSON file, one per line; blank lines are counted and left out."""
    while raw := stream.readline(limits.LINE):
        number += 1
        offset += len(raw)
        if len(raw) == limits.LINE:
            raise refuse(f"Row {number}: the line is longer than {limits.LINE:,} bytes.")
        if raw.strip():
            yield _item(raw, number, offset)


class _Window:
    """The part of the stream that is being looked at. Objects larger than the limit are refused."""

    def __init__(self, stream: BinaryIO, offset: int) -> None:
        self._stream = stream
        self.data = b""
        self.start = offset

    def more(self) -> bool:
        """Reads on, more each time, so that one long object is not searched again and again."""
        if len(self.data) > limits.LINE:
            raise refuse(f"An item at byte {self.start:,} is longer than {limits.LINE:,} bytes.")
        piece = self._stream.read(max(CHUNK, len(self.data)))
        self.data += piece
        return bool(piece)

    def drop(self, count: int) -> None:
        self.data = self.data[count:]
        self.start += count


def elements(stream: BinaryIO, *, number: int = 0, offset: int = 0) -> Iterator[Item]:
    """Items of one JSON list, each with the offset just behind it."""
    window = _Window(stream, offset)
    if not offset:
        _open_list(window)
    position = 0
    while True:
        position = _next_start(window, position, number)
        if position < 0:
            return
        end = _end_of_item(window, position, number + 1)
        number += 1
        yield _item(window.data[position:end], number, window.start + end)
        position = end
        if position > CHUNK:
            window.drop(position)
            position = 0


def _open_list(window: _Window) -> None:
    while not window.data.strip(_GAP) and window.more():
        pass
    start = len(window.data) - len(window.data.lstrip(_GAP))
    if window.data[start : start + 1] != b"[":
        raise refuse("The file does not begin with a list. Expected [{…}, {…}] or one object per line.")
    window.drop(start + 1)


def _next_start(window: _Window, position: int, number: int) -> int:
    """Where the next item begins, -1 at the end of the list."""
    comma = number == 0
    while True:
        while position < len(window.data):
            byte = window.data[position : position + 1]
            if byte in (b" ", b"\t", b"\r", b"\n"):
                position += 1
            elif byte == b"," and not comma:
                comma = True
                position += 1
            elif byte == b"]":
                _nothing_behind(window, position + 1)
                return -1
            elif comma:
                return position
            else:
                raise refuse(f"After item {number} (byte {window.start + position:,}) a comma is missing.")
        if not window.more():
            raise refuse(f"The file is cut off after item {number}: the list is not closed.")


def _nothing_behind(window: _Window, position: int) -> None:
    while True:
        rest = window.data[position:].strip(_GAP + b"\0")
        if rest:
            raise refuse(f"There is more text behind the end of the list, at byte {window.start + position:,}.")
        window.drop(len(window.data))
        position = 0
        if not window.more():
            return


def _end_of_item(window: _Window, start: int, number: int) -> int:
    """Index just behind the item that begins at ``start``."""
    if window.data[start : start + 1] not in (b"{", b"["):
        return _end_of_scalar(window, start, number)
    depth, position = 0, start
    while True:
        for token in _TOKEN.finditer(window.data, position):
            mark = token.group()
            if mark in (b"{", b"["):
                depth += 1
                if depth > limits.DEPTH:
                    raise refuse(f"Item {number} is nested deeper than {limits.DEPTH} levels.")
            elif mark in (b"}", b"]"):
                depth -= 1
                if not depth:
                    return token.end()
            elif mark == b'"':
                position = token.start()
                break
            position = token.end()
        if not window.more():
            raise refuse(f"The file is cut off in item {number}: it is not closed.")


def _end_of_scalar(window: _Window, start: int, number: int) -> int:
    while True:
        found = _SCALAR.match(window.data, start)
        if found:
            return found.end()
        if not window.more():
            raise refuse(f"The file is cut off in item {number}.")


def rows(stream: BinaryIO, shape: Shape, *, start: int = 0, offset: int = 0) -> Iterator[Row]:
    """Rows after row ``start``, in the order of the shape's columns; absent fields are None."""
    read = elements if shape.format == "json" else lines
    for item in read(stream, number=start if offset else 0, offset=offset):
        if item.number > start:
            yield Row(item.number, [item.cells.get(key) for key in shape.keys], item.offset, item.fault)


def fields(items: list[Item]) -> list[str]:
    """Names of all fields, in the order they turn up."""
    return list(dict.fromkeys(key for item in items for key in item.cells))
