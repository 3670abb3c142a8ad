"""A team's API tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.actions import people
from accounts.models import ApiToken, AuditEvent, Team, User
from livinglytics.lib import clock
from tests.cast import api_client_for, bearer, make_token

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/api-tokens"


def test_the_secret_is_shown_once_and_kept_as_a_hash(owner: User) -> None:
    client = api_client_for(owner)
    made = client.post(TOKENS, {"name": "Import", "scopes": ["ingest.write"]}).json()
    assert made["token"].startswith("ll_")
    assert made["token"] not in str(list(ApiToken.objects.values()))
    assert made["token"] not in str(list(AuditEvent.objects.values()))
    assert "token" not in client.get(f"{TOKENS}/{made['id']}").json()
    assert "digest" not in client.get(TOKENS).json()["items"][0]


def test_a_token_does_what_its_scopes_say_and_no_more(team: Team) -> None:
    may_read = bearer(make_token(team, "team.read").secret)
    may_not = bearer(make_token(team, "metrics.read").secret)
    assert may_read.get(f"/api/v1/teams/{team.slug}").status_code == 200
    refused = may_not.get(f"/api/v1/teams/{team.slug}")
    assert refused.status_code == 403
    assert refused.json()["error"]["details"] == {"permission": "team.read"}
    assert may_read.patch(f"/api/v1/teams/{team.slug}", {"name": "x"}).status_code == 403


def test_a_token_works_for_its_own_team_only(team: Team, other_team: Team) -> None:
    client = bearer(make_token(team, "team.read").secret)
    assert client.get(f"/api/v1/teams/{other_team.slug}").status_code == 404
    assert client.get(f"/api/v1/teams/{team.slug}", HTTP_X_TEAM="ignored-here").status_code == 200


def test_a_token_is_not_a_person(team: Team) -> None:
    client = bearer(make_token(team, "team.read", "team.write").secret)
    for path in ("/api/v1/auth/me", "/api/v1/teams", "/api/v1/auth/sessions", TOKENS):
        assert client.get(path).status_code == 403


def test_nobody_gives_a_token_more_than_they_have(owner: User, admin: User, member: User) -> None:
    refused = api_client_for(owner).post(TOKENS, {"name": "x", "scopes": ["team.own"]})
    assert refused.status_code == 422
    assert api_client_for(member).post(TOKENS, {"name": "x", "scopes": ["metrics.read"]}).status_code == 403
    assert api_client_for(admin).post(TOKENS, {"name": "x", "scopes": ["audit.read"]}).status_code == 201


def test_a_token_shrinks_with_its_maker_s_role_and_dies_with_their_account(team: Team, admin: User) -> None:
    client = bearer(make_token(team, "team.write", "team.read", by=admin).secret)
    assert client.patch(f"/api/v1/teams/{team.slug}", {"name": "One"}).status_code == 200
    team.memberships.filter(user=admin).update(role="viewer")
    people.end_sign_ins(user=admin, because="test")
    assert client.patch(f"/api/v1/teams/{team.slug}", {"name": "Two"}).status_code == 403
    people.disable_user(user=admin, by=None)
    assert client.get(f"/api/v1/teams/{team.slug}").status_code == 401


def test_a_revoked_and_an_expired_token_are_refused(team: Team, owner: User) -> None:
    made = make_token(team, "team.read")
    client = bearer(made.secret)
    assert client.get(f"/api/v1/teams/{team.slug}").status_code == 200
    assert api_client_for(owner).delete(f"{TOKENS}/{made.token.pk}").status_code == 204
    assert client.get(f"/api/v1/teams/{team.slug}").status_code == 401
    old = make_token(team, "team.read", expires_at=clock.now() + timedelta(days=1))
    ApiToken.objects.filter(pk=old.token.pk).update(expires_at=clock.now())
    assert bearer(old.secret).get(f"/api/v1/teams/{team.slug}").status_code == 401


def test_rotation_stops_the_old_secret_at_once(team: Team, owner: User) -> None:
    made = make_token(team, "team.read")
    client = bearer(made.secret)
    assert client.get(f"/api/v1/teams/{team.slug}").status_code == 200
    new = api_client_for(owner).post(f"{TOKENS}/{made.token.pk}/rotate").json()["token"]
    assert client.get(f"/api/v1/teams/{team.slug}").status_code == 401
    assert bearer(new).get(f"/api/v1/teams/{team.slug}").status_code == 200


def test_a_revoked_token_can_t_be_rotated_back_to_life(team: Team, owner: User) -> None:
    made = make_token(team)
    client = api_client_for(owner)
    client.delete(f"{TOKENS}/{made.token.pk}")
    assert client.post(f"{TOKENS}/{made.token.pk}/rotate").status_code == 409


def test_the_last_use_is_noted(team: Team) -> None:
    made = make_token(team, "team.read")
    bearer(made.secret).get(f"/api/v1/teams/{team.slug}")
    assert clock.now() - ApiToken.objects.get(pk=made.token.pk).last_used_at < timedelta(seconds=10)


@pytest.mark.parametrize("days", [-1, 2000])
def test_an_end_in_the_past_or_far_future_is_refused(owner: User, days: int) -> None:
    ends = (clock.now() + timedelta(days=days)).isoformat()
    answer = api_client_for(owner).post(TOKENS, {"name": "x", "scopes": ["metrics.read"], "expires_at": ends})
    assert "expires_at" in answer.json()["error"]["details"]
