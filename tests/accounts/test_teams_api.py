"""Teams, members, roles and tenancy through the API."""

from __future__ import annotations

import itertools
import threading

import pytest
from django.db import connections

from accounts.actions import teams
from accounts.models import ApiToken, AuditEvent, Membership, OutboxEvent, Team, User
from accounts.permissions import PERMISSIONS, ROLES, can
from tests.cast import api_client_for, bearer, make_member, make_team, make_token, make_user

pytestmark = pytest.mark.django_db


def members_path(team: Team, user: User | None = None) -> str:
    return f"/api/v1/teams/{team.slug}/members" + (f"/{user.pk}" if user else "")


def test_a_viewer_reads_the_team_and_changes_nothing(team: Team, viewer: User, member: User) -> None:
    client = api_client_for(viewer)
    assert client.get(f"/api/v1/teams/{team.slug}").json()["name"] == team.name
    assert client.patch(f"/api/v1/teams/{team.slug}", {"name": "Mine"}).status_code == 403
    assert client.put(members_path(team, member), {"role": "viewer"}).status_code == 403
    assert client.delete(members_path(team, member)).status_code == 403
    assert client.post(members_path(team), {"email": "x@example.com"}).status_code == 403


def test_another_team_is_not_found_whatever_one_asks_of_it(other_team: Team, owner: User, stranger: User) -> None:
    client = api_client_for(owner)
    assert client.get(f"/api/v1/teams/{other_team.slug}").status_code == 404
    assert client.patch(f"/api/v1/teams/{other_team.slug}", {"name": "x"}).status_code == 404
    assert client.delete(members_path(other_team, stranger)).status_code == 404
    assert client.get("/api/v1/api-tokens", HTTP_X_TEAM=other_team.slug).status_code == 404


