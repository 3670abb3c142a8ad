"""Signing in with an account that a source reads with."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from livinglytics.lib.errors import Forbidden
from sources.actions.sign_in import begin
from sources.api import inputs, shapes
from sources.api.found import SourcesView

_FIRST = OpenApiExample("The only account", {}, request_only=True)
_LEAVE = OpenApiExample(
    "Google",
    {"authorize_url": "https://accounts.google.com/o/oauth2/v2/auth?client_id=…&state=…"},
    response_only=True,
)


class SourceSignInView(SourcesView):
    """The way to the provider."""

    @extend_schema(request=inputs.SignInIn, responses=shapes.LeaveOut, examples=[_FIRST, _LEAVE])
    def post(self, request: Request, pk: UUID) -> Response:
        """Begin a sign-in. Open the answer's address within ten minutes, in a browser where you are signed in here.

        The provider leads back to `/sources/oauth/callback/`, where you confirm it. For people only, not for tokens
        of the team.
        """
        if self.person is None or self.identity.token is not None:
            raise Forbidden("An API token can't do this. Sign in as a person.")
        given = self.parse(inputs.SignInIn).validated_data
        site = request._request.build_absolute_uri("/")
        url = begin(source=self.source(pk), by=self.person, site=site, option=given["account"])
        return Response({"authorize_url": url}, headers={"Cache-Control": "no-store"})
