"""One metric's days added up in another way, after its definition changed."""

from __future__ import annotations

from uuid import UUID

from metrics.models import Clock, Cut, Fold, Series
from metrics.store import rollups, series
from metrics.store.base import Store
from metrics.store.memory import SeriesKey


def refold(store: Store, metric: str, fold: Fold, *, zone: str) -> None:
    """Give every cut of the metric the new fold and compute its cells anew. Needs a transaction.

    Total cuts stay, as they remember which days are known; those of dimensions are made anew, because
    a distinct count adds up to fewer of them.
    """
    store.alone()
    cuts = Cut.objects.using(store.alias).filter(team_id=store.team_id, metric=metric)
    mine = "SELECT id FROM metrics_cut WHERE team_id = %s AND metric = %s"
    store.run(f"DELETE FROM metrics_rollup WHERE cut_id IN ({mine})", [store.team, metric])
    store.run(f"DELETE FROM metrics_seriescut WHERE cut_id IN ({mine})", [store.team, metric])
    cuts.exclude(dimension="").delete()
    cuts.update(fold=fold)
    for source, made in _series(store, metric).items():
        series.link(store, source, made, {metric: fold})
    rollups.rebuild_metric(store, metric, zone=zone)


def _series(store: Store, metric: str) -> dict[UUID, dict[SeriesKey, int]]:
    """The metric's series by source."""
    rows = Series.objects.using(store.alias).filter(team_id=store.team_id, metric=metric)
    found: dict[UUID, dict[SeriesKey, int]] = {}
    for pk, source, dimensions, clock in rows.values_list("id", "source_id", "dimensions", "clock"):
        key = SeriesKey(metric, series.dims_of(dimensions), Clock(clock))
        found.setdefault(source, {})[key] = pk
    return found


def has_numbers(store: Store, metric: str) -> bool:
    """Whether anything of the metric is stored."""
    return Series.objects.using(store.alias).filter(team_id=store.team_id, metric=metric).exists()
