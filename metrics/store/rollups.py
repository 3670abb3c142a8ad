"""What adds up per local day: recomputed from observations for touched cells, never by adding differences."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from livinglytics.lib import buckets
from metrics.models import Clock, Fold
from metrics.store.base import Store

_DAYS = "ll_days"
_DIRTY = "ll_dirty"


def refresh(store: Store, source_id: UUID, changed: str, *, zone: str, gone: bool) -> None:
    """Recompute the cells that the rows of the temporary table ``changed`` (series_id, at) fall into."""
    store.temporary(_DIRTY, "cut_id bigint, day integer, lo bigint, hi bigint")
    _mark_days(store, changed)
    if _has_instants(store, changed):
        _fill_days(store, changed, zone)
        _mark_instants(store, changed)
    _recompute(store)
    if gone:
        _drop_empty(store)
    _extend_fills(store)


def _mark_days(store: Store, changed: str) -> None:
    store.run(
        f"INSERT INTO {_DIRTY} SELECT DISTINCT sc.cut_id, CAST(c.at AS integer), c.at, c.at + 1 FROM {changed} c "
        f"JOIN metrics_series s ON s.id = c.series_id AND s.clock = {Clock.DAY.value} "
        "JOIN metrics_seriescut sc ON sc.series_id = c.series_id"
    )


def _has_instants(store: Store, changed: str) -> bool:
    sql = (
        f"SELECT 1 FROM {changed} c JOIN metrics_series s ON s.id = c.series_id "
        f"WHERE s.clock = {Clock.INSTANT.value} LIMIT 1"
    )
    return bool(store.fetch(sql))


def _fill_days(store: Store, changed: str, zone: str) -> None:
    """The local days that the changed instants span, with their bounds in UTC seconds."""
    low, high = store.fetch(
        f"SELECT min(c.at), max(c.at) FROM {changed} c JOIN metrics_series s ON s.id = c.series_id "
        f"WHERE s.clock = {Clock.INSTANT.value}"
    )[0]
    first = buckets.local_day(buckets.from_epoch(low), zone)
    last = buckets.local_day(buckets.from_epoch(high), zone)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    bounds = ((day, buckets.day_bounds(day, zone)) for day in days)
    store.temporary(_DAYS, "day integer, lo bigint, hi bigint")
    store.fill(
        _DAYS,
        ("day", "lo", "hi"),
        [(buckets.day_number(day), buckets.epoch(lo), buckets.epoch(hi)) for day, (lo, hi) in bounds],
    )


def _mark_instants(store: Store, changed: str) -> None:
    store.run(
        f"INSERT INTO {_DIRTY} SELECT DISTINCT sc.cut_id, d.day, d.lo, d.hi FROM {changed} c "
        f"JOIN metrics_series s ON s.id = c.series_id AND s.clock = {Clock.INSTANT.value} "
        f"JOIN {_DAYS} d ON c.at >= d.lo AND c.at < d.hi "
        "JOIN metrics_seriescut sc ON sc.series_id = c.series_id"
    )


def _recompute(store: Store) -> None:
    """Sums for most cuts; for *last*, each series' latest value of the day, added over series."""
    spread = f"CASE WHEN c.fold = {Fold.MEAN.value} THEN"
    join = (
        f"FROM {_DIRTY} d JOIN metrics_cut c ON c.id = d.cut_id "
        "JOIN metrics_seriescut sc ON sc.cut_id = d.cut_id "
        "JOIN metrics_observation o ON o.series_id = sc.series_id AND o.at >= d.lo AND o.at < d.hi "
    )
    store.run(
        "INSERT INTO metrics_rollup (cut_id, day, n, total, squares, low, high) "
        f"SELECT d.cut_id, d.day, sum(o.n), sum(o.value), "
        f"{spread} sum(o.value * o.value / o.n) END, {spread} min(o.value / o.n) END, {spread} max(o.value / o.n) END "
        f"{join} WHERE NOT (c.fold = {Fold.LAST.value} AND c.clock = {Clock.INSTANT.value}) "
        f"GROUP BY d.cut_id, d.day, c.fold {_on_conflict()}"
    )
    store.run(
        "INSERT INTO metrics_rollup (cut_id, day, n, total) "
        "SELECT cut_id, day, count(*), sum(value) FROM ("
        "SELECT d.cut_id, d.day, o.value, "
        "row_number() OVER (PARTITION BY d.cut_id, d.day, o.series_id ORDER BY o.at DESC) AS place "
        f"{join} WHERE c.fold = {Fold.LAST.value} AND c.clock = {Clock.INSTANT.value}) latest "
        f"WHERE place = 1 GROUP BY cut_id, day {_on_conflict()}"
    )


