"""Is this workbook safe to unpack? Answered from the archive's directory, before anything is unpacked."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import BinaryIO

from livinglytics.lib.errors import TooLarge
from sources.tabular import limits
from sources.tabular.opening import CHUNK, measure, refuse

_END = b"PK\x05\x06"
_MEASURED = 64_000_000
_SAYS_LESS = "A part of the workbook holds more than it declares. Save the file again and upload it once more."


def check(file: BinaryIO) -> None:
    """Refuses archives with too many entries, too much inside, overlapping parts or untrue sizes."""
    size = measure(file)
    _check_directory(file, size)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_declared(entries, size)
            _check_actual(file, entries)
            _check_rows(archive, entries)
            if not any(entry.filename.endswith("workbook.xml") for entry in entries):
                raise refuse("This is a ZIP archive, not an Excel workbook. Unpack it and upload the table inside.")
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, struct.error, zlib.error) as error:
        raise refuse("The workbook is damaged. Save it again and upload it once more.") from error


def _check_directory(file: BinaryIO, size: int) -> None:
    """The end record alone: a directory of a million entries must not even be loaded."""
    tail_at = max(0, size - 66_000)
    file.seek(tail_at)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise refuse("The workbook is cut off. Upload it once more.")
    entries, directory = struct.unpack("<HI", tail[at + 10 : at + 16])
    if entries > limits.ZIP_ENTRIES or directory > limits.ZIP_DIRECTORY:
        raise TooLarge(f"The workbook holds more than {limits.ZIP_ENTRIES:,} parts. Save the table as CSV.")
    file.seek(0)


def _check_declared(entries: list[zipfile.ZipInfo], size: int) -> None:
    if sum(entry.compress_size for entry in entries) > size:
        raise refuse("Parts of the workbook overlap. Save it again with a spreadsheet program.")
    if sum(entry.file_size for entry in entries) > limits.BYTES:
        raise TooLarge(f"The workbook unpacks to more than {limits.BYTES:,} bytes. Save the table as CSV.")
    for entry in entries:
        packed = max(entry.compress_size, 1)
        if entry.file_size > limits.RATIO_FROM and entry.file_size > limits.RATIO * packed:
            raise TooLarge(
                f"A part of the workbook unpacks to more than {limits.RATIO} times its size. Save it as CSV."
            )
        if entry.filename.endswith("sharedStrings.xml") and entry.file_size > limits.ZIP_SHARED_STRINGS:
            raise TooLarge("The workbook holds too much text to be read at once. Save the table as CSV.")


def _check_actual(file: BinaryIO, entries: list[zipfile.ZipInfo]) -> None:
    """Unpacks up to 64 MB to compare. Past that, zipfile itself stops at the declared size."""
    left = _MEASURED
    for entry in entries:
        if left <= 0:
            return
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refuse("The workbook is packed in a way that Excel does not use. Save it again.")
        if entry.compress_type == zipfile.ZIP_DEFLATED:
            left -= _unpack(file, entry, left)
    file.seek(0)


def _check_rows(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """A sheet that never closes a row would be held in memory as a whole."""
    for entry in entries:
        if not entry.filename.startswith("xl/worksheets/") or entry.file_size <= limits.RATIO_FROM:
            continue
        gap = 0
        with archive.open(entry) as part:
            while chunk := part.read(CHUNK * 4):
                gap = 0 if b"</row" in chunk or b"<row" in chunk else gap + len(chunk)
                if gap > limits.ZIP_ROW:
                    raise TooLarge(f"A row of the workbook is larger than {limits.ZIP_ROW:,} bytes. Save it as CSV.")


def _unpack(file: BinaryIO, entry: zipfile.ZipInfo, most: int) -> int:
    file.seek(entry.header_offset + 26)
    name, extra = struct.unpack("<HH", file.read(4))
    file.seek(name + extra, io.SEEK_CUR)
    unpacker, out, packed_left = zlib.decompressobj(-15), 0, entry.compress_size
    pending = b""
    while not unpacker.eof and out < most:
        if not pending:
            pending = file.read(min(CHUNK, packed_left))
            packed_left -= len(pending)
            if not pending:
                break
        try:
            out += len(unpacker.decompress(pending, CHUNK * 4))
        except zlib.error as error:
            raise refuse("The workbook is damaged. Save it again and upload it once more.") from error
        pending = unpacker.unconsumed_tail
        if out > entry.file_size:
            raise TooLarge(_SAYS_LESS)
    return out
