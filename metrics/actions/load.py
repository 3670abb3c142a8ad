"""Records of one page become observations and documents, inside the page's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from uuid import UUID

from accounts.models import Team
from livinglytics.lib import buckets, clock
from livinglytics.lib.errors import Invalid
from metrics import versions
from metrics.actions import voice
from metrics.actions.define import define_missing
from metrics.actions.remark import store_remarks
from metrics.catalog.team import Catalog
from metrics.models import BUCKET, Clock, Fold
from metrics.store import fills, for_team, series
from metrics.store.adding import Row
from metrics.store.base import Store
from metrics.store.memory import Memory, SeriesKey
from metrics.store.merge import Merged, Window, merge
from sources.landing import Landed, Landing
from sources.records import CompleteDays, Document, MetricPoint, Tombstone, When

_FOLDS = {"last": Fold.LAST, "mean": Fold.MEAN, "distinct": Fold.DISTINCT, "percentile": Fold.PERCENTILE}
#: beyond this a double no longer holds whole numbers
_LARGEST = 1e15
#: metric, dimensions in the order they came, clock
_Short = tuple[str, tuple[tuple[str, str], ...], Clock]
_CELL = itemgetter(0, 1)


def land(landing: Landing, memory: Memory | None = None) -> Landed:
    """Write one page. Replaying the same page changes nothing. Raises Invalid for a number that is none.

    ``memory``: what earlier pages of the run learned.
    """
    for_team(landing.team_id).share()
    landing = _in_zone_of_now(landing)
    pairs = zip(landing.records, landing.raw_ids, strict=True)
    points = [(record, raw) for record, raw in pairs if isinstance(record, MetricPoint)]
    texts: list[tuple[Document | Tombstone, int]] = []
    remarks = 0
    if len(points) < len(landing.records):
        pairs = zip(landing.records, landing.raw_ids, strict=True)
        texts = [(record, raw) for record, raw in pairs if isinstance(record, Document | Tombstone)]
        remarks = store_remarks(landing)
    written = voice.store_documents(landing, texts)
    points += voice.recount(landing, written.touched)
    merged = write_points(landing, points, recounted=written.moved, memory=memory)
    if merged.changed or written.changed:
        versions.bump(landing.team_id)
    return Landed(
        inserted=merged.inserted + written.inserted + remarks,
        updated=merged.updated + written.updated,
        unchanged=merged.unchanged + written.unchanged,
        deleted=merged.deleted + written.deleted,
    )


def _in_zone_of_now(landing: Landing) -> Landing:
    """A run may have begun before the team moved to another time zone."""
    zone = Team.objects.filter(pk=landing.team_id).values_list("time_zone", flat=True).first()
    return landing if zone in (None, landing.zone) else replace(landing, zone=zone)


def write_points(
    landing: Landing,
    points: Sequence[tuple[MetricPoint, int]],
    *,
    recounted: frozenset[int] = frozenset(),
    memory: Memory | None = None,
) -> Merged:
    """Resolve series, merge the cells, replace promised days, prove what was seen.

    ``recounted``: quarter-hour buckets whose counts of documents are replaced as a whole.
    """
    promised = {name for one in landing.complete for name in one.metrics}
    names = {point.metric for point, _ in points} | promised
    if not names and not recounted:
        return Merged(0, 0, 0, 0)
    store = for_team(landing.team_id)
    catalog, definitions = define_missing(landing.team_id, names, landing.metrics, origin=landing.kind)
    memory = memory or Memory()
    memory.keep_only(definitions)
    folds = {name: fold_of(catalog, name) for name in names}
    rows = _rows(store, landing.source_id, points, folds, memory)
    windows = _windows(store, landing.source_id, landing.complete, landing.zone)
    if recounted:
        counted = series.ids_of(store, landing.source_id, voice.REVIEW_METRICS + voice.COMMENT_METRICS)
        windows += [Window(counted[Clock.INSTANT], at, at + BUCKET) for at in sorted(recounted)]
    merged = merge(store, landing.source_id, rows, zone=landing.zone, now=clock.now(), memory=memory, windows=windows)
    proved = 0
    for one in landing.complete:
        first, last = buckets.day_number(one.first), buckets.day_number(one.last)
        proved += fills.prove(store, landing.source_id, list(one.metrics), first, last)
    return replace(merged, proved=bool(proved))


def fold_of(catalog: Catalog, metric: str) -> Fold:
    """How a day of this metric's observations becomes one number."""
    return _FOLDS.get(catalog.get(metric).kind, Fold.SUM)


def _rows(
    store: Store,
    source_id: UUID,
    points: Sequence[tuple[MetricPoint, int]],
    folds: dict[str, Fold],
    memory: Memory,
) -> list[Row]:
    """The rows of the store in the order of their keys."""
    places: dict[_Short, int] = {}
    moments: dict[When, tuple[Clock, int]] = {}
    staged: list[Row] = []
    for point, raw in points:
        value, at = point.value, point.at
        if not -_LARGEST <= value <= _LARGEST:
            raise Invalid(f"{point.metric} on {at} is {value}: not a number that can be stored.")
        known = moments.get(at)
        if known is None:
            known = moments[at] = moment(at)
        short = (point.metric, tuple(point.dimensions.items()), known[0])
        place = places.get(short)
        if place is None:
            place = places[short] = len(places)
        staged.append((place, known[1], raw, point.n, value))
    keys = [SeriesKey(metric, series.dims_of(dict(dims)), when) for metric, dims, when in places]
    ids = series.resolve(store, source_id, keys, folds, memory)
    numbers = [ids[key] for key in keys]
    return _last_words([(numbers[place], ticks, raw, n, value) for place, ticks, raw, n, value in staged])


def _last_words(rows: list[Row]) -> list[Row]:
    """Sorted by key. The last word on a cell wins within a page, as it does between pages."""
    rows.sort(key=_CELL)
    if any(one[1] == two[1] and one[0] == two[0] for one, two in pairwise(rows)):
        return list({(row[0], row[1]): row for row in rows}.values())
    return rows


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
