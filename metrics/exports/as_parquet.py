"""Parquet by DuckDB, from temporary lines of JSON: typed columns, and what the file says of itself as metadata."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import orjson

from metrics.exports.files import streamed
from metrics.exports.table import Table

_TYPES: Final = {"text": "VARCHAR", "number": "DOUBLE", "whole": "BIGINT"}
_ROWS: Final = 2_000
_MEMORY: Final = "256MB"


def write(table: Table) -> Iterator[bytes]:
    """The file's metadata key ``livinglytics`` holds the same JSON as the head of the other formats."""
    return streamed("export.parquet", lambda path: _make(table, path))


def _make(table: Table, path: Path) -> None:
    import duckdb  # heavy, and only exports need it

    lines = path.with_suffix(".ndjson")
    _write_lines(table, lines)
    kept = ", ".join(f"c{at}: '{_TYPES[column.kind]}'" for at, column in enumerate(table.columns))
    shown = ", ".join(f"c{at} AS {_name(column.name)}" for at, column in enumerate(table.columns))
    about = _text(orjson.dumps(table.about).decode())
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "threads": "1",
        "temp_directory": str(path.parent),
    }
    with duckdb.connect(config=config) as database:
        database.execute(
            f"COPY (SELECT {shown} FROM read_json({_text(str(lines))}, format='newline_delimited', "
            f"columns={{{kept}}})) TO {_text(str(path))} "
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{livinglytics: {about}}})"
        )


def _write_lines(table: Table, path: Path) -> None:
    names = [f"c{at}" for at in range(len(table.columns))]
    rows = iter(table.rows)
    with path.open("wb") as file:
        while part := [orjson.dumps(dict(zip(names, row, strict=True))) for row in islice(rows, _ROWS)]:
            file.write(b"\n".join(part) + b"\n")


def _text(value: str) -> str:
    """A text literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    """A column's name in SQL."""
    return '"' + value.replace('"', '""') + '"'
