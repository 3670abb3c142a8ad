"""Runs."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import paged
from accounts.idempotency import idempotent
from accounts.paging import CursorPages
from sources.actions.sync import cancel_job, retry_job
from sources.api import shapes
from sources.api.found import SourcesView
from sources.models import JobKind, JobStatus
from sources.selectors.jobs import FILTERS, jobs_of

_PARAMETERS = [
    OpenApiParameter("source", str, description="id of a source"),
    OpenApiParameter("status", str, enum=JobStatus.values),
    OpenApiParameter("kind", str, enum=JobKind.values),
    OpenApiParameter("trigger", str, description="what started it: manual, api, schedule, connect, push, retry …"),
]


class JobListView(SourcesView):
    """All of the team."""

    pagination_class = CursorPages

    @extend_schema(operation_id="jobs_list", parameters=_PARAMETERS, responses=shapes.JobOut(many=True))
    def get(self, request: Request) -> Response:
        """Runs, newest first. ``?cursor=`` goes on."""
        filters = {name: request.query_params[name] for name in FILTERS if name in request.query_params}
        return paged(self, jobs_of(self.team, filters), shapes.JobOut)


class JobView(SourcesView):
    """One run."""

    @extend_schema(responses=shapes.JobOut)
    def get(self, request: Request, pk: UUID) -> Response:
        """A run with its progress, counts and error."""
        return Response(shapes.JobOut(self.job(pk)).data)


class JobCancelView(SourcesView):
    """Stop."""

    @extend_schema(request=None, responses={202: shapes.JobOut})
    def post(self, request: Request, pk: UUID) -> Response:
        """Cancel a run: at once while it waits, after its current page while it runs. What was stored stays."""
        return Response(shapes.JobOut(cancel_job(job=self.job(pk), by=self.person)).data, status=202)


class JobRetryView(SourcesView):
    """Again."""

    @extend_schema(request=None, responses={202: shapes.JobOut})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Start a run like this one again, from the last checkpoint."""
        return Response(shapes.JobOut(retry_job(job=self.job(pk), by=self.person)).data, status=202)
