"""Which encoding a text file has, and where exactly it is broken."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import BinaryIO

from sources.tabular.opening import CHUNK
from sources.tabular.shape import Problem

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: bytes that Windows-1252 leaves undefined
_UNDEFINED = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))


@dataclass(frozen=True, slots=True)
class Encoding:
    """``name`` for Python; ``mark`` bytes of byte order mark to skip; ``size`` of the unpacked bytes."""

    name: str
    mark: int = 0
    size: int = 0
    problem: Problem | None = None


@dataclass(slots=True)
class _Utf8Scan:
    """Facts of one pass over the whole file: cheap, and it finds a broken byte at the very end."""

    size: int = 0
    lines: int = 0
    multibyte: int = 0
    broken_at: int | None = None
    broken_line: int = 0
    broken_byte: int = 0
    undefined: bool = False


def detect(head: bytes, stream: BinaryIO) -> Encoding:
    """Looks at the mark, at zero bytes (UTF-16 without mark), then checks every byte as UTF-8."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            if name == "utf-8":
                return _from_scan(_scan(stream), mark=len(mark))
            return _strict(stream, name, len(mark))
    guessed = _utf16_without_mark(head)
    if guessed:
        return _strict(stream, guessed, 0)
    return _from_scan(_scan(stream), mark=0)


def _utf16_without_mark(head: bytes) -> str:
    pairs = len(head) // 2
    if pairs < 2:
        return ""
    even, odd = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if odd > pairs * 0.6 and even < pairs * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > pairs * 0.6 and odd < pairs * 0.1 else ""


def _scan(stream: BinaryIO) -> _Utf8Scan:
    facts = _Utf8Scan()
    rest = b""
    while chunk := stream.read(CHUNK):
        facts.size += len(chunk)
        rest = _scan_chunk(facts, rest, chunk)
    if rest:
        _note_broken(facts, facts.size - len(rest), rest[0])
    return facts


def _scan_chunk(facts: _Utf8Scan, rest: bytes, chunk: bytes) -> bytes:
    """Checks ``rest + chunk``; returns the bytes of a character that is not complete yet."""
    if not rest and chunk.isascii():
        facts.lines += chunk.count(b"\n")
        return b""
    data = rest + chunk
    start = facts.size - len(data)
    facts.undefined = facts.undefined or any(byte in data for byte in _UNDEFINED)
    at = 0
    while at < len(data):
        try:
            text, used = codecs.utf_8_decode(data[at:], "strict", False)
        except UnicodeDecodeError as error:
            good = data[at : at + error.start]
            facts.lines += good.count(b"\n")
            facts.multibyte += len(good) - len(good.decode("utf-8"))
            at += error.start
            if not _note_broken(facts, start + at, data[at]):
                facts.lines += data[at:].count(b"\n")
                return b""
            at += 1
            continue
        facts.lines += text.count("\n")
        facts.multibyte += used - len(text)
        return data[at + used :]
    return b""


def _note_broken(facts: _Utf8Scan, offset: int, byte: int) -> bool:
    """True while it is worth looking closer: only the first chunk with broken bytes is read one by one."""
    if facts.broken_at is None:
        facts.broken_at, facts.broken_line, facts.broken_byte = offset, facts.lines + 1, byte
        return True
    return offset - facts.broken_at < CHUNK


def _from_scan(facts: _Utf8Scan, *, mark: int) -> Encoding:
    if facts.broken_at is None:
        return Encoding("utf-8", mark, facts.size)
    line, offset = facts.broken_line, facts.broken_at
    if mark or facts.multibyte:
        message = (
            f"Row {line}: byte {offset:,} (0x{facts.broken_byte:02X}) is not valid UTF-8. "
            "Save the file as UTF-8, or choose the encoding it has."
        )
        return Encoding("utf-8", mark, facts.size, Problem("encoding.broken", message, line, offset, fatal=True))
    name = "latin-1" if facts.undefined else "cp1252"
    message = f"The text is not UTF-8 (first at row {line}, byte {offset:,}); it is read as {name}."
    return Encoding(name, 0, facts.size, Problem("encoding.guessed", message, line, offset))


def _strict(stream: BinaryIO, name: str, mark: int) -> Encoding:
    """Reads everything as ``name`` and names the byte where that fails."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    stream.read(mark)
    size, lines = mark, 0
    while True:
        chunk = stream.read(CHUNK * 4)
        held = len(decoder.getstate()[0])
        try:
            lines += decoder.decode(chunk, final=not chunk).count("\n")
        except UnicodeDecodeError as error:
            offset = size - held + error.start
            line = lines + 1 + (error.object[: error.start]).decode(name, "ignore").count("\n")
            message = f"Row {line}: byte {offset:,} is not valid {name}. Save the file as UTF-8."
            return Encoding(name, mark, size, Problem("encoding.broken", message, line, offset, fatal=True))
        size += len(chunk)
        if not chunk:
            return Encoding(name, mark, size)


def chosen(name: str, head: bytes, stream: BinaryIO) -> Encoding:
    """The encoding a person chose, checked over the whole file."""
    canonical = codecs.lookup(name).name
    if canonical in ("utf-8", "utf-8-sig"):
        return _from_scan(_scan(stream), mark=3 if head.startswith(codecs.BOM_UTF8) else 0)
    mark = next((len(m) for m, marked in _MARKS if head.startswith(m) and marked.startswith(canonical)), 0)
    return _strict(stream, canonical, mark)
