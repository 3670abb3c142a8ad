"""The buckets of a period, and which day or hour falls into which."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from livinglytics.lib import buckets
from livinglytics.lib.buckets import Grain, Period
from livinglytics.lib.errors import Invalid
from metrics.models import Clock
from metrics.query.model import Workspace

#: an hour series longer than this is a table nobody reads
LONGEST_HOURS = 31
LONGEST_DAYS = 366 * 20


@dataclass(frozen=True)
class Slots:
    """Buckets of ``grain`` (None: one for the whole period), numbered from 0.

    A *slot* is what the store answers with: a day number, or for hours the number of the hour.
    ``until`` cuts the last day short: instants only up to it are counted (a fair comparison).
    """

    period: Period
    grain: Grain | None
    workspace: Workspace
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.grain == "hour" and self.period.days > LONGEST_HOURS:
            message = f"Hours can be shown for at most {LONGEST_HOURS} days; choose days or a shorter range."
            raise Invalid(message, details={"grain": [message]})
        if self.period.days > LONGEST_DAYS:
            message = "A range can span at most twenty years."
            raise Invalid(message, details={"range": [message]})

    @cached_property
    def starts(self) -> list[date]:
        """First day of every bucket, cut at the start of the period."""
        if self.grain in (None, "hour"):
            return [self.period.first]
        return buckets.buckets(self.period.first, self.period.last, self.grain, self.workspace.week_start)

    @cached_property
    def hours(self) -> list[tuple[datetime, datetime]]:
        """The real hours of every local day: 23, 24 or 25 of them."""
        return [span for day in self.period.dates() for span in buckets.hour_bounds(day, self.workspace.zone)]

    @cached_property
    def _edges(self) -> list[int]:
        return [buckets.day_number(day) for day in self.starts]

    @property
    def count(self) -> int:
        return len(self.hours) if self.grain == "hour" else len(self.starts)

    def bucket_of(self, slot: int) -> int:
        """Which bucket a slot falls into."""
        if self.grain == "hour":
            return slot
        return max(bisect_right(self._edges, slot) - 1, 0)

    def label(self, bucket: int) -> str:
        """The bucket's start: an ISO date, for hours an ISO time with the zone's offset."""
        if self.grain == "hour":
            return self.hours[bucket][0].astimezone(buckets.zone_info(self.workspace.zone)).isoformat()
        return self.starts[bucket].isoformat()

    def days_of(self, bucket: int) -> Period:
        """The days of the period that a bucket holds."""
        if self.grain is None:
            return self.period
        if self.grain == "hour":
            day = buckets.local_day(self.hours[bucket][0], self.workspace.zone)
            return Period(day, day)
        first = max(self.starts[bucket], self.period.first)
        after = buckets.next_bucket(self.starts[bucket], self.grain)
        return Period(first, min(date.fromordinal(after.toordinal() - 1), self.period.last))

    def spans(self, clock: Clock) -> list[tuple[int, int, int]]:
        """(slot, start, end) in ticks of the clock, for reading observations."""
        if self.grain == "hour":
            if clock == Clock.DAY:
                return []
            return [
                (number, buckets.epoch(start), self._cut(buckets.epoch(end)))
                for number, (start, end) in enumerate(self.hours)
            ]
        days = self.period.dates()
        if clock == Clock.DAY:
            return [(buckets.day_number(day), buckets.day_number(day), buckets.day_number(day) + 1) for day in days]
        bounds = [(day, buckets.day_bounds(day, self.workspace.zone)) for day in days]
        return [
            (buckets.day_number(day), buckets.epoch(start), self._cut(buckets.epoch(end)))
            for day, (start, end) in bounds
        ]

    def _cut(self, end: int) -> int:
        return end if self.until is None else min(end, buckets.epoch(self.until))
