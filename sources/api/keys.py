"""Keys of services that a team enters once for all of its targets."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import paged
from sources.actions.key_trial import try_key
from sources.actions.keys import add_key, remove_key, replace_key
from sources.api import project_shapes as shapes
from sources.api.found import SourcesView
from sources.api.shapes import CheckedOut
from sources.selectors.projects import key_of, keys_of

_KEY = OpenApiExample(
    "A key for YouTube", {"provider": "youtube", "label": "ours", "values": {"api_key": "AIza…"}}, request_only=True
)


class KeyListView(SourcesView):
    """All of the team."""

    @extend_schema(operation_id="api_keys_list", responses=shapes.KeyOut(many=True))
    def get(self, request: Request) -> Response:
        """The team's keys, masked, each with how many sources use it."""
        return paged(self, keys_of(self.team), shapes.KeyOut)

    @extend_schema(request=shapes.KeyIn, responses={201: shapes.KeyOut}, examples=[_KEY])
    def post(self, request: Request) -> Response:
        """Keep a key. It is sealed and never leaves the server again; targets that waited for it use it from now on."""
        made = add_key(team=self.team, by=self.person, **self.parse(shapes.KeyIn).validated_data)
        return Response(shapes.KeyOut(made).data, status=201)


class KeyView(SourcesView):
    """One key."""

    @extend_schema(responses=shapes.KeyOut)
    def get(self, request: Request, pk: UUID) -> Response:
        """A key, masked."""
        return Response(shapes.KeyOut(key_of(self.team, pk)).data)

    @extend_schema(request=shapes.KeyChangeIn, responses=shapes.KeyOut)
    def put(self, request: Request, pk: UUID) -> Response:
        """Put other values in the place of a key's. Sources that waited for it are read again at once."""
        key = key_of(self.team, pk)
        replace_key(key=key, by=self.person, values=self.parse(shapes.KeyChangeIn).validated_data["values"])
        return Response(shapes.KeyOut(key_of(self.team, pk)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Forget a key that no source uses (else 409)."""
        remove_key(key=key_of(self.team, pk), by=self.person)
        return Response(status=204)


class KeyTestView(SourcesView):
    """A real question."""

    @extend_schema(request=shapes.TestIn, responses=CheckedOut)
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask the service with this key, about ``url`` or a target that uses it."""
        given = self.parse(shapes.TestIn).validated_data
        return Response(CheckedOut(try_key(key=key_of(self.team, pk), url=given["url"])).data)
