"""One's own sign-ins through the API."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions import people, sessions
from accounts.api import serializers as shapes
from accounts.api.base import PersonView, paged
from accounts.authentication import Identity
from accounts.models import RefreshFamily


class SessionsView(PersonView):
    """Sign-ins of the person."""

    @extend_schema(operation_id="sessions_list", responses=shapes.SessionOut(many=True))
    def get(self, request: Request) -> Response:
        """Sign-ins, newest first."""
        family = request.auth.family if isinstance(request.auth, Identity) else None
        rows = RefreshFamily.objects.filter(user=self.person)
        return paged(self, rows, shapes.SessionOut, family=family)

    @extend_schema(operation_id="sessions_end_all", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Sign out everywhere, here too."""
        people.sign_out_everywhere(user=self.person)
        return Response(status=204)


class SessionView(PersonView):
    """One sign-in."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """End a sign-in."""
        sessions.end_session(family_id=pk, user=self.person, because="revoked by its owner")
        return Response(status=204)
