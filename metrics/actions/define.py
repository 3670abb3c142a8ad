"""Metrics that arrive before anybody described them get a definition of their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from metrics import versions
from metrics.catalog import team as team_catalog
from metrics.catalog.team import Catalog
from metrics.models import CustomMetric
from metrics.query.context import context
from sources.connectors._base import Metric


def define_missing(
    team_id: UUID, names: Collection[str], declared: Sequence[Metric], *, origin: str
) -> tuple[Catalog, int]:
    """The team's catalog with every one of ``names`` in it, and the version of its definitions.

    An unknown name takes its definition from what the source declares, else it is a sum that
    nobody has described yet; both can be edited under Metrics and in the admin.
    """
    known = context(team_id)
    unknown = [name for name in names if name not in known.catalog]
    if not unknown:
        return known.catalog, known.definitions
    by_key = {one.key: one for one in declared}
    CustomMetric.objects.bulk_create(
        [_row(team_id, by_key.get(name) or Metric(name, _label(name)), origin) for name in sorted(unknown)],
        ignore_conflicts=True,
    )
    versions.bump(team_id, definitions=True)
    return team_catalog.for_team(team_id), versions.current(team_id)[1]


def _label(name: str) -> str:
    return name.replace(".", " ").replace("_", " ").strip().capitalize()


def _row(team_id: UUID, metric: Metric, origin: str) -> CustomMetric:
    numerator, denominator = metric.parts or ("", "")
    return CustomMetric(
        team_id=team_id,
        key=metric.key,
        label=metric.label[:120],
        kind=metric.kind,
        unit=metric.unit,
        direction=metric.direction,
        numerator=numerator,
        denominator=denominator,
        percentile=metric.percentile,
        description=metric.description,
        settle_hours=int(metric.settle.total_seconds() // 3600),
        floor=metric.floor,
        decimals=metric.decimals,
        origin=origin[:20],
    )
