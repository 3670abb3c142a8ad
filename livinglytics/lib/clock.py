"""The clock. Everything asks here what time it is, so that a test can hold it in one place."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that never run backwards; only differences mean something."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Wait; zero and less return at once."""
    if seconds > 0:
        time.sleep(seconds)
