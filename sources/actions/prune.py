"""What is older than it may be kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models

from sources.actions.orphans import remove_orphans
from sources.connectors import connectors
from sources.models import Job, JobStatus, PendingSignIn, Quarantined, RawRecord, ScheduleSlot, Source

HISTORY = timedelta(days=90)
_SLICE = 5000
_MOST_SLICES = 100
_ENDED = (JobStatus.SUCCEEDED, JobStatus.PARTIAL, JobStatus.FAILED, JobStatus.CANCELLED)


def prune(now: datetime) -> dict[str, int]:
    """Delete raw rows not seen for ``RAW_RETENTION_DAYS``, runs, slots and bad rows of more than 90 days,
    sign-ins from which nobody came back, and what deleted teams left behind."""
    raw_edge = now - timedelta(days=settings.RAW_RETENTION_DAYS)
    # rows of files only say where in the kept file they stand: they go with the file
    kinds = [one.key for one in connectors.all() if one.connect == "file"]
    files = list(Source.objects.filter(kind__in=kinds).values_list("pk", flat=True))
    return {
        "raw": _delete(RawRecord.objects.filter(last_seen__lt=raw_edge).exclude(source_id__in=files)),
        "quarantined": _delete(Quarantined.objects.filter(created_at__lt=now - HISTORY)),
        "jobs": _delete(Job.objects.filter(status__in=_ENDED, finished_at__lt=now - HISTORY)),
        "slots": _delete(ScheduleSlot.objects.filter(due_at__lt=now - HISTORY)),
        "sign_ins": _delete(PendingSignIn.objects.filter(expires_at__lt=now)),
        "orphans": remove_orphans(),
    }


def _delete(rows: models.QuerySet[Any]) -> int:
    """In slices, so that nobody waits long for a lock; the rest goes in the next hour."""
    gone = 0
    for _ in range(_MOST_SLICES):
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:_SLICE])
        if not ids:
            break
        rows.model._base_manager.filter(pk__in=ids).delete()
        gone += len(ids)
    return gone
