"""Documents are stored as the service has them now, and counted per quarter of an hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, Min, Q, Sum, Value, When

from livinglytics.lib import buckets, clock
from metrics.models import BUCKET, Document
from metrics.store import fills, series
from metrics.store.base import Store
from sources import records
from sources.landing import Landing

#: a rating of at most two stars of five, or a thumb down
NEGATIVE_AT_MOST = 0.4
#: what reviews are counted into
REVIEW_METRICS = ("reviews.count", "reviews.rated", "reviews.rating", "reviews.negative")
COMMENT_METRICS = ("comments.count",)

_FIELDS = (
    "kind",
    "title",
    "text",
    "author",
    "language",
    "platform",
    "rating",
    "rating_original",
    "rating_scale",
    "url",
    "written_at",
    "edited_at",
    "bucket",
    "extra",
    "deleted_at",
)
_Text = records.Document | records.Tombstone
Pairs = Sequence[tuple[_Text, int]]


@dataclass(frozen=True)
class Written:
    """What happened to the documents of a page.

    ``touched`` buckets are counted again; in ``moved`` ones, cells may have lost their last document.
    """

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    touched: frozenset[int] = field(default_factory=frozenset)
    moved: frozenset[int] = field(default_factory=frozenset)

    @property
    def changed(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)


def store_documents(landing: Landing, texts: Pairs) -> Written:
    """Insert new documents, replace edited ones, erase the text of withdrawn ones."""
    if not texts:
        return Written()
    latest = {one.external_id: (one, raw) for one, raw in texts}
    stored = {
        row.external_id: row
        for row in Document.objects.filter(source_id=landing.source_id, external_id__in=latest.keys())
    }
    sorting = _Sorting()
    for external_id, (record, raw) in latest.items():
        sorting.take(landing, record, raw, stored.get(external_id))
    Document.objects.bulk_create(sorting.new, batch_size=500)
    Document.objects.bulk_update(sorting.edited + sorting.gone, [*_FIELDS, "raw_id"], batch_size=200)
    return Written(
        inserted=len(sorting.new),
        updated=len(sorting.edited),
        unchanged=len(latest) - len(sorting.new) - len(sorting.edited) - len(sorting.gone),
        deleted=len(sorting.gone),
        touched=frozenset(sorting.touched),
        moved=frozenset(sorting.moved),
    )


@dataclass
class _Sorting:
    """The documents of a page, told apart by what has to be written."""

    new: list[Document] = field(default_factory=list)
    edited: list[Document] = field(default_factory=list)
    gone: list[Document] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)

    def take(self, landing: Landing, record: _Text, raw: int, known: Document | None) -> None:
        """Put one document where it belongs; an unchanged one goes nowhere."""
        if isinstance(record, records.Tombstone):
            if known is not None and known.deleted_at is None:
                self.gone.append(_erase(known))
                self._move(known.bucket)
            return
        row = _row(landing, record, raw)
        if known is None:
            self.new.append(row)
        elif _same(known, row):
            return
        else:
            row.pk = known.pk
            self.edited.append(row)
            self._move(known.bucket)
        self.touched.add(row.bucket)

    def _move(self, bucket: int) -> None:
        self.touched.add(bucket)
        self.moved.add(bucket)


def _row(landing: Landing, record: records.Document, raw: int) -> Document:
    extra = dict(record.extra)
    return Document(
        team_id=landing.team_id,
        source_id=landing.source_id,
        external_id=record.external_id[:200],
        kind=record.kind[:20],
        title=record.title[:300],
        text=record.text,
        author=record.author[:150],
        language=record.language[:35],
        platform=str(extra.pop("platform", landing.kind))[:40],
        rating=record.rating,
        rating_original=record.rating_original[:20],
        rating_scale=record.rating_scale[:20],
        url=record.url[:600],
        written_at=record.created_at,
        edited_at=record.updated_at,
        bucket=buckets.epoch(record.created_at) // BUCKET * BUCKET,
        extra=extra,
        raw_id=raw,
    )


def _same(known: Document, row: Document) -> bool:
    return all(getattr(known, name) == getattr(row, name) for name in _FIELDS)


def _erase(known: Document) -> Document:
    known.title = known.text = known.author = ""
    known.extra = {}
    known.deleted_at = clock.now()
    return known


def recount(landing: Landing, touched: frozenset[int]) -> list[tuple[records.MetricPoint, int]]:
    """Counts and rating sums of the touched buckets, read back from the documents themselves."""
    points: list[tuple[records.MetricPoint, int]] = []
    for row in _counts(landing.source_id, sorted(touched)):
        points += [(point, row["raw"]) for point in _points(row, bool(row["is_review"]))]
    return points


def _counts(source_id: UUID, touched: list[int]) -> list[dict[str, Any]]:
    """Reviews and everything else by themselves: a comment and a post of one moment are counted together."""
    rated = Q(rating__isnull=False)
    rows: list[dict[str, Any]] = []
    for start in range(0, len(touched), 900):
        found = (
            Document.objects.filter(source_id=source_id, bucket__in=touched[start : start + 900], deleted_at=None)
            .order_by()
            .annotate(is_review=Case(When(kind="review", then=Value(True)), default=Value(False)))
            .values("bucket", "platform", "language", "is_review")
            .annotate(
                count=Count("id"),
                rated=Count("id", filter=rated),
                stars=Sum("rating", filter=rated),
                negative=Count("id", filter=Q(rating__lte=NEGATIVE_AT_MOST)),
                raw=Min("raw_id"),
            )
        )
        rows += [dict(row) for row in found]
    return rows


def _points(row: dict[str, Any], is_review: bool) -> list[records.MetricPoint]:
    at = datetime.fromtimestamp(row["bucket"], tz=UTC)
    dims = _dims(row["platform"], row["language"])
    if not is_review:
        return [records.MetricPoint("comments.count", at, row["count"], dims)]
    found = [
        records.MetricPoint("reviews.count", at, row["count"], dims),
        records.MetricPoint("reviews.rated", at, row["rated"], dims),
        records.MetricPoint("reviews.negative", at, row["negative"], dims),
    ]
    if row["rated"]:
        # a mean's value is the sum of its n observations
        found.append(records.MetricPoint("reviews.rating", at, round(row["stars"], 9), dims, n=row["rated"]))
    return found


def _dims(platform: str, language: str) -> dict[str, str]:
    return {"platform": platform or "(not set)", "language": language or "(not set)"}


def prove_through(store: Store, source_id: UUID, day: date, *, zone: str) -> None:
    """Reviews of a source have all been seen through ``day``: a day without any is a true zero."""
    review = Q(kind="review")
    for which, metrics in ((review, REVIEW_METRICS), (~review, COMMENT_METRICS)):
        first = Document.objects.filter(which, source_id=source_id).aggregate(first=Min(F("written_at")))["first"]
        if first is None:
            continue
        start = buckets.day_number(buckets.local_day(first, zone))
        through = buckets.day_number(day)
        if start <= through and any(series.ids_of(store, source_id, metrics).values()):
            fills.prove(store, source_id, list(metrics), start, through)
