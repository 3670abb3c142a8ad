"""A team's API tokens."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions import tokens
from accounts.api import serializers as shapes
from accounts.api.base import TeamView, paged
from accounts.models import ApiToken, User
from livinglytics.lib.errors import Forbidden, NotFound


class _Tokens(TeamView):
    required = {"*": "tokens.write"}

    def maker(self) -> User:
        if self.person is None or self.identity.token is not None:
            raise Forbidden("An API token can't manage API tokens. Sign in as a person.")
        return self.person

    def one(self, pk: uuid.UUID) -> ApiToken:
        found = ApiToken.objects.for_team(self.team).select_related("team", "created_by").filter(pk=pk).first()
        if not isinstance(found, ApiToken):
            raise NotFound("There is no such API token.")
        return found

    def shown(self, new: tokens.NewToken, status: int) -> Response:
        new.token.token = new.secret  # type: ignore[attr-defined]
        return Response(shapes.NewApiTokenOut(new.token).data, status=status)


class ApiTokensView(_Tokens):
    """All of the team."""

    @extend_schema(operation_id="api_tokens_list", responses=shapes.ApiTokenOut(many=True))
    def get(self, request: Request) -> Response:
        """The team's tokens, newest first, without their secrets."""
        return paged(self, ApiToken.objects.for_team(self.team).select_related("created_by"), shapes.ApiTokenOut)

    @extend_schema(request=shapes.ApiTokenIn, responses={201: shapes.NewApiTokenOut})
    def post(self, request: Request) -> Response:
        """Make a token. Its secret stands in this answer and nowhere else."""
        given = self.parse(shapes.ApiTokenIn).validated_data
        new = tokens.create_token(team=self.team, by=self.maker(), by_role=self.role, **given)
        return self.shown(new, 201)


class ApiTokenView(_Tokens):
    """One token."""

    @extend_schema(responses=shapes.ApiTokenOut)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """A token without its secret."""
        return Response(shapes.ApiTokenOut(self.one(pk)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Revoke the token; it is refused from now on."""
        tokens.revoke_token(token=self.one(pk), by=self.maker())
        return Response(status=204)


class RotateApiTokenView(_Tokens):
    """A new secret."""

    @extend_schema(request=None, responses=shapes.NewApiTokenOut)
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Give the token a new secret; the old one stops at once."""
        return self.shown(tokens.rotate_token(token=self.one(pk), by=self.maker(), by_role=self.role), 200)
