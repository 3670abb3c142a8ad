"""From bytes to items: gzip, JSON of several shapes, NDJSON, and what is wrong with an item.

The content type is not believed: real senders label NDJSON as JSON and leave out the encoding.
A body that cannot be split into items is an error of the whole request; a flaw inside one item
is told for that item and the others go on.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from livinglytics.lib.errors import Terminal, TooLarge

MAX_BYTES = 20_000_000
MAX_ITEMS = 10_000
MAX_DEPTH = 6
#: commas and colons: what costs time and memory is how many values a body holds, not how many bytes
MAX_PARTS = 800_000
_GZIP = b"\x1f\x8b"


class MalformedBody(Terminal):
    """The body as a whole cannot be read; nothing of it was taken."""

    code = "MALFORMED_BODY"
    status = 400
    message = "The body cannot be read. Send a JSON object, an array, or one JSON object per line, in UTF-8."


@dataclass(frozen=True, slots=True)
class Flaw:
    """Stands in the place of a value that JSON lets through and we do not."""

    code: str
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one item, or one value of it, was refused. ``index`` counts the items from 0."""

    index: int
    code: str
    field: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return {"index": self.index, "code": self.code, "field": self.field, "message": self.message}


@dataclass(slots=True)
class Parsed:
    """``accepted``: JSON-able records; ``rejected``: what was refused and why; ``items``: how many came."""

    accepted: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    items: int = 0


def items(body: bytes, *, gzipped: bool = False) -> list[Any]:
    """The items of a body; an unreadable NDJSON line or a flawed value is a ``Flaw`` in its place.

    ``gzipped`` is what the request says; a gzip signature is enough. Raises MalformedBody and TooLarge.
    """
    packed = gzipped or body.startswith(_GZIP)
    text = _text(_unpacked(body) if packed else _within(body))
    if text.count(",") + text.count(":") > MAX_PARTS:
        raise TooLarge("The body holds too many values. Split it into several requests.")
    found = _split(text)
    if len(found) > MAX_ITEMS:
        raise TooLarge(f"There are {len(found)} items in this request. Send at most {MAX_ITEMS} at a time.")
    return found


def _within(body: bytes) -> bytes:
    if len(body) > MAX_BYTES:
        raise TooLarge(f"The body is larger than {MAX_BYTES // 1_000_000} MB. Split it into several requests.")
    return body


def _unpacked(body: bytes) -> bytes:
    """All members of a gzip body, never more than the cap."""
    parts, size, rest = [], 0, body
    try:
        while rest:
            unpacker = zlib.decompressobj(wbits=31)
            parts.append(unpacker.decompress(rest, MAX_BYTES - size + 1))
            size += len(parts[-1])
            if size > MAX_BYTES:
                raise TooLarge(f"The unpacked body is larger than {MAX_BYTES // 1_000_000} MB. Split it.")
            if not unpacker.eof:
                raise MalformedBody("The gzip body breaks off. Send it again.")
            rest = unpacker.unused_data.lstrip(b"\0")
    except zlib.error:
        raise MalformedBody("The body is not valid gzip. Send it again, or without Content-Encoding.") from None
    return b"".join(parts)


def _text(body: bytes) -> str:
    try:
        text = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The body is not UTF-8 (byte {error.start}). Send UTF-8.") from None
    if not text:
        raise MalformedBody("The body is empty.")
    return text


def _split(text: str) -> list[Any]:
    """One JSON value, or one per line where the first line is complete in itself."""
    try:
        whole = _load(text)
    except _NotJsonError as error:
        first, _, rest = text.partition("\n")
        if not rest or isinstance(_line(first), Flaw):
            raise MalformedBody(f"The body is not valid JSON: {error}.") from None
        return [_line(line) for line in text.split("\n") if line.strip()]
    if isinstance(whole, dict) and isinstance(whole.get("items"), list):
        whole = whole["items"]
    return whole if isinstance(whole, list) else [whole]


def _line(line: str) -> Any:
    try:
        return _load(line)
    except _NotJsonError as error:
        return Flaw("malformed_json", f"This line is not valid JSON: {error}.")


class _NotJsonError(ValueError):
    """Not JSON; the text says where."""


def _load(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _NotJsonError(f"{error.msg} at {place}") from None
    except RecursionError:
        raise _NotJsonError("it is nested too deep") from None


def _pairs(pairs: list[tuple[str, Any]]) -> Any:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    names = [name for name, _ in pairs]
    twice = next(name for name in names if names.count(name) > 1)
    return Flaw("duplicate_key", "This name is given twice. Keep one.", twice[:100])


def _constant(name: str) -> Flaw:
    return Flaw("not_a_number", f"{name} is not a number that can be stored. Leave the item out, or send null.")


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= 20 else float(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_whole)


def flaw_in(item: Any) -> Flaw | None:
    """The first thing inside an item that cannot be stored: a flaw, bad text, or too much nesting."""
    for name, value, depth in _walk(item):
        if isinstance(value, Flaw):
            return value if value.field else Flaw(value.code, value.message, name)
        if depth > MAX_DEPTH:
            return Flaw("too_deep", f"More than {MAX_DEPTH} levels of nesting. Send flat items.", name)
        if isinstance(value, str) and not _storable(value):
            return Flaw("bad_text", "The text holds characters that cannot be stored (NUL or half a pair).", name)
    return None


def _walk(item: Any) -> Iterator[tuple[str, Any, int]]:
    """Every value with the name of its outermost field, and its depth."""
    waiting: list[tuple[str, Any, int]] = [("", item, 0)]
    while waiting:
        name, value, depth = waiting.pop()
        yield name, value, depth
        if isinstance(value, dict):
            waiting.extend((name or key[:100], inner, depth + 1) for key, inner in value.items())
            waiting.extend((name, key, depth) for key in value)
        elif isinstance(value, list):
            waiting.extend((name, inner, depth + 1) for inner in value)


def _storable(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
