"""Ingest on SQLite: our whole path beside a bare ``executemany`` upsert and beside the ORM (P3)."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction

from bench.ingest import BATCH_DAYS, PAGE, Share, batch, land_pages, load_history, watched
from bench.measure import Costs, Figure, interleaved
from bench.opponents import bare, wide_rows
from bench.shape import Shape, tenant


def run(*, quick: bool, rounds: int) -> list[Figure]:
    """The same batches into the same file."""
    days, history = (6, Shape(days=20)) if quick else (BATCH_DAYS, Shape(days=91))
    paged, whole = tenant("paged", 3), tenant("whole", 3)
    owners = {"paged": paged, "whole": whole}
    load_history(paged, history)
    load_history(whole, history)
    wide_rows.make_table()
    _make_bare()
    batches = [batch(number, days) for number in range(rounds)]
    ready = {name: [bare.tuples(one, points) for points in batches] for name, one in owners.items()}
    shares = {"paged": Share(), "whole": Share()}
    contenders: dict[str, Callable[[int], None]] = {
        "paged": watched(lambda number: land_pages(paged, 0, batches[number], PAGE), shares["paged"]),
        "whole": watched(lambda number: land_pages(whole, 0, batches[number], 1_000_000), shares["whole"]),
        "wide": lambda number: wide_rows.upsert(paged, batches[number]),
        "bare whole": lambda number: _merge(ready["whole"][number], 1_000_000),
        "bare paged": lambda number: _merge(ready["paged"][number], PAGE),
    }
    new = interleaved(contenders, rounds)
    first_shares = {name: list(share.refresh) for name, share in shares.items()}
    same = interleaved({name: contenders[name] for name in ("paged", "whole")}, rounds)
    rows = len(batches[0])
    return [one for name in ("paged", "whole") for one in _figures(name, rows, new, same, first_shares[name])]


def _figures(name: str, rows: int, new: dict[str, Costs], same: dict[str, Costs], shares: list[float]) -> list[Figure]:
    words = f"SQLite, {f'pages of {PAGE:,}' if name == 'paged' else f'one page of {rows:,}'}"
    ours = new[name].middle("cpu")
    found = [
        Figure("P3", words, rows / ours, rows / theirs, theirs / ours, bar, "at least", "rows/CPU s", label)
        for theirs, bar, label in (
            (new[f"bare {name}"].middle("cpu"), 0.5, "bare executemany upsert, same pages"),
            (new["wide"].middle("cpu"), 5.0, "Django bulk_create upsert, wide row"),
        )
    ]
    again = same[name].middle("cpu")
    found.append(
        Figure("P2", f"{words}, the same rows again", rows / again, rows / ours, ours / again, 1.0, "at least",
               "rows/CPU s", "ours, new rows")
    )  # fmt: skip
    spent = sorted(one / (run.wall - one) for one, run in zip(shares, new[name].runs, strict=True))
    share = spent[len(spent) // 2]
    found.append(
        Figure("P9", f"{words}, rollup refresh", share * 100, 100, share, 0.25, "at most", "% of time",
               "the batch's own ingest")
    )  # fmt: skip
    return found


def _make_bare() -> None:
    """A copy of our own table of observations, filled with what it holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_bare (series_id bigint NOT NULL, at bigint NOT NULL, raw_id bigint NOT NULL, "
            "n integer NOT NULL, value real NOT NULL, PRIMARY KEY (series_id, at)) WITHOUT ROWID"
        )
        cursor.execute("INSERT INTO bench_bare SELECT series_id, at, raw_id, n, value FROM metrics_observation")


def _merge(rows: list[bare.Tuple], page: int) -> None:
    for start in range(0, len(rows), page):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO bench_bare VALUES (%s, %s, %s, %s, %s) ON CONFLICT (series_id, at) DO UPDATE SET "
                "raw_id = excluded.raw_id, n = excluded.n, value = excluded.value "
                "WHERE (n, value) IS NOT (excluded.n, excluded.value)",
                rows[start : start + page],
            )
