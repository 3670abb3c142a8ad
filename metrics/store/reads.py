"""The fixed SQL texts of reading: rollup cells by cut, observation cells by series, fills."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from metrics.models import Clock, Fold, Series
from metrics.store.base import Store


class Strip(NamedTuple):
    """The cells of one cut, as lists side by side: ``days``, how many observations, and what adds up.

    ``group``: the cut's value of the asked dimension; None for the cut that is the source's total.
    """

    metric: str
    source: UUID
    group: str | None
    days: list[int]
    ns: list[int]
    totals: list[float]


class Fill(NamedTuple):
    """A source's fill record of one metric; days are day numbers."""

    source: UUID
    metric: str
    clock: int
    first_day: int | None
    last_day: int | None
    proven_from: int | None
    proven_through: int | None


class Line(NamedTuple):
    """One series of the dictionary."""

    id: int
    source: UUID
    metric: str
    dimensions: dict[str, str]
    clock: int


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


_CUT = "c.source_id, c.metric, c.dimension, c.value, c.clock, c.first_day, c.last_day, c.proven_from, c.proven_through"
_CELLS = "FROM metrics_rollup r WHERE r.cut_id = c.id AND r.day >= %s AND r.day <= %s"
_Days = tuple[int, int]
_Lists = tuple[list[int], list[int], list[float]]


def _cuts(store: Store, metrics: Sequence[str], dimension: str) -> tuple[str, list[Any]]:
    """The condition for the total cuts and, if named, those of one dimension; and its parameters."""
    names = ("", dimension) if dimension else ("",)
    where = f"WHERE c.team_id = %s AND c.metric IN ({_marks(metrics)}) AND c.dimension IN ({_marks(names)})"
    return where, [store.team, *metrics, *names]


class _Cuts:
    """Strips and fills from rows of cuts."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.fills: dict[tuple[Any, str, int], Fill] = {}

    def strip(self, cut: Sequence[Any], lists: _Lists) -> Strip:
        """The strip of one row; the row of a total is the source's fill record too."""
        source, metric, dimension, value, clock, *known = cut
        owner = self.store.uuid(source)
        if not dimension:
            self.fills.setdefault((source, metric, clock), Fill(owner, metric, clock, *known))
        return Strip(metric, owner, value if dimension else None, *lists)


def rollup_days(
    store: Store, metrics: Sequence[str], dimension: str, first: int, last: int
) -> tuple[list[Strip], list[Fill]]:
    """Day by day what the total cuts hold and, if named, one dimension's cuts; and the fills, in one statement."""
    made = _Cuts(store)
    read = _packed_days if store.postgres else _plain_days
    strips = [made.strip(cut, lists) for cut, lists in read(store, metrics, dimension, first, last)]
    return strips, list(made.fills.values())


def _packed_days(
    store: Store, metrics: Sequence[str], dimension: str, first: int, last: int
) -> Iterable[tuple[Sequence[Any], _Lists]]:
    """PostgreSQL packs the lists of a cut into three texts: a tenth of the time of sending rows.

    LATERAL keeps it to the key of the rollups; joined, it would read all days of all teams.
    """
    where, given = _cuts(store, metrics, dimension)
    packed = ", ".join(f"string_agg(CAST(r.{one} AS text), ',')" for one in ("day", "n", "total"))
    sql = f"SELECT {_CUT}, s.* FROM metrics_cut c CROSS JOIN LATERAL (SELECT {packed} {_CELLS}) s {where}"
    for *cut, days, ns, totals in store.fetch(sql, [first, last, *given]):
        yield cut, (_unpacked(days), _unpacked(ns), _unpacked(totals))


def _unpacked(text: str | None) -> list[Any]:
    return orjson.loads(f"[{text}]") if text else []


def _plain_days(
    store: Store, metrics: Sequence[str], dimension: str, first: int, last: int
) -> Iterable[tuple[Sequence[Any], _Lists]]:
    where, given = _cuts(store, metrics, dimension)
    rows = store.fetch(
        f"SELECT {_CUT}, c.id, r.day, r.n, r.total FROM metrics_cut c "
        f"LEFT JOIN metrics_rollup r ON r.cut_id = c.id AND r.day >= %s AND r.day <= %s {where}",
        [first, last, *given],
    )
    found: dict[int, tuple[Sequence[Any], _Lists]] = {}
    for *cut, number, day, n, total in rows:
        _, (days, ns, totals) = found.setdefault(number, (cut, ([], [], [])))
        if day is not None:
            days.append(day)
            ns.append(n)
            totals.append(total)
    return found.values()


