"""Who may do what: every role and every scope against every registered call, on the team's own things."""

from __future__ import annotations

import pytest

from accounts.models import ApiToken
from accounts.permissions import TOKEN_SCOPES
from tests.cast import make_token
from tests.security.actors import RANKS, Actor, Answered, ask
from tests.security.conftest import Two
from tests.security.routes import Call, Route
from tests.security.routes_api import API
from tests.security.routes_pages import PAGES
from tests.security.world import Undone, snapshot

pytestmark = pytest.mark.django_db
CLOSED = [route for route in (*API, *PAGES) if any(call.least for call in route.calls)]
every_closed_route = pytest.mark.parametrize("route", CLOSED, ids=[one.pattern or "/" for one in CLOSED])


def _refused(answer: Answered) -> bool:
    return answer.status in {401, 403} or answer.to_sign_in


def _asked(two: Two, actor: Actor, route: Route, call: Call) -> Answered:
    with Undone():
        return ask(actor, route, call, path=two.home.ids, body=two.home.ids)


@every_closed_route
def test_each_role_may_do_what_the_table_says_and_nothing_else(two: Two, route: Route) -> None:
    for call in route.calls:
        for name in ("anonymous", "viewer", "member", "admin", "owner"):
            actor = two.home_actors[name]
            answer = _asked(two, actor, route, call)
            may = RANKS[actor.role] >= RANKS[call.least]
            # health/details is for staff: a member of any role is refused
            expected = not may or call.ok == 403
            assert _refused(answer) is expected, f"{name} {call.method} /{route.pattern}: {answer.status}"


@every_closed_route
def test_a_viewer_changes_nothing_of_the_team(two: Two, route: Route) -> None:
    before = snapshot(two.home.team)
    for call in route.calls:
        if call.method == "GET" or call.least in ("", "viewer"):
            continue
        with Undone():
            ask(two.home_actors["viewer"], route, call, path=two.home.ids, body=two.home.ids)
            assert snapshot(two.home.team) == before, f"{call.method} /{route.pattern}"


def _token(two: Two, *scopes: str) -> Actor:
    return Actor("token", "owner", make_token(two.home.team, *scopes).secret, person=False)


API_CLOSED = [route for route in API if any(call.least for call in route.calls)]


@pytest.mark.parametrize("route", API_CLOSED, ids=[one.pattern for one in API_CLOSED])
def test_a_token_s_scopes_bind(two: Two, route: Route) -> None:
    everything = two.home_actors["token"]
    for call in route.calls:
        where = f"{call.method} /{route.pattern}"
        if call.scope is None:
            assert _refused(_asked(two, everything, route, call)), f"{where}: no token may"
            continue
        with Undone():
            only = _token(two, *call.scope.split())
            assert not _refused(_asked(two, only, route, call)), f"{where}: {call.scope} should do"
            for missing in call.scope.split():
                others = _token(two, *(scope for scope in TOKEN_SCOPES if scope != missing))
                assert _refused(_asked(two, others, route, call)), f"{where}: without {missing}"


def test_a_token_whose_maker_lost_the_role_loses_it_too(two: Two) -> None:
    with Undone():
        new = make_token(two.home.team, "sources.write", "sources.read", by=two.home.people["admin"])
        two.home.team.memberships.filter(user=two.home.people["admin"]).update(role="viewer")
        route = next(one for one in API if one.pattern.endswith("<uuid:pk>/sync"))
        answer = _asked(two, Actor("token", "", new.secret), route, route.calls[0])
        assert ApiToken.objects.filter(pk=new.token.pk).exists()
    assert answer.status == 403


@pytest.mark.parametrize(("method", "who"), [("POST", "free"), ("PUT", "member"), ("PATCH", "member")])
def test_a_token_makes_nobody_an_owner(two: Two, method: str, who: str) -> None:
    """Owners are made by owners who are there themselves: no scope says otherwise."""
    pattern = "api/v1/teams/<slug:slug>/members" + ("" if who == "free" else "/<uuid:user_id>")
    route = next(one for one in API if one.pattern == pattern)
    body = {"role": "owner"} | ({"email": "free@nowhere.example"} if who == "free" else {})
    with Undone():
        answer = _asked(two, two.home_actors["token"], route, Call(method, lambda ids: body))
        owners = two.home.team.memberships.filter(role="owner").count()
    assert (answer.status, owners) == (403, 1)


def test_a_token_that_only_reads_takes_nobody_out_of_the_team(two: Two) -> None:
    route = next(one for one in API if one.pattern.endswith("members/<uuid:user_id>"))
    before = two.home.team.memberships.count()
    for person in (two.home.ids["member"], two.home.people["owner"].pk):
        with Undone():
            reader = _token(two, "team.read")
            answer = ask(reader, route, Call("DELETE"), path={**two.home.ids, "member": person}, body={})
            assert two.home.team.memberships.count() == before
        assert answer.status == 403
