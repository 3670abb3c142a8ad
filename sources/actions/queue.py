"""New jobs: a source has at most one that is open, so asking twice makes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from livinglytics.lib.errors import Conflict
from sources.actions.ring import ring
from sources.models import Job, JobKind, Source
from sources.querysets import JobQuerySet


@transaction.atomic
def queue_job(
    source: Source,
    kind: JobKind,
    *,
    by: User | None,
    trigger: str,
    options: Mapping[str, Any] | None = None,
) -> tuple[Job, bool]:
    """Queue a job and ring for it, or find the one that is open already; true for a new one."""
    open_one = _open(source, kind)
    if open_one is not None:
        return open_one, False
    try:
        with transaction.atomic():
            job = Job.objects.create(
                team_id=source.team_id,
                source=source,
                kind=kind,
                trigger=trigger,
                options=dict(options or {}),
                created_by=by,
            )
    except IntegrityError:
        raced = _open(source, kind)
        if raced is None:
            raise Conflict("Another run of this source just ended. Try again.") from None
        return raced, False
    ring(job.pk)
    return job, True


def queue_new(
    source: Source, kind: JobKind, *, by: User | None, trigger: str, options: Mapping[str, Any] | None = None
) -> Job:
    """As ``queue_job`` for work that can't be folded into the run that is open. Raises Conflict."""
    job, made = queue_job(source, kind, by=by, trigger=trigger, options=options)
    if not made:
        raise Conflict(
            f"A run is open ({job.get_status_display()}). Wait for its end or cancel it, then try again.",
            details={"job_id": [str(job.pk)]},
        )
    return job


def _open(source: Source, kind: JobKind) -> Job | None:
    """The open run that a new one of this kind would get in the way of: a backfill goes on beside the others."""
    rows = JobQuerySet(Job).open().filter(source_id=source.pk)
    beside = JobKind.BACKFILL
    rows = rows.filter(kind=beside) if kind == beside else rows.exclude(kind=beside)
    found: Job | None = rows.first()
    return found
