"""Signing in through the API."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.core import mail
from django.db import connections
from rest_framework.test import APIClient

from accounts import identity
from accounts.actions import people, sessions
from accounts.models import AuditEvent, RefreshFamily, RefreshToken, User
from livinglytics.lib import clock
from tests.cast import PASSWORD, anonymous, bearer, make_team, make_token, make_user

pytestmark = pytest.mark.django_db
ME = "/api/v1/auth/me"


def sign_in(client: APIClient, email: str, password: str = PASSWORD) -> dict:
    return client.post("/api/v1/auth/login", {"email": email, "password": password}).json()


def refresh(client: APIClient, token: str) -> object:
    return client.post("/api/v1/auth/refresh", {"refresh_token": token})


def test_signing_in_gives_both_tokens_and_the_access_token_opens_the_account(nobody: APIClient) -> None:
    user = make_user("ada@example.com")
    pair = sign_in(nobody, "ADA@example.com ")
    assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert pair["expires_in"] == 1800
    assert bearer(pair["access_token"]).get(ME).json()["email"] == user.email


def test_the_other_system_s_path_takes_a_username_also_as_a_form(nobody: APIClient) -> None:
    user = make_user()
    for path in ("/api/v1/auth/token", "/auth/token"):
        assert nobody.post(path, {"username": user.email, "password": PASSWORD}).status_code == 200
    form = f"username={user.email}&password={PASSWORD.replace(' ', '+')}"
    assert nobody.post("/auth/token", form, content_type="application/x-www-form-urlencoded").status_code == 200


def test_an_unknown_address_and_a_wrong_password_and_a_disabled_account_get_the_same_answer(nobody: APIClient) -> None:
    make_user("known@example.com")
    make_user("off@example.com", is_active=False)
    tries = [("known@example.com", "wrong"), ("unknown@example.com", "wrong"), ("off@example.com", PASSWORD)]
    answers = [nobody.post("/api/v1/auth/login", {"email": email, "password": word}) for email, word in tries]
    bodies = [{**answer.json()["error"], "request_id": ""} for answer in answers]
    assert {answer.status_code for answer in answers} == {401}
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["code"] == "INVALID_CREDENTIALS"


def test_guessing_is_stopped_but_the_owner_still_gets_in_from_elsewhere(nobody: APIClient) -> None:
    user = make_user()
    guess = {"email": user.email, "password": "wrong"}
    statuses = [nobody.post("/api/v1/auth/login", guess).status_code for _ in range(12)]
    assert 429 in statuses
    blocked = nobody.post("/api/v1/auth/login", {"email": user.email, "password": PASSWORD})
    assert blocked.status_code == 429
    assert int(blocked["Retry-After"]) > 0
    elsewhere = APIClient(REMOTE_ADDR="203.0.113.9")
    assert elsewhere.post("/api/v1/auth/login", {"email": user.email, "password": PASSWORD}).status_code == 200


def test_a_new_account_comes_with_a_team_it_owns(nobody: APIClient) -> None:
    answer = nobody.post("/api/v1/auth/register", {"email": "New@Example.com", "password": PASSWORD, "name": "Nia"})
    assert answer.status_code == 201
    user = User.objects.get(email="new@example.com")
    assert user.memberships.get().role == "owner"
    assert user.current_team.name == "Nia's team"
    assert AuditEvent.objects.filter(verb="user.signed_up", user=user).exists()


def test_an_address_is_taken_once_whatever_its_case(nobody: APIClient) -> None:
    make_user("ada@example.com")
    answer = nobody.post("/api/v1/auth/register", {"email": "ADA@example.com", "password": PASSWORD})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "EMAIL_EXISTS")


@pytest.mark.parametrize("password", ["short", "password1", "12345678"])
def test_a_weak_password_is_refused_by_name(nobody: APIClient, password: str) -> None:
    answer = nobody.post("/users", {"email": "x@example.com", "password": password})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["password"]


def test_a_closed_sign_up_says_so(nobody: APIClient, settings) -> None:
    settings.SIGN_UP_OPEN = False
    answer = nobody.post("/api/v1/auth/register", {"email": "x@example.com", "password": PASSWORD})
    assert answer.status_code == 403


def test_a_refresh_token_works_once_and_the_next_one_after_it(nobody: APIClient) -> None:
    first = sign_in(nobody, make_user().email)
    second = refresh(nobody, first["refresh_token"]).json()
    assert bearer(second["access_token"]).get(ME).status_code == 200
    assert refresh(nobody, second["refresh_token"]).status_code == 200


def test_using_a_refresh_token_twice_ends_the_whole_sign_in(nobody: APIClient) -> None:
    user = make_user()
    first = sign_in(nobody, user.email)
    second = refresh(nobody, first["refresh_token"]).json()
    replay = refresh(nobody, first["refresh_token"])
    assert (replay.status_code, replay.json()["error"]["code"]) == (401, "INVALID_TOKEN")
    assert refresh(nobody, second["refresh_token"]).status_code == 401
    assert bearer(second["access_token"]).get(ME).status_code == 401
    assert RefreshFamily.objects.get(user=user).revoked_because == "refresh token used twice"
    assert AuditEvent.objects.filter(verb="session.replayed").count() == 1


def test_a_replay_leaves_other_sign_ins_alone(nobody: APIClient) -> None:
    user = make_user()
    stolen, other = sign_in(nobody, user.email), sign_in(nobody, user.email)
    refresh(nobody, stolen["refresh_token"])
    refresh(nobody, stolen["refresh_token"])
    assert bearer(other["access_token"]).get(ME).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_eight_simultaneous_refreshes_exactly_one_succeeds() -> None:
    pair = sessions.start_session(user=make_user())
    start, statuses = threading.Barrier(8), []

    def race() -> None:
        start.wait()
        statuses.append(refresh(anonymous(), pair.refresh_token).status_code)
        connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [401] * 7


def test_a_refresh_token_is_kept_only_as_a_hash() -> None:
    pair = sessions.start_session(user=make_user())
    assert pair.refresh_token not in str(list(RefreshToken.objects.values()))


def test_a_sign_in_does_not_outlive_its_longest_time() -> None:
    user = make_user()
    pair = sessions.start_session(user=user)
    began = clock.now() - sessions.LONGEST_SIGN_IN + timedelta(hours=1)
    RefreshFamily.objects.update(created_at=began)
    sessions.refresh(raw=pair.refresh_token)
    assert RefreshToken.objects.order_by("-id")[0].expires_at == began + sessions.LONGEST_SIGN_IN


def test_an_expired_refresh_token_is_refused(nobody: APIClient) -> None:
    pair = sessions.start_session(user=make_user())
    RefreshToken.objects.update(expires_at=clock.now())
    assert refresh(nobody, pair.refresh_token).status_code == 401


def test_signing_out_ends_the_access_and_the_refresh_token(nobody: APIClient) -> None:
    pair = sign_in(nobody, make_user().email)
    assert bearer(pair["access_token"]).post("/api/v1/auth/logout").status_code == 204
    assert bearer(pair["access_token"]).get(ME).status_code == 401
    assert refresh(nobody, pair["refresh_token"]).status_code == 401


def test_a_refresh_token_alone_can_sign_out_too(nobody: APIClient) -> None:
    pair = sign_in(nobody, make_user().email)
    assert nobody.post("/api/v1/auth/logout", {"refresh_token": pair["refresh_token"]}).status_code == 204
    assert bearer(pair["access_token"]).get(ME).status_code == 401
    assert nobody.post("/api/v1/auth/logout", {}).status_code == 401


def test_a_changed_password_ends_every_token(nobody: APIClient) -> None:
    user = make_user()
    here, there = sign_in(nobody, user.email), sign_in(nobody, user.email)
    change = {"current_password": PASSWORD, "new_password": "another good one 7"}
    assert bearer(here["access_token"]).put("/api/v1/auth/me/password", change).status_code == 204
    assert bearer(here["access_token"]).get(ME).status_code == 401
    assert bearer(there["access_token"]).get(ME).status_code == 401
    assert refresh(nobody, there["refresh_token"]).status_code == 401
    assert "access_token" in sign_in(nobody, user.email, "another good one 7")


def test_the_current_password_is_asked_for_by_name(nobody: APIClient) -> None:
    client = bearer(sign_in(nobody, make_user().email)["access_token"])
    change = {"current_password": "wrong", "new_password": "another good one 7"}
    answer = client.put("/api/v1/auth/me/password", change)
    assert answer.status_code == 422
    assert "current_password" in answer.json()["error"]["details"]


def test_a_disabled_person_is_refused_at_once_here_and_within_seconds_elsewhere(nobody: APIClient) -> None:
    user = make_user()
    client = bearer(sign_in(nobody, user.email)["access_token"])
    assert client.get(ME).status_code == 200
    people.disable_user(user=user, by=None)
    assert client.get(ME).status_code == 401


def test_a_change_in_another_process_is_seen_after_the_verdict_s_end(nobody: APIClient, monkeypatch) -> None:
    user = make_user()
    client = bearer(sign_in(nobody, user.email)["access_token"])
    assert client.get(ME).status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    later = clock.monotonic() + identity.REMEMBERED_SECONDS + 0.1
    monkeypatch.setattr(clock, "monotonic", lambda: later)
    assert client.get(ME).status_code == 401
    assert identity.REMEMBERED_SECONDS < 5


def forged(user: User, **changes: object) -> str:
    token = sessions.access_token(user=user, family_id=RefreshFamily.objects.create(user=user).pk)
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    return jwt.encode(claims, settings.SECRET_KEY, "HS256")


@pytest.mark.parametrize(
    "changes",
    [{"aud": "elsewhere"}, {"iss": "elsewhere"}, {"typ": "refresh"}, {"exp": 1}, {"tv": 7}, {"fam": "x"}],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(changes: dict) -> None:
    assert bearer(forged(make_user(), **changes)).get(ME).status_code == 401


def test_a_token_signed_by_somebody_else_or_by_nobody_is_refused() -> None:
    user = make_user()
    claims = jwt.decode(forged(user), options={"verify_signature": False})
    for fake in (jwt.encode(claims, "another key that is long enough ....", "HS256"), jwt.encode(claims, None, "none")):
        assert bearer(fake).get(ME).status_code == 401
    assert bearer(forged(user)).get(ME).status_code == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer é", "Bearer ll_", "Basic YTpi", "bearer x.y.z"])
def test_a_strange_authorization_header_is_401(header: str) -> None:
    client = APIClient(raise_request_exception=False, HTTP_AUTHORIZATION=header.encode().decode("latin-1"))
    answer = client.get(ME)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_forgotten_password_is_reset_with_the_key_from_the_mail_once(nobody: APIClient) -> None:
    user = make_user()
    pair = sign_in(nobody, user.email)
    asked = nobody.post("/api/v1/auth/forgot-password", {"email": user.email})
    unknown = nobody.post("/api/v1/auth/forgot-password", {"email": "nobody@example.com"})
    assert (asked.status_code, asked.json()) == (unknown.status_code, unknown.json())
    key = re.search(r"/reset/key/([^/\s]+)/", mail.outbox[0].body).group(1)
    weak = nobody.post("/api/v1/auth/reset-password", {"token": key, "password": "short"})
    assert weak.status_code == 422
    body = {"token": key, "password": "another good one 7"}
    assert nobody.post("/api/v1/auth/reset-password", body).status_code == 204
    assert nobody.post("/api/v1/auth/reset-password", body).status_code == 422
    assert bearer(pair["access_token"]).get(ME).status_code == 401
    assert "access_token" in sign_in(nobody, user.email, "another good one 7")


def test_people_see_and_end_their_own_sign_ins_only(nobody: APIClient) -> None:
    ada, bob = make_user(), make_user()
    mine, also_mine = sign_in(nobody, ada.email), sign_in(nobody, ada.email)
    client = bearer(mine["access_token"])
    rows = client.get("/api/v1/auth/sessions").json()["items"]
    assert [row["current"] for row in rows] == [False, True]
    assert client.delete(f"/api/v1/auth/sessions/{rows[0]['id']}").status_code == 204
    assert bearer(also_mine["access_token"]).get(ME).status_code == 401
    family_of_bob = RefreshFamily.objects.create(user=bob)
    assert client.delete(f"/api/v1/auth/sessions/{family_of_bob.pk}").status_code == 404


def test_a_warm_token_costs_no_statement_before_the_view(django_assert_num_queries) -> None:
    user = make_user()
    team = make_team(user)
    by_person = bearer(sessions.start_session(user=user).access_token)
    by_token = bearer(make_token(team, "team.read").secret)
    for client in (by_person, by_token):
        client.get(f"/api/v1/teams/{team.slug}")
        with django_assert_num_queries(0):
            assert client.get(f"/api/v1/teams/{team.slug}").status_code == 200


def test_deleting_the_account_takes_lonely_teams_but_not_shared_ones(nobody: APIClient) -> None:
    user, friend = make_user(), make_user()
    lonely, shared = make_team(user), make_team(friend)
    shared.memberships.create(user=user, role="member")
    client = bearer(sessions.start_session(user=user).access_token)
    assert client.delete(ME).status_code == 204
    assert not User.objects.filter(pk=user.pk).exists()
    assert not type(lonely).objects.filter(pk=lonely.pk).exists()
    assert type(shared).objects.filter(pk=shared.pk).exists()


def test_the_only_owner_of_a_shared_team_can_t_just_go() -> None:
    owner = make_user()
    team = make_team(owner)
    team.memberships.create(user=make_user(), role="member")
    answer = bearer(sessions.start_session(user=owner).access_token).delete(ME)
    assert answer.status_code == 409
    assert team.name in answer.json()["error"]["message"]