def _on_conflict() -> str:
    return (
        "ON CONFLICT (cut_id, day) DO UPDATE SET n = excluded.n, total = excluded.total, "
        "squares = excluded.squares, low = excluded.low, high = excluded.high"
    )


def _drop_empty(store: Store) -> None:
    """Cells whose last observation was withdrawn."""
    store.run(
        f"DELETE FROM metrics_rollup WHERE EXISTS (SELECT 1 FROM {_DIRTY} d "
        "WHERE d.cut_id = metrics_rollup.cut_id AND d.day = metrics_rollup.day "
        "AND NOT EXISTS (SELECT 1 FROM metrics_seriescut sc JOIN metrics_observation o "
        "ON o.series_id = sc.series_id AND o.at >= d.lo AND o.at < d.hi WHERE sc.cut_id = d.cut_id))"
    )


def _extend_fills(store: Store) -> None:
    """The total cuts remember between which days there are numbers."""
    store.run(
        "UPDATE metrics_cut SET "
        "first_day = CASE WHEN first_day IS NULL OR lo < first_day THEN lo ELSE first_day END, "
        "last_day = CASE WHEN last_day IS NULL OR hi > last_day THEN hi ELSE last_day END "
        f"FROM (SELECT cut_id, min(day) AS lo, max(day) AS hi FROM {_DIRTY} GROUP BY cut_id) touched "
        "WHERE metrics_cut.id = touched.cut_id AND metrics_cut.dimension = ''"
    )


def prove(store: Store, source_id: UUID, metrics: list[str], first: int, through: int) -> None:
    """The source saw everything of these metrics from ``first`` through ``through`` (day numbers).

    Windows that touch or overlap grow together; a later window that leaves a gap replaces the old one.
    """
    marks = ", ".join(["%s"] * len(metrics))
    apart = "(proven_from IS NULL OR %s > proven_through + 1 OR %s < proven_from - 1)"
    store.run(
        "UPDATE metrics_cut SET "
        f"proven_from = CASE WHEN {apart} THEN %s WHEN %s < proven_from THEN %s ELSE proven_from END, "
        f"proven_through = CASE WHEN {apart} THEN %s WHEN %s > proven_through THEN %s ELSE proven_through END "
        f"WHERE team_id = %s AND source_id = %s AND dimension = '' AND metric IN ({marks})",
        [
            *(first, through, first, first, first),
            *(first, through, through, through, through),
            store.team,
            store.id(source_id),
            *metrics,
        ],
    )


def rebuild(store: Store, source_id: UUID, *, zone: str) -> None:
    """Recompute every cell of a source: after a change of the team's time zone or of a metric's kind."""
    source = [store.team, store.id(source_id)]
    store.run(
        "DELETE FROM metrics_rollup WHERE cut_id IN (SELECT id FROM metrics_cut WHERE team_id = %s AND source_id = %s)",
        source,
    )
    store.temporary("ll_all", "series_id bigint, at bigint")
    store.run(
        "INSERT INTO ll_all SELECT o.series_id, o.at FROM metrics_observation o "
        "JOIN metrics_series s ON s.id = o.series_id WHERE s.team_id = %s AND s.source_id = %s",
        source,
    )
    if store.fetch("SELECT 1 FROM ll_all LIMIT 1"):
        refresh(store, source_id, "ll_all", zone=zone, gone=False)
