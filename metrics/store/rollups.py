"""What adds up per local day: computed from observations for touched cells, never by adding differences.

A cell exists exactly where an observation does. So a touched cell that doesn't exist yet holds nothing but
the changed rows, and is computed from them alone; one that exists is recomputed from the store.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from livinglytics.lib import buckets
from metrics.models import Clock, Fold
from metrics.store.base import Store

_LINKS = "ll_links"
_RUNS = "ll_runs"
_TOUCHED = "ll_touched"
_KNOWN = "ll_known"


Kinds = set[tuple[int, int]]


def kinds_of(store: Store, source_id: UUID, metrics: Collection[str]) -> Kinds:
    """The (clock, fold) pairs of some metrics of a source."""
    marks = ", ".join(["%s"] * len(metrics))
    rows = store.fetch(
        f"SELECT DISTINCT clock, fold FROM metrics_cut WHERE team_id = %s AND metric IN ({marks}) "
        "AND dimension = '' AND value = '' AND source_id = %s",
        [store.team, *metrics, store.id(source_id)],
    )
    return {(clock, fold) for clock, fold in rows}


def refresh(store: Store, changed: str, *, zone: str, gone: bool, kinds: Kinds | None = None) -> None:
    """Bring the cells up to date that the rows of the temporary table ``changed`` fall into.

    ``changed`` has series_id, at, n and value; rows without n were withdrawn. ``kinds``: what its series are of,
    where the caller knows.
    """
    kinds = _link(store, changed, kinds)
    means = any(fold == Fold.MEAN for _, fold in kinds)
    store.temporary(_TOUCHED, f"cut_id bigint, day integer, n bigint, total {store.number}, {_spread(store)}")
    if any(clock == Clock.DAY for clock, _ in kinds):
        _touch(store, f"SELECT series_id, n, value, at AS day FROM {changed}", Clock.DAY, means=means)
    if any(clock == Clock.INSTANT for clock, _ in kinds):
        dated = _dated(store, changed, zone)
        _touch(store, dated, Clock.INSTANT, means=means)
        if (Clock.INSTANT, Fold.LAST) in kinds:
            _touch_last(store, dated)
    with store.by_key():
        known = _find_known(store, kinds)
        if known:
            _recompute(store, kinds, means=means)
        if gone:
            _drop_empty(store)
        _extend_fills(store)
    _add_new(store)


def _spread(store: Store) -> str:
    return f"squares {store.number}, low {store.number}, high {store.number}"


def _link(store: Store, changed: str, kinds: Kinds | None) -> Kinds:
    """The cuts of the changed series, with clock and fold; where all have the same, the cuts needn't be read."""
    store.temporary(_LINKS, "series_id bigint, cut_id bigint, clock integer, fold integer")
    head = f"INSERT INTO {_LINKS} SELECT c.series_id, sc.cut_id,"
    tail = f"FROM (SELECT DISTINCT series_id FROM {changed}) c CROSS JOIN metrics_seriescut sc"
    where = "WHERE sc.series_id = c.series_id"
    with store.by_key():
        if kinds is not None and len(kinds) == 1:
            clock, fold = next(iter(kinds))
            store.run(f"{head} {clock:d}, {fold:d} {tail} {where}")
            return kinds
        store.run(f"{head} k.clock, k.fold {tail} CROSS JOIN metrics_cut k {where} AND k.id = sc.cut_id")
    return {(clock, fold) for clock, fold in store.fetch(f"SELECT DISTINCT clock, fold FROM {_LINKS}")}


def _dated(store: Store, changed: str, zone: str) -> str:
    """SQL of the changed instants with their local day."""
    low, high = store.fetch(
        f"SELECT min(c.at), max(c.at) FROM {changed} c WHERE c.series_id IN "
        f"(SELECT series_id FROM {_LINKS} WHERE clock = {Clock.INSTANT.value})"
    )[0]
    store.temporary(_RUNS, "day integer, until integer, lo bigint, hi bigint, step bigint")
    store.fill(_RUNS, ("day", "until", "lo", "hi", "step"), _runs(low, high, zone))
    return (
        "SELECT c.series_id, c.at, c.n, c.value, r.day + (c.at - r.lo) / r.step AS day "
        f"FROM {changed} c JOIN {_RUNS} r ON c.at >= r.lo AND c.at < r.hi"
    )


