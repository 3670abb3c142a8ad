"""Records of one page become observations and documents, inside the page's transaction."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from livinglytics.lib import buckets, clock
from livinglytics.lib.errors import Invalid
from metrics import versions
from metrics.actions import voice
from metrics.actions.define import define_missing
from metrics.catalog.team import Catalog
from metrics.models import BUCKET, Clock, Fold
from metrics.store import for_team, rollups, series
from metrics.store.base import Store
from metrics.store.merge import Merged, Row, Window, merge
from metrics.store.series import SeriesKey
from sources.landing import Landed, Landing
from sources.records import CompleteDays, Document, MetricPoint, Tombstone, When

_FOLDS = {"last": Fold.LAST, "mean": Fold.MEAN, "distinct": Fold.DISTINCT, "percentile": Fold.PERCENTILE}
#: beyond this a double no longer holds whole numbers
_LARGEST = 1e15


def land(landing: Landing) -> Landed:
    """Write one page. Replaying the same page changes nothing. Raises Invalid for a number that is none."""
    points = [
        (one, raw) for one, raw in zip(landing.records, landing.raw_ids, strict=True) if isinstance(one, MetricPoint)
    ]
    texts = [
        (one, raw)
        for one, raw in zip(landing.records, landing.raw_ids, strict=True)
        if isinstance(one, Document | Tombstone)
    ]
    written = voice.store_documents(landing, texts)
    points += voice.recount(landing, written.touched)
    merged = write_points(landing, points, recounted=written.moved)
    if merged.changed or written.changed:
        versions.bump(landing.team_id)
    return Landed(
        inserted=merged.inserted + written.inserted,
        updated=merged.updated + written.updated,
        unchanged=merged.unchanged + written.unchanged,
        deleted=merged.deleted + written.deleted,
    )


def write_points(
    landing: Landing, points: Sequence[tuple[MetricPoint, int]], *, recounted: frozenset[int] = frozenset()
) -> Merged:
    """Resolve series, merge the cells, replace promised days, prove what was seen.

    ``recounted``: quarter-hour buckets whose counts of documents are replaced as a whole.
    """
    promised = {name for one in landing.complete for name in one.metrics}
    names = {point.metric for point, _ in points} | promised
    if not names and not recounted:
        return Merged(0, 0, 0, 0)
    store = for_team(landing.team_id)
    catalog = define_missing(landing.team_id, names, landing.metrics, origin=landing.kind)
    folds = {name: fold_of(catalog, name) for name in names}
    rows = _rows(store, landing.source_id, points, folds)
    windows = _windows(store, landing.source_id, landing.complete, landing.zone)
    if recounted:
        counted = series.ids_of(store, landing.source_id, voice.REVIEW_METRICS + voice.COMMENT_METRICS)
        windows += [Window(counted[Clock.INSTANT], at, at + BUCKET) for at in sorted(recounted)]
    merged = merge(store, landing.source_id, rows, zone=landing.zone, now=clock.now(), windows=windows)
    for one in landing.complete:
        rollups.prove(
            store,
            landing.source_id,
            list(one.metrics),
            buckets.day_number(one.first),
            buckets.day_number(one.last),
        )
    return merged


def fold_of(catalog: Catalog, metric: str) -> Fold:
    """How a day of this metric's observations becomes one number."""
    return _FOLDS.get(catalog.get(metric).kind, Fold.SUM)


def _rows(
    store: Store, source_id: UUID, points: Sequence[tuple[MetricPoint, int]], folds: dict[str, Fold]
) -> Iterable[Row]:
    keys: dict[tuple[str, int, Clock], SeriesKey] = {}
    by_dims: dict[tuple[tuple[str, str], ...], int] = {}
    staged: list[tuple[tuple[str, int, Clock], int, int, int, float]] = []
    for point, raw in points:
        when, ticks = moment(point.at)
        if not math.isfinite(point.value) or abs(point.value) > _LARGEST:
            raise Invalid(f"{point.metric} on {point.at} is {point.value}: not a number that can be stored.")
        dims = series.dims_of(point.dimensions)
        short = (point.metric, by_dims.setdefault(dims, len(by_dims)), when)
        if short not in keys:
            keys[short] = SeriesKey(point.metric, dims, when)
        staged.append((short, ticks, raw, point.n, point.value))
    ids = series.resolve(store, source_id, keys.values(), folds)
    numbers = {short: ids[key] for short, key in keys.items()}
    # the last word on a cell wins within a page, as it does between pages
    cells = {(numbers[short], ticks): (raw, n, value) for short, ticks, raw, n, value in staged}
    return [(one, ticks, raw, n, value) for (one, ticks), (raw, n, value) in cells.items()]


def moment(when: When) -> tuple[Clock, int]:
    """The clock and the tick of a date or an instant."""
    if isinstance(when, datetime):
        return Clock.INSTANT, buckets.epoch(when)
    return Clock.DAY, when.toordinal() - _EPOCH_DAY


_EPOCH_DAY = date(1970, 1, 1).toordinal()


def _windows(store: Store, source_id: UUID, complete: Sequence[CompleteDays], zone: str) -> list[Window]:
    """What the promises allow to be replaced, per clock."""
    found: list[Window] = []
    for one in complete:
        by_clock = series.ids_of(store, source_id, one.metrics)
        if by_clock[Clock.DAY]:
            first, last = buckets.day_number(one.first), buckets.day_number(one.last)
            found.append(Window(by_clock[Clock.DAY], first, last + 1))
        if by_clock[Clock.INSTANT]:
            start, _ = buckets.day_bounds(one.first, zone)
            end, _ = buckets.day_bounds(one.last + timedelta(days=1), zone)
            found.append(Window(by_clock[Clock.INSTANT], buckets.epoch(start), buckets.epoch(end)))
    return found


def finish(team_id: UUID, source_id: UUID, *, zone: str) -> None:
    """A sync ended whole: up to yesterday, every review of the source has been seen."""
    yesterday = buckets.local_day(clock.now(), zone) - timedelta(days=1)
    voice.prove_through(for_team(team_id), source_id, yesterday, zone=zone)
