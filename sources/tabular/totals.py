"""Adding up rows that share a moment and its dimensions, exactly and in flat memory.

Sums live in a temporary SQLite file; a small dictionary before it catches neighbours.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sources.records import When

_HELD = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Total(NamedTuple):
    """Per metric the value and how many rows it came from; None where no row had a number."""

    when: When
    dims: tuple[str, ...]
    values: list[tuple[float, int] | None]


class Totals:
    """Add rows in file order, then iterate over totals in time order. Use :func:`totals` to get one."""

    def __init__(self, database: sqlite3.Connection, kinds: Sequence[str]) -> None:
        self._database = database
        self._kinds = tuple(kinds)
        self._held: dict[tuple[int, str], list[Any]] = {}
        self._dates = True
        columns = ", ".join(f"v{i} REAL, n{i} INTEGER" for i in range(len(kinds)))
        database.execute(
            f"CREATE TABLE totals (at INTEGER, dims TEXT, {columns}, PRIMARY KEY (at, dims)) WITHOUT ROWID"
        )
        self._upsert = self._statement()

    def _statement(self) -> str:
        names = [name for i in range(len(self._kinds)) for name in (f"v{i}", f"n{i}")]
        merges = []
        for i, kind in enumerate(self._kinds):
            if kind == "last":
                merges.append(f"v{i} = coalesce(excluded.v{i}, v{i})")
            else:
                merges.append(
                    f"v{i} = CASE WHEN v{i} IS NULL THEN excluded.v{i} ELSE v{i} + coalesce(excluded.v{i}, 0) END"
                )
            merges.append(f"n{i} = n{i} + excluded.n{i}")
        marks = ", ".join("?" for _ in range(len(names) + 2))
        return (
            f"INSERT INTO totals (at, dims, {', '.join(names)}) VALUES ({marks}) "  # noqa: S608 - names made here
            f"ON CONFLICT (at, dims) DO UPDATE SET {', '.join(merges)}"
        )

    def add(self, when: When, dims: tuple[str, ...], numbers: Sequence[float | None]) -> None:
        self._dates = not isinstance(when, datetime)
        key = (_number(when), json.dumps(dims, ensure_ascii=False))
        cell = self._held.get(key)
        if cell is None:
            cell = self._held[key] = [None, 0] * len(self._kinds)
        for i, number in enumerate(numbers):
            if number is None:
                continue
            before = cell[2 * i]
            cell[2 * i] = number if before is None or self._kinds[i] == "last" else before + number
            cell[2 * i + 1] += 1
        if len(self._held) >= _HELD:
            self._flush()

    def _flush(self) -> None:
        self._database.executemany(self._upsert, ((*key, *cell) for key, cell in self._held.items()))
        self._held.clear()

    def __len__(self) -> int:
        self._flush()
        return int(self._database.execute("SELECT count(*) FROM totals").fetchone()[0])

    def __iter__(self) -> Iterator[Total]:
        self._flush()
        for at, dims, *cells in self._database.execute("SELECT * FROM totals ORDER BY at, dims"):
            pairs = zip(cells[::2], cells[1::2], strict=True)
            values = [None if value is None else (float(value), int(n)) for value, n in pairs]
            yield Total(self._when(at), tuple(json.loads(dims)), values)

    def _when(self, at: int) -> When:
        return date.fromordinal(at) if self._dates else _EPOCH + at * _MICROSECOND


def _number(when: When) -> int:
    return (when - _EPOCH) // _MICROSECOND if isinstance(when, datetime) else when.toordinal()


@contextmanager
def totals(kinds: Sequence[str]) -> Iterator[Totals]:
    """A fresh store of totals; its file is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        database = sqlite3.connect(Path(folder) / "totals.sqlite3", isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            database.execute("PRAGMA cache_size = -16000")
            database.execute("BEGIN")
            yield Totals(database, kinds)
        finally:
            database.close()