def test_another_team_s_token_is_not_found(other_team: Team, owner: User) -> None:
    token = make_token(other_team).token
    client = api_client_for(owner)
    for answer in (
        client.get(f"/api/v1/api-tokens/{token.pk}"),
        client.delete(f"/api/v1/api-tokens/{token.pk}"),
        client.post(f"/api/v1/api-tokens/{token.pk}/rotate"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_the_header_names_the_team_else_the_current_one_counts(owner: User, team: Team) -> None:
    second = make_team(owner)
    client = api_client_for(owner)
    make_token(team)
    assert client.get("/api/v1/api-tokens").json()["total"] == 0
    assert client.get("/api/v1/api-tokens", HTTP_X_TEAM=team.slug).json()["total"] == 1
    assert owner.current_team == second


def test_somebody_in_no_team_is_told_what_to_do() -> None:
    answer = api_client_for(make_user()).get("/api/v1/api-tokens")
    assert answer.status_code == 403
    assert "Create one" in answer.json()["error"]["message"]


def test_an_ended_membership_is_refused_at_once(team: Team, owner: User, admin: User) -> None:
    client = api_client_for(admin, team)
    assert client.get("/api/v1/api-tokens").status_code == 200
    assert api_client_for(owner).delete(members_path(team, admin)).status_code == 204
    assert client.get("/api/v1/api-tokens").status_code == 404


def test_the_last_owner_can_neither_step_down_nor_leave(team: Team, owner: User) -> None:
    client = api_client_for(owner)
    down = client.put(members_path(team, owner), {"role": "admin"})
    assert (down.status_code, down.json()["error"]["code"]) == (409, "LAST_OWNER")
    assert client.delete(members_path(team, owner)).status_code == 409
    assert Membership.objects.get(team=team, user=owner).role == "owner"


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_step_down_at_once_leave_one() -> None:
    first = make_user()
    team = make_team(first)
    second = make_member(team, "owner")
    start = threading.Barrier(2)

    def step_down(user: User) -> None:
        membership = Membership.objects.select_related("team", "user").get(team=team, user=user)
        start.wait()
        try:
            teams.change_role(membership=membership, by=user, by_role="owner", role="member")
        except teams.LastOwner:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=step_down, args=[user]) for user in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert team.memberships.filter(role="owner").count() == 1


def test_an_admin_can_neither_make_nor_touch_an_owner(team: Team, admin: User, owner: User, member: User) -> None:
    client = api_client_for(admin)
    assert client.put(members_path(team, member), {"role": "owner"}).status_code == 403
    assert client.put(members_path(team, admin), {"role": "owner"}).status_code == 403
    assert client.put(members_path(team, owner), {"role": "viewer"}).status_code == 403
    assert client.delete(members_path(team, owner)).status_code == 403


def test_a_member_may_leave_but_not_send_others_away(team: Team, member: User, viewer: User) -> None:
    client = api_client_for(member)
    assert client.delete(members_path(team, viewer)).status_code == 403
    assert client.delete(members_path(team, member)).status_code == 204


def test_removing_somebody_revokes_the_tokens_they_made(team: Team, owner: User, admin: User) -> None:
    made = make_token(team, "metrics.read", by=admin)
    assert bearer(made.secret).get(f"/api/v1/teams/{team.slug}").status_code == 403
    teams.remove_member(membership=team.memberships.get(user=admin), by=owner, by_role="owner")
    assert bearer(made.secret).get(f"/api/v1/teams/{team.slug}").status_code == 401
    assert ApiToken.objects.get(pk=made.token.pk).revoked_at is not None


def test_a_role_change_is_remembered_and_announced(team: Team, owner: User, member: User) -> None:
    assert api_client_for(owner).put(members_path(team, member), {"role": "admin"}).json()["role"] == "admin"
    deed = AuditEvent.objects.get(verb="member.role_changed")
    assert (deed.user, deed.details) == (owner, {"before": "member", "after": "admin"})
    assert OutboxEvent.objects.filter(team=team, name="member.role_changed").exists()


def test_somebody_with_an_account_can_be_added_once(team: Team, owner: User) -> None:
    make_user("new@example.com")
    client = api_client_for(owner)
    body = {"email": "NEW@example.com", "role": "viewer"}
    assert client.post(members_path(team), body).status_code == 201
    assert client.post(members_path(team), body).status_code == 409
    assert client.post(members_path(team), {"email": "nobody@example.com"}).status_code == 404


def test_a_team_checks_its_time_zone_by_name(team: Team, owner: User) -> None:
    answer = api_client_for(owner).patch(f"/api/v1/teams/{team.slug}", {"time_zone": "Mars/Base"})
    assert answer.status_code == 422
    assert "time_zone" in answer.json()["error"]["details"]


def test_unknown_and_protected_fields_are_refused_by_name(team: Team, owner: User) -> None:
    body = {"name": "New", "slug": "taken", "is_demo": True}
    answer = api_client_for(owner).patch(f"/api/v1/teams/{team.slug}", body)
    assert answer.status_code == 422
    assert set(answer.json()["error"]["details"]) == {"slug", "is_demo"}
    team.refresh_from_db()
    assert team.name == "Harbor"


def test_only_an_owner_deletes_the_team(team: Team, admin: User, owner: User) -> None:
    assert api_client_for(admin).delete(f"/api/v1/teams/{team.slug}").status_code == 403
    assert api_client_for(owner).delete(f"/api/v1/teams/{team.slug}").status_code == 204
    assert not Team.objects.filter(pk=team.pk).exists()


def test_teams_of_the_same_name_get_addresses_of_their_own(owner: User) -> None:
    client = api_client_for(owner)
    made = [client.post("/api/v1/teams", {"name": "Twins", "currency": "EUR"}).json() for _ in range(2)]
    assert made[0]["slug"] == "twins"
    assert made[1]["slug"] != "twins"
    assert made[1]["currency"] == "EUR"


def test_the_audit_log_is_for_admins_and_pages_by_cursor(team: Team, owner: User, member: User) -> None:
    for number in range(5):
        teams.change_team(team=team, by=owner, changes={"name": f"Name {number}"})
    client = api_client_for(owner)
    first = client.get("/api/v1/audit-events?page_size=4").json()
    rest = client.get(f"/api/v1/audit-events?page_size=4&cursor={first['next_cursor']}").json()
    seen = [row["id"] for row in first["items"] + rest["items"]]
    assert len(seen) == len(set(seen)) == AuditEvent.objects.filter(team=team).count()
    assert rest["next_cursor"] is None
    assert first["items"][1]["sentence"] == "Owner changed Name 4"
    assert api_client_for(member).get("/api/v1/audit-events").status_code == 403


@pytest.mark.parametrize("cursor", ["x", "AAAA", "W10=", "WyJ4IiwieSJd", "é"])
def test_a_made_up_cursor_is_refused_by_name(owner: User, cursor: str) -> None:
    answer = api_client_for(owner).get("/api/v1/audit-events", {"cursor": cursor})
    assert answer.status_code == 422
    assert "cursor" in answer.json()["error"]["details"]


@pytest.mark.parametrize("query", ["page=0", "page=x", "page_size=101", "page_size=-1", "page=99999999999999"])
def test_a_page_that_can_t_be_is_refused_by_name(owner: User, query: str) -> None:
    assert api_client_for(owner).get(f"/api/v1/teams?{query}").status_code == 422


def test_a_page_past_the_end_is_empty(owner: User) -> None:
    body = api_client_for(owner).get("/api/v1/teams?page=7").json()
    assert (body["items"], body["total"], body["pages"]) == ([], 1, 1)


def test_roles_only_ever_add_permissions() -> None:
    order = ["viewer", "member", "admin", "owner"]
    for lower, higher in itertools.pairwise(order):
        assert ROLES[lower] < ROLES[higher]
    assert set().union(*ROLES.values()) == set(PERMISSIONS)
    assert not can(None, "metrics.read")
    assert not can("owner", "made.up")
