"""Connected things."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import paged
from accounts.idempotency import idempotent
from accounts.paging import CursorPages
from sources.actions.backfill import start_backfill
from sources.actions.checking import check_source
from sources.actions.connect import connect_source
from sources.actions.disconnect import disconnect
from sources.actions.preview import discover, preview_source
from sources.actions.replay import replay
from sources.actions.sync import queue_sync
from sources.actions.update import pause_source, resume_source, update_source
from sources.api import inputs, shapes
from sources.api.found import SourcesView
from sources.selectors.health import source_health, sources_of
from sources.selectors.quarantine import bad_rows

_CONNECT = OpenApiExample(
    "Steam reviews", {"kind": "steam", "name": "Portal 2", "config": {"app": "620"}}, request_only=True
)

_CHANGE = OpenApiExample("A new name and setting", {"name": "Portal", "config": {"app": "400"}}, request_only=True)
_YEAR = OpenApiExample("All of 2025", {"date_from": "2025-01-01", "date_to": "2025-12-31"}, request_only=True)
_SINCE = OpenApiExample("Since March", {"since": "2026-03-01"}, request_only=True)


class SourceListView(SourcesView):
    """All of the team."""

    @extend_schema(operation_id="sources_list", responses=shapes.SourceOut(many=True))
    def get(self, request: Request) -> Response:
        """The team's sources by name, each with its state, freshness and last trouble."""
        return paged(self, sources_of(self.team), shapes.SourceOut)

    @extend_schema(request=inputs.ConnectIn, responses={201: shapes.ConnectedOut}, examples=[_CONNECT])
    @idempotent
    def post(self, request: Request) -> Response:
        """Connect a source. The service is asked first; wrong settings are named in ``details`` (422).

        A kind that reads with an account is saved and waits: ``awaits`` names the account, and
        ``oauth/start`` of the source says where to sign in.
        """
        given = self.parse(inputs.ConnectIn).validated_data
        made = connect_source(team=self.team, by=self.person, **given)
        answer = {
            "source": source_health(self.team, made.source.pk),
            "job": made.job,
            "checked": made.checked.message,
            "awaits": made.awaits,
        }
        return Response(shapes.ConnectedOut(answer).data, status=201)


class SourceView(SourcesView):
    """One source."""

    @extend_schema(responses=shapes.SourceOut)
    def get(self, request: Request, pk: UUID) -> Response:
        """A source. Its secrets never leave the server."""
        return Response(shapes.SourceOut(source_health(self.team, pk)).data)

    @extend_schema(request=inputs.ChangeIn, responses=shapes.SourceOut, examples=[_CHANGE])
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change name or settings. What is left out stays, secrets too; new settings are checked first."""
        given = self.parse(inputs.ChangeIn).validated_data
        update_source(source=self.source(pk), by=self.person, **given)
        return Response(shapes.SourceOut(source_health(self.team, pk)).data)

    @extend_schema(request=inputs.ChangeIn, responses=shapes.SourceOut)
    def put(self, request: Request, pk: UUID) -> Response:
        """The same as PATCH."""
        return self.patch(request, pk)

    @extend_schema(responses={202: shapes.JobOut})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove the source with all of its data, in a run of its own."""
        job = disconnect(source=self.source(pk), by=self.person)
        return Response(shapes.JobOut(job).data, status=202)


class SourceCheckView(SourcesView):
    """Are the stored settings still good?"""

    @extend_schema(request=None, responses=shapes.CheckedOut)
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask the service whether the stored settings work."""
        return Response(shapes.CheckedOut(check_source(self.source(pk))).data)


class SourceDiscoverView(SourcesView):
    """What the settings lead to."""

    @extend_schema(request=None, responses=shapes.DiscoveredOut)
    def post(self, request: Request, pk: UUID) -> Response:
        """Streams and metrics that this source brings."""
        return Response(shapes.DiscoveredOut(discover(self.source(pk))).data)


class SourcePreviewView(SourcesView):
    """A look without storing."""

    @extend_schema(request=inputs.PreviewIn, responses=shapes.PreviewedOut)
    def post(self, request: Request, pk: UUID) -> Response:
        """Read the first rows from the service and show them as they would be stored. Nothing is stored."""
        given = self.parse(inputs.PreviewIn).validated_data
        found = preview_source(self.source(pk), stream=given["stream"])
        shown = {
            "stream": found.stream,
            "records": [asdict(one) for one in found.records],
            "rejected": found.rejected,
            "warnings": found.warnings,
        }
        return Response(shapes.PreviewedOut(shown).data)


class SourceSyncView(SourcesView):
    """Sync now."""

    @extend_schema(request=None, responses={202: shapes.JobOut})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Queue a sync. While a run is open, that one is the answer: asking twice makes one run."""
        job = queue_sync(source=self.source(pk), by=self.person, trigger="api")
        return Response(shapes.JobOut(job).data, status=202)


class SourceReplayView(SourcesView):
    """Map again."""

    @extend_schema(request=inputs.ReplayIn, responses={202: shapes.JobOut}, examples=[_SINCE])
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Turn the stored rows into numbers again, without asking the service."""
        given = self.parse(inputs.ReplayIn).validated_data
        job = replay(source=self.source(pk), by=self.person, since=given["since"])
        return Response(shapes.JobOut(job).data, status=202)


class SourceBackfillView(SourcesView):
    """Older days."""

    @extend_schema(request=inputs.BackfillIn, responses={202: shapes.JobOut}, examples=[_YEAR])
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Read days of the past, a week at a time, newest first, beside fresh syncs. The live cursor stays."""
        given = self.parse(inputs.BackfillIn).validated_data
        job = start_backfill(source=self.source(pk), by=self.person, first=given["date_from"], last=given["date_to"])
        return Response(shapes.JobOut(job).data, status=202)


class SourcePauseView(SourcesView):
    """Rest."""

    @extend_schema(request=None, responses=shapes.SourceOut)
    def post(self, request: Request, pk: UUID) -> Response:
        """Let the source rest: no scheduled runs, and open ones are cancelled."""
        pause_source(source=self.source(pk), by=self.person)
        return Response(shapes.SourceOut(source_health(self.team, pk)).data)


class SourceResumeView(SourcesView):
    """Work again."""

    @extend_schema(request=None, responses=shapes.SourceOut)
    def post(self, request: Request, pk: UUID) -> Response:
        """Let the source work again. One that its service refused is checked first; 422 names the setting at fault."""
        resume_source(source=self.source(pk), by=self.person)
        return Response(shapes.SourceOut(source_health(self.team, pk)).data)


class SourceQuarantineView(SourcesView):
    """Bad rows."""

    pagination_class = CursorPages

    @extend_schema(operation_id="sources_quarantine_list", responses=shapes.QuarantinedOut(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """Rows that could not be taken, newest first, each with its reason."""
        return paged(self, bad_rows(self.source(pk)), shapes.QuarantinedOut)
