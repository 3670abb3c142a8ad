"""Writing observations: staged, merged only where something changed, noted, rolled up.

All of it runs in the caller's transaction. Two writers never meet on one source: the job's
fence lets one through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from livinglytics.lib import buckets
from metrics.models import Clock
from metrics.store import rollups
from metrics.store.adding import Row
from metrics.store.base import Store, Table
from metrics.store.memory import Memory

_ROW = ("series_id", "at", "raw_id", "n", "value")
#: series, first moment, last moment
Span = tuple[int, int, int]
_SERIES = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Window:
    """Series whose stored moments in [start, end) are replaced as a whole."""

    series_ids: Sequence[int]
    start: int
    end: int

    def spans(self) -> Iterator[Span]:
        """(series, first moment, first moment after) of each series."""
        return ((series, self.start, self.end) for series in self.series_ids)


@dataclass(frozen=True, slots=True)
class Merged:
    """Counts of cells of one merge."""

    inserted: int
    updated: int
    unchanged: int
    deleted: int
    proved: bool = False

    @property
    def changed(self) -> bool:
        """Whether answers can be other ones now: a proof alone turns missing days into zeros."""
        return bool(self.inserted or self.updated or self.deleted or self.proved)


def merge(
    store: Store,
    source_id: UUID,
    rows: Sequence[Row],
    *,
    zone: str,
    now: datetime,
    memory: Memory,
    windows: Sequence[Window] = (),
) -> Merged:
    """Store rows, delete what the windows no longer hold, note restatements, roll up what changed.

    ``rows`` are sorted by series and moment, each key once. Where nothing is stored yet around them they are
    appended; else they are compared with what is there.
    """
    with store.by_key():
        spans = [*_spans(rows), *((one, start, end - 1) for window in windows for one, start, end in window.spans())]
        if not rollups.meets(store, spans, "metrics_observation"):
            return _append(store, rows, zone, memory)
        return _compare(store, source_id, rows, zone=zone, now=now, memory=memory, windows=windows)


def _spans(rows: Sequence[Row]) -> Iterator[Span]:
    """(series, first moment, last moment) of each series."""
    for series, found in groupby(rows, _SERIES):
        moments = [row[1] for row in found]
        yield series, moments[0], moments[-1]


def _append(store: Store, rows: Sequence[Row], zone: str, memory: Memory) -> Merged:
    """Nothing is stored at or between these moments: all of it is new."""
    if rows:
        store.fill("metrics_observation", _ROW, rows)
        links = rollups.links_of(store, {row[0] for row in rows}, memory.links)
        rollups.refresh(store, rows, links, zone=zone)
    return Merged(len(rows), 0, 0, 0)


def _compare(
    store: Store,
    source_id: UUID,
    rows: Sequence[Row],
    *,
    zone: str,
    now: datetime,
    memory: Memory,
    windows: Sequence[Window],
) -> Merged:
    """Find what differs from what is stored, and write only that."""
    stage, changed = _stage(store), _changed(store)
    store.prepare(stage, changed)
    store.fill(stage.name, stage.names, rows)
    changes = _find_changes(store)
    if windows:
        changes += _find_gone(store, windows)
    if not changes:
        return Merged(0, 0, len(rows), 0)
    inserted, updated, deleted = _write(store, changes)
    if updated or deleted:
        _note(store, source_id, zone, now)
    found = store.fetch(f"SELECT series_id, at, raw_id, n, value FROM {_CHANGED} ORDER BY series_id, at")
    links = rollups.links_of(store, {row[0] for row in found}, memory.links)
    held = [row for row in found if row[3] is not None]
    gone = [(row[0], row[1]) for row in found if row[3] is None]
    rollups.refresh(store, held, links, zone=zone, gone=gone)
    return Merged(inserted, updated, len(rows) - inserted - updated, deleted)


_STAGE = "ll_stage"
_CHANGED = "ll_changed"
_WINDOWS = Table("ll_windows", "series_id bigint, start bigint, stop bigint")


def _stage(store: Store) -> Table:
    return Table(_STAGE, _columns(store), key="series_id, at")


def _changed(store: Store) -> Table:
    return Table(_CHANGED, f"{_columns(store)}, old_n integer, old_value {store.number}", key="series_id, at")


def _columns(store: Store) -> str:
    return f"series_id bigint, at bigint, raw_id bigint, n integer, value {store.number}"


def _find_changes(store: Store) -> int:
    stored = store.each("metrics_observation", "o", "o.series_id = s.series_id AND o.at = s.at", left=True)
    return store.run(
        f"INSERT INTO {_CHANGED} SELECT s.series_id, s.at, s.raw_id, s.n, s.value, o.n, o.value FROM {_STAGE} s "
        f"{stored} WHERE o.series_id IS NULL OR o.value <> s.value OR o.n <> s.n"
    )


def _find_gone(store: Store, windows: Sequence[Window]) -> int:
    """Moments that the windows no longer hold: they become changes without a value."""
    held = Table("ll_held", _columns(store))
    store.prepare(_WINDOWS, held)
    store.fill(_WINDOWS.name, _WINDOWS.names, {span for window in windows for span in window.spans()})
    stored = store.each("metrics_observation", "o", "o.series_id = w.series_id AND o.at >= w.start AND o.at < w.stop")
    columns = "o.series_id, o.at, o.raw_id, o.n, o.value"
    store.run(f"INSERT INTO {held.name} SELECT {columns} FROM {_WINDOWS.name} w {stored}")
    with store.by_hash():
        return store.run(
            f"INSERT INTO {_CHANGED} SELECT h.series_id, h.at, min(h.raw_id), NULL, NULL, min(h.n), min(h.value) "
            f"FROM {held.name} h LEFT JOIN {_STAGE} s ON s.series_id = h.series_id AND s.at = h.at "
            "WHERE s.series_id IS NULL GROUP BY h.series_id, h.at"
        )


def _write(store: Store, changes: int) -> tuple[int, int, int]:
    """Write the changes; returns how many were inserted, updated and deleted."""
    insert = (
        "INSERT INTO metrics_observation (series_id, at, raw_id, n, value) "
        f"SELECT series_id, at, raw_id, n, value FROM {_CHANGED} WHERE n IS NOT NULL AND old_n IS"
    )
    inserted = store.run(f"{insert} NULL")
    if inserted == changes:
        return inserted, 0, 0
    updated = store.run(
        f"{insert} NOT NULL ON CONFLICT (series_id, at) DO UPDATE SET "
        "raw_id = excluded.raw_id, n = excluded.n, value = excluded.value"
    )
    if inserted + updated == changes:
        return inserted, updated, 0
    gone = store.fetch(f"SELECT series_id, at FROM {_CHANGED} WHERE n IS NULL")
    store.run_many("DELETE FROM metrics_observation WHERE series_id = %s AND at = %s", gone)
    return inserted, updated, len(gone)


def _note(store: Store, source_id: UUID, zone: str, now: datetime) -> None:
    """One restatement row per changed or withdrawn cell."""
    changes = store.fetch(
        "SELECT c.series_id, s.metric, s.clock, c.at, CAST(c.old_value AS double precision), "
        f"CAST(c.value AS double precision), c.raw_id FROM {_CHANGED} c "
        f"{store.each('metrics_series', 's', 's.id = c.series_id')} WHERE c.old_n IS NOT NULL"
    )
    rows = [
        (store.team, store.id(source_id), series, metric, _day(clock, at, zone), at, old, new, raw, now)
        for series, metric, clock, at, old, new, raw in changes
    ]
    with store.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO metrics_restatement (team_id, source_id, series_id, metric, day, at, old_value, new_value, "
            "raw_id, changed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )


def _day(clock: int, at: int, zone: str) -> int:
    if clock == Clock.DAY:
        return at
    return buckets.day_number(buckets.local_day(buckets.from_epoch(at), zone))
