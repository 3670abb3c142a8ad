"""Idempotency-Key over every address that takes one, and twenty at once."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from tests.security.actors import ask
from tests.security.conftest import Two
from tests.security.routes import Call, Route, filled, walk
from tests.security.routes_api import API
from tests.security.world import Undone, snapshot


def _takes_key(route: Route) -> bool:
    view = next(one.callback for pattern, one in walk() if pattern == route.pattern)
    handler = getattr(getattr(view, "cls", None), "post", None)
    return bool(getattr(handler, "takes_idempotency_key", False))


#: what is refused leaves nothing to repeat, so its answer is not kept
KEYED = [
    (route, call)
    for route in API
    if route.pattern.startswith("api/v1/")
    for call in route.calls
    if call.method == "POST" and call.ok < 400
]


def test_the_addresses_that_make_something_take_a_key() -> None:
    takes = {route.pattern.removeprefix("api/v1/") for route, _ in KEYED if _takes_key(route)}
    assert {"teams", "sources", "sources/<uuid:pk>/sync", "jobs/<uuid:pk>/retry", "annotations"} <= takes
    # answers with a secret are never kept
    assert takes.isdisjoint({"api-tokens", "api-tokens/<uuid:pk>/rotate", "auth/login", "auth/refresh"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("route", "call"),
    [(route, call) for route, call in KEYED],
    ids=[f"{route.pattern} {number}" for number, (route, _) in enumerate(KEYED)],
)
def test_the_same_key_twice_is_one_effect(two: Two, route: Route, call: Call) -> None:
    if not _takes_key(route):
        return
    bearer = f"Bearer {two.home_actors['owner'].bearer}"
    client = Client(raise_request_exception=False, headers={"Authorization": bearer, "Idempotency-Key": "same"})
    address = filled(route.pattern, {part: two.home.ids[key] for part, key in route.path.items()})
    body = json.dumps(call.body(two.home.ids) if call.body else {}, default=str)
    with Undone():
        first = client.post(address, body, content_type="application/json")
        after = snapshot(two.home.team)
        second = client.post(address, body, content_type="application/json")
        assert first.status_code == second.status_code == call.ok, first.content
        assert second["Idempotent-Replayed"] == "true"
        assert json.loads(first.content) == json.loads(second.content)
        assert snapshot(two.home.team) == after
        other = client.post(address, json.dumps({"another": "body"}), content_type="application/json")
        assert other.status_code == 422
        assert "Idempotency-Key" in other.json()["error"]["message"]


@pytest.mark.django_db
def test_one_person_s_key_says_nothing_to_another(two: Two) -> None:
    route = next(one for one in API if one.pattern == "api/v1/annotations")
    call = next(one for one in route.calls if one.method == "POST")
    with Undone():
        for actor in (two.rival_actors["owner"], two.home_actors["owner"]):
            client = Client(headers={"Authorization": f"Bearer {actor.bearer}", "Idempotency-Key": "shared"})
            assert call.body is not None
            answer = client.post("/api/v1/annotations", call.body({}), content_type="application/json")
            assert answer.status_code == 201
            assert "Idempotent-Replayed" not in answer.headers
        listed = ask(two.home_actors["owner"], route, Call("GET"), path={}, body={})
    assert two.rival.word not in listed.text
