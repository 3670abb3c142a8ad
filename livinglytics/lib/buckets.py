"""Days, weeks, months and time zones: all calendar arithmetic of the product.

A local day is half-open in UTC, [start, end). Days of one zone join without gap or
overlap, so every instant belongs to exactly one day. Where the clock change hides
midnight, the day starts at the first instant that exists; where midnight comes twice,
at the first. A day that a zone skipped altogether (Samoa, 2011-12-30) is empty.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from livinglytics.lib.errors import Invalid

Grain = Literal["hour", "day", "week", "month", "quarter", "year"]
Match = Literal["weekday", "date"]
GRAINS: tuple[Grain, ...] = get_args(Grain)

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_ONE_DAY = timedelta(days=1)
_ONE_HOUR = timedelta(hours=1)


def zone_info(zone: str) -> ZoneInfo:
    """The zone by its IANA name, or Invalid with a message for the field ``time_zone``."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"“{zone}” is not a known time zone. Use a name like Europe/Berlin."
        raise Invalid(message, details={"time_zone": [message]}) from None


@lru_cache(maxsize=16_384)
def _day_start(day: date, zone: str) -> datetime:
    place = zone_info(zone)
    midnight = datetime.combine(day, time(), tzinfo=place)
    start = midnight.astimezone(UTC)
    if start.astimezone(place).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return start
    before, after = int(start.timestamp()) - 86_400, int(start.timestamp())
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, place).date() >= day:
            after = middle
        else:
            before = middle
    return datetime.fromtimestamp(after, UTC)


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """First instant of the local day and first instant after it, in UTC; 23, 24 or 25 h apart (rarely others)."""
    return _day_start(day, zone), _day_start(day + _ONE_DAY, zone)


def local_day(instant: datetime, zone: str) -> date:
    """The day whose ``day_bounds`` hold this aware instant."""
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone.")
    day = instant.astimezone(zone_info(zone)).date()
    if instant < _day_start(day, zone):
        return day - _ONE_DAY
    if instant >= _day_start(day + _ONE_DAY, zone):
        return day + _ONE_DAY
    return day


def hour_bounds(day: date, zone: str) -> list[tuple[datetime, datetime]]:
    """The elapsed hours of a local day in UTC: 23, 24 or 25; the last is shorter on days of 23½ or 24½ h."""
    start, end = day_bounds(day, zone)
    hours = []
    while start < end:
        stop = min(start + _ONE_HOUR, end)
        hours.append((start, stop))
        start = stop
    return hours


def epoch(instant: datetime) -> int:
    """Whole seconds since 1970-01-01T00:00Z of an aware instant, rounded down."""
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone.")
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)


def from_epoch(seconds: int) -> datetime:
    """The aware UTC instant of seconds since 1970."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH_ORDINAL


def from_day_number(number: int) -> date:
    return date.fromordinal(number + _EPOCH_ORDINAL)


def add_months(day: date, months: int) -> date:
    """The same day of another month; the 31st becomes the last day of a shorter one."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def bucket_start(day: date, grain: Grain, week_start: int = 0) -> date:
    """First day of the bucket that holds ``day``. ``week_start``: 0 Monday … 6 Sunday; an hour's bucket is its day."""
    match grain:
        case "hour" | "day":
            return day
        case "week":
            return day - timedelta(days=(day.weekday() - week_start) % 7)
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        case "year":
            return date(day.year, 1, 1)
    raise ValueError(f"Unknown grain {grain!r}")


def next_bucket(start: date, grain: Grain) -> date:
    """First day of the bucket after the one that starts on ``start``."""
    months = {"month": 1, "quarter": 3, "year": 12}
    if grain in months:
        return add_months(start, months[grain])
    return start + timedelta(days=7 if grain == "week" else 1)


def buckets(first: date, last: date, grain: Grain, week_start: int = 0) -> list[date]:
    """Starts of all buckets that touch the days first … last (both included), in order."""
    found = []
    start = bucket_start(first, grain, week_start)
    while start <= last:
        found.append(start)
        start = next_bucket(start, grain)
    return found


@dataclass(frozen=True, slots=True)
class Period:
    """Calendar days from ``first`` to ``last``, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("A period ends on or after the day it starts.")

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def dates(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.days)]

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """First instant and first instant after, in UTC."""
        return _day_start(self.first, zone), _day_start(self.last + _ONE_DAY, zone)

    def shifted(self, days: int) -> Period:
        return Period(self.first + timedelta(days=days), self.last + timedelta(days=days))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def previous(self, match: Match = "weekday") -> Period:
        """The comparison period before this one.

        ``weekday``: as many days, moved back by whole weeks so that Mondays meet Mondays.
        ``date``: the days right before; a period that starts on the first of a month moves
        back by whole months instead, over the same days of the month.
        """
        if match == "weekday":
            return self.shifted(-7 * -(-self.days // 7))
        if self.first.day != 1:
            return self.shifted(-self.days)
        months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        return self._months_back(months)

    def year_ago(self, match: Match = "weekday") -> Period:
        """``weekday``: 52 weeks earlier; ``date``: the same dates a year earlier (29 February → 28)."""
        return self.shifted(-364) if match == "weekday" else self._months_back(12)

    def _months_back(self, months: int) -> Period:
        whole = self.first.day == 1 and (self.last + _ONE_DAY).day == 1
        last = add_months(self.last + _ONE_DAY, -months) - _ONE_DAY if whole else add_months(self.last, -months)
        return Period(add_months(self.first, -months), last)


def resolve_range(text: str, today: date, *, complete: bool = False) -> Period:
    """The days meant by ``7d 28d 91d``, ``12mo``, ``month quarter year`` or ``YYYY-MM-DD,YYYY-MM-DD``.

    Ranges relative to now end with ``today`` (with ``complete``, with yesterday); ``month``,
    ``quarter`` and ``year`` run from the start of the current one. Raises Invalid.
    """
    last = today - _ONE_DAY if complete else today
    if found := re.fullmatch(r"([1-9]\d{0,3})d", text, re.ASCII):
        return Period(last - timedelta(days=int(found[1]) - 1), last)
    if found := re.fullmatch(r"([1-9]\d{0,2})mo", text, re.ASCII):
        return Period(add_months(last.replace(day=1), 1 - int(found[1])), last)
    for grain in ("month", "quarter", "year"):
        if text == grain:
            return Period(bucket_start(last, grain), last)
    return _two_dates(text)


def _two_dates(text: str) -> Period:
    try:
        found = re.fullmatch(r"\s*(\d{4}-\d\d-\d\d)\s*,\s*(\d{4}-\d\d-\d\d)\s*", text, re.ASCII)
        if found:
            return Period(date.fromisoformat(found[1]), date.fromisoformat(found[2]))
    except ValueError:
        pass
    message = f"“{text}” is not a range. Use 7d, 28d, 91d, 12mo, month, quarter, year or 2026-01-01,2026-01-31."
    raise Invalid(message, details={"range": [message]})
