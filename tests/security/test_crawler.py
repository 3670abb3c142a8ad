"""Every address, every method, everybody: nothing of another team comes out, nothing of it changes, nothing breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.security.actors import Actor, Answered, ask, leaks
from tests.security.conftest import Two
from tests.security.routes import METHODS, Call, Route, walk
from tests.security.routes_api import API
from tests.security.routes_pages import ADMIN_ADDRESSES, ADMIN_MODELS, ENTRANCE, PAGES
from tests.security.world import Undone, snapshot

pytestmark = pytest.mark.django_db
ROUTES = (*API, *PAGES)
BY_PATTERN = {one.pattern: one for one in ROUTES}
_ADMIN = re.compile(r"admin/(\w+)/(\w+)/(add/|<path:object_id>/((history|delete|change)/)?)?")
every_route = pytest.mark.parametrize("route", ROUTES, ids=[one.pattern or "/" for one in ROUTES])


def test_every_address_of_the_product_is_known_to_the_crawler() -> None:
    there = {pattern for pattern, _ in walk() if not pattern.startswith("admin/")}
    assert there - set(BY_PATTERN) == set(), "say in tests/security/routes_*.py how these are called"
    assert set(BY_PATTERN) - there == set(), "these are gone: take them out of tests/security/routes_*.py"
    assert len(BY_PATTERN) == len(ROUTES), "an address stands twice"


def test_every_address_of_the_admin_is_known_to_the_crawler() -> None:
    def known(pattern: str) -> bool:
        found = _ADMIN.fullmatch(pattern)
        return pattern in ADMIN_ADDRESSES or (found is not None and f"{found[1]}_{found[2]}" in ADMIN_MODELS)

    assert [pattern for pattern, _ in walk() if pattern.startswith("admin/") and not known(pattern)] == []


@every_route
def test_the_registered_call_works_for_those_it_belongs_to(two: Two, route: Route) -> None:
    """Without this, the crawl below would prove nothing: a call that never works never leaks."""
    for call in route.calls:
        with Undone():
            ids = two.rival.ids
            answer = ask(two.rival_actors["owner"], route, call, path=ids, body=ids)
        assert answer.status == call.ok, f"{call.method} /{route.pattern}?{call.query}: {_said(answer)}"


@every_route
def test_nobody_gets_at_another_team(two: Two, route: Route) -> None:
    before, wrong = snapshot(two.rival.team), []
    for actor in two.all_asking:
        for call in route.calls:
            for how, given in _ways(two, actor, route, call):
                with Undone():
                    answer = ask(actor, route, call, **given)
                    done = answer.status < 400 and call.method != "GET" and not call.given
                    changed = done and snapshot(two.rival.team) != before
                said = [] if call.given else [f"shows {leak!r}" for leak in leaks(answer, two.rival)]
                said += ["changed it"] if changed else []
                said += [_said(answer)] if answer.status >= 500 else []
                wrong += [f"{actor.name} {call.method} by {how}: {answer.status} {one}" for one in said]
    assert wrong == []


def _ways(two: Two, actor: Actor, route: Route, call: Call) -> Iterator[tuple[str, dict[str, Any]]]:
    """The other team's ids in the address; in query and body; its slug in the header; all of it in the query."""
    home, rival = two.home.ids, two.rival.ids
    own = {"path": home, "body": home}
    in_body = "{" in call.query or (call.body is not None and str(call.body(home)) != str(call.body(rival)))
    if route.path:
        yield "address", {"path": rival, "body": home}
    if in_body:
        yield "body", {"path": home, "body": rival}
    if not route.path and not in_body:
        yield "nothing", own
    if actor.name in ("owner", "token"):
        yield "header", {**own, "team": str(rival["slug"])}
        yield "query", {**own, "more": f"team={rival['slug']}&source={rival['source']}&slug={rival['slug']}"}


def _said(answer: Answered) -> str:
    """The words of the answer, without its head."""
    return re.sub(r"(?s).*<main|<[^>]*>|\\s+", " ", answer.text)[:600]


@every_route
def test_methods_that_an_address_does_not_have_are_refused(two: Two, route: Route) -> None:
    missing = [one for one in METHODS if one not in {call.method for call in route.calls}]
    for actor in (two.home_actors["anonymous"], two.home_actors["owner"]):
        for method in missing:
            with Undone():
                answer = ask(actor, route, Call(method), path=two.rival.ids, body=two.rival.ids)
            assert answer.status < 500, f"{method}: {_said(answer)}"
            assert leaks(answer, two.rival) == []
            # the entrance's forms take PUT like POST and show themselves again
            if method not in ("GET", "HEAD", "OPTIONS") and route not in ENTRANCE:
                assert answer.status in {302, 400, 401, 403, 404, 405}, f"{actor.name} {method}: {answer.status}"
