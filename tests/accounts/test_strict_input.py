"""Hostile bodies get a reason, never a 500."""

from __future__ import annotations

import time

import pytest
from rest_framework.exceptions import ParseError
from rest_framework.test import APIClient

from accounts.models import Team, User
from accounts.rendering import FastJSONRenderer, strict_json
from tests.cast import api_client_for

HOSTILE = {
    "100,000 nested brackets": b"[" * 100_000,
    "closed nested brackets": b"[" * 100_000 + b"]" * 100_000,
    "nested below the parser's own limit": b'{"a":' * 200 + b"1" + b"}" * 200,
    "NaN": b'{"name": NaN}',
    "infinity": b'{"name": -Infinity}',
    "a number beyond all floats": b'{"name": 1e999}',
    "a number with 5,000 digits": b'{"name": ' + b"9" * 5000 + b"}",
    "a repeated key": b'{"name": "a", "name": "b"}',
    "a nested repeated key": b'{"name": {"x": 1, "x": 2}}',
    "half a character": b'{"name": "\\ud800"}',
    "not UTF-8": b'{"name": "\xff"}',
    "NUL in a value": b'{"name": "a\\u0000b"}',
    "NUL in a key": b'{"na\\u0000me": 1}',
    "nothing after a colon": b'{"name":',
    "two values": b"{} {}",
    "a byte-order mark": b"\xef\xbb\xbf{}",
}


@pytest.mark.django_db
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_body_is_refused_with_a_reason_within_a_second(owner: User, body: bytes) -> None:
    client = api_client_for(owner)
    began = time.monotonic()
    answer = client.post("/api/v1/teams", body, content_type="application/json")
    assert time.monotonic() - began < 1
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert Team.objects.count() == 2


@pytest.mark.django_db
def test_a_million_keys_are_refused_by_name_not_by_accident(owner: User) -> None:
    body = b"{" + b",".join(b'"k%d":1' % number for number in range(100_000)) + b"}"
    answer = api_client_for(owner).post("/api/v1/teams", body, content_type="application/json")
    assert answer.status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"[]", b'"text"', b"7", b"null", b""])
def test_a_body_that_is_no_object_is_refused(owner: User, body: bytes) -> None:
    answer = api_client_for(owner).post("/api/v1/teams", body, content_type="application/json")
    assert answer.status_code == 422


@pytest.mark.django_db
def test_a_body_beyond_the_limit_is_413(owner: User, settings) -> None:
    settings.MAX_BODY_BYTES = 1000
    answer = api_client_for(owner).post("/api/v1/teams", b" " * 2000 + b"{}", content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "TOO_LARGE")


def test_ordinary_json_comes_through_unchanged() -> None:
    assert strict_json('{"a": [1, 2.5, "é\\n", "\\\\u0000", null, {"b": true}]}'.encode()) == {
        "a": [1, 2.5, "é\n", "\\u0000", None, {"b": True}]
    }


def test_the_reason_names_the_repeated_key() -> None:
    with pytest.raises(ParseError, match="twice"):
        strict_json(b'{"twice": 1, "twice": 1}')


def test_another_media_type_is_415(nobody: APIClient) -> None:
    answer = nobody.post("/api/v1/auth/login", b"<x/>", content_type="application/xml")
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_decimals_go_out_as_text_and_nan_as_null() -> None:
    from decimal import Decimal

    assert FastJSONRenderer().render({"a": Decimal("1.10"), "b": float("nan"), 3: {"x"}}) == (
        b'{"a":"1.10","b":null,"3":["x"]}'
    )