def _runs(low: int, high: int, zone: str) -> list[tuple[int, int, int, int, int]]:
    """(first day, day after the last, start, end, seconds per day) of stretches of equally long local days.

    There are a few per year: a clock change makes one day of 23 or 25 hours.
    """
    runs: list[tuple[int, int, int, int, int]] = []
    day, last = buckets.local_day(buckets.from_epoch(low), zone), buckets.local_day(buckets.from_epoch(high), zone)
    while day <= last:
        start, end = (buckets.epoch(bound) for bound in buckets.day_bounds(day, zone))
        number = buckets.day_number(day)
        if runs and runs[-1][4] == end - start:
            runs[-1] = (runs[-1][0], number + 1, runs[-1][2], end, end - start)
        else:
            runs.append((number, number + 1, start, end, end - start))
        day += timedelta(days=1)
    return runs


def _sums(one: str, fold: str, *, means: bool) -> str:
    """n, total, squares, low, high of a group of rows; the last three for means only."""
    plain = f"sum({one}.n), sum({one}.value)"
    if not means:
        return f"{plain}, NULL, NULL, NULL"
    mean = f"CASE WHEN {fold} = {Fold.MEAN.value} THEN {one}.value"
    return f"{plain}, sum({mean} * {one}.value / {one}.n END), min({mean} / {one}.n END), max({mean} / {one}.n END)"


def _touch(store: Store, dated: str, clock: Clock, *, means: bool) -> None:
    """The touched cells, each with what the changed rows alone add up to."""
    last = f"AND l.fold <> {Fold.LAST.value} " if clock == Clock.INSTANT else ""
    store.run(
        f"INSERT INTO {_TOUCHED} SELECT l.cut_id, c.day, {_sums('c', 'l.fold', means=means)} "
        f"FROM ({dated}) c JOIN {_LINKS} l ON l.series_id = c.series_id AND l.clock = {clock.value} {last}"
        "GROUP BY l.cut_id, c.day"
    )


def _touch_last(store: Store, dated: str) -> None:
    """The same for *last*: each series' latest value of the day, added over series."""
    store.run(
        f"INSERT INTO {_TOUCHED} SELECT cut_id, day, count(CASE WHEN place = 1 THEN n END), "
        "sum(CASE WHEN place = 1 THEN value END), NULL, NULL, NULL FROM (SELECT l.cut_id, c.day, c.n, c.value, "
        "row_number() OVER (PARTITION BY l.cut_id, c.day, c.series_id ORDER BY c.n IS NULL, c.at DESC) AS place "
        f"FROM ({dated}) c JOIN {_LINKS} l ON l.series_id = c.series_id AND l.clock = {Clock.INSTANT.value} "
        f"AND l.fold = {Fold.LAST.value}) latest GROUP BY cut_id, day"
    )


def _find_known(store: Store, kinds: Kinds) -> int:
    """The touched cells that exist, with their bounds in ticks; returns how many."""
    store.temporary(_KNOWN, "cut_id bigint, fold integer, clock integer, day integer, lo bigint, hi bigint")
    head = f"INSERT INTO {_KNOWN} SELECT t.cut_id, k.fold, k.clock, t.day,"
    tail = f"FROM {_TOUCHED} t CROSS JOIN metrics_rollup r CROSS JOIN metrics_cut k"
    where = "WHERE r.cut_id = t.cut_id AND r.day = t.day AND k.id = t.cut_id AND k.clock ="
    known = store.run(f"{head} t.day, t.day + 1 {tail} {where} {Clock.DAY.value}")
    if any(clock == Clock.INSTANT for clock, _ in kinds):
        known += store.run(
            f"{head} u.lo + (t.day - u.day) * u.step, u.lo + (t.day - u.day + 1) * u.step {tail} "
            f"CROSS JOIN {_RUNS} u {where} {Clock.INSTANT.value} AND t.day >= u.day AND t.day < u.until"
        )
    return known


def _add_new(store: Store) -> None:
    """The touched cells that did not exist: what was computed from the changed rows is all there is."""
    store.run(
        "INSERT INTO metrics_rollup (cut_id, day, n, total, squares, low, high) "
        f"SELECT t.cut_id, t.day, t.n, t.total, t.squares, t.low, t.high FROM {_TOUCHED} t "
        f"LEFT JOIN {_KNOWN} k ON k.cut_id = t.cut_id AND k.day = t.day "
        "WHERE k.cut_id IS NULL AND t.n > 0 ORDER BY t.cut_id, t.day"
    )


