"""The buckets of a period, and which day or hour falls into which."""

from __future__ import annotations

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

    @property
    def count(self) -> int:
        return len(self.hours) if self.grain == "hour" else len(self.starts)

    @cached_property
    def places(self) -> dict[int, int]:
        """Which bucket every slot falls into."""
        if self.grain == "hour":
            return {hour: hour for hour in range(self.count)}
        edges = [*(buckets.day_number(day) for day in self.starts), buckets.day_number(self.period.last) + 1]
        edges[0] = buckets.day_number(self.period.first)
        return {day: bucket for bucket in range(self.count) for day in range(edges[bucket], edges[bucket + 1])}

    @cached_property
    def labels(self) -> list[str | None]:
        """Every bucket's start: an ISO date, for hours an ISO time with the zone's offset; none of a whole period."""
        if self.grain is None:
            return [None]
        if self.grain == "hour":
            zone = buckets.zone_info(self.workspace.zone)
            return [start.astimezone(zone).isoformat() for start, _ in self.hours]
        return [start.isoformat() for start in self.starts]

    @cached_property
    def days(self) -> list[Period]:
        """The days of the period that every bucket holds."""
        if self.grain is None:
            return [self.period]
        if self.grain == "hour":
            return [Period(day, day) for day in (buckets.local_day(at, self.workspace.zone) for at, _ in self.hours)]
        afters = [*self.starts[1:], date.fromordinal(self.period.last.toordinal() + 1)]
        return [
            Period(max(first, self.period.first), date.fromordinal(after.toordinal() - 1))
            for first, after in zip(self.starts, afters, strict=True)
        ]

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
