"""The end of a source: its numbers, rows and files go in slices, then the source itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts import events, live
from livinglytics.lib import clock
from sources.actions.claim import Claim, hold, lease_end
from sources.actions.progress import message
from sources.landing import Sink
from sources.models import JobStatus, Quarantined, RawRecord, Source, UploadedFile
from sources.querysets import DataQuerySet

SLICE = 5000


def remove(claim: Claim, sink: Sink, stop: Callable[[], bool]) -> JobStatus:
    """Delete everything that came from the source. It can be interrupted anywhere and goes on later."""
    job = claim.job
    _slice(claim, lambda: 0)
    sink.forget(job.team_id, job.source_id)  # in slices and transactions of its own
    for delete in (partial(_some, RawRecord, claim), partial(_some, Quarantined, claim)):
        while not stop() and _slice(claim, delete):
            pass
    if stop():
        return _back(claim)
    paths = list(UploadedFile.objects.filter(source_id=job.source_id).values_list("path", flat=True))
    _last(claim)
    for path in paths:
        (Path(settings.MEDIA_ROOT) / path).unlink(missing_ok=True)
    return JobStatus.SUCCEEDED


@transaction.atomic
def _slice(claim: Claim, delete: Callable[[], int]) -> int:
    job = hold(claim)
    gone = delete()
    job.done += gone
    job.unit, job.phase, job.lease_until = "rows", "removing", lease_end(clock.now())
    job.save(update_fields=["done", "unit", "phase", "lease_until", "updated_at"])
    live.push(job.team_id, message(job))
    return gone


def _some(model: type[RawRecord | Quarantined], claim: Claim) -> int:
    rows = DataQuerySet(model).of_source(claim.job.source_id)
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:SLICE])
    model.objects.filter(pk__in=ids).delete()
    return len(ids)


@transaction.atomic
def _back(claim: Claim) -> JobStatus:
    job = hold(claim)
    job.status, job.lease_until, job.attempt = JobStatus.QUEUED, None, max(0, job.attempt - 1)
    job.save(update_fields=["status", "lease_until", "attempt", "updated_at"])
    return JobStatus.QUEUED


@transaction.atomic
def _last(claim: Claim) -> None:
    """The source with its jobs, keys and schedule. The audit and the outbox remember it."""
    source = Source.objects.select_for_update().get(pk=claim.source.pk)
    job, team = hold(claim), claim.job.team
    live.push(job.team_id, {**message(job), "status": JobStatus.SUCCEEDED, "progress": 100})
    events.publish(team, "source.removed", {"source_id": str(source.pk), "name": source.name, "kind": source.kind})
    UploadedFile.objects.filter(source_id=source.pk).delete()
    source.delete()
