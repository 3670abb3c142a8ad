"""Time patterns: growth, weekdays, seasons, holidays and the hours of a day."""

from __future__ import annotations

import math
from datetime import date, timedelta
from functools import cache

_START = date(2025, 1, 1)

#: Monday to Sunday, averaging about 1.
WEB_WEEK = (1.10, 1.14, 1.13, 1.09, 0.99, 0.74, 0.81)
SIGNUP_WEEK = (1.12, 1.17, 1.15, 1.10, 0.96, 0.70, 0.80)
SOCIAL_WEEK = (0.92, 0.95, 0.98, 1.01, 1.02, 1.03, 1.09)
REVIEW_WEEK = (1.00, 0.98, 0.97, 0.98, 1.00, 1.02, 1.05)
WORK_WEEK = (1.06, 1.16, 1.15, 1.10, 0.93, 0.05, 0.04)
CALLS_WEEK = (1.13, 1.16, 1.15, 1.12, 1.04, 0.67, 0.73)

#: Relative traffic of the 24 hours of a local day.
HOURS = (
    *(1.4, 0.9, 0.6, 0.5, 0.6, 1.0, 2.0, 3.4, 4.9, 5.9, 6.3, 6.2),
    *(5.8, 6.0, 6.3, 6.3, 6.0, 5.6, 5.4, 5.7, 6.0, 5.5, 4.2, 2.6),
)


def level(day: date, per_year: float) -> float:
    """Straight-line growth: 1 at the start of 2025, ``per_year`` more each year, never below 0.3."""
    return max(0.3, 1 + per_year * (day - _START).days / 365.25)


def yearly(day: date, swing: float, peak: int) -> float:
    """A yearly wave of ±``swing`` that is highest on day ``peak`` of the year."""
    return 1 + swing * math.cos(2 * math.pi * (day.timetuple().tm_yday - peak) / 365.25)


@cache
def _thanksgiving(year: int) -> date:
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 21)


def holiday(day: date) -> str:
    """The name of the holiday, or an empty string."""
    fixed = {
        (1, 1): "New Year",
        (5, 1): "Labour Day",
        (7, 4): "Independence Day",
        (12, 24): "Christmas Eve",
        (12, 25): "Christmas Day",
        (12, 26): "Second day of Christmas",
        (12, 31): "New Year's Eve",
    }
    if day == _thanksgiving(day.year):
        return "Thanksgiving"
    return fixed.get((day.month, day.day), "")


def rest(day: date, dip: float) -> float:
    """A factor below 1 on holidays (``1 - dip``) and, half as deep, between Christmas and New Year."""
    if holiday(day):
        return 1 - dip
    return 1 - dip / 2 if day.month == 12 and day.day > 26 else 1.0


def done_by(share: float) -> float:
    """How much of a day's traffic has happened when ``share`` (0..1) of the day is over."""
    if share >= 1:
        return 1.0
    hour, rest_of_hour = divmod(max(0.0, share) * 24, 1)
    whole = int(hour)
    return (sum(HOURS[:whole]) + HOURS[whole] * rest_of_hour) / sum(HOURS)
