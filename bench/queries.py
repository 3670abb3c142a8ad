"""Questions on PostgreSQL: rollups beside scans, a covering index and column engines (P4 to P8)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import connection

from bench.ingest import load_history, vacuum
from bench.measure import Figure, Runs, in_turn
from bench.opponents import columns, wide_rows
from bench.shape import LAST, METRICS, Shape, Tenant, all_points, tenant
from livinglytics.lib import buckets
from livinglytics.lib.buckets import Period
from metrics.query.engine import ask
from metrics.query.model import Compare, Query, Workspace
from metrics.store import for_team, reads

TILES = METRICS[:4]
YEAR = METRICS[:8]
_OURS = ("observation", "rollup", "series", "cut", "seriescut", "restatement")


def run(*, quick: bool, rounds: int) -> list[Figure]:
    """Load a large team and a small one, weigh the tables, then ask."""
    large, small = (Shape(days=60), Shape(days=60, sources=1, countries=2)) if quick else (
        Shape(days=365), Shape(days=365, sources=1, countries=2))  # fmt: skip
    big, little = tenant("large", large.sources), tenant("small", small.sources)
    loaded = load_history(big, large) + load_history(little, small)
    _load_wide(big, large, little, small)
    vacuum()
    asked = _Asked(big, large, 40 if quick else 200)
    figures = [_size(loaded)]
    _add_neighbours(big, 0 if quick else 4)
    vacuum()
    figures += asked.tile(little)
    with tempfile.TemporaryDirectory(dir=os.environ["DATA_DIR"]) as folder:
        parquet = Path(folder) / "raw.parquet"
        columns.write_parquet(_raw(large, small), parquet)
        engines = {"DuckDB": columns.DuckDB(Path(folder), parquet), "chDB": columns.ChDB(Path(folder), parquet)}
        figures += asked.year(engines)
        figures += asked.top(engines)
    return figures


def _load_wide(big: Tenant, large: Shape, little: Tenant, small: Shape) -> None:
    """The wide table with its keys; one like it without any index; one with a covering index."""
    wide_rows.make_table()
    wide_rows.preload(big, large)
    wide_rows.preload(little, small)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_plain AS SELECT * FROM wide_widemetric")
        cursor.execute("CREATE TABLE bench_covered AS SELECT * FROM wide_widemetric")
        cursor.execute("CREATE INDEX ON bench_covered (team_id, metric, day) INCLUDE (source_id, value, dimensions)")


def _add_neighbours(big: Tenant, count: int) -> None:
    """As many more teams as large as the large one, in our tables and in the wide ones: a server has many teams.

    Copied inside the server; how the rows got there is not measured.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for number in range(1, count + 1):
            for sql in _COPIES:
                cursor.execute(sql.format(shift=number * 10_000_000), {"new": uuid4(), "old": big.team.pk})
        cursor.execute("SET session_replication_role = DEFAULT")


def _copy(table: str, columns: str, where: str = "team_id = %(old)s") -> str:
    """Rows of a table once more: ids moved by ``shift``, the team another one."""
    changed = {
        "team_id": "%(new)s",
        "id": "id + {shift}",
        "series_id": "series_id + {shift}",
        "cut_id": "cut_id + {shift}",
    }
    sources = ", ".join(changed.get(one, one) for one in columns.split(", "))
    return f"INSERT INTO {table} ({columns}) SELECT {sources} FROM {table} WHERE {where}"


_IN_CUTS = "cut_id IN (SELECT id FROM metrics_cut WHERE team_id = %(old)s)"
_WIDE = "id, team_id, source_id, metric, day, dimensions, dim_hash, value, created_at, updated_at"
#: facts before what says whose they are
_COPIES = (
    _copy(
        "metrics_observation",
        "series_id, at, raw_id, n, value",
        "series_id IN (SELECT id FROM metrics_series WHERE team_id = %(old)s)",
    ),
    _copy("metrics_rollup", "cut_id, day, n, total", _IN_CUTS),
    _copy("metrics_seriescut", "cut_id, series_id", _IN_CUTS),
    _copy("metrics_series", "id, team_id, source_id, metric, dimensions, dim_hash, clock"),
    _copy("metrics_cut", "id, team_id, source_id, metric, dimension, value, clock, fold, first_day, last_day"),
    _copy("bench_plain", _WIDE),
    _copy("bench_covered", _WIDE),
)


