"""Rows that could not be taken."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from sources.models import Quarantined, Source
from sources.querysets import DataQuerySet

_MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class Quarantine:
    """``reasons``: the most frequent ones with how many rows each has; ``rows``: the newest."""

    total: int
    reasons: tuple[tuple[str, int], ...]
    rows: tuple[Quarantined, ...]


def bad_rows(source: Source) -> DataQuerySet:
    """The bad rows of a source, newest first, for a page of them."""
    return DataQuerySet(Quarantined).of_source(source.pk).order_by("-pk")


def quarantine_of(source: Source, *, limit: int = 20) -> Quarantine:
    """How many bad rows there are, why, and the newest ``limit``."""
    rows = bad_rows(source)
    reasons = rows.order_by().values_list("reason").annotate(n=Count("pk")).order_by("-n", "reason")[:_MOST_REASONS]
    return Quarantine(rows.count(), tuple(reasons), tuple(rows[:limit]))
