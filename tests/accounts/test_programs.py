"""A program's request takes a shorter way, and nobody can tell from the answer."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.test import AsyncClient, Client
from rest_framework.test import APIClient

from accounts.actions.sessions import start_session
from accounts.models import User
from accounts.programs import PAGES_ONLY
from tests.cast import PASSWORD, api_client_for, bearer, make_team, make_token, make_user

pytestmark = pytest.mark.django_db
ME = "/api/v1/auth/me"
#: differ from answer to answer, or stand only where a cookie was read
OWN = {"X-Request-ID", "RateLimit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Content-Length", "Vary"}


def header_of(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {start_session(user=user).access_token}"}


def test_a_token_gets_the_same_answer_and_headers_as_a_session(owner: User) -> None:
    browser, header = Client(), header_of(owner)
    browser.force_login(owner)
    by_session, by_token = browser.get(ME), Client().get(ME, headers=header)
    assert by_token.json() == by_session.json()
    assert {key: value for key, value in by_token.items() if key not in OWN} == {
        key: value for key, value in by_session.items() if key not in OWN
    }
    assert "origin" in by_token["Vary"]
    assert int(by_token["Content-Length"]) == len(by_token.content)


def test_a_wrong_token_is_refused_and_never_replaced_by_the_session(owner: User) -> None:
    browser = Client()
    browser.force_login(owner)
    for word in ("Bearer", "bearer", "BEARER"):
        answer = browser.get(ME, headers={"Authorization": f"{word} nonsense"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "INVALID_TOKEN")
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_token_needs_no_session_and_leaves_none(owner: User) -> None:
    header = header_of(owner)
    client = Client(enforce_csrf_checks=True)
    answer = client.get(ME, headers=header)
    assert answer.status_code == 200
    assert not answer.cookies
    assert client.patch(ME, {"name": "Ada"}, content_type="application/json", headers=header).status_code == 200


def test_who_says_any_other_word_than_bearer_takes_the_whole_way(owner: User) -> None:
    browser = Client()
    browser.force_login(owner)
    assert browser.get(ME, headers={"Authorization": "Basic YTpi"}).json()["email"] == owner.email


def test_signing_in_works_with_an_old_token_still_in_the_header() -> None:
    user = make_user()
    body = {"email": user.email, "password": PASSWORD}
    answer = bearer("long-expired").post("/api/v1/auth/login", body)
    assert answer.status_code == 200
    assert answer.json()["access_token"]


def test_addresses_with_parts_are_told_apart(owner: User) -> None:
    make_team(owner, name="Second")
    client = api_client_for(owner)
    slugs = [one["slug"] for one in client.get("/api/v1/teams").json()["items"]]
    assert len(slugs) == 2
    assert [client.get(f"/api/v1/teams/{slug}").json()["slug"] for slug in slugs] == slugs
    assert client.get("/api/v1/teams/nowhere").status_code == 404
    assert client.get("/api/v1/nothing").json()["error"]["code"] == "NOT_FOUND"


def test_foreign_hosts_nul_and_plain_http_are_refused_as_everywhere(owner: User, settings: Any) -> None:
    header = header_of(owner)
    settings.ALLOWED_HOSTS = ["localhost"]
    assert Client().get(ME, headers=header | {"Host": "evil.example"}).status_code == 400
    settings.ALLOWED_HOSTS = ["*"]
    assert Client().get(f"{ME}?x=%00", headers=header).status_code == 400
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    moved = Client().get(ME, headers=header)
    assert (moved.status_code, moved["Location"][:8]) == (301, "https://")
    assert Client().get(ME, headers=header, secure=True)["Strict-Transport-Security"].startswith("max-age=60")


@pytest.mark.parametrize(("origin", "allowed"), [("https://app.example", True), ("https://evil.example", False)])
def test_a_page_of_another_origin_reads_answers_only_when_it_may(
    owner: User, settings: Any, origin: str, allowed: bool
) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    answer = Client().get(ME, headers=header_of(owner) | {"Origin": origin})
    assert answer.status_code == 200
    assert answer.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    assert "origin" in answer["Vary"]


def test_a_view_that_breaks_answers_in_the_usual_shape(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=header_of(owner)["Authorization"], HTTP_X_REQUEST_ID="my-request-0003")

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("accounts.api.teams.paged", broken)
    answer = client.get("/api/v1/teams")
    assert (answer.status_code, answer["X-Request-ID"]) == (500, "my-request-0003")
    assert answer.json()["error"]["request_id"] == "my-request-0003"


@pytest.mark.django_db(transaction=True)
def test_the_single_process_takes_the_same_way() -> None:
    team = make_team(name="Harbor")
    secret = make_token(team, "metrics.read").secret
    ask = async_to_sync(AsyncClient().get)
    answer = ask("/api/v1/dashboard/tiles?metrics=sessions", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    assert set(answer.json()) == {"sessions", "meta"}
    assert answer["Cache-Control"] == "no-store"
    assert ask("/api/v1/dashboard/tiles", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_a_person_that_a_view_changed_is_whole_again_for_the_next_request(owner: User) -> None:
    header = header_of(owner)
    client = Client()
    client.patch(ME, {"name": "x" * 5000}, content_type="application/json", headers=header)
    assert client.get(ME, headers=header).json()["name"] == owner.name


def test_only_what_pages_need_is_left_out() -> None:
    assert set(django_settings.MIDDLEWARE) >= PAGES_ONLY
