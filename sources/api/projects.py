"""Projects and their targets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import paged
from accounts.idempotency import idempotent
from sources.actions.projects import ProjectPlan, archive_project, create_project, delete_project, update_project
from sources.actions.targets import Added, Pasted, add_target, add_targets, remove_target, update_target
from sources.api import project_shapes as shapes
from sources.api.found import SourcesView
from sources.models import Project, Target
from sources.selectors.projects import project_of, projects_of, target_of, targets_of

_PROJECT = OpenApiExample(
    "A product on two platforms",
    {
        "name": "Portal 2",
        "preset": "standard",
        "product": {"name": "Portal 2", "category": "games"},
        "urls": ["https://store.steampowered.com/app/620"],
    },
    request_only=True,
)
_TARGET = OpenApiExample("A game", {"url": "https://store.steampowered.com/app/620"}, request_only=True)
_BULK = OpenApiExample("Two addresses", {"urls": ["https://store.steampowered.com/app/620", "oops"]}, request_only=True)
_FILTERS = [
    OpenApiParameter("status", str, description="active, paused or archived"),
    OpenApiParameter("search", str, description="words of the name or description"),
]
_PERMANENT = OpenApiParameter("permanent", bool, description="delete for good, with everything that was read")


class ProjectsView(SourcesView):
    """Base of the views here."""

    def project(self, pk: UUID) -> Project:
        """A project of the team."""
        return project_of(self.team, pk)

    def target(self, pk: UUID, target: UUID) -> Target:
        """A target of a project of the team."""
        return target_of(self.project(pk), target)


class ProjectListView(ProjectsView):
    """All of the team."""

    @extend_schema(operation_id="projects_list", parameters=_FILTERS, responses=shapes.ProjectOut(many=True))
    def get(self, request: Request) -> Response:
        """The team's projects by name; archived ones only with ``?status=archived``."""
        given = request.query_params
        rows = projects_of(self.team, status=given.get("status", ""), search=given.get("search", ""))
        return paged(self, rows, shapes.ProjectOut)

    @extend_schema(request=shapes.ProjectIn, responses={201: shapes.ProjectOut}, examples=[_PROJECT])
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a project. Its ``urls`` become targets; those that can't be read are told at ``/targets/bulk``."""
        given = dict(self.parse(shapes.ProjectIn).validated_data)
        urls = given.pop("urls", [])
        project = create_project(team=self.team, by=self.person, plan=ProjectPlan(**given))
        if urls:
            add_targets(project=project, by=self.person, wanted=[Pasted(url) for url in urls])
        return Response(shapes.ProjectOut(self.project(project.pk)).data, status=201)


class ProjectView(ProjectsView):
    """One project."""

    @extend_schema(responses=shapes.ProjectOut)
    def get(self, request: Request, pk: UUID) -> Response:
        """A project with its whole configuration."""
        return Response(shapes.ProjectOut(self.project(pk)).data)

    @extend_schema(request=shapes.ProjectChangeIn, responses=shapes.ProjectOut)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change what is named; the rest stays. A preset replaces the configuration first."""
        given = dict(self.parse(shapes.ProjectChangeIn).validated_data)
        update_project(project=self.project(pk), by=self.person, plan=ProjectPlan(**given))
        return Response(shapes.ProjectOut(self.project(pk)).data)

    @extend_schema(request=shapes.ProjectChangeIn, responses=shapes.ProjectOut)
    def put(self, request: Request, pk: UUID) -> Response:
        """The same as PATCH."""
        return self.patch(request, pk)

    @extend_schema(parameters=[_PERMANENT], responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Archive a project; with ``?permanent=true`` delete it with all targets and everything that was read."""
        if request.query_params.get("permanent", "").lower() in ("true", "1"):
            delete_project(project=self.project(pk), by=self.person)
        else:
            archive_project(project=self.project(pk), by=self.person)
        return Response(status=204)


class TargetListView(ProjectsView):
    """All of a project."""

    @extend_schema(
        operation_id="targets_list",
        parameters=[OpenApiParameter("status", str, description="active, paused or error")],
        responses=shapes.TargetOut(many=True),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The targets in the order they were added."""
        rows = targets_of(self.project(pk), status=request.query_params.get("status", ""))
        return paged(self, rows, shapes.TargetOut)

    @extend_schema(request=shapes.TargetIn, responses={201: shapes.TargetOut}, examples=[_TARGET])
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Add an address. An unknown platform, a look-alike or a short link is refused with what to do (422)."""
        given = dict(self.parse(shapes.TargetIn).validated_data)
        follow = given.pop("follow")
        made = add_target(project=self.project(pk), by=self.person, wanted=Pasted(**given), follow=follow)
        return Response(shapes.TargetOut(made).data, status=201)


class TargetBulkView(ProjectsView):
    """Many at once."""

    @extend_schema(request=shapes.BulkIn, responses=shapes.BulkOut, examples=[_BULK])
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Add up to 50 addresses: each is taken or refused by itself."""
        given = dict(self.parse(shapes.BulkIn).validated_data)
        urls, follow = given.pop("urls"), given.pop("follow")
        wanted = [Pasted(url, **given) for url in urls]
        found = add_targets(project=self.project(pk), by=self.person, wanted=wanted, follow=follow)
        return Response(shapes.BulkOut(bulk(found)).data)


class TargetView(ProjectsView):
    """One target."""

    @extend_schema(responses=shapes.TargetOut)
    def get(self, request: Request, pk: UUID, target: UUID) -> Response:
        """A target with what it waits for."""
        return Response(shapes.TargetOut(self.target(pk, target)).data)

    @extend_schema(request=shapes.TargetChangeIn, responses=shapes.TargetOut)
    def patch(self, request: Request, pk: UUID, target: UUID) -> Response:
        """Change how it is called, whose it is, whether it is read, or its settings."""
        given = self.parse(shapes.TargetChangeIn).validated_data
        update_target(target=self.target(pk, target), by=self.person, **given)
        return Response(shapes.TargetOut(self.target(pk, target)).data)

    @extend_schema(request=shapes.TargetChangeIn, responses=shapes.TargetOut)
    def put(self, request: Request, pk: UUID, target: UUID) -> Response:
        """The same as PATCH."""
        return self.patch(request, pk, target)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID, target: UUID) -> Response:
        """Stop watching it; what was read of it is removed in a run of its own."""
        remove_target(target=self.target(pk, target), by=self.person)
        return Response(status=204)


def bulk(found: list[Added]) -> dict[str, Any]:
    """The answers of many addresses as they are shown."""
    taken = sum(one.target is not None for one in found)
    return {"added": taken, "failed": len(found) - taken, "results": found}
