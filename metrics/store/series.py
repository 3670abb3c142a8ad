"""The dictionary: (source, metric, dimensions, clock) → a series' integer, and the cuts it adds up to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from uuid import UUID

import orjson
from django.db import transaction

from metrics.models import Clock, Cut, Fold, Series, SeriesCut
from metrics.store.base import Store
from metrics.store.memory import Dims, Memory, SeriesKey


def dims_of(dimensions: Mapping[str, str]) -> Dims:
    """Dimensions as sorted pairs of text."""
    return tuple(sorted(dimensions.items())) if dimensions else ()


@lru_cache(maxsize=200_000)
def dim_hash(dims: Dims) -> str:
    """A short stable name of a set of dimensions; empty for none."""
    return hashlib.blake2b(orjson.dumps(dims), digest_size=16).hexdigest() if dims else ""


def resolve(
    store: Store, source_id: UUID, keys: Iterable[SeriesKey], folds: Mapping[str, Fold], memory: Memory
) -> Mapping[SeriesKey, int]:
    """The integer of at least every key, made where it is new. ``folds``: how each metric's days add up."""
    asked = [key for key in keys if key not in memory.series]
    if not asked:
        return memory.series
    wanted: dict[tuple[str, str, int], SeriesKey] = {(key.metric, dim_hash(key.dims), key.clock): key for key in asked}
    found = _known(store, source_id, wanted)
    missing = [key for key in wanted.values() if key not in found]
    if missing:
        _make(store, source_id, missing)
        made = {k: v for k, v in _known(store, source_id, wanted).items() if k not in found}
        link(store, source_id, made, folds)
        found |= made
    transaction.on_commit(partial(memory.learn_series, found), using=store.alias)
    return found | memory.series if memory.series else found


def _known(store: Store, source_id: UUID, wanted: Mapping[tuple[str, str, int], SeriesKey]) -> dict[SeriesKey, int]:
    found: dict[SeriesKey, int] = {}
    names = sorted({name for name, _, _ in wanted})
    rows = Series.objects.using(store.alias).filter(team_id=store.team_id, source_id=source_id, metric__in=names)
    if len(wanted) <= 500:
        rows = rows.filter(dim_hash__in={digest for _, digest, _ in wanted})
    for pk, metric, digest, clock in rows.values_list("id", "metric", "dim_hash", "clock"):
        if key := wanted.get((metric, digest, clock)):
            found[key] = pk
    return found


def _make(store: Store, source_id: UUID, keys: list[SeriesKey]) -> None:
    Series.objects.using(store.alias).bulk_create(
        (
            Series(
                team_id=store.team_id,
                source_id=source_id,
                metric=key.metric,
                dimensions=dict(key.dims),
                dim_hash=dim_hash(key.dims),
                clock=key.clock,
            )
            for key in keys
        ),
        batch_size=2000,
        ignore_conflicts=True,
    )


def cuts_of(key: SeriesKey, fold: Fold) -> list[tuple[str, str]]:
    """The (dimension, value) cuts a series adds up to; ("", "") is the total.

    Distinct counts don't add: an undimensioned series alone is the total, and a series with a
    single dimension alone is that dimension's value.
    """
    if fold == Fold.DISTINCT:
        return [("", "")] if not key.dims else list(key.dims) if len(key.dims) == 1 else []
    return [("", ""), *key.dims]


def link(store: Store, source_id: UUID, made: Mapping[SeriesKey, int], folds: Mapping[str, Fold]) -> None:
    """Make the cuts that these series add up to, and say which adds up to which."""
    wanted: dict[tuple[str, str, str, int], list[int]] = {}
    for key, pk in made.items():
        for dimension, value in cuts_of(key, folds[key.metric]):
            wanted.setdefault((key.metric, dimension, value, key.clock), []).append(pk)
        # the total also exists where nothing adds up to it: it is the fill record
        wanted.setdefault((key.metric, "", "", key.clock), [])
    Cut.objects.using(store.alias).bulk_create(
        (
            Cut(
                team_id=store.team_id,
                source_id=source_id,
                metric=metric,
                dimension=dimension,
                value=value,
                clock=clock,
                fold=folds[metric],
            )
            for metric, dimension, value, clock in wanted
        ),
        batch_size=2000,
        ignore_conflicts=True,
    )
    metrics = sorted({metric for metric, _, _, _ in wanted})
    cuts = Cut.objects.using(store.alias).filter(team_id=store.team_id, source_id=source_id, metric__in=metrics)
    links = [
        SeriesCut(cut_id=pk, series_id=one)
        for pk, metric, dimension, value, clock in cuts.values_list("id", "metric", "dimension", "value", "clock")
        for one in wanted.get((metric, dimension, value, clock), ())
    ]
    SeriesCut.objects.using(store.alias).bulk_create(links, batch_size=5000, ignore_conflicts=True)


def ids_of(store: Store, source_id: UUID, metrics: Iterable[str]) -> dict[Clock, list[int]]:
    """The series of some metrics of a source, by clock."""
    rows = Series.objects.using(store.alias).filter(
        team_id=store.team_id, source_id=source_id, metric__in=sorted(set(metrics))
    )
    found: dict[Clock, list[int]] = {Clock.DAY: [], Clock.INSTANT: []}
    for pk, clock in rows.values_list("id", "clock"):
        found[Clock(clock)].append(pk)
    return found
