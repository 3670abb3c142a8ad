"""Values out of answers in which anything may stand: each is what it should be, or empty."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

_MOST: Final = 10**15 - 1


def thing(value: Any) -> dict[str, Any]:
    """A JSON object, empty for anything else."""
    return value if isinstance(value, dict) else {}


def prose(value: Any) -> str:
    """A text with its lines that every database takes; empty for what is no text."""
    return value.encode("utf-8", "ignore").decode().replace("\x00", "").strip() if isinstance(value, str) else ""


def words(value: Any) -> str:
    """A name or title as one line that every database takes; empty for what is no text."""
    return " ".join(prose(value).split())


def whole(value: Any, most: int = _MOST) -> int | None:
    """A count, also one written as text; None for what cannot be one."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(most)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= most else None


def number(value: Any, least: float, most: float) -> float | None:
    """A number between two bounds, both included; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if least <= value <= most else None


def instant(value: Any) -> datetime | None:
    """An ISO 8601 moment with its zone, in UTC; None for everything else."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        return None
