"""Checks of single values that both kinds of items share. Each raises ``ItemError``."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any

YEARS = range(1970, 2101)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class ItemError(ValueError):
    """One value that does not pass; becomes a ``Rejection`` of its item."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code, self.field, self.message = code, field, message


def known_names(item: Mapping[str, Any], known: Collection[str]) -> None:
    """A name we do not know is refused: silently dropping a misspelt one would lose data."""
    for name in item:
        if name not in known:
            raise ItemError(
                "unknown_field", name[:100], "This name is not known here. Known are: " + ", ".join(known) + "."
            )


def text(item: Mapping[str, Any], name: str, longest: int, *, required: bool = False) -> str:
    """A string of at most ``longest`` characters; "" where it is missing or null."""
    value = item.get(name)
    if value is None or (required and value == ""):
        if required:
            raise ItemError("missing", name, "This is needed.")
        return ""
    if not isinstance(value, str):
        raise ItemError("not_a_text", name, "This must be a text in quotes.")
    if len(value) > longest:
        raise ItemError("too_long", name, f"At most {longest} characters, this has {len(value)}.")
    return value


def number(value: Any, name: str, largest: float) -> float | int:
    """A finite number, not text and not true or false."""
    if value is None:
        raise ItemError(
            "missing", name, "A number is needed. Leave the item out where there is none: missing is not zero."
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ItemError("not_a_number", name, "This must be a number without quotes.")
    if not math.isfinite(value) or abs(value) > largest:
        raise ItemError("out_of_range", name, f"This must lie between -{largest:g} and {largest:g}.")
    return value


def day(value: Any, name: str) -> str:
    """A calendar day as YYYY-MM-DD."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ItemError("bad_date", name, "A day looks like 2026-11-22. For a time of day use “at” with an offset.")
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise ItemError("bad_date", name, "There is no such day in the calendar.") from None
    _in_years(found, name)
    return value


def instant(value: Any, name: str) -> str:
    """An instant with its offset, turned to UTC."""
    shape = "An instant looks like 2026-11-22T14:05:00+01:00 or 2026-11-22T13:05:00Z."
    if not isinstance(value, str) or len(value) > 40 or not _DAY.match(value) or len(value) <= 10:
        raise ItemError("bad_time", name, shape)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ItemError("bad_time", name, shape) from None
    if found.tzinfo is None:
        raise ItemError(
            "no_offset", name, "This time has no offset, so it could mean any place. Add one, or Z for UTC."
        )
    _in_years(found, name)
    return found.astimezone(UTC).isoformat()


def _in_years(found: date, name: str) -> None:
    if found.year not in YEARS:
        raise ItemError("out_of_range", name, f"The year must lie between {YEARS[0]} and {YEARS[-1]}.")
