"""How a run ended, before it is written down."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from livinglytics.lib.errors import ProductError, RateLimited, Terminal, Transient
from sources.models import JobStatus

MOST_ATTEMPTS = 5
_FIRST_DELAY, _LONGEST_DELAY = 10.0, 900.0
_USUAL_PAUSE = 300.0


@dataclass(frozen=True, slots=True)
class Ending:
    """``wait``: seconds until it may go on; ``free``: this attempt doesn't count; ``streams``: those that failed."""

    status: JobStatus
    error: ProductError | None = None
    wait: float | None = None
    free: bool = False
    streams: tuple[str, ...] = ()

    @classmethod
    def succeeded(cls) -> Self:
        """All that was asked for is done."""
        return cls(JobStatus.SUCCEEDED)

    @classmethod
    def failed(cls, error: ProductError) -> Self:
        """It can't go on until somebody changes something."""
        return cls(JobStatus.FAILED, error)

    @classmethod
    def cancelled(cls) -> Self:
        """Somebody pressed cancel; what was stored stays."""
        return cls(JobStatus.CANCELLED)

    @classmethod
    def yielded(cls) -> Self:
        """Back to the queue from its checkpoint: the worker stops, or others wait."""
        return cls(JobStatus.QUEUED, free=True)

    @classmethod
    def aside(cls, seconds: float) -> Self:
        """Back to the queue for so long: something more urgent goes first."""
        return cls(JobStatus.QUEUED, wait=seconds, free=True)

    @classmethod
    def paused(cls, limit: RateLimited) -> Self:
        """The service asks for a long wait: nobody sleeps for it, the job is picked up again."""
        asked = limit.retry_after if limit.retry_after is not None else _USUAL_PAUSE
        return cls(JobStatus.PAUSED, limit, wait=asked + random.uniform(1, 5 + asked / 20), free=True)

    @classmethod
    def of_streams(cls, finished: Sequence[str], troubles: Mapping[str, ProductError]) -> Self:
        """Whole, partly or not at all; a temporary trouble is worth another attempt."""
        if not troubles:
            return cls.succeeded()
        temporary = next((one for one in troubles.values() if isinstance(one, Transient)), None)
        error = temporary or next(iter(troubles.values()))
        if temporary is not None:
            return cls(JobStatus.QUEUED, error, wait=0.0, streams=tuple(troubles))
        return cls(JobStatus.PARTIAL if finished else JobStatus.FAILED, error, streams=tuple(troubles))

    @classmethod
    def internal(cls, number: str) -> Self:
        """A fault of ours: the number finds it in the log."""
        return cls.failed(Internal(number=number, details={"id": number}))


class Internal(Terminal):
    """A fault in the product itself; what was read before stays."""

    code = "internal"
    status = 500
    message = (
        "Something went wrong on our side. What was read so far is kept. Give the number {number} to the operator."
    )


class Poisoned(Terminal):
    """The job took its worker down again and again."""

    code = "poisoned"
    status = 500
    message = "This run stopped without a word five times and was put aside. Look at the log, then start it again."


def delay(attempt: int, error: ProductError | None) -> float:
    """Seconds before the next attempt: doubling from ten seconds to a quarter of an hour, with full jitter."""
    asked = error.retry_after if isinstance(error, Transient) else None
    most = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** max(0, attempt - 1))
    return max(asked or 0.0, random.uniform(most / 2, most))
