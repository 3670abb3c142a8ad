"""What an open page is told about a running job. The row is the truth, these messages may get lost."""

from __future__ import annotations

from typing import Any, Final

from accounts import live
from livinglytics.lib import clock
from sources.actions import scraping
from sources.models import Job

EVERY_SECONDS: Final = 1.0


def message(job: Job, kind: str = "job.progress") -> dict[str, Any]:
    """A job as sockets and events show it. ``progress`` is whole percent, None when unknown."""
    return {
        "type": kind,
        "project_id": str(job.source.project_id or job.source_id),
        "source_id": str(job.source_id),
        "job_id": str(job.pk),
        "status": str(job.status),
        "progress": job.percent,
        "phase": job.phase,
        "done": job.done,
        "total": job.total,
        "unit": job.unit,
        "message": job.message,
        "stats": job.counts,
    }


class Reporter:
    """Pushes progress, at most once a second; the end of a job is never held back."""

    def __init__(self) -> None:
        self._next = 0.0

    def progress(self, job: Job) -> None:
        """Tell open pages where the job is, unless they were told a moment ago."""
        now = clock.monotonic()
        if now >= self._next:
            self._next = now + EVERY_SECONDS
            live.push(job.team_id, message(job))
            scraping.tell_progress(job)
