"""The end of a run, written once: job, source, event, message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import events, live
from livinglytics.lib import clock
from livinglytics.lib.errors import ProductError
from sources.actions import circuit, pending, scraping
from sources.actions.claim import Claim, Stale, hold
from sources.actions.ending import MOST_ATTEMPTS, Ending, delay
from sources.actions.locks import lock_job, lock_source
from sources.actions.progress import message
from sources.actions.ring import ring
from sources.models import Job, JobKind, JobStatus, Source
from sources.querysets import JobQuerySet

_DONE = (JobStatus.SUCCEEDED, JobStatus.PARTIAL)


def announce_start(claim: Claim) -> None:
    """Tell that a job began; a job that goes on after a pause was told before."""
    if claim.fence == 1:
        with transaction.atomic():
            events.publish(claim.job.team, "job.started", message(claim.job, "job.started"))
    Source.objects.filter(pk=claim.source.pk).update(last_attempt_at=clock.now())
    live.push(claim.job.team_id, message(claim.job))


@transaction.atomic
def settle(claim: Claim, ending: Ending, redact: Callable[[str], str]) -> Job:
    """Write the end of a run. Raises Stale when the claim is no longer good.

    The source is locked before the job, as everywhere: pushes and the end of an ingest can't pass each other.
    """
    source = lock_source(claim.job.source_id)
    if source is None:
        raise Stale
    job = hold(claim)
    job.status, wait = _status(job, ending)
    job.worker, job.lease_until = "", None
    if ending.error is not None:
        job.error_code = ending.error.code[:60]
        job.error_message = redact(ending.error.message)[:500]
        streams = {"streams": [*ending.streams]} if ending.streams else {}
        job.error_details = {**_redacted(ending.error.details, redact), **streams}
    elif not job.is_open:
        job.error_code, job.error_message, job.error_details = "", "", {}
    if job.is_open:
        _put_back(job, wait, free=ending.free)
    else:
        job.finished_at = clock.now()
        _tell_source(source, job, ending)
    job.save()
    _announce(job)
    if not job.is_open:
        scraping.after_job(job)
    if job.status in _DONE:
        pending.queue_if_any(source)
    return job


@transaction.atomic
def end_waiting(job_id: UUID, status: JobStatus, error: ProductError | None = None) -> bool:
    """End a job that no worker holds; false when one does, or it ended before."""
    source = lock_source(Job.objects.filter(pk=job_id).values_list("source_id", flat=True).first())
    job = lock_job(JobQuerySet(Job).filter(pk=job_id, status__in=(JobStatus.QUEUED, JobStatus.PAUSED)))
    if source is None or job is None:
        return False
    job.status, job.finished_at, job.run_after = status, clock.now(), None
    if error is not None:
        job.error_code, job.error_message, job.error_details = error.code, error.message[:500], error.details
    job.save()
    _tell_source(source, job, Ending(status, error))
    _announce(job)
    scraping.after_job(job)
    return True


def _status(job: Job, ending: Ending) -> tuple[JobStatus, float | None]:
    """A cancel that came meanwhile wins over going on; the last attempt decides between partly and failed."""
    going_on = ending.status in (JobStatus.QUEUED, JobStatus.PAUSED)
    if going_on and job.cancel_requested_at is not None:
        return JobStatus.CANCELLED, None
    if ending.status == JobStatus.QUEUED and ending.error is not None:
        if job.attempt >= MOST_ATTEMPTS:
            return (JobStatus.PARTIAL if job.options.get("finished") else JobStatus.FAILED), None
        return JobStatus.QUEUED, delay(job.attempt, ending.error)
    return ending.status, ending.wait


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {name: _redacted(one, redact) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(one, redact) for one in value]
    return value


def _put_back(job: Job, wait: float | None, *, free: bool) -> None:
    job.attempt = max(0, job.attempt - 1) if free else job.attempt
    job.run_after = None if wait is None else clock.now() + timedelta(seconds=wait)
    if job.run_after is None:
        ring(job.pk)


def _tell_source(source: Source, job: Job, ending: Ending) -> None:
    now = clock.now()
    if job.kind == JobKind.BACKFILL and job.status != JobStatus.FAILED:
        return
    if job.status == JobStatus.SUCCEEDED:
        source.last_success_at = job.finished_at
        circuit.after_success(source, now)
    elif job.status == JobStatus.FAILED:
        circuit.after_failure(source, job, ending.error, now)
    source.save(
        update_fields=["last_success_at", "failures_in_a_row", "state", "state_reason", "updated_at"],
    )


def _announce(job: Job) -> None:
    """Open pages see every change at once; the outbox carries the real ends, with an id."""
    live.push(job.team_id, message(job))
    if not job.is_open:
        failed = job.status == JobStatus.FAILED
        kind = "job.failed" if failed else "job.completed"
        error = {"error": {"code": job.error_code, "message": job.error_message}} if job.error_code else {}
        events.publish(job.team, kind, {**message(job, kind), **error})
        if failed and job.trigger == "schedule":
            events.publish(job.team, "schedule.failed", {**message(job, "schedule.failed"), **error})
