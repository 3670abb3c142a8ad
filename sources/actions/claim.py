"""Claims: one conditional update makes a waiting job this worker's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from livinglytics.lib import clock
from sources.actions.locks import lock_job
from sources.models import Job, JobStatus, Source
from sources.querysets import JobQuerySet


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker owns while the row still carries ``fence``."""

    job: Job
    fence: int

    @property
    def source(self) -> Source:
        return self.job.source


class Stale(Exception):  # noqa: N818 - it is news, not a fault
    """The job belongs to somebody else by now: stop and write nothing."""


def lease_end(now: datetime) -> datetime:
    """Until when a worker that gives a sign of life now owns its job."""
    return now + timedelta(seconds=settings.JOB_LEASE_SECONDS)


@transaction.atomic
def claim(job_id: UUID, worker: str) -> Claim | None:
    """Take the job if it waits and its time has come; None when somebody else was faster.

    Two workers may ring at once: the row changes for one of them only.
    """
    now = clock.now()
    taken = (
        JobQuerySet(Job)
        .claimable(now)
        .filter(pk=job_id)
        .update(
            status=JobStatus.RUNNING,
            fence=F("fence") + 1,
            attempt=F("attempt") + 1,
            lease_until=lease_end(now),
            worker=worker[:100],
            run_after=None,
            started_at=Coalesce(F("started_at"), now),
            updated_at=now,
        )
    )
    if not taken:
        return None
    job = Job.objects.select_related("source", "team").get(pk=job_id)
    return Claim(job, job.fence)


def hold(claim: Claim) -> Job:
    """Lock the job row for this transaction, or raise Stale when the claim is no longer good."""
    held = lock_job(JobQuerySet(Job).held(claim.job.pk, claim.fence))
    if held is None:
        raise Stale
    held.source = claim.job.source
    return held
