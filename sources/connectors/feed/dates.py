"""The times of feeds: ISO 8601, RFC 822 and what is made of them out there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sources.connectors._values import words

#: nothing in a feed is older: a day before this is an empty field that became the first day of some calendar
_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_LONGEST = 100
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_RFC_822 = re.compile(
    r"(?:[^\W\d_]+\.?,?\s*)?(?P<day>\d{1,2})[\s-]+(?P<month>[a-z]{3})[a-z]*\.?[\s-]+(?P<year>\d{4}|\d\d)"
    r"(?:[\s,]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?(?:\s*(?P<half>[ap])m)?)?"
    r"\s*(?P<zone>[^\d\s:,()][^\s()]*)?\s*(?:\([^()]*\))?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:gmt|utc?)?([+-])(\d{1,2}):?(\d\d)?", re.IGNORECASE)
#: hours ahead of UTC; names that mean more than one zone are not among them
_ZONES = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MET": 1,
    "MEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip


def moment(text: Any) -> tuple[datetime, bool] | None:
    """The moment in UTC, and whether its zone had to be assumed to be UTC; None for what is no day.

    Nothing is guessed: feedparser's own reading takes a year for its first day.
    """
    line = words(text)[:_LONGEST]
    try:
        found = _iso(line) or _rfc_822(line)
        found = (found[0].astimezone(UTC), found[1]) if found else None
    except (ValueError, OverflowError):
        return None
    return found if found and found[0] >= _EARLIEST else None


def _iso(line: str) -> tuple[datetime, bool] | None:
    joined = re.sub(r"\s+(?=[+-]\d\d:?\d\d$|Z$)", "", re.sub(r"\s*(?:UTC|GMT)$", "Z", line.upper()))
    try:
        found = datetime.fromisoformat(joined)
    except ValueError:
        return None
    return (found, False) if found.tzinfo else (found.replace(tzinfo=UTC), True)


def _rfc_822(line: str) -> tuple[datetime, bool] | None:
    """Whatever the weekday says; a year of two digits is the nearer one."""
    found = _RFC_822.fullmatch(line)
    month = found["month"].lower() if found else ""
    if found is None or month not in _MONTHS:
        return None
    year, hour = int(found["year"]), int(found["hour"] or 0)
    if len(found["year"]) == 2:
        year += 2000 if year < 70 else 1900
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    at = datetime(
        year, _MONTHS.index(month) + 1, int(found["day"]), hour, int(found["minute"] or 0), tzinfo=UTC
    ) + timedelta(seconds=int(found["second"] or 0))
    ahead = _ahead(found["zone"] or "")
    return (at, True) if ahead is None else (at - ahead, False)


def _ahead(zone: str) -> timedelta | None:
    """How far a zone is ahead of UTC; None for a name that nobody knows. ``-0000`` is no zone by its own rule."""
    if zone == "-0000":
        return None
    if offset := _OFFSET.fullmatch(zone):
        digits = offset[2] + (offset[3] or "00")
        ahead = timedelta(hours=int(digits[:-2]), minutes=int(digits[-2:]))
        return -ahead if offset[1] == "-" else ahead
    hours = _ZONES.get(zone.upper())
    return None if hours is None else timedelta(hours=hours)