def rollup_sums(
    store: Store, metrics: Sequence[str], dimension: str, periods: Sequence[_Days]
) -> tuple[list[list[Strip]], list[Fill]]:
    """As ``rollup_days`` for each of the periods, but the database adds the days of a cut up: its strip has one
    cell, on the period's first day. One statement.

    Only for kinds that add up: a last value or a distinct count needs its days.
    """
    made = _Cuts(store)
    where, given = _cuts(store, metrics, dimension)
    sums, laterals = (_lateral_sums if store.postgres else _plain_sums)(len(periods))
    sql = f"SELECT {_CUT}, {sums} FROM metrics_cut c {laterals} {where}"
    days = [day for period in periods for day in (period if store.postgres else period * 2)]
    strips: list[list[Strip]] = [[] for _ in periods]
    width = _CUT.count(",") + 1
    for row in store.fetch(sql, [*days, *given]):
        cut, found = row[:width], row[width:]
        for number, (first, _) in enumerate(periods):
            n, total = found[2 * number : 2 * number + 2]
            lists: _Lists = ([], [], []) if n is None else ([first], [int(n)], [total])
            strips[number].append(made.strip(cut, lists))
    return strips, list(made.fills.values())


def _lateral_sums(count: int) -> tuple[str, str]:
    one = f"(SELECT sum(r.n) AS n, CAST(sum(r.total) AS double precision) AS total {_CELLS})"
    laterals = " ".join(f"CROSS JOIN LATERAL {one} s{number}" for number in range(count))
    return ", ".join(f"s{number}.n, s{number}.total" for number in range(count)), laterals


def _plain_sums(count: int) -> tuple[str, str]:
    return ", ".join([f"(SELECT sum(r.n) {_CELLS}), (SELECT sum(r.total) {_CELLS})"] * count), ""


def fills(store: Store, metrics: Sequence[str]) -> list[Fill]:
    """The fill records of some metrics."""
    rows = store.fetch(
        "SELECT source_id, metric, clock, first_day, last_day, proven_from, proven_through FROM metrics_cut "
        f"WHERE team_id = %s AND metric IN ({_marks(metrics)}) AND dimension = ''",
        [store.team, *metrics],
    )
    return [Fill(store.uuid(row[0]), *row[1:]) for row in rows]


def lines(store: Store, metrics: Sequence[str]) -> list[Line]:
    """The series of some metrics."""
    rows = Series.objects.using(store.alias).filter(team_id=store.team_id, metric__in=metrics)
    return [Line(*row) for row in rows.values_list("id", "source_id", "metric", "dimensions", "clock")]


def fact_cells(
    store: Store, groups: Iterable[tuple[int, int]], slots: Sequence[tuple[int, int, int]], *, clock: Clock, fold: Fold
) -> list[tuple[int, int, int, float, int]]:
    """(group, slot, n, total, cells) from observations.

    ``groups``: (series id, group number). ``slots``: (slot number, start, end) in ticks of the clock.
    Series ids, group and slot numbers are whole numbers of ours, so they stand in the text.
    """
    pairs = ",".join(f"({int(one)},{int(group)})" for one, group in groups)
    spans = ",".join(f"({int(slot)},{int(lo)},{int(hi)})" for slot, lo, hi in slots)
    if not pairs or not spans:
        return []
    head = f"WITH s(series_id, grp) AS (VALUES {pairs}), d(slot, lo, hi) AS (VALUES {spans}) "
    join = (
        "FROM s CROSS JOIN d JOIN metrics_observation o ON o.series_id = s.series_id AND o.at >= d.lo AND o.at < d.hi "
    )
    if fold == Fold.LAST and clock == Clock.INSTANT:
        return store.fetch(
            f"{head} SELECT grp, slot, count(*), CAST(sum(value) AS double precision), count(*) FROM ("
            "SELECT s.grp, d.slot, o.value, "
            "row_number() OVER (PARTITION BY s.series_id, d.slot ORDER BY o.at DESC) AS place "
            f"{join}) latest WHERE place = 1 GROUP BY grp, slot"
        )
    return store.fetch(
        f"{head} SELECT s.grp, d.slot, sum(o.n), CAST(sum(o.value) AS double precision), count(*) "
        f"{join} GROUP BY s.grp, d.slot"
    )


def single_values(
    store: Store, groups: Iterable[tuple[int, int]], start: int, end: int, *, limit: int
) -> list[tuple[int, int, float]]:
    """(group, at, value) of single observations, for percentiles; at most ``limit`` + 1 rows."""
    pairs = ",".join(f"({int(one)},{int(group)})" for one, group in groups)
    if not pairs:
        return []
    return store.fetch(
        f"WITH s(series_id, grp) AS (VALUES {pairs}) "
        "SELECT s.grp, o.at, CAST(o.value / o.n AS double precision) FROM s "
        "JOIN metrics_observation o ON o.series_id = s.series_id AND o.at >= %s AND o.at < %s "
        f"LIMIT {int(limit) + 1}",
        [start, end],
    )
