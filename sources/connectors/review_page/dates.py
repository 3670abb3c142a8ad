"""When a review was written, as pages write it. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from livinglytics.lib.buckets import zone_info

#: nobody reviewed on the web before; programs write such days for none
EARLIEST = date(1990, 1, 1)
_DAY = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_ZONE = re.compile(r"\s+(?=(?:[+-]\d{2}:?\d{2}|Z)$)")


def written(text: str, zone: str) -> datetime | None:
    """An ISO 8601 day or moment as an instant in UTC; None for what is none.

    A moment without a zone is taken to be on the clocks of ``zone``; a day alone becomes its noon there, so
    that it stays that day. The order of day and month is never guessed.
    """
    text = text.strip()
    try:
        if found := _DAY.fullmatch(text):
            day = date(int(found[1]), int(found[3]), int(found[4]))
            return datetime.combine(day, time(12), zone_info(zone)).astimezone(UTC)
        if not re.match(r"\d{4}-\d\d-\d\d.", text, re.ASCII):
            return None
        moment = datetime.fromisoformat(_ZONE.sub("", text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone_info(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def problem(text: str, at: datetime | None, now: datetime) -> str:
    """Why this cannot be when a review was written; nothing where it can."""
    if not text:
        return "The page gives no date for this review."
    if at is None:
        return f"The page gives no readable date for this review: “{text[:60]}”."
    if at.date() < EARLIEST or at > now + timedelta(days=2):
        return f"The page gives a date for this review that cannot be right: “{text[:60]}”."
    return ""
