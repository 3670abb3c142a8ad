"""Runs that people ask for: start, cancel, start again."""

from __future__ import annotations

from django.db import transaction

from accounts import audit
from accounts.models import User
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict
from sources.actions.locks import lock_source
from sources.actions.outcome import end_waiting
from sources.actions.queue import queue_job, queue_new
from sources.connectors import connectors
from sources.models import Job, JobKind, JobStatus, Source, SourceState
from sources.querysets import JobQuerySet

_KEPT_OPTIONS = ("config", "state_key", "since", "backfill")


@transaction.atomic
def queue_sync(*, source: Source, by: User | None, trigger: str = "manual") -> Job:
    """Queue a sync, or find the run that is open: two clicks make one.

    Raises Conflict for a paused source and for one that has nothing to be read from.
    """
    if source.state == SourceState.PAUSED:
        raise Conflict("This source is paused. Resume it first.")
    kind = connectors.get(source.kind).connect
    if kind == "file":
        raise Conflict("This source is fed by files. Upload a new file to update it.")
    job_kind = JobKind.INGEST if kind == "push" else JobKind.SYNC
    job, made = queue_job(source, job_kind, by=by, trigger=trigger)
    if made:
        audit.record("source.synced", team=source.team, by=by, on=source, details={"job_id": str(job.pk)})
    return job


@transaction.atomic
def cancel_job(*, job: Job, by: User | None) -> Job:
    """Cancel a run: at once while it waits, after the current page while it runs. Raises Conflict when it ended."""
    if job.kind == JobKind.REMOVE:
        raise Conflict("A removal can't be stopped.")
    lock_source(job.source_id)
    changed = (
        JobQuerySet(Job)
        .open()
        .filter(pk=job.pk, cancel_requested_at__isnull=True)
        .update(cancel_requested_at=clock.now())
    )
    if not changed:
        job.refresh_from_db()
        if job.is_open:
            return job
        raise Conflict("This run has ended already.")
    end_waiting(job.pk, JobStatus.CANCELLED)
    audit.record("job.cancelled", team=job.team, by=by, on=job, details={"source": job.source.name})
    job.refresh_from_db()
    return job


@transaction.atomic
def retry_job(*, job: Job, by: User | None) -> Job:
    """Start a run like this one again, from the last checkpoint. Raises Conflict while one is open."""
    if job.is_open or job.status == JobStatus.SUCCEEDED:
        raise Conflict("Only a run that failed, was cancelled or was partly done can be started again.")
    options = {name: job.options[name] for name in _KEPT_OPTIONS if name in job.options}
    fresh = queue_new(job.source, JobKind(job.kind), by=by, trigger="retry", options=options)
    audit.record("job.retried", team=job.team, by=by, on=fresh, details={"source": job.source.name})
    return fresh
