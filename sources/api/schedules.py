"""When sources are synced by themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import paged
from accounts.idempotency import idempotent
from accounts.paging import CursorPages
from sources.actions.projects import schedule_project, unschedule_project
from sources.actions.schedule import Wanted, remove_schedule, set_schedule
from sources.actions.scrapes import start_scrape
from sources.actions.sync import queue_sync
from sources.api import inputs, shapes
from sources.api.found import SourcesView
from sources.models import Project, Schedule, Source
from sources.selectors.schedules import schedule_of, schedules_of, slots_of

_DAILY = OpenApiExample("Every day at 06:00", {"expression": "0 6 * * *", "catch_up": "once"}, request_only=True)


class _ScheduleBase(SourcesView):
    def owner(self, pk: UUID) -> Source | Project:
        """A project or a source of the team."""
        project: Project | None = Project.objects.for_team(self.team).select_related("team").filter(pk=pk).first()
        return project or self.source(pk)

    def schedule(self, pk: UUID) -> Schedule:
        return schedule_of(self.owner(pk)).schedule

    def write(self, pk: UUID, given: dict[str, Any]) -> Response:
        owner = self.owner(pk)
        if isinstance(owner, Project):
            schedule_project(project=owner, by=self.person, wanted=Wanted(**given))
        else:
            set_schedule(source=owner, by=self.person, wanted=Wanted(**given))
        return Response(shapes.ScheduleOut(schedule_of(owner).schedule).data)


class ScheduleListView(_ScheduleBase):
    """All of the team."""

    @extend_schema(operation_id="schedules_list", responses=shapes.ScheduleOut(many=True))
    def get(self, request: Request) -> Response:
        """The team's schedules by source or project, each in words too."""
        return paged(self, schedules_of(self.team), shapes.ScheduleOut)

    @extend_schema(request=inputs.NewScheduleIn, responses={201: shapes.ScheduleOut})
    def post(self, request: Request) -> Response:
        """Set the schedule of the source or project named in the body."""
        given = dict(self.parse(inputs.NewScheduleIn).validated_data)
        answer = self.write(given.pop("source", None) or given.pop("project", None), given)
        answer.status_code = 201
        return answer


class ScheduleView(_ScheduleBase):
    """The schedule of one source or project."""

    @extend_schema(responses=shapes.ScheduleOut)
    def get(self, request: Request, pk: UUID) -> Response:
        """The schedule of a source or project; 404 when it is only read on request."""
        return Response(shapes.ScheduleOut(self.schedule(pk)).data)

    @extend_schema(request=inputs.ScheduleIn, responses=shapes.ScheduleOut, examples=[_DAILY])
    def put(self, request: Request, pk: UUID) -> Response:
        """Set it: five cron fields in the team's time zone, ``0 6 * * *`` for every day at 06:00."""
        return self.write(pk, dict(self.parse(inputs.ScheduleIn).validated_data))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Read only on request from now on."""
        owner = self.owner(pk)
        if isinstance(owner, Project):
            unschedule_project(project=owner, by=self.person)
        else:
            remove_schedule(source=owner, by=self.person)
        return Response(status=204)


class ScheduleToggleView(_ScheduleBase):
    """On and off."""

    @extend_schema(request=None, responses=shapes.ScheduleOut)
    def post(self, request: Request, pk: UUID) -> Response:
        """Switch the schedule off, or on again."""
        now = self.schedule(pk)
        return self.write(pk, {"expression": now.expression, "enabled": not now.enabled, "catch_up": now.catch_up})


class ScheduleRunView(_ScheduleBase):
    """Now."""

    @extend_schema(request=None, responses={202: shapes.StartedOut})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Start what is scheduled now: the sync of a source, the scrape of a project."""
        owner = self.owner(pk)
        if isinstance(owner, Project):
            scrape, _ = start_scrape(project=owner, by=self.person, trigger="schedule")
            return Response({"job_id": str(scrape.pk), "message": "The scrape is queued."}, status=202)
        job = queue_sync(source=owner, by=self.person, trigger="schedule")
        return Response({"job_id": str(job.pk), "message": "The sync is queued."}, status=202)


class ScheduleHistoryView(_ScheduleBase):
    """What was due."""

    pagination_class = CursorPages

    @extend_schema(operation_id="schedules_history", responses=shapes.SlotOut(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """Due moments, newest first, and what became of each."""
        return paged(self, slots_of(self.owner(pk)), shapes.SlotOut)
