"""Schedules: a cron expression in the team's zone, each due moment taken exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cronsim import CronSim, CronSimError
from django.db import transaction

from accounts import audit
from accounts.models import User
from livinglytics.lib import clock
from livinglytics.lib.buckets import zone_info
from livinglytics.lib.errors import Invalid
from sources.connectors import connectors
from sources.models import Schedule, Source

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
