"""Every stored number as it is: one line per observation, streamed past Python where the database can."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

from livinglytics.lib.spreadsheets import safe_sql, safe_text
from metrics.models import Clock
from metrics.store import Store
from metrics.store.raw import Wanted, every_row

COLUMNS: Final = ("source", "metric", "dimensions", "clock", "at", "n", "value", "raw_id")
_PIECE: Final = 65_536
_ROWS: Final = 2_000
_CLOCKS: Final = {Clock.DAY.value: "day", Clock.INSTANT.value: "instant"}


def csv_pieces(store: Store, wanted: Wanted) -> Iterator[bytes]:
    """The whole file. Flat in memory; closing the iterator ends the statement."""
    yield (",".join(COLUMNS) + "\n").encode()
    yield from _copied(store, wanted) if store.postgres else _written(store, wanted)


def _copied(store: Store, wanted: Wanted) -> Iterator[bytes]:
    """PostgreSQL writes the lines; they pass through."""
    series, params = wanted.series(store)
    moments, more = wanted.moments()
    safe = safe_sql("s.metric").replace("%", "%%")
    sql = (
        f"COPY (WITH s AS MATERIALIZED (SELECT s.id, s.source_id, s.clock, {safe} AS metric, "
        f"s.dimensions::text AS dimensions FROM metrics_series s WHERE {series}) "
        "SELECT s.source_id, s.metric, s.dimensions, CASE s.clock WHEN 0 THEN 'day' ELSE 'instant' END, "
        "CASE s.clock WHEN 0 THEN (DATE '1970-01-01' + o.at::integer)::text "
        "ELSE replace((TIMESTAMP '1970-01-01' + o.at * INTERVAL '1 second')::text, ' ', 'T') || 'Z' END, "
        f"o.n, o.value, o.raw_id FROM s JOIN metrics_observation o ON o.series_id = s.id{moments}"
        ") TO STDOUT (FORMAT csv)"
    )
    kept: list[Any] = []
    size = 0
    with store.cursor() as cursor, cursor.copy(sql, [*params, *more]) as lines:
        for line in lines:
            kept.append(line)
            size += len(kept[-1])
            if size >= _PIECE:
                yield b"".join(kept)
                kept, size = [], 0
    yield b"".join(kept)


def _written(store: Store, wanted: Wanted) -> Iterator[bytes]:
    """SQLite's rows by the csv module, a few thousand at a time."""
    sql, params = every_row(store, wanted)
    known: tuple[int, tuple[str, str, str]] = (0, ("", "", ""))
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    with store.cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(_ROWS):
            for series, source, metric, dimensions, clock, moment, n, value, raw in rows:
                if known[0] != series:
                    known = series, (str(store.uuid(source)), safe_text(metric), dimensions)
                whole = value.is_integer() and abs(value) < 1e15
                writer.writerow((*known[1], _CLOCKS[clock], moment, n, int(value) if whole else value, raw))
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
