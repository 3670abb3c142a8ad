"""What adds up per local day: computed from observations for touched cells, never by adding differences.

A cell exists exactly where an observation does. So a touched cell that doesn't exist yet holds nothing but
the changed rows, and is added up from them alone; one that exists is computed again from the store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from uuid import UUID

from django.db import transaction

from metrics.models import Clock, Fold
from metrics.store import fills
from metrics.store.adding import Cells, LocalDays, Row, add_up, day_span, exact
from metrics.store.base import ROW_BY_ROW, Store, Table
from metrics.store.memory import Link, Links

SPANS = Table("ll_spans", "id bigint, low bigint, high bigint")
CELLS = Table("ll_cells", "cut_id bigint, day integer, fold integer, clock integer, low bigint, high bigint")
_COLUMNS = ("cut_id", "day", "n", "total", "squares", "low", "high")
Place = tuple[int, int]


def links_of(store: Store, series: Collection[int], known: Links) -> Links:
    """The links of at least these series; ``known`` ones are not read again, and learns the others after the commit."""
    unknown = [one for one in series if one not in known.series]
    if not unknown:
        return known
    fresh = _read_links(store, unknown)
    transaction.on_commit(partial(known.take, fresh), using=store.alias)
    return known.with_more(fresh) if known.series else fresh


def _read_links(store: Store, series: Collection[int]) -> Links:
    among, params = store.among("sc.series_id", series)
    rows = store.fetch(
        "SELECT sc.series_id, sc.cut_id, k.clock, k.fold, k.dimension = '' "
        f"FROM metrics_seriescut sc {store.each('metrics_cut', 'k', 'k.id = sc.cut_id')} WHERE {among}",
        params,
    )
    found = Links()
    cuts: dict[int, list[int]] = {}
    for one, cut, clock, fold, total in rows:
        cuts.setdefault(one, []).append(cut)
        found.cuts[cut] = (clock, fold)
        if total:
            found.totals.add(cut)
    for one, own in cuts.items():
        found.series[one] = Link(*found.cuts[own[0]], tuple(own))
    return found


def refresh(store: Store, rows: Iterable[Row], links: Links, *, zone: str, gone: Iterable[Place] = ()) -> None:
    """Bring the cells up to date that these changed rows fall into, series by series in the order of time.

    ``gone``: (series, moment) of rows that were withdrawn.
    """
    day_of = LocalDays(zone)
    cells = add_up(rows, links.series, day_of, exact if store.postgres else None)
    fills.extend(store, links.totals, cells)
    emptied = _emptied(gone, links, day_of)
    if not emptied and not _any_known(store, cells):
        _add(store, cells)
        return
    touched = {(cut, day) for cut, days in cells.items() for day in days} | emptied
    known = _known(store, touched, links, zone)
    _recompute(store, {links.cuts[cut] for cut, _ in known})
    if emptied:
        _drop_empty(store)
    for cut, day in known:
        cells.get(cut, {}).pop(day, None)
    _add(store, cells)


def _emptied(gone: Iterable[Place], links: Links, day_of: LocalDays) -> set[Place]:
    found = set()
    for series, at in gone:
        if link := links.series.get(series):
            day = at if link.clock == Clock.DAY else day_of(at)
            found |= {(cut, day) for cut in link.cuts}
    return found


def _any_known(store: Store, cells: Cells) -> bool:
    """Whether one of these cuts has a cell between its first and its last touched day."""
    return meets(store, [(cut, min(days), max(days)) for cut, days in cells.items() if days], "metrics_rollup")


def meets(store: Store, spans: Sequence[tuple[int, int, int]], table: str) -> bool:
    """Whether ``table`` holds a row of one of these keys within its span, ends included."""
    if not spans:
        return False
    first, second = ("series_id", "at") if table == "metrics_observation" else ("cut_id", "day")
    store.refill(SPANS, spans)
    return bool(
        store.fetch(
            f"SELECT 1 FROM {SPANS.name} s WHERE EXISTS (SELECT 1 FROM {table} o WHERE o.{first} = s.id "
            f"AND o.{second} >= s.low AND o.{second} <= s.high {ROW_BY_ROW}) LIMIT 1"
        )
    )


def _add(store: Store, cells: Cells) -> None:
    """Cells that did not exist: what was added up from the changed rows is all there is."""
    rows = [(cut, day, *cell) for cut, days in sorted(cells.items()) for day, cell in sorted(days.items())]
    for width in {len(row) for row in rows}:
        # only means have squares, lows and highs
        store.fill("metrics_rollup", _COLUMNS[:width], [row for row in rows if len(row) == width])


def _known(store: Store, touched: set[Place], links: Links, zone: str) -> list[Place]:
    """The touched cells that exist; they stay in the temporary table, the others leave it."""
    rows = []
    for cut, day in sorted(touched):
        clock, fold = links.cuts[cut]
        span = (day, day + 1) if clock == Clock.DAY else day_span(day, zone)
        rows.append((cut, day, fold, clock, *span))
    store.refill(CELLS, rows)
    exists = (
        f"SELECT 1 FROM metrics_rollup r WHERE r.cut_id = {CELLS.name}.cut_id AND r.day = {CELLS.name}.day {ROW_BY_ROW}"
    )
    store.run(f"DELETE FROM {CELLS.name} WHERE NOT EXISTS ({exists})")
    return [(cut, day) for cut, day in store.fetch(f"SELECT cut_id, day FROM {CELLS.name}")]


def _recompute(store: Store, kinds: set[tuple[int, int]]) -> None:
    """Sums for most cells; for *last*, each series' latest value of the day, added over series."""
    rows = _observations(store)
    last = f"(d.fold = {Fold.LAST.value} AND d.clock = {Clock.INSTANT.value})"
    means = any(fold == Fold.MEAN for _, fold in kinds)
    if kinds - {(Clock.INSTANT, Fold.LAST)}:
        store.run(
            "INSERT INTO metrics_rollup (cut_id, day, n, total, squares, low, high) "
            f"SELECT d.cut_id, d.day, sum(o.n), sum(o.value), {_spread(means=means)} {rows} WHERE NOT {last} "
            f"GROUP BY d.cut_id, d.day {_ON_CONFLICT}"
        )
    if (Clock.INSTANT, Fold.LAST) in kinds:
        store.run(
            "INSERT INTO metrics_rollup (cut_id, day, n, total) "
            "SELECT cut_id, day, count(*), sum(value) FROM ("
            "SELECT d.cut_id, d.day, o.value, "
            "row_number() OVER (PARTITION BY d.cut_id, d.day, o.series_id ORDER BY o.at DESC) AS place "
            f"{rows} WHERE {last}) latest WHERE place = 1 GROUP BY cut_id, day {_ON_CONFLICT}"
        )


