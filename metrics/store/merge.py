"""Writing observations: staged, merged only where something changed, noted, rolled up.

All of it runs in the caller's transaction. Two writers never meet on one source: the job's
fence lets one through.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
_HELD = "ll_held"
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
    metrics: Collection[str],
    zone: str,
    now: datetime,
    windows: Sequence[Window] = (),
) -> Merged:
    """Store rows, delete what the windows no longer hold, note restatements, roll up what changed.

    ``metrics``: what the series of rows and windows are of.
    """
    _prepare(store)
    store.fill(_STAGE, _STAGE_COLUMNS, rows)
    changes = _find_changes(store)
    if windows:
        changes += _find_gone(store, windows)
    if not changes:
        return Merged(0, 0, len(rows), 0)
    inserted, updated, deleted = _write(store, changes)
    if updated or deleted:
        _note(store, source_id, zone, now)
    kinds = rollups.kinds_of(store, source_id, metrics)
    rollups.refresh(store, _CHANGED, zone=zone, gone=bool(deleted), kinds=kinds)
    return Merged(inserted, updated, len(rows) - inserted - updated, deleted)


def _prepare(store: Store) -> None:
    row = f"series_id bigint, at bigint, raw_id bigint, n integer, value {store.number}"
    store.temporary(_STAGE, row, key="series_id, at")
    store.temporary(_CHANGED, f"{row}, old_n integer, old_value {store.number}", key="series_id, at")


def _find_changes(store: Store) -> int:
    with store.by_key():
        return store.run(
            f"INSERT INTO {_CHANGED} "
            "SELECT s.series_id, s.at, s.raw_id, s.n, s.value, o.n, o.value "
            f"FROM {_STAGE} s LEFT JOIN metrics_observation o ON o.series_id = s.series_id AND o.at = s.at "
            "WHERE o.series_id IS NULL OR o.value <> s.value OR o.n <> s.n"
        )


def _find_gone(store: Store, windows: Sequence[Window]) -> int:
    """Moments that the windows no longer hold: they become changes without a value."""
    spans = {(one, window.start, window.end) for window in windows for one in window.series_ids}
    store.temporary(_WINDOWS, "series_id bigint, start bigint, stop bigint")
    store.fill(_WINDOWS, ("series_id", "start", "stop"), spans)
    store.temporary(_HELD, f"series_id bigint, at bigint, raw_id bigint, n integer, value {store.number}")
    with store.by_key():
        store.run(
            f"INSERT INTO {_HELD} SELECT o.series_id, o.at, o.raw_id, o.n, o.value FROM {_WINDOWS} w "
            "CROSS JOIN metrics_observation o WHERE o.series_id = w.series_id AND o.at >= w.start AND o.at < w.stop"
        )
    return store.run(
        f"INSERT INTO {_CHANGED} SELECT h.series_id, h.at, min(h.raw_id), NULL, NULL, min(h.n), min(h.value) "
        f"FROM {_HELD} h LEFT JOIN {_STAGE} s ON s.series_id = h.series_id AND s.at = h.at "
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
    with store.by_key():
        deleted = store.run(
            "DELETE FROM metrics_observation WHERE (series_id, at) IN "
            f"(SELECT series_id, at FROM {_CHANGED} WHERE n IS NULL)"
        )
    return inserted, updated, deleted


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
