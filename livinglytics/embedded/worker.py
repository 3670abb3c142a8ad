"""Celery inside this process: four job threads and the clock."""

from __future__ import annotations

import threading
from typing import Any, Final

from celery.beat import EmbeddedService

from livinglytics.celery import app
from livinglytics.pipeline import stopping

THREADS: Final = 4


class Worker:
    """The job threads and beat. ``stop`` waits for running jobs only as long as it is told to."""

    def __init__(self, *, threads: int = THREADS) -> None:
        self._worker: Any = app.WorkController(
            pool="threads",
            concurrency=threads,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            hostname="embedded@localhost",
        )
        # the table of periodic work has no memory to keep: each task finds its own work
        self._beat: Any = EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler")
        self._thread = threading.Thread(target=self._worker.start, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin to take messages, and to send the periodic ones."""
        stopping.clear()
        self._thread.start()
        self._beat.start()

    def stop(self, *, seconds: float) -> bool:
        """Ask running jobs to give back their rows; True when all have ended in time."""
        stopping.set()
        ending = threading.Thread(target=self._end, name="jobs-ending", daemon=True)
        ending.start()
        ending.join(seconds)
        return not ending.is_alive()

    def _end(self) -> None:
        self._beat.service.stop(wait=False)
        # waits for the running jobs; the thread that takes messages only sleeps by then and ends with the process
        self._worker.stop()
