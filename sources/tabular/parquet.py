"""Parquet through DuckDB: batches of rows, a fixed memory limit, no way to any other file."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

import duckdb

from livinglytics.lib.errors import TooLarge
from sources.tabular import limits
from sources.tabular.opening import CHUNK, refuse, seekable
from sources.tabular.shape import Row, Shape, Value

BATCH = 2_000
_UNREADABLE = "The Parquet file is damaged or of a kind that cannot be read. Write it again and upload it once more."


@contextmanager
def _path(file: BinaryIO) -> Iterator[str]:
    """Where the bytes lie on disk; DuckDB reads by path. A file without one is copied."""
    with seekable(file) as plain:
        name = getattr(plain, "name", None)
        if isinstance(name, str) and os.path.isfile(name) and os.path.samestat(os.fstat(plain.fileno()), os.stat(name)):
            yield os.path.realpath(name)
            return
        with tempfile.NamedTemporaryFile(suffix=".parquet") as copy:
            while chunk := plain.read(CHUNK):
                copy.write(chunk)
            copy.flush()
            yield os.path.realpath(copy.name)


@contextmanager
def _connected(file: BinaryIO) -> Iterator[tuple[Any, str]]:
    with _path(file) as path:
        connection = duckdb.connect(":memory:", config={"memory_limit": "256MB", "threads": 1})
        try:
            quoted = path.replace("'", "''")
            connection.execute("SET autoinstall_known_extensions=false; SET autoload_known_extensions=false")
            connection.execute(f"SET allowed_paths=['{quoted}']")
            connection.execute("SET enable_external_access=false; SET lock_configuration=true")
            yield connection, path
        except duckdb.Error as error:
            raise refuse(_UNREADABLE) from error
        finally:
            connection.close()


def describe(file: BinaryIO) -> tuple[list[str], int]:
    """(column names, number of rows). Refuses files that unpack to more than the limits."""
    with _connected(file) as (connection, path):
        names = [name for name, _ in _columns(connection, path)]
        rows = connection.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [path]).fetchone()[0]
        size = connection.execute("SELECT sum(total_uncompressed_size) FROM parquet_metadata(?)", [path]).fetchone()[0]
    if int(rows or 0) > limits.ROWS:
        raise TooLarge(f"The file has more than {limits.ROWS:,} rows. Split it and upload the parts.")
    if int(size or 0) > limits.BYTES * 4:
        raise TooLarge(f"The file unpacks to more than {limits.BYTES * 4:,} bytes. Split it and upload the parts.")
    return names, int(rows or 0)


def _columns(connection: Any, path: str) -> list[tuple[str, str]]:
    found = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()
    return [(str(row[0]), str(row[1])) for row in found]


_AS_IS = ("INT", "FLOAT", "DOUBLE", "DECIMAL", "HUGEINT", "BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP")


def _expression(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"make_timestamp(epoch_us({quoted}))::VARCHAR || 'Z'"
    simple = any(part in kind for part in _AS_IS) and "[" not in kind and "(" not in kind.replace("DECIMAL(", "")
    return quoted if simple and "INTERVAL" not in kind else f"{quoted}::VARCHAR"


def rows(file: BinaryIO, shape: Shape | None, *, start: int = 0) -> Iterator[Row]:
    """Rows after row ``start`` (the first is 1), all columns of the file in their order."""
    with _connected(file) as (connection, path):
        chosen = ", ".join(_expression(name, kind) for name, kind in _columns(connection, path))
        sql = f"SELECT {chosen} FROM read_parquet(?) OFFSET {int(start)}"  # noqa: S608 - quoted column names
        result = connection.execute(sql, [path])
        number = start
        while batch := result.fetchmany(BATCH):
            for values in batch:
                number += 1
                cells = [_plain(value) for value in values]
                yield Row(number, cells, 0, _fault(cells))


def _plain(value: Any) -> Value:
    """Dates as ISO text, decimals as text, NaN as missing: what JSON can carry without loss."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _fault(cells: list[Value]) -> str:
    for cell in cells:
        if isinstance(cell, str) and (len(cell) > limits.CELL or "\0" in cell):
            return (
                "a cell holds a zero byte (NUL)"
                if "\0" in cell
                else f"a cell is longer than {limits.CELL:,} characters"
            )
    return ""
