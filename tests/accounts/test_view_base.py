"""What the base classes promise to every view of every app."""

from __future__ import annotations

import pytest
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from accounts.api.base import TeamView, TeamViewSet, paged
from accounts.models import ApiToken, Team, User
from tests.cast import api_client_for, bearer, make_token

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class ItemIn(serializers.Serializer):
    """A part."""

    name = serializers.CharField()
    id = serializers.IntegerField(read_only=True)


class BoxIn(serializers.Serializer):
    """A whole with parts."""

    label = serializers.CharField(max_length=5)
    items = ItemIn(many=True, required=False)


class BoxView(TeamView):
    """Answers with what it understood."""

    required = {"GET": "metrics.read", "POST": "sources.write"}

    def get(self, request: Request) -> Response:
        return Response({"team": self.team.slug, "role": self.role})

    def post(self, request: Request) -> Response:
        return Response(self.parse(BoxIn).validated_data)


class ClosedView(TeamView):
    """Forgot to say who may."""

    def get(self, request: Request) -> Response:
        return Response({})


class KeyOut(serializers.ModelSerializer):
    """A row."""

    class Meta:
        model = ApiToken
        fields = ["id", "name"]


class KeyViewSet(TeamViewSet):
    """Rows of the team."""

    queryset = ApiToken.objects.all()
    serializer_class = KeyOut
    required = {"GET": "team.read", "retrieve": "audit.read"}

    def list(self, request: Request) -> Response:
        return paged(self, self.get_queryset(), KeyOut)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(KeyOut(self.get_object()).data)


router = SimpleRouter(trailing_slash=False)
router.register("keys", KeyViewSet)
urlpatterns = [path("box", BoxView.as_view()), path("closed", ClosedView.as_view()), *router.urls]


def test_a_view_knows_team_and_role(viewer: User) -> None:
    assert api_client_for(viewer).get("/box").json() == {"team": "harbor", "role": "viewer"}


def test_a_method_asks_for_its_own_permission(viewer: User, member: User) -> None:
    assert api_client_for(viewer).post("/box", {"label": "x"}).status_code == 403
    assert api_client_for(member).post("/box", {"label": "x"}).status_code == 200


def test_a_view_that_names_no_permission_is_closed(owner: User) -> None:
    assert api_client_for(owner).get("/closed").status_code == 403


def test_unknown_fields_are_named_also_deep_inside(member: User) -> None:
    body = {"label": "x", "colour": "red", "items": [{"name": "a"}, {"name": "b", "id": 7, "size": 1}]}
    answer = api_client_for(member).post("/box", body)
    assert answer.status_code == 422
    assert set(answer.json()["error"]["details"]) == {"colour", "items.1.id", "items.1.size"}


def test_wrong_values_are_named_too(member: User) -> None:
    answer = api_client_for(member).post("/box", {"label": "too long", "items": [{"name": "a"}, {}]})
    assert set(answer.json()["error"]["details"]) == {"label", "items.1.name"}


def test_a_set_of_views_shows_rows_of_its_team_only(team: Team, other_team: Team, owner: User, viewer: User) -> None:
    mine, foreign = make_token(team, "team.read"), make_token(other_team)
    client = api_client_for(owner)
    assert [row["id"] for row in client.get("/keys").json()["items"]] == [str(mine.token.pk)]
    assert client.get(f"/keys/{mine.token.pk}").status_code == 200
    assert client.get(f"/keys/{foreign.token.pk}").status_code == 404
    assert client.get("/keys/not-an-id").status_code == 404
    assert api_client_for(viewer).get("/keys").status_code == 200
    assert api_client_for(viewer).get(f"/keys/{mine.token.pk}").status_code == 403
    assert bearer(mine.secret).get("/keys")["X-RateLimit-Limit"] == "1200"
