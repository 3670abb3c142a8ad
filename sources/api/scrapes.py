"""Scrapes of projects."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import paged
from accounts.idempotency import idempotent
from sources.actions.scrapes import cancel_scrape, start_scrape
from sources.api import project_shapes as shapes
from sources.api.projects import ProjectsView
from sources.models import Scrape
from sources.selectors.scrapes import running, scrape_of, scrapes_of, views_of, whole

_SCRAPE = OpenApiExample("The newest fifty of each target", {"max_results": 50}, request_only=True)


class ScrapeStartView(ProjectsView):
    """Read all targets."""

    @extend_schema(request=shapes.ScrapeIn, responses={202: shapes.ScrapeOut}, examples=[_SCRAPE])
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Queue a run for every active target. While a scrape goes on, that one is the answer."""
        given = self.parse(shapes.ScrapeIn).validated_data
        made, _ = start_scrape(project=self.project(pk), by=self.person, trigger="api", options=given)
        return Response(shapes.ScrapeOut(views_of([made])[0]).data, status=202)


class ScrapeListView(ProjectsView):
    """All of a project."""

    @extend_schema(
        operation_id="scrapes_list",
        parameters=[OpenApiParameter("status", str, description="queued, running, completed, partial, failed …")],
        responses=shapes.ScrapeOut(many=True),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Scrapes, newest first."""
        rows = scrapes_of(self.project(pk), status=request.query_params.get("status", ""))
        return paged(self, rows, shapes.ScrapeRowOut)


class _OneScrape(ProjectsView):
    def scrape(self, pk: UUID, scrape: UUID) -> Scrape:
        return scrape_of(self.team, self.project(pk), scrape)


class ScrapeView(_OneScrape):
    """One scrape."""

    @extend_schema(responses=shapes.ProgressOut)
    def get(self, request: Request, pk: UUID, scrape: UUID) -> Response:
        """A scrape with every target."""
        return Response(shapes.ProgressOut(whole(self.scrape(pk, scrape))).data)


class ScrapeProgressView(_OneScrape):
    """How far it is."""

    @extend_schema(operation_id="scrape_progress", responses=shapes.ProgressOut)
    def get(self, request: Request, pk: UUID, scrape: UUID) -> Response:
        """The same as the scrape itself: status, progress and every target."""
        return Response(shapes.ProgressOut(whole(self.scrape(pk, scrape))).data)


class ScrapeCancelView(_OneScrape):
    """Stop."""

    @extend_schema(request=None, responses=shapes.ScrapeOut)
    def post(self, request: Request, pk: UUID, scrape: UUID) -> Response:
        """Cancel its runs: at once while they wait, after the current page while they go on."""
        ended = cancel_scrape(scrape=self.scrape(pk, scrape), by=self.person)
        return Response(shapes.ScrapeOut(views_of([ended])[0]).data)


class ScrapeRunningView(ProjectsView):
    """Across projects."""

    @extend_schema(operation_id="scrapes_running", responses=shapes.ScrapeOut(many=True))
    def get(self, request: Request) -> Response:
        """All scrapes of the team that are going on, newest first."""
        return paged(self, running(self.team), shapes.ScrapeRowOut)
