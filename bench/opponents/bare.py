"""The limit: ready tuples, COPY into a temporary table, one merge. No records, no series, no rollups."""

from __future__ import annotations

from django.db import connection, transaction

from bench.shape import Tenant
from metrics.models import Series
from sources.records import MetricPoint

Tuple = tuple[int, int, int, int, float]
_EPOCH = 719_163


def make_table() -> None:
    """A copy of our own table of observations, filled with what it holds."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_bare (LIKE metrics_observation INCLUDING ALL)")
        cursor.execute("INSERT INTO bench_bare SELECT * FROM metrics_observation")


def tuples(owner: Tenant, points: list[MetricPoint]) -> list[Tuple]:
    """The rows our path would store for the tenant's first source, made before the clock runs."""
    lines = Series.objects.filter(source_id=owner.sources[0].pk).values_list("id", "metric", "dimensions")
    keys = {(metric, dims["country"], dims["device"]): pk for pk, metric, dims in lines}
    return [
        (
            keys[point.metric, point.dimensions["country"], point.dimensions["device"]],
            point.at.toordinal() - _EPOCH,
            1,
            point.n,
            point.value,
        )
        for point in points
    ]


def merge(rows: list[Tuple], page: int) -> None:
    """COPY, then insert or update where something differs; a transaction per page."""
    for start in range(0, len(rows), page):
        _merge_page(rows[start : start + page])


def _merge_page(rows: list[Tuple]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bench_stage (LIKE bench_bare) ON COMMIT DROP")
        with cursor.copy("COPY bench_stage (series_id, at, raw_id, n, value) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO bench_bare AS o SELECT * FROM bench_stage ON CONFLICT (series_id, at) DO UPDATE SET "
            "raw_id = excluded.raw_id, n = excluded.n, value = excluded.value "
            "WHERE (o.n, o.value) IS DISTINCT FROM (excluded.n, excluded.value)"
        )
