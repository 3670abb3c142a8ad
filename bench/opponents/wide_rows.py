"""One wide row per number, written by the ORM: ``bulk_create(update_conflicts=True)``."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from django.db import connection

from bench.shape import Shape, Tenant, all_points, wide_keys, wide_tuple
from bench.wide.models import WideMetric
from sources.records import MetricPoint

BATCH = 1_000
_COLUMNS = "team_id, source_id, metric, day, dimensions, dim_hash, value, created_at, updated_at"


def make_table() -> None:
    """The wide table with its keys and indexes, as ``migrate`` would make it."""
    with connection.schema_editor() as editor:
        editor.create_model(WideMetric)


def preload(owner: Tenant, shape: Shape) -> None:
    """Fill it as fast as PostgreSQL can: how it got there is not measured."""
    now = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # its checks of foreign keys are not measured either
        with cursor.copy(f"COPY wide_widemetric ({_COLUMNS}) FROM STDIN") as copy:
            for source, points in all_points(shape):
                for point in points:
                    copy.write_row((*wide_tuple(owner.team.pk, owner.sources[source].pk, point), now, now))
        cursor.execute("SET session_replication_role = DEFAULT")


def upsert(owner: Tenant, points: list[MetricPoint]) -> None:
    """One batch through the ORM."""
    team, source = owner.team.pk, owner.sources[0].pk
    rows = [
        WideMetric(
            team_id=team,
            source_id=source,
            metric=point.metric,
            day=point.at,
            dimensions=dict(point.dimensions),
            dim_hash=wide_keys(point)[1],
            value=Decimal(str(point.value)),
        )
        for point in points
    ]
    WideMetric.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["team", "source", "metric", "day", "dim_hash"],
        update_fields=["value", "dimensions", "updated_at"],
    )
