"""What a connector hands upward: frozen records that `metrics` turns into numbers.

This module is the whole contract between the two floors. A connector builds these
records in ``map()``; it never sees how they are stored. A record says nothing about
teams, jobs or database rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

#: A calendar day as the service reports it (never shifted between time zones),
#: or an instant (always aware), bucketed later in the team's time zone.
When = date | datetime


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One number of one metric at one moment.

    ``value`` is the *sum* that ``n`` observations add up to: for a mean, the total of
    the values and their count; for a count, the count with ``n=1``.
    """

    metric: str
    at: When
    value: float
    dimensions: Mapping[str, str] = field(default_factory=dict)
    n: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """One text a person wrote: a review, a comment, a post.

    ``rating`` is normalised to 0..1; ``rating_original`` and ``rating_scale`` keep what
    the service showed ("up" on "thumbs", "4" on "1-5"). ``created_at`` and
    ``updated_at`` are aware.
    """

    external_id: str
    text: str
    created_at: datetime
    kind: str = "review"
    title: str = ""
    author: str = ""
    language: str = ""
    rating: float | None = None
    rating_original: str = ""
    rating_scale: str = ""
    url: str = ""
    updated_at: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The service says that this document is gone: its text is erased, its count kept out."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that happened on a day: a release, an incident. Drawn on the axis of every chart."""

    day: date
    title: str
    kind: str = "note"


Record = MetricPoint | Document | Tombstone | Remark


@dataclass(frozen=True, slots=True)
class CompleteDays:
    """A promise: for these metrics, every value of these days is in this batch.

    The loader deletes stored points of the source, the metrics and the days
    (both ends included) that the batch doesn't contain, and marks the days as covered,
    so that an absent count inside them is a true zero.
    """

    metrics: tuple[str, ...]
    first: date
    last: date
