"""One shape for errors, an id for every request, limits that say what is left."""

from __future__ import annotations

import logging

import pytest
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoInvalid
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework import exceptions
from rest_framework.test import APIClient

from accounts.addresses import client_address
from accounts.logs import JsonFormatter, RedactFilter, RequestIdFilter, redact
from accounts.models import User
from livinglytics.api import answer_error
from livinglytics.lib import errors
from livinglytics.pages import ProductErrors
from tests.cast import api_client_for, make_member, make_team

pytestmark = pytest.mark.django_db

ERRORS = [
    (errors.Invalid(details={"name": ["no"]}), 422, "VALIDATION_ERROR"),
    (errors.NotFound(), 404, "NOT_FOUND"),
    (errors.Conflict(), 409, "CONFLICT_ERROR"),
    (errors.Forbidden(), 403, "AUTHORIZATION_ERROR"),
    (errors.TooLarge(), 413, "TOO_LARGE"),
    (errors.RateLimited(retry_after=2.2), 429, "RATE_LIMIT_EXCEEDED"),
    (errors.ServiceDown(), 503, "EXTERNAL_SERVICE_ERROR"),
    (Http404(), 404, "NOT_FOUND"),
    (PermissionDenied(), 403, "AUTHORIZATION_ERROR"),
    (DjangoInvalid({"name": ["no"]}), 422, "VALIDATION_ERROR"),
    (DjangoInvalid("no"), 422, "VALIDATION_ERROR"),
    (exceptions.ValidationError({"rows": [{}, {"name": ["no"]}]}), 422, "VALIDATION_ERROR"),
    (exceptions.MethodNotAllowed("PUT"), 405, "METHOD_NOT_ALLOWED"),
    (exceptions.NotAuthenticated(), 401, "AUTHENTICATION_ERROR"),
    (ZeroDivisionError("secret text"), 500, "INTERNAL_ERROR"),
]


@pytest.mark.parametrize(("error", "status", "code"), ERRORS, ids=lambda one: type(one).__name__)
def test_every_error_has_the_same_shape(error: Exception, status: int, code: str) -> None:
    answer = answer_error(error, {})
    assert answer is not None
    assert answer.status_code == status
    body = answer.data["error"]
    assert set(body) == {"code", "message", "details", "request_id"}
    assert body["code"] == code
    assert "secret text" not in str(body)


def test_nested_fields_are_named_by_their_path() -> None:
    answer = answer_error(exceptions.ValidationError({"rows": [{}, {"name": ["no"]}]}), {})
    assert answer.data["error"]["details"] == {"rows.1.name": ["no"]}


def test_a_wait_is_said_in_the_header() -> None:
    assert answer_error(errors.RateLimited(retry_after=2.2), {})["Retry-After"] == "3"


@pytest.mark.parametrize(
    ("path", "status"), [("/api/v1/nothing", 404), ("/api/v1/auth/me", 401), ("/api/nothing", 404)]
)
def test_the_api_answers_errors_as_json_with_the_request_s_id(nobody: APIClient, path: str, status: int) -> None:
    answer = nobody.get(path, HTTP_X_REQUEST_ID="my-request-0001")
    assert answer.status_code == status
    assert answer["X-Request-ID"] == "my-request-0001"
    assert answer.json()["error"]["request_id"] == "my-request-0001"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space in it", "<script>alert</script>"])
def test_a_strange_request_id_is_replaced(client: Client, given: str) -> None:
    answer = client.get("/health/live", headers={"X-Request-ID": given})
    assert answer["X-Request-ID"] != given
    assert len(answer["X-Request-ID"]) == 36


def test_a_page_error_says_what_happened_and_shows_the_id(client: Client) -> None:
    answer = client.get("/nothing/here/", headers={"X-Request-ID": "my-request-0002"})
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "There is nothing here" in text
    assert "my-request-0002" in text


def test_a_product_error_of_a_page_becomes_a_page_and_of_a_part_a_paragraph(rf: RequestFactory) -> None:
    seen = ProductErrors(lambda request: None)
    whole = seen.process_exception(rf.get("/x/"), errors.ServiceDown(retry_after=3))
    assert (whole.status_code, whole["Retry-After"]) == (503, "3")
    assert b"Try again" in whole.content
    part = seen.process_exception(rf.get("/x/", headers={"HX-Request": "true"}), errors.NotFound("Gone, sorry."))
    assert b"Gone, sorry." in part.content
    assert b"<html" not in part.content
    assert seen.process_exception(rf.get("/x/"), ValueError()) is None


def test_pages_allow_nothing_inline_and_nothing_from_elsewhere(client: Client) -> None:
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" in client.get("/docs")["Content-Security-Policy"]


def test_the_answer_says_what_is_left_of_the_limit(owner: User) -> None:
    client = api_client_for(owner)
    first, second = client.get("/api/v1/teams"), client.get("/api/v1/teams")
    assert first["RateLimit-Policy"] == '"read";q=1200;w=60'
    assert second["RateLimit"].startswith('"read";r=1198;t=')
    assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("1200", "1199")
    assert int(first["X-RateLimit-Reset"]) > 1_700_000_000


def test_past_the_limit_it_is_429_with_a_wait(owner: User, member: User, settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "read": "3/minute"}
    client = api_client_for(owner)
    answers = [client.get("/api/v1/teams") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    assert refused.json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert 1 <= int(refused["Retry-After"]) <= 90
    assert refused["X-RateLimit-Remaining"] == "0"
    assert api_client_for(member).get("/api/v1/teams").status_code == 200


def test_forwarded_addresses_count_only_from_trusted_proxies(rf: RequestFactory, settings) -> None:
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 198.51.100.7, 10.0.0.2")
    settings.TRUSTED_PROXIES = 0
    assert client_address(request) == "10.0.0.1"
    settings.TRUSTED_PROXIES = 2
    assert client_address(request) == "198.51.100.7"
    settings.TRUSTED_PROXIES = 9
    assert client_address(request) == "10.0.0.1"


def test_a_session_needs_the_csrf_token_to_change_something(owner: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.get("/api/v1/auth/me").json()["email"] == owner.email
    refused = client.patch("/api/v1/auth/me", {"name": "Mallory"})
    assert refused.status_code == 403
    client.get("/settings/profile/")
    token = client.cookies["csrftoken"].value
    assert client.patch("/api/v1/auth/me", {"name": "Ada"}, HTTP_X_CSRFTOKEN=token).json()["name"] == "Ada"


def test_logs_carry_the_id_and_no_secret() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 1, "token %s for %s", ("ll_abcdefghijklmnop", "ada"), None)
    RequestIdFilter().filter(record)
    RedactFilter().filter(record)
    line = JsonFormatter().format(record)
    assert "ll_abcdefghijklmnop" not in line
    assert '"request_id"' in line


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefgh12345678",
        '{"password": "s3cret-value"}',
        "password=s3cret-value&x=1",
        "llr_s3cret-value-0123",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s3cret-value",
        "api_key: s3cret-value",
    ],
)
def test_secrets_are_taken_out_of_any_text(text: str) -> None:
    cleaned = redact(text)
    assert "s3cret-value" not in cleaned
    assert "abcdefgh12345678" not in cleaned
    assert "•••" in cleaned


@pytest.mark.django_db
def test_a_method_that_an_address_does_not_have_is_told_as_such() -> None:
    team = make_team()
    client = api_client_for(make_member(team), team)
    answer = client.patch("/api/v1/metrics/query", {}, format="json")
    assert answer.status_code == 405, answer.content
