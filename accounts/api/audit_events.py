"""Who did what in the team."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import serializers as shapes
from accounts.api.base import TeamView, paged
from accounts.models import AuditEvent
from accounts.paging import CursorPages


class AuditEventsView(TeamView):
    """The team's memory."""

    required = {"GET": "audit.read"}
    pagination_class = CursorPages

    @extend_schema(operation_id="audit_events_list", responses=shapes.AuditEventOut(many=True))
    def get(self, request: Request) -> Response:
        """Deeds, newest first. ``?cursor=`` goes on."""
        return paged(self, AuditEvent.objects.filter(team=self.team).select_related("user"), shapes.AuditEventOut)