def _recompute(store: Store, kinds: Kinds, *, means: bool) -> None:
    """Sums for most cells; for *last*, each series' latest value of the day, added over series."""
    rows = (
        f"FROM {_KNOWN} d CROSS JOIN metrics_seriescut sc CROSS JOIN metrics_observation o "
        "WHERE sc.cut_id = d.cut_id AND o.series_id = sc.series_id AND o.at >= d.lo AND o.at < d.hi "
    )
    last = f"(d.fold = {Fold.LAST.value} AND d.clock = {Clock.INSTANT.value})"
    store.run(
        "INSERT INTO metrics_rollup (cut_id, day, n, total, squares, low, high) "
        f"SELECT d.cut_id, d.day, {_sums('o', 'd.fold', means=means)} {rows} AND NOT {last} "
        f"GROUP BY d.cut_id, d.day {_on_conflict()}"
    )
    if (Clock.INSTANT, Fold.LAST) not in kinds:
        return
    store.run(
        "INSERT INTO metrics_rollup (cut_id, day, n, total) "
        "SELECT cut_id, day, count(*), sum(value) FROM ("
        "SELECT d.cut_id, d.day, o.value, "
        "row_number() OVER (PARTITION BY d.cut_id, d.day, o.series_id ORDER BY o.at DESC) AS place "
        f"{rows} AND {last}) latest WHERE place = 1 GROUP BY cut_id, day {_on_conflict()}"
    )


def _on_conflict() -> str:
    return (
        "ON CONFLICT (cut_id, day) DO UPDATE SET n = excluded.n, total = excluded.total, "
        "squares = excluded.squares, low = excluded.low, high = excluded.high"
    )


def _drop_empty(store: Store) -> None:
    """Cells whose last observation was withdrawn."""
    store.run(
        f"DELETE FROM metrics_rollup WHERE (cut_id, day) IN (SELECT d.cut_id, d.day FROM {_KNOWN} d "
        "WHERE NOT EXISTS (SELECT 1 FROM metrics_seriescut sc JOIN metrics_observation o "
        "ON o.series_id = sc.series_id AND o.at >= d.lo AND o.at < d.hi WHERE sc.cut_id = d.cut_id))"
    )


def _extend_fills(store: Store) -> None:
    """The total cuts remember between which days there are numbers."""
    store.run(
        "UPDATE metrics_cut SET "
        "first_day = CASE WHEN first_day IS NULL OR lo < first_day THEN lo ELSE first_day END, "
        "last_day = CASE WHEN last_day IS NULL OR hi > last_day THEN hi ELSE last_day END "
        f"FROM (SELECT cut_id, min(day) AS lo, max(day) AS hi FROM {_TOUCHED} GROUP BY cut_id) touched "
        "WHERE metrics_cut.id = touched.cut_id AND metrics_cut.dimension = '' "
        "AND (first_day IS NULL OR lo < first_day OR hi > last_day)"
    )


def prove(store: Store, source_id: UUID, metrics: list[str], first: int, through: int) -> int:
    """The source saw everything of these metrics from ``first`` through ``through`` (day numbers).

    Windows that touch or overlap grow together; a later window that leaves a gap replaces the old one.
    Returns how many fill records that changed.
    """
    marks = ", ".join(["%s"] * len(metrics))
    apart = "(proven_from IS NULL OR %s > proven_through + 1 OR %s < proven_from - 1)"
    return store.run(
        "UPDATE metrics_cut SET "
        f"proven_from = CASE WHEN {apart} THEN %s WHEN %s < proven_from THEN %s ELSE proven_from END, "
        f"proven_through = CASE WHEN {apart} THEN %s WHEN %s > proven_through THEN %s ELSE proven_through END "
        f"WHERE team_id = %s AND source_id = %s AND dimension = '' AND metric IN ({marks}) "
        "AND (proven_from IS NULL OR %s < proven_from OR %s > proven_through)",
        [
            *(first, through, first, first, first),
            *(first, through, through, through, through),
            store.team,
            store.id(source_id),
            *metrics,
            *(first, through),
        ],
    )


def rebuild(store: Store, source_id: UUID, *, zone: str) -> None:
    """Recompute every cell of a source: after a change of the team's time zone or of a metric's kind."""
    source = [store.team, store.id(source_id)]
    store.run(
        "DELETE FROM metrics_rollup WHERE cut_id IN (SELECT id FROM metrics_cut WHERE team_id = %s AND source_id = %s)",
        source,
    )
    store.temporary("ll_all", f"series_id bigint, at bigint, n integer, value {store.number}")
    store.run(
        "INSERT INTO ll_all SELECT o.series_id, o.at, o.n, o.value FROM metrics_observation o "
        "JOIN metrics_series s ON s.id = o.series_id WHERE s.team_id = %s AND s.source_id = %s",
        source,
    )
    if store.fetch("SELECT 1 FROM ll_all LIMIT 1"):
        refresh(store, "ll_all", zone=zone, gone=False)
