"""When sources are synced by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cronsim import CronSim

from accounts.models import Team
from livinglytics.lib.buckets import zone_info
from livinglytics.lib.errors import NotFound
from sources.models import Schedule, ScheduleSlot, Source


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A schedule with its meaning in words; ``next_due_local`` is in the team's zone."""

    schedule: Schedule
    source_name: str
    words: str
    next_due_local: datetime | None
    zone: str


def schedules_of(team: Team) -> Any:
    """The team's schedules by source name, for a page of them."""
    return Schedule.objects.for_team(team).select_related("source", "team").order_by("source__name", "pk")


def schedule_of(source: Source) -> ScheduleView:
    """The schedule of a source. Raises NotFound when it is only synced on request."""
    found = Schedule.objects.select_related("source", "team").filter(source=source).first()
    if found is None:
        raise NotFound("This source has no schedule.")
    return view_of(found)


def view_of(schedule: Schedule) -> ScheduleView:
    """A row whose source and team are loaded as it is shown."""
    zone = schedule.team.time_zone
    due = schedule.next_due_at.astimezone(zone_info(zone)) if schedule.next_due_at else None
    return ScheduleView(schedule, schedule.source.name, in_words(schedule.expression), due, zone)


def in_words(expression: str) -> str:
    """``At 06:00 every day``"""
    return str(CronSim(expression, datetime(2026, 1, 1)).explain())  # noqa: DTZ001 - only the words matter


def slots_of(source: Source) -> Any:
    """The moments that were taken, newest first, for a page of them."""
    return ScheduleSlot.objects.filter(schedule__source=source).select_related("job").order_by("-due_at", "-pk")
