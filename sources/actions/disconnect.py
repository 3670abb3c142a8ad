"""Disconnect: the source disappears from use at once, its data goes in a run of its own."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from accounts import audit, events
from accounts.models import User
from livinglytics.lib import clock
from sources.actions import scraping
from sources.actions.queue import queue_job
from sources.actions.tokens import give_back
from sources.models import Credential, Job, JobKind, JobStatus, Schedule, Source, SourceState
from sources.querysets import JobQuerySet


def disconnect(*, source: Source, by: User | None) -> Job:
    """Delete the source's keys and schedule now, and queue the run that removes its data and then itself.

    A run that is in the middle of something is fenced out: it can't write another page. An account is given back
    at its provider afterwards, as far as that can be done in a moment.
    """
    revoke = give_back(source)
    job = _disconnect(source, by)
    revoke()
    return job


@transaction.atomic
def _disconnect(source: Source, by: User | None) -> Job:
    fresh = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    going: Job | None = JobQuerySet(Job).open().filter(source_id=fresh.pk, kind=JobKind.REMOVE).first()
    if going is not None:
        return going
    fenced = [one.pk for one in JobQuerySet(Job).open().filter(source_id=fresh.pk)]
    JobQuerySet(Job).filter(pk__in=fenced).update(
        status=JobStatus.CANCELLED,
        fence=F("fence") + 1,
        finished_at=clock.now(),
        lease_until=None,
        updated_at=clock.now(),
    )
    for one in Job.objects.filter(pk__in=fenced).select_related("team"):
        scraping.after_job(one)
    Credential.objects.filter(source=fresh).delete()
    Schedule.objects.filter(source=fresh).delete()
    fresh.state, fresh.state_reason = SourceState.PAUSED, "Being removed"
    fresh.save(update_fields=["state", "state_reason", "updated_at"])
    job, _ = queue_job(fresh, JobKind.REMOVE, by=by, trigger="remove")
    audit.record("source.disconnected", team=fresh.team, by=by, on=fresh, details={"kind": fresh.kind})
    events.publish(fresh.team, "source.disconnected", {"source_id": str(fresh.pk), "name": fresh.name})
    return job
