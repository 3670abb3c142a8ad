"""How much of the property's quota is left: when to go slower, and when to stop before it is used up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from livinglytics.lib.buckets import day_bounds, local_day
from livinglytics.lib.errors import RateLimited

HOUR: Final = 3600.0
#: Google counts a day's tokens anew at midnight in California
DAY_ZONE: Final = "America/Los_Angeles"
#: what a standard property may use; larger ones just have more left
LIMITS: Final[Mapping[str, int]] = {
    "tokensPerDay": 200_000,
    "tokensPerHour": 40_000,
    "tokensPerProjectPerHour": 14_000,
    "potentiallyThresholdedRequestsPerHour": 120,
    "serverErrorsPerProjectPerHour": 10,
}
_LONGEST_PAUSE = 60.0
_FEW_SLOTS, _SLOT_PAUSE = 2, 5.0
#: words of Google's message about a limit, and the seconds after which it is worth asking again
_WAITS: Final = (
    ("concurrent", 30.0),
    ("thresholded", 1800.0),
    ("server error", HOUR),
    ("client error", 900.0),
    ("per hour", 1800.0),
)


class Meter:
    """The last quota the service told, and what one request costs of each kind."""

    def __init__(self) -> None:
        self.left: dict[str, int] = {}
        self._cost: dict[str, int] = {}
        self._slots: int | None = None

    def note(self, quota: Any) -> None:
        """Read ``propertyQuota`` of an answer."""
        for name in LIMITS:
            left, used = _number(quota, name, "remaining"), _number(quota, name, "consumed")
            if left is None:
                continue
            spent = used if used is not None else self.left.get(name, left) - left
            self._cost[name] = max(self._cost.get(name, 0), spent)
            self.left[name] = left
        self._slots = _number(quota, "concurrentRequests", "remaining")

    def pause(self, now: datetime) -> float:
        """Seconds to wait before the next request. Raises RateLimited where a reserve is reached.

        A twentieth is left for others; below a quarter, what is left is spread over the time until it comes back.
        """
        pause = _SLOT_PAUSE if self._slots is not None and self._slots <= _FEW_SLOTS else 0.0
        for name, left in self.left.items():
            cost, limit = self._cost[name], LIMITS[name]
            if left <= 0 or (cost and left <= max(limit // 20, cost)):
                raise RateLimited(
                    f"Little is left of the property's quota at Google ({left} of {name}). Reading goes on by itself.",
                    retry_after=_until_refilled(name, now),
                    scope="analyticsdata.googleapis.com",
                )
            if cost and left < limit // 4:
                span = until_midnight(now) if name == "tokensPerDay" else HOUR
                pause = max(pause, span * cost / left)
        return min(pause, _LONGEST_PAUSE)


def wait_of(message: str, now: datetime) -> float:
    """Seconds that Google's message about a limit asks for."""
    text = message.lower()
    if "per day" in text:
        return until_midnight(now)
    return next((seconds for words, seconds in _WAITS if words in text), _LONGEST_PAUSE)


def until_midnight(now: datetime) -> float:
    """Seconds until Google's next day begins, and a minute."""
    _, end = day_bounds(local_day(now, DAY_ZONE), DAY_ZONE)
    return (end - now + timedelta(minutes=1)).total_seconds()


def _until_refilled(name: str, now: datetime) -> float:
    if name == "tokensPerDay":
        return until_midnight(now)
    return HOUR if name.startswith("serverErrors") else HOUR / 2


def _number(quota: Any, name: str, part: str) -> int | None:
    one = quota.get(name) if isinstance(quota, dict) else None
    value = one.get(part) if isinstance(one, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
