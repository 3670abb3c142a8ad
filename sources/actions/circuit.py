"""What failing again and again does to a source: the same refusal stops it, other failures space its runs out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from livinglytics.lib.errors import BadCredentials, ProductError, Transient
from sources.actions.ending import Internal, Poisoned
from sources.actions.schedule import next_due
from sources.models import Job, JobKind, JobStatus, Schedule, Source, SourceState

#: a setting at fault doesn't mend itself: after this many equal refusals in a row nobody asks again
MOST_REFUSALS: Final = 3
#: from this many failed runs in a row on, scheduled runs keep a growing distance
FAILURES_BEFORE_SPACING: Final = 5
_FIRST_GAP, _LONGEST_GAP = timedelta(hours=1), timedelta(hours=24)


def after_success(source: Source, now: datetime) -> None:
    """The source works (again): its failures are forgotten and its schedule is kept as written."""
    spaced = source.failures_in_a_row >= FAILURES_BEFORE_SPACING
    source.failures_in_a_row = 0
    if source.state == SourceState.ATTENTION:
        source.state, source.state_reason = SourceState.ACTIVE, ""
    if spaced:
        _move_schedule(source, now)


def after_failure(source: Source, job: Job, error: ProductError | None, now: datetime) -> None:
    """Count one failed run. ``job`` carries the code and the message, but isn't saved yet.

    Refused credentials stop the schedule at once, any other refusal of a sync when it is the third of its
    kind in a row: a file or a replay is started by a person, who sees what is wrong with it.
    From the fifth failure on the next scheduled run comes an hour later at the earliest, then two, four,
    up to a day.
    """
    source.failures_in_a_row += 1
    refused = job.kind == JobKind.SYNC and _refused_again(source, job, error)
    if refused or isinstance(error, BadCredentials):
        if source.state == SourceState.ACTIVE:
            source.state, source.state_reason = SourceState.ATTENTION, job.error_message[:300]
    elif source.failures_in_a_row >= FAILURES_BEFORE_SPACING:
        _move_schedule(source, now + gap(source.failures_in_a_row))


def gap(failures: int) -> timedelta:
    """How long scheduled runs keep away after so many failures in a row."""
    doublings = min(failures - FAILURES_BEFORE_SPACING, 10)
    return min(_LONGEST_GAP, _FIRST_GAP * (1 << doublings))


def _refused_again(source: Source, job: Job, error: ProductError | None) -> bool:
    """Whether this and the runs before it were refused with one code, by the service and not by a fault of ours."""
    if error is None or isinstance(error, (Transient, Internal, Poisoned)):
        return False
    ended = Job.objects.filter(source=source, kind=job.kind, finished_at__isnull=False).exclude(pk=job.pk)
    before = ended.order_by("-finished_at", "-pk").values_list("status", "error_code")[: MOST_REFUSALS - 1]
    return [*before] == [(JobStatus.FAILED, job.error_code)] * (MOST_REFUSALS - 1)


def _move_schedule(source: Source, after: datetime) -> None:
    """The first due moment after ``after``. A row that a scheduler holds is about to be moved by it anyway."""
    rows = Schedule.objects.select_for_update(of=("self",), skip_locked=True)
    for schedule in rows.filter(source=source, enabled=True):
        schedule.next_due_at = next_due(schedule.expression, after, source.team.time_zone)
        schedule.save(update_fields=["next_due_at", "updated_at"])
