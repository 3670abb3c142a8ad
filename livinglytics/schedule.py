"""The one table of work that repeats by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task, by name, that beat sends every so often. A beat missed is not made up for: each finds its own work."""

    task: str
    every: timedelta


#: before every run that waits (``sources.actions.ring``): small numbers go first
FIRST: Final = 0

PERIODIC: Final = {
    # jobs whose worker has gone quiet, and jobs nobody was told about
    "sweep": Periodic("livinglytics.sweep", timedelta(seconds=4)),
    # events written but not yet delivered
    "outbox": Periodic("livinglytics.outbox", timedelta(seconds=2)),
    # schedules whose time has come
    "due": Periodic("livinglytics.due", timedelta(seconds=10)),
    # signed-in accounts that would end if nobody renewed them
    "accounts": Periodic("livinglytics.accounts", timedelta(minutes=10)),
    # what is older than it may be kept
    "prune": Periodic("livinglytics.prune", timedelta(hours=1)),
}


def beat_schedule() -> dict[str, dict[str, Any]]:
    """The table as Celery wants it. A beat that waited longer than its own gap is thrown away."""
    return {
        name: {
            "task": one.task,
            "schedule": one.every,
            "options": {"expires": max(one.every.total_seconds(), 5), "priority": FIRST},
        }
        for name, one in PERIODIC.items()
    }
