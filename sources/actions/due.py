"""Schedules whose time has come: each due moment is taken exactly once, however many schedulers run."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import events
from livinglytics.lib.errors import Conflict
from sources.actions.queue import queue_job
from sources.actions.schedule import next_due
from sources.actions.scrapes import start_scrape
from sources.models import JobKind, ProjectStatus, Schedule, ScheduleSlot, Source, SourceState

#: a slot taken later than this was missed: the catch-up rule says what happens
LATE = timedelta(minutes=5)


def take_due(now: datetime, *, limit: int = 500) -> int:
    """Queue a run for every schedule whose time has come; how many. Two schedulers at once do no harm."""
    due = Schedule.objects.filter(enabled=True, next_due_at__lte=now).order_by("next_due_at")
    return sum(_take(pk, now) for pk in list(due.values_list("pk", flat=True)[:limit]))


@transaction.atomic
def _take(pk: UUID, now: datetime) -> bool:
    # another scheduler's row is passed over; only the schedule is locked, not its source and team
    rows = Schedule.objects.select_for_update(of=("self",), skip_locked=True)
    row = rows.filter(pk=pk, enabled=True, next_due_at__lte=now)
    schedule = row.select_related("source__team", "project", "team").first()
    if schedule is None or schedule.next_due_at is None:
        return False
    due = schedule.next_due_at
    try:
        with transaction.atomic():
            slot = ScheduleSlot.objects.create(schedule=schedule, due_at=due)
    except IntegrityError:
        slot = None
    schedule.next_due_at = next_due(schedule.expression, now, schedule.team.time_zone)
    schedule.save(update_fields=["next_due_at", "updated_at"])
    return slot is not None and _fire(schedule, slot, missed=now - due > LATE)


def _fire(schedule: Schedule, slot: ScheduleSlot, *, missed: bool) -> bool:
    if missed and schedule.catch_up == "skip":
        slot.outcome, made = "missed", False
    elif schedule.source is not None:
        slot.outcome, made = _start_sync(schedule.source, slot)
    else:
        slot.outcome, made = _start_scrape(schedule, slot)
    slot.save(update_fields=["job", "scrape", "outcome", "updated_at"])
    if made:
        events.publish(schedule.team, "schedule.triggered", _told(schedule, slot))
    return made


def _start_sync(source: Source, slot: ScheduleSlot) -> tuple[str, bool]:
    if source.state != SourceState.ACTIVE:
        return str(source.state), False
    slot.job, made = queue_job(source, JobKind.SYNC, by=None, trigger="schedule")
    return ("queued" if made else "overlap"), made


def _start_scrape(schedule: Schedule, slot: ScheduleSlot) -> tuple[str, bool]:
    """A project that can't be read just now, as without a target, misses its turn and says so in the history."""
    project = schedule.project
    if project is None or project.status != ProjectStatus.ACTIVE:
        return (str(project.status) if project else "missed"), False
    try:
        slot.scrape, made = start_scrape(project=project, by=None, trigger="schedule")
    except Conflict:
        return "nothing to do", False
    return ("queued" if made else "overlap"), made


def _told(schedule: Schedule, slot: ScheduleSlot) -> dict[str, str]:
    due = slot.due_at.isoformat()
    if schedule.source_id is not None:
        return {"source_id": str(schedule.source_id), "job_id": str(slot.job_id), "due_at": due}
    return {"project_id": str(schedule.project_id), "job_id": str(slot.scrape_id), "due_at": due}
