"""When sources are synced by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cronsim import CronSim
from django.db.models.functions import Coalesce

from accounts.models import Team
from livinglytics.lib.buckets import zone_info
from livinglytics.lib.errors import NotFound
from sources.models import Project, Schedule, ScheduleSlot, Source


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
    rows = Schedule.objects.for_team(team).select_related("source", "project", "team")
    return rows.order_by(Coalesce("source__name", "project__name"), "pk")


def schedule_of(owner: Source | Project) -> ScheduleView:
    """The schedule of a source or project. Raises NotFound when it is only read on request."""
    rows = Schedule.objects.select_related("source", "project", "team")
    kind = "source" if isinstance(owner, Source) else "project"
    found = rows.filter(**{kind: owner}).first()
    if found is None:
        raise NotFound(f"This {kind} has no schedule.")
    return view_of(found)


def view_of(schedule: Schedule) -> ScheduleView:
    """A row whose source and team are loaded as it is shown."""
    zone = schedule.team.time_zone
    due = schedule.next_due_at.astimezone(zone_info(zone)) if schedule.next_due_at else None
    name = str(schedule.source or schedule.project)
    return ScheduleView(schedule, name, in_words(schedule.expression), due, zone)


def in_words(expression: str) -> str:
    """``At 06:00 every day``"""
    return str(CronSim(expression, datetime(2026, 1, 1)).explain())  # noqa: DTZ001 - only the words matter


def slots_of(owner: Source | Project) -> Any:
    """The moments that were taken, newest first, for a page of them."""
    kind = "source" if isinstance(owner, Source) else "project"
    rows = ScheduleSlot.objects.filter(**{f"schedule__{kind}": owner}).select_related("job", "scrape")
    return rows.order_by("-due_at", "-pk")
