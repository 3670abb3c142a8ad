"""Deep pages of the list of observations (P19)."""

from __future__ import annotations

import statistics

from django.db import connection

from bench.ingest import load_history, vacuum
from bench.measure import Figure, timings
from bench.shape import Shape, tenant
from metrics.selectors.observations import observation_page
from metrics.store import for_team
from metrics.store.raw import Wanted

SIZE = 100


def run(*, quick: bool, rounds: int) -> list[Figure]:
    """Walk to page 1,000 by cursor, then time it, page 1, and the same rows by offset."""
    owner = tenant("reader", 3)
    load_history(owner, Shape(days=40) if quick else Shape(days=91))
    vacuum()
    store = for_team(owner.team.pk)
    page = 300 if quick else 1_000
    cursor = ""
    for _ in range(page - 1):
        cursor = observation_page(store, Wanted(), size=SIZE, cursor=cursor).next_cursor or ""
    times = 10 * rounds
    first = statistics.median(timings(lambda: observation_page(store, Wanted(), size=SIZE), times))
    deep = statistics.median(timings(lambda: observation_page(store, Wanted(), size=SIZE, cursor=cursor), times))
    offset = statistics.median(timings(lambda: _by_offset(owner.team.pk, (page - 1) * SIZE), rounds))
    return [
        Figure("P19", f"page {page:,} by cursor, p50", deep, first, deep / first, 2, "at most", "ms", "page 1"),
        Figure("P19", f"page {page:,} by offset, p50: proof", offset, deep, offset / deep, 10, "at least", "ms",
               "by cursor", "the other way must be slow, else this measures nothing"),
    ]  # fmt: skip


def _by_offset(team: object, offset: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.metric, o.at, o.n, o.value FROM metrics_series s "
            "JOIN metrics_observation o ON o.series_id = s.id WHERE s.team_id = %s "
            "ORDER BY o.series_id, o.at LIMIT %s OFFSET %s",
            [team, SIZE, offset],
        )
        cursor.fetchall()
