"""Schedules: a cron expression in the team's zone, each due moment taken exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cronsim import CronSim, CronSimError
from django.db import IntegrityError, transaction

from accounts import audit, events
from accounts.models import User
from livinglytics.lib import clock
from livinglytics.lib.buckets import zone_info
from livinglytics.lib.errors import Invalid
from sources.actions.queue import queue_job
from sources.connectors import connectors
from sources.models import JobKind, Schedule, ScheduleSlot, Source, SourceState

#: a slot taken later than this was missed: the catch-up rule says what happens
LATE = timedelta(minutes=5)
_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """A schedule as it should be. ``catch_up``: "once" or "skip"."""

    expression: str
    enabled: bool = True
    catch_up: str = "once"


def next_due(expression: str, after: datetime, zone: str) -> datetime | None:
    """The next moment after ``after``, in UTC; None when there is none (31 February).

    A time that the clocks skip is due right after the gap; one that comes twice is due at the first.
    """
    try:
        return next(_simulated(expression, after, zone)).astimezone(after.tzinfo)
    except StopIteration:
        return None


def _simulated(expression: str, after: datetime, zone: str) -> CronSim:
    try:
        if len(expression.split()) != _FIELDS:
            raise CronSimError("not five fields")
        return CronSim(expression, after.astimezone(zone_info(zone)))
    except CronSimError:
        message = "Write five fields: minute, hour, day, month, weekday. For example 0 6 * * * for every day at 06:00."
        raise Invalid(message, details={"expression": [message]}) from None


@transaction.atomic
def set_schedule(*, source: Source, by: User | None, wanted: Wanted) -> Schedule:
    """Write the schedule of a source. Raises Invalid that names the part at fault."""
    if wanted.catch_up not in ("once", "skip"):
        raise Invalid(details={"catch_up": ["Choose once or skip."]})
    if connectors.get(source.kind).connect in ("file", "push"):
        raise Invalid(details={"source": ["This source is fed from outside: there is nothing to fetch by a schedule."]})
    expression = " ".join(wanted.expression.split())
    due = next_due(expression, clock.now(), source.team.time_zone)
    if due is None:
        raise Invalid(details={"expression": ["This never comes. Choose another day or month."]})
    schedule, _ = Schedule.objects.update_or_create(
        source=source,
        defaults={
            "team_id": source.team_id,
            "expression": expression,
            "enabled": wanted.enabled,
            "catch_up": wanted.catch_up,
            "next_due_at": due if wanted.enabled else None,
        },
    )
    details = {"expression": expression, "enabled": wanted.enabled}
    audit.record("schedule.set", team=source.team, by=by, on=source, details=details)
    return schedule


@transaction.atomic
def remove_schedule(*, source: Source, by: User | None) -> None:
    """Sync only on request from now on."""
    Schedule.objects.filter(source=source).delete()
    audit.record("schedule.removed", team=source.team, by=by, on=source)


def take_due(now: datetime, *, limit: int = 500) -> int:
    """Queue a run for every schedule whose time has come; how many. Two schedulers at once do no harm."""
    due = Schedule.objects.filter(enabled=True, next_due_at__lte=now).order_by("next_due_at")
    return sum(_take(pk, now) for pk in list(due.values_list("pk", flat=True)[:limit]))


@transaction.atomic
def _take(pk: UUID, now: datetime) -> bool:
    # another scheduler's row is passed over; only the schedule is locked, not its source and team
    rows = Schedule.objects.select_for_update(of=("self",), skip_locked=True)
    row = rows.filter(pk=pk, enabled=True, next_due_at__lte=now)
    schedule = row.select_related("source", "source__team").first()
    if schedule is None or schedule.next_due_at is None:
        return False
    due = schedule.next_due_at
    try:
        with transaction.atomic():
            slot = ScheduleSlot.objects.create(schedule=schedule, due_at=due)
    except IntegrityError:
        slot = None
    schedule.next_due_at = next_due(schedule.expression, now, schedule.source.team.time_zone)
    schedule.save(update_fields=["next_due_at", "updated_at"])
    return slot is not None and _fire(schedule, slot, missed=now - due > LATE)


def _fire(schedule: Schedule, slot: ScheduleSlot, *, missed: bool) -> bool:
    source = schedule.source
    made = False
    if missed and schedule.catch_up == "skip":
        slot.outcome = "missed"
    elif source.state != SourceState.ACTIVE:
        slot.outcome = str(source.state)
    else:
        slot.job, made = queue_job(source, JobKind.SYNC, by=None, trigger="schedule")
        slot.outcome = "queued" if made else "overlap"
    slot.save(update_fields=["job", "outcome", "updated_at"])
    if made:
        told = {"source_id": str(source.pk), "job_id": str(slot.job_id), "due_at": slot.due_at.isoformat()}
        events.publish(source.team, "schedule.triggered", told)
    return made