def _spread(*, means: bool) -> str:
    """Squares, low and high of a group of observations: for means only."""
    if not means:
        return "NULL, NULL, NULL"
    mean = f"CASE WHEN d.fold = {Fold.MEAN.value} THEN o.value"
    return f"sum({mean} * o.value / o.n END), min({mean} / o.n END), max({mean} / o.n END)"


def _observations(store: Store) -> str:
    """The observations ``o`` of every touched cell ``d``."""
    series = store.each("metrics_seriescut", "sc", "sc.cut_id = d.cut_id")
    return f"FROM {CELLS.name} d {series} {store.each('metrics_observation', 'o', _WITHIN)}"


_WITHIN = "o.series_id = sc.series_id AND o.at >= d.low AND o.at < d.high"
_ON_CONFLICT = (
    "ON CONFLICT (cut_id, day) DO UPDATE SET n = excluded.n, total = excluded.total, "
    "squares = excluded.squares, low = excluded.low, high = excluded.high"
)


def _drop_empty(store: Store) -> None:
    """Cells whose last observation was withdrawn."""
    empty = store.fetch(
        f"SELECT d.cut_id, d.day FROM {CELLS.name} d WHERE NOT EXISTS (SELECT 1 FROM metrics_seriescut sc "
        f"{store.each('metrics_observation', 'o', _WITHIN)} WHERE sc.cut_id = d.cut_id {ROW_BY_ROW})"
    )
    store.run_many("DELETE FROM metrics_rollup WHERE cut_id = %s AND day = %s", empty)


def rebuild(store: Store, source_id: UUID, *, zone: str) -> None:
    """Compute every cell of a source again: after a change of the team's time zone."""
    metrics = store.fetch(
        "SELECT DISTINCT metric FROM metrics_cut WHERE team_id = %s AND source_id = %s ORDER BY metric",
        [store.team, store.id(source_id)],
    )
    for (metric,) in metrics:
        rebuild_metric(store, metric, zone=zone, source_id=source_id)


def rebuild_metric(store: Store, metric: str, *, zone: str, source_id: UUID | None = None) -> None:
    """Compute the cells of one metric again, of one source or of all of the team's."""
    where, params = "team_id = %s AND metric = %s", [store.team, metric]
    if source_id is not None:
        where, params = f"{where} AND source_id = %s", [*params, store.id(source_id)]
    store.run(f"DELETE FROM metrics_rollup WHERE cut_id IN (SELECT id FROM metrics_cut WHERE {where})", params)
    series = store.fetch(f"SELECT id FROM metrics_series WHERE {where}", params)
    links = _read_links(store, [one for (one,) in series])
    rows = store.stream(
        "SELECT o.series_id, o.at, o.raw_id, o.n, o.value FROM metrics_observation o "
        f"WHERE o.series_id IN (SELECT id FROM metrics_series WHERE {where}) ORDER BY o.series_id, o.at",
        params,
    )
    refresh(store, rows, links, zone=zone)
