"""Access that ends, ends everywhere: two web processes and a process of sockets on one database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async as in_thread

from accounts.actions import people, teams, tokens
from accounts.actions.sessions import start_session
from accounts.models import AuditEvent, Membership, RefreshFamily, Team, User
from tests.cast import PASSWORD, make_member, make_team, make_token, make_user
from tests.live.conftest import Stage, cookie_of
from tests.security.town import Reply, Web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ME, REFRESH = "/api/v1/auth/me", "/api/v1/auth/refresh"
SECONDS = 5.0
Webs = tuple[Web, Web]


def _refresh(web: Web, token: str) -> Reply:
    return web.send("POST", REFRESH, {"refresh_token": token})


def _get(web: Web, path: str, token: str) -> int:
    return web.send("GET", path, Authorization=f"Bearer {token}").status


def _refused_in_time(webs: Webs, path: str, token: str, change: Callable[[], object]) -> None:
    """Both processes know the token, then the change happens elsewhere, then both refuse within the time."""
    assert [_get(web, path, token) for web in webs] == [200, 200]
    began = time.monotonic()
    change()
    open_doors = list(webs)
    while open_doors:
        open_doors = [web for web in open_doors if _get(web, path, token) == 200]
        assert time.monotonic() - began <= SECONDS + 0.5, "still let in"
        time.sleep(0.2)


@pytest.mark.parametrize("round_", range(5))
def test_of_eight_uses_of_one_refresh_token_exactly_one_succeeds(webs: Webs, round_: int) -> None:
    pair = start_session(user=make_user())
    with ThreadPoolExecutor(8) as eight:
        replies = list(eight.map(lambda number: _refresh(webs[number % 2], pair.refresh_token), range(8)))
    assert sorted(one.status for one in replies) == [200] + [401] * 7, [one.body[:200] for one in replies]


def test_a_replayed_refresh_token_ends_the_whole_sign_in_everywhere(webs: Webs) -> None:
    user = make_user()
    stolen = start_session(user=user)
    thief = _refresh(webs[0], stolen.refresh_token).json
    _refused_in_time(webs, ME, thief["access_token"], lambda: _is(_refresh(webs[1], stolen.refresh_token), 401))
    assert _refresh(webs[0], thief["refresh_token"]).status == 401
    assert _refresh(webs[1], thief["refresh_token"]).status == 401
    family = RefreshFamily.objects.get(user=user)
    assert family.revoked_because == "refresh token used twice"
    assert AuditEvent.objects.filter(verb="session.replayed", object_id=str(user.pk)).count() == 1


def _is(reply: Reply, status: int) -> None:
    assert reply.status == status, reply.body


def _disable(user: User, team: Team) -> object:
    return people.disable_user(user=user, by=None)


def _new_password(user: User, team: Team) -> object:
    return people.change_password(user=user, old=PASSWORD, new="another long password 8")


def _sign_out(user: User, team: Team) -> object:
    return people.sign_out_everywhere(user=user)


def _remove(user: User, team: Team) -> object:
    owner = team.memberships.get(role="owner").user
    found = Membership.objects.select_related("team", "user").get(team=team, user=user)
    return teams.remove_member(membership=found, by=owner, by_role="owner")


CHANGES = {"disabled": _disable, "new password": _new_password, "signed out": _sign_out, "removed": _remove}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_api_of_every_process_refuses_within_five_seconds(webs: Webs, change: Any) -> None:
    team = make_team()
    user = make_member(team)
    token = start_session(user=user).access_token
    _refused_in_time(webs, f"/api/v1/teams/{team.slug}", token, lambda: change(user, team))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_open_sockets_close_within_five_seconds(webs: Webs, stage: Stage, change: Any) -> None:
    team = await sync_to_async(make_team)()
    user = await in_thread(make_member)(team)
    pair = await in_thread(lambda: start_session(user=user))()
    headers = await in_thread(cookie_of)(user)
    async with stage.visit() as by_token, stage.visit(additional_headers=headers) as by_cookie:
        await by_token.say(type="authenticate", token=pair.access_token)
        for page in (by_token, by_cookie):
            await page.hear("connected")
            await page.subscribe()
        await in_thread(change)(user, team)
        assert await asyncio.gather(by_token.closed(SECONDS), by_cookie.closed(SECONDS)) == [4001, 4001]


def test_a_revoked_api_token_and_its_maker_s_lost_role_are_noticed(webs: Webs) -> None:
    team = make_team()
    new = make_token(team, "team.read")
    _refused_in_time(
        webs, f"/api/v1/teams/{team.slug}", new.secret, lambda: tokens.revoke_token(token=new.token, by=None)
    )
    admin = make_member(team, "admin")
    other = make_token(team, "team.read", by=admin)
    _refused_in_time(webs, f"/api/v1/teams/{team.slug}", other.secret, lambda: _remove(admin, team))


def test_a_browser_is_signed_out_in_every_process(webs: Webs) -> None:
    team = make_team()
    user = make_member(team)
    cookie = cookie_of(user)
    assert [web.send("GET", "/settings/profile/", **cookie).status for web in webs] == [200, 200]
    people.change_password(user=user, old=PASSWORD, new="another long password 8")
    began = time.monotonic()
    while any(web.send("GET", "/settings/profile/", **cookie).status == 200 for web in webs):
        assert time.monotonic() - began <= SECONDS
        time.sleep(0.2)
