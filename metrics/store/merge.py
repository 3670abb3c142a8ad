"""Writing observations: staged, merged only where something changed, noted, rolled up.

All of it runs in the caller's transaction. Two writers never meet on one source: the job's
fence lets one through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from livinglytics.lib import buckets
from metrics.models import Clock
from metrics.store import rollups
from metrics.store.base import Store

#: series_id, at, raw_id, n, value
Row = tuple[int, int, int, int, float]

_STAGE = "ll_stage"
_CHANGED = "ll_changed"
_WINDOWS = "ll_windows"
_STAGE_COLUMNS = ("series_id", "at", "raw_id", "n", "value")


@dataclass(frozen=True, slots=True)
class Window:
    """Series whose stored moments in [start, end) are replaced as a whole."""

    series_ids: Sequence[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Merged:
    """Counts of cells of one merge."""

    inserted: int
    updated: int
    unchanged: int
    deleted: int

    @property
    def changed(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)


def merge(
    store: Store, source_id: UUID, rows: Iterable[Row], *, zone: str, now: datetime, windows: Sequence[Window] = ()
) -> Merged:
    """Store rows, delete what the windows no longer hold, note restatements, roll up what changed."""
    _prepare(store)
    store.fill(_STAGE, _STAGE_COLUMNS, rows)
    staged = int(store.fetch(f"SELECT count(*) FROM {_STAGE}")[0][0])
    _find_changes(store)
    if windows:
        _find_gone(store, windows)
    inserted, updated, deleted = _count(store)
    if inserted or updated or deleted:
        _write(store, updated, deleted)
        if updated or deleted:
            _note(store, source_id, zone, now)
        rollups.refresh(store, source_id, _CHANGED, zone=zone, gone=bool(deleted))
    return Merged(inserted, updated, staged - inserted - updated, deleted)


def _prepare(store: Store) -> None:
    number = "numeric" if store.postgres else "real"
    store.temporary(_STAGE, f"series_id bigint, at bigint, raw_id bigint, n integer, value {number}")
    store.temporary(
        _CHANGED,
        f"series_id bigint, at bigint, raw_id bigint, n integer, value {number}, old_n integer, old_value {number}",
    )


def _find_changes(store: Store) -> None:
    store.run(
        f"INSERT INTO {_CHANGED} "
        "SELECT s.series_id, s.at, s.raw_id, s.n, s.value, o.n, o.value "
        f"FROM {_STAGE} s LEFT JOIN metrics_observation o ON o.series_id = s.series_id AND o.at = s.at "
        "WHERE o.series_id IS NULL OR o.value <> s.value OR o.n <> s.n"
    )


def _find_gone(store: Store, windows: Sequence[Window]) -> None:
    """Moments that the windows no longer hold: they become changes without a value."""
    store.temporary(_WINDOWS, "series_id bigint, start bigint, stop bigint")
    store.fill(
        _WINDOWS,
        ("series_id", "start", "stop"),
        ((one, window.start, window.end) for window in windows for one in window.series_ids),
    )
    store.run(
        f"INSERT INTO {_CHANGED} "
        f"SELECT o.series_id, o.at, min(o.raw_id), NULL, NULL, min(o.n), min(o.value) FROM {_WINDOWS} w "
        "JOIN metrics_observation o ON o.series_id = w.series_id AND o.at >= w.start AND o.at < w.stop "
        f"WHERE NOT EXISTS (SELECT 1 FROM {_STAGE} s WHERE s.series_id = o.series_id AND s.at = o.at) "
        "GROUP BY o.series_id, o.at"
    )


def _count(store: Store) -> tuple[int, int, int]:
    row = store.fetch(
        "SELECT count(CASE WHEN old_n IS NULL THEN 1 END), "
        "count(CASE WHEN old_n IS NOT NULL AND n IS NOT NULL THEN 1 END), "
        f"count(CASE WHEN n IS NULL THEN 1 END) FROM {_CHANGED}"
    )[0]
    return int(row[0]), int(row[1]), int(row[2])


def _write(store: Store, updated: int, deleted: int) -> None:
    store.run(
        "INSERT INTO metrics_observation (series_id, at, raw_id, n, value) "
        f"SELECT series_id, at, raw_id, n, value FROM {_CHANGED} WHERE n IS NOT NULL "
        "ON CONFLICT (series_id, at) DO UPDATE SET raw_id = excluded.raw_id, n = excluded.n, value = excluded.value"
    )
    if deleted:
        store.run(
            f"DELETE FROM metrics_observation WHERE EXISTS (SELECT 1 FROM {_CHANGED} c WHERE c.n IS NULL "
            "AND c.series_id = metrics_observation.series_id AND c.at = metrics_observation.at)"
        )


def _note(store: Store, source_id: UUID, zone: str, now: datetime) -> None:
    """One restatement row per changed or withdrawn cell."""
    changes = store.fetch(
        "SELECT c.series_id, s.metric, s.clock, c.at, CAST(c.old_value AS double precision), "
        f"CAST(c.value AS double precision), c.raw_id FROM {_CHANGED} c JOIN metrics_series s ON s.id = c.series_id "
        "WHERE c.old_n IS NOT NULL"
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