def _raw(*shapes: Shape) -> Iterator[columns.Raw]:
    for team, shape in enumerate(shapes, start=1):
        for source, points in all_points(shape):
            for point in points:
                dims = point.dimensions
                day = buckets.day_number(point.at)
                yield team, source, point.metric, day, dims["country"], dims["device"], point.value


def _size(rows: int) -> Figure:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(format('metrics_%%s', name)::regclass)) FROM unnest(%s::text[]) AS name",
            [list(_OURS)],
        )
        ours = int(cursor.fetchone()[0]) / rows
        cursor.execute("SELECT pg_total_relation_size('wide_widemetric')")
        wide = int(cursor.fetchone()[0]) / rows
        cursor.execute("SELECT pg_total_relation_size('metrics_rollup')")
        rolled = int(cursor.fetchone()[0]) / rows
    note = f"rollups {rolled:.0f} of them"
    return Figure("P4", "bytes per observation, with indexes and rollups", ours, wide, ours / wide, 0.35, "at most",
                  "bytes", "wide row", note)  # fmt: skip


def _sql(sql: str, params: list[Any]) -> Callable[[], list[tuple[Any, ...]]]:
    def ask_it() -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()

    return ask_it


class _Asked:
    """The three questions about the large team, put to everybody in turn."""

    def __init__(self, owner: Tenant, shape: Shape, times: int) -> None:
        self.owner, self.shape, self.times = owner, shape, times
        self.workspace = Workspace(owner.team.pk, "UTC", 0)

    def _days(self, days: int) -> tuple[int, int]:
        last = buckets.day_number(LAST)
        return last - min(days, self.shape.days) + 1, last

    def _period(self, days: int) -> Period:
        return Period(LAST - timedelta(days=min(days, self.shape.days) - 1), LAST)

    def _sums(self, owner: Tenant, metrics: tuple[str, ...], dimension: str, *periods: Period) -> Callable[[], object]:
        """The statement that the engine sends for questions about whole periods."""
        store = for_team(owner.team.pk)
        days = [(buckets.day_number(one.first), buckets.day_number(one.last)) for one in periods]
        return lambda: reads.rollup_sums(store, metrics, dimension, days)

    def tile(self, little: Tenant) -> list[Figure]:
        """Four metrics, 30 days beside the 30 days before."""
        now, before = self._period(30), self._period(30).previous("date")
        sql = (
            "SELECT metric, sum(value) FILTER (WHERE day >= %s), sum(value) FILTER (WHERE day < %s) FROM {} "
            "WHERE team_id = %s AND metric = ANY(%s) AND day BETWEEN %s AND %s GROUP BY metric"
        )
        given = [now.first, now.first, self.owner.team.pk, list(TILES), before.first, now.last]
        # as tiles ask, and breakdowns below: without a look at which days were restated
        query = Query(TILES, now, compare=Compare(match="date"), notes=False)
        ours = {
            "tile read": self._sums(self.owner, TILES, "", now, before),
            "whole tile answer": lambda: ask(self.workspace, query),
            "whole tile answer with sparkline": lambda: ask(self.workspace, replace(query, grain="day")),
        }
        found = in_turn(
            {
                **{words: (run_it, self.times) for words, run_it in ours.items()},
                "small": (self._sums(little, TILES, "", now, before), self.times),
                "covered": (_sql(sql.format("bench_covered"), given), self.times),
            }
        )
        # on its own: whoever came right after a scan of everything would pay for what it threw out of memory
        found |= in_turn({"naive": (_sql(sql.format("bench_plain"), given), self.times // 8)})
        figures = []
        for words in ours:
            for name, bar, beside in (("naive", 1 / 100, "naive scan of"), ("covered", 1 / 8, "covering index on")):
                mine, other = found[words], found[name]
                note = f"p50 {mine.p50:.2f} ms beside {other.p50:.1f}; CPU {mine.cpu_p50:.2f} ms"
                figures.append(_faster("P5", f"{words}, p95", mine.p95, other.p95, bar, f"{beside} wide rows", note))
        half, small = found["tile read"], found["small"]
        note = _cpu(half, small)
        name = "tile read of the large team, p50"
        return [*figures, _faster("P6", name, half.p50, small.p50, 2.0, "a team 1/29 its size", note)]

    def year(self, engines: dict[str, columns.Engine]) -> list[Figure]:
        """A year of eight metrics by day."""
        store = for_team(self.owner.team.pk)
        first, last = self._days(365)
        sql = (
            "SELECT metric, day, sum(value) FROM raw WHERE team = 1 AND metric IN ({}) AND day BETWEEN {} AND {} "
            "GROUP BY metric, day ORDER BY metric, day"
        ).format(", ".join(f"'{one}'" for one in YEAR), first, last)
        covered = _sql(
            "SELECT metric, day, sum(value)::float8 FROM bench_covered WHERE team_id = %s AND metric = ANY(%s) "
            "AND day BETWEEN %s AND %s GROUP BY metric, day ORDER BY metric, day",
            [self.owner.team.pk, list(YEAR), self._period(365).first, LAST],
        )
        query = Query(YEAR, self._period(365), grain="day")
        read = self._interleaved(
            {
                "read": lambda: reads.rollup_days(store, YEAR, "", first, last),
                "answer": lambda: ask(self.workspace, query),
                "covered": covered,
                **{name: _of(engine, sql) for name, engine in engines.items()},
            }
        )
        return self._beside("P7", "1 year × 8 metrics by day", read, 1 / 10, 0.7)

    def top(self, engines: dict[str, columns.Engine]) -> list[Figure]:
        """The ten largest countries of 90 days."""
        first, last = self._days(90)
        tail = "GROUP BY country ORDER BY 2 DESC LIMIT 10"
        sql = f"SELECT country, sum(value) FROM raw WHERE team = 1 AND metric = '{TILES[0]}' AND day BETWEEN "
        sql += f"{first} AND {last} {tail}"
        covered = _sql(
            "SELECT dimensions->>'country' AS country, sum(value)::float8 FROM bench_covered "
            f"WHERE team_id = %s AND metric = %s AND day BETWEEN %s AND %s {tail}",
            [self.owner.team.pk, TILES[0], self._period(90).first, LAST],
        )
        query = Query(TILES[:1], self._period(90), dimensions=("country",), limit=10, notes=False)
        read = self._interleaved(
            {
                "read": self._sums(self.owner, TILES[:1], "country", self._period(90)),
                "answer": lambda: ask(self.workspace, query),
                "covered": covered,
                **{name: _of(engine, sql) for name, engine in engines.items()},
            }
        )
        return self._beside("P8", "top 10 of 19 countries, 90 days", read, 1 / 8, 0.5)

    def _interleaved(self, contenders: dict[str, Callable[[], object]]) -> dict[str, Runs]:
        return in_turn({name: (run_it, self.times // 4) for name, run_it in contenders.items()})

    def _beside(self, code: str, name: str, found: dict[str, Runs], covered: float, column: float) -> list[Figure]:
        best = min(("DuckDB", "chDB"), key=lambda engine: found[engine].p50)
        engines = ", ".join(f"{engine} {found[engine].p50:.1f} ms" for engine in ("DuckDB", "chDB"))
        figures = []
        for key, words in (("read", "read"), ("answer", "whole answer")):
            for other, bar, beside, note in (
                ("covered", covered, "covering index on wide rows", f"CPU {found[key].cpu_p50:.2f} ms"),
                (best, column, f"{best} on raw rows", f"{engines}; {_cpu(found[key], found[best])}"),
            ):
                ours, theirs = found[key].p50, found[other].p50
                figures.append(_faster(code, f"{name}, {words}, p50", ours, theirs, bar, beside, note))
        return figures


def _cpu(ours: Runs, other: Runs) -> str:
    """Not beside scans of wide rows, whose parallel workers it would leave out."""
    return f"CPU {ours.cpu_p50:.2f} ms beside {other.cpu_p50:.2f}"


def _of(engine: columns.Engine, sql: str) -> Callable[[], object]:
    return lambda: engine.rows(sql)


def _faster(code: str, name: str, ours: float, other: float, bar: float, beside: str, note: str = "") -> Figure:
    return Figure(code, name, ours, other, ours / other, bar, "at most", "ms", beside, note)
