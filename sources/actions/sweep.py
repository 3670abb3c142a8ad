"""The sweeper: jobs whose worker went quiet, and jobs nobody was told about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from sources.actions.ending import MOST_ATTEMPTS, Poisoned
from sources.actions.locks import lock_job
from sources.actions.outcome import end_waiting
from sources.actions.ring import AGAIN, ring_now
from sources.actions.scraping import close_finished
from sources.models import Job, JobStatus
from sources.querysets import JobQuerySet

UNHEARD = timedelta(seconds=2)
_MOST = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """``lost``: jobs taken back from quiet workers; ``rung``: waiting jobs a worker was woken for."""

    lost: int
    rung: int


def sweep(now: datetime) -> Swept:
    """Put lost jobs back (after five losses aside) and ring for those that wait."""
    stale = JobQuerySet(Job).stale(now).values_list("pk", flat=True)[:_MOST]
    lost = sum(_take_back(pk, now) for pk in list(stale))
    unheard = JobQuerySet(Job).claimable(now).filter(Q(status=JobStatus.PAUSED) | Q(updated_at__lte=now - UNHEARD))
    waiting = list(unheard.order_by("created_at").values_list("pk", flat=True)[:_MOST])
    rung = 0
    for pk in waiting:
        if not ring_now(pk):
            break
        rung += 1
    close_finished()
    return Swept(lost, rung)


def _take_back(pk: UUID, now: datetime) -> bool:
    with transaction.atomic():
        # a locked row has a worker in the middle of a page: not lost at all
        job = lock_job(JobQuerySet(Job).stale(now).filter(pk=pk), skip_locked=True)
        if job is None:
            return False
        job.status, job.lease_until, job.worker = JobStatus.QUEUED, None, ""
        job.save(update_fields=["status", "lease_until", "worker", "updated_at"])
    if job.cancel_requested_at is not None:
        end_waiting(job.pk, JobStatus.CANCELLED)
    elif job.attempt >= MOST_ATTEMPTS:
        end_waiting(job.pk, JobStatus.FAILED, Poisoned())
    else:
        ring_now(job.pk, priority=AGAIN)
    return True
