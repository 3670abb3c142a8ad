"""From an uploaded file to a stream of clean UTF-8 bytes, whatever it was packed and encoded in.

The content decides, not the file name. A packed file is never unpacked past the limits:
bytes and ratio are watched while it streams.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from livinglytics.lib.errors import Invalid, TooLarge
from sources.tabular import limits
from sources.tabular.shape import Shape

CHUNK = 1 << 16
GZIP = b"\x1f\x8b"

_KNOWN = (
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls) or one with a password. Save it as .xlsx without a password"),
    (b"%PDF", "a PDF. Export the table as CSV or .xlsx"),
    (b"\x89PNG", "a picture. Export the table as CSV or .xlsx"),
    (b"7z\xbc\xaf", "a 7z archive. Unpack it, or use gzip"),
    (b"BZh", "a bzip2 file. Unpack it, or use gzip"),
    (b"\xfd7zXZ", "an xz file. Unpack it, or use gzip"),
    (b"(\xb5/\xfd", "a zstd file. Unpack it, or use gzip"),
    (b"SQLite format 3", "an SQLite database. Export the table as CSV"),
)


def refuse(message: str) -> Invalid:
    """The error for a file that cannot be read at all."""
    return Invalid(message, details={"file": [message]})


class Unpacked(io.RawIOBase):
    """A gzip file as a plain one. Refuses to grow past the byte limit or the ratio limit."""

    def __init__(self, packed: BinaryIO) -> None:
        packed.seek(0)
        self._packed = packed
        self._gzip = gzip.GzipFile(fileobj=packed, mode="rb")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            piece = self._gzip.read(min(len(buffer), CHUNK))
        except (OSError, EOFError, zlib.error) as error:
            raise refuse("The gzip file is damaged or cut off. Pack it again and upload it once more.") from error
        buffer[: len(piece)] = piece
        out = self._gzip.tell()
        if out > limits.BYTES:
            raise TooLarge(f"The file unpacks to more than {limits.BYTES:,} bytes. Split it and upload the parts.")
        if out > limits.RATIO_FROM and out > limits.RATIO * max(self._packed.tell(), 1):
            raise TooLarge(f"The file unpacks to more than {limits.RATIO} times its size. Upload it unpacked.")
        return len(piece)


class Recoded(io.RawIOBase):
    """Text of any encoding as UTF-8, with lone carriage returns as line ends where asked."""

    def __init__(self, source: BinaryIO, encoding: str, newline: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._newline = newline
        self._ready = b""
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            chunk = self._source.read(CHUNK)
            try:
                text = self._decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                message = f"The text is broken after byte {self._read:,}: {error.reason}. Save the file as UTF-8."
                raise refuse(message) from error
            self._read += len(chunk)
            if self._newline == "\r":
                text = text.replace("\r", "\n")
            self._ready = text.encode()
            if not chunk:
                break
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


def kind_of(head: bytes, name: str) -> str:
    """ "parquet", "xlsx" or "text"; refuses everything that is known to be no table."""
    for magic, kind in _KNOWN:
        if head.startswith(magic):
            if kind in ("parquet", "xlsx"):
                return kind
            raise refuse(f"{name or 'The file'} is {kind}.")
    if re.match(rb"\s*<(!doctype|html|\?xml)", head, re.IGNORECASE):
        raise refuse(f"{name or 'The file'} is a web page or XML, not a table. Export it as CSV or .xlsx.")
    return "text"


def measure(file: BinaryIO) -> int:
    """Size in bytes, checked against the limit."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size > limits.BYTES:
        raise TooLarge(f"The file is larger than {limits.BYTES:,} bytes. Split it and upload the parts.")
    return size


def is_packed(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(2) == GZIP


def unpacked(file: BinaryIO) -> BinaryIO:
    """The bytes of the file, unpacked if it is gzip. Reads forward only when packed."""
    if is_packed(file):
        return cast(BinaryIO, io.BufferedReader(Unpacked(file), CHUNK))
    file.seek(0)
    return file


@contextmanager
def seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    """The file itself, or an unpacked temporary copy of it: Excel and Parquet are read from the end."""
    if not is_packed(file):
        file.seek(0)
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        stream = unpacked(file)
        while chunk := stream.read(CHUNK):
            copy.write(chunk)
        copy.seek(0)
        yield cast(BinaryIO, copy)


def text(file: BinaryIO, shape: Shape, offset: int = 0) -> BinaryIO:
    """UTF-8 bytes without byte order mark, from ``offset`` on (counted in those bytes)."""
    plain = shape.encoding == "utf-8" and shape.newline == "\n"
    if plain and not shape.packed:
        file.seek(shape.mark + offset)
        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, _Kept(file)), CHUNK))
    stream = unpacked(file)
    stream.read(shape.mark)
    if not plain:
        recoded = Recoded(stream, shape.encoding, shape.newline)
        stream = cast(BinaryIO, io.BufferedReader(recoded, CHUNK))
    while offset > 0:
        passed = len(stream.read(min(offset, CHUNK)))
        if not passed:
            break
        offset -= passed
    return stream


class _Kept(io.RawIOBase):
    """Reads from a file without closing it in the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)
