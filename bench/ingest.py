"""Ingest on PostgreSQL: our whole path from records to rollups, beside two other ways (P1, P2, P9)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.db import connection, transaction

from bench.measure import Costs, Figure, interleaved
from bench.opponents import bare, wide_rows
from bench.shape import Shape, Tenant, all_points, day_points, landing, tenant
from metrics.actions.load import land
from metrics.store import merge
from metrics.store.memory import Memory
from sources.actions.ingest import PAGE
from sources.records import MetricPoint

SHAPE = Shape(sources=3)
#: days of one source in one batch: 55 × 912 = 50,160 rows
BATCH_DAYS = 55


def batch(number: int, days: int) -> list[MetricPoint]:
    """The points of the first source on the days after what was loaded before."""
    first = date(2026, 7, 1) + timedelta(days=number * days)
    return [point for offset in range(days) for point in day_points(SHAPE, 0, first + timedelta(days=offset))]


def land_pages(owner: Tenant, source: int, points: list[MetricPoint], size: int) -> None:
    """Our path: one run, each page in its own transaction."""
    memory = Memory()
    for start in range(0, len(points), size):
        with transaction.atomic():
            land(landing(owner, source, points[start : start + size]), memory)


def load_history(owner: Tenant, shape: Shape, *, page_days: int = 20) -> int:
    """A history arrives source by source, some days to a page. Returns the number of rows."""
    waiting: dict[int, list[MetricPoint]] = {}
    rows = 0
    for source, points in all_points(shape):
        waiting.setdefault(source, []).extend(points)
        if len(waiting[source]) >= page_days * len(points):
            rows += len(waiting[source])
            land_pages(owner, source, waiting.pop(source), 1_000_000)
    for source, points in waiting.items():
        rows += len(points)
        land_pages(owner, source, points, 1_000_000)
    return rows


class Share:
    """How long the rollup refresh took of all that was landed while it watched."""

    def __init__(self) -> None:
        self.refresh: list[float] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Time every refresh inside the merge."""
        real, spent = merge.rollups.refresh, [0.0]

        def timed(*given: object, **named: object) -> None:
            start = time.perf_counter()
            real(*given, **named)
            spent[0] += time.perf_counter() - start

        merge.rollups.refresh = timed
        try:
            yield
        finally:
            merge.rollups.refresh = real
            self.refresh.append(spent[0])


def watched(run: Callable[[int], None], share: Share) -> Callable[[int], None]:
    """The same run, its refreshes timed."""

    def again(number: int) -> None:
        with share.watching():
            run(number)

    return again


def versions() -> int:
    """Row versions that updates and deletes of the product's number tables wrote so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT coalesce(sum(n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables "
            "WHERE relname IN ('metrics_observation', 'metrics_rollup', 'metrics_series', 'metrics_cut')"
        )
        return int(cursor.fetchone()[0])


def log_bytes() -> int:
    """Bytes of write-ahead log of the whole server so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
        return int(cursor.fetchone()[0])


def vacuum() -> None:
    """What autovacuum would do sooner or later, now, for all contenders."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def run(*, quick: bool, rounds: int) -> list[Figure]:
    """Prepare, land new batches, land the same ones again."""
    days, history = (6, Shape(days=20)) if quick else (BATCH_DAYS, Shape(days=91))
    paged, whole = tenant("paged", 3), tenant("whole", 3)
    owners = {"paged": paged, "whole": whole}
    load_history(paged, history)
    load_history(whole, history)
    wide_rows.make_table()
    wide_rows.preload(paged, history)
    bare.make_table()
    vacuum()
    batches = [batch(number, days) for number in range(rounds)]
    ready = {name: [bare.tuples(one, points) for points in batches] for name, one in owners.items()}
    shares = {"paged": Share(), "whole": Share()}
    contenders: dict[str, Callable[[int], None]] = {
        "paged": watched(lambda number: land_pages(paged, 0, batches[number], PAGE), shares["paged"]),
        "whole": watched(lambda number: land_pages(whole, 0, batches[number], 1_000_000), shares["whole"]),
        "wide": lambda number: wide_rows.upsert(paged, batches[number]),
        "bare whole": lambda number: bare.merge(ready["whole"][number], 1_000_000),
        "bare paged": lambda number: bare.merge(ready["paged"][number], PAGE),
    }
    before = log_bytes()
    new = interleaved(contenders, rounds)
    first_shares = {name: list(share.refresh) for name, share in shares.items()}
    written, logged = versions(), log_bytes() - before
    ours = {name: contenders[name] for name in ("paged", "whole")}
    middle = log_bytes()
    same = interleaved(ours, rounds)
    again = (versions() - written, (log_bytes() - middle) / max(logged, 1))
    return _figures(len(batches[0]), new, same, again, first_shares)


def _figures(
    rows: int, new: dict[str, Costs], same: dict[str, Costs], again: tuple[int, float], shares: dict[str, list[float]]
) -> list[Figure]:
    found = []
    for name, words in (("paged", f"pages of {PAGE:,}"), ("whole", f"one page of {rows:,}")):
        ours = new[name]
        for other, bar, label in (
            ("wide", 4.0, "Django bulk_create upsert, wide row"),
            (f"bare {name}", 0.5, "bare COPY and merge, same pages"),
        ):
            theirs = new[other]
            note = f"by CPU; on the clock {theirs.middle() / ours.middle():.2f} ×; client + server µs/row: "
            note += f"{_split(ours, rows)}, other {_split(theirs, rows)}"
            ratio = theirs.middle("cpu") / ours.middle("cpu")
            found.append(
                Figure(
                    "P1",
                    f"ingest, {words}",
                    rows / ours.middle("cpu"),
                    rows / theirs.middle("cpu"),
                    ratio,
                    bar,
                    "at least",
                    "rows/CPU s",
                    label,
                    note,
                )
            )
        repeat = same[name].middle("cpu")
        note = f"{again[0]} row versions updated or deleted; log {again[1]:.1%} of the first load's (all contenders)"
        found.append(
            Figure(
                "P2",
                f"the same rows again, {words}",
                rows / repeat,
                rows / ours.middle("cpu"),
                ours.middle("cpu") / repeat,
                1.0,
                "at least",
                "rows/CPU s",
                "ours, new rows",
                note,
            )
        )
        spent = sorted(one / (run.wall - one) for one, run in zip(shares[name], ours.runs, strict=True))
        share = spent[len(spent) // 2]
        found.append(
            Figure(
                "P9",
                f"rollup refresh, {words}",
                share * 100,
                100.0,
                share,
                0.25,
                "at most",
                "% of time",
                "the batch's own ingest",
            )
        )
    if again[0]:
        found.append(Figure("P2", "row versions of a repeat", again[0], 0, again[0], 0, "at most", "rows", "none", ""))
    return found


def _split(costs: Costs, rows: int) -> str:
    return f"{costs.middle('client') / rows * 1e6:.1f} + {costs.middle('server') / rows * 1e6:.1f}"
