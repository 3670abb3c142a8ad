"""Every address and every action of the sockets with another team's ids."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_thread

from accounts import gate
from accounts.consumers import NARROWED
from accounts.sockets import urlpatterns
from sources.actions.connect import create_source
from sources.configuration import Cleaned
from sources.connectors import connectors
from sources.models import Source
from tests.conftest import Cast
from tests.live.conftest import Stage, access_token, cookie_of
from tests.metrics.build import land_records, point

pytestmark = pytest.mark.django_db(transaction=True)
Saying = Callable[[dict[str, str]], list[dict[str, Any]]]


def _subscriptions(ids: dict[str, str]) -> list[dict[str, Any]]:
    narrowed = [{name: ids["source"]} for name in NARROWED]
    spread = [{"topic": topic, "team": ids["team"], "team_id": ids["team_id"]} for topic in (*gate.PERMISSIONS, "all")]
    odd = [{"topic": f"jobs:{ids['source']}"}, {"topic": f"{ids['team_id']}:jobs"}, {"topic": "*"}]
    return narrowed + spread + odd


#: what a page can say, and how it would name something of another team
def _questions(ids: dict[str, str]) -> list[dict[str, Any]]:
    asked = {"metrics": ["sessions"], "range": "2026-03-01,2026-03-07", "dimensions": ["country"]}
    narrowed = {**asked, "filters": [["is", "source", [ids["source"]]]]}
    named = [{"query": one, "team": ids["team"], "team_id": ids["team_id"]} for one in (asked, narrowed)]
    odd = [{"query": one} for one in (None, 7, [], {"metrics": "x"}, {**asked, "filters": [[[[[[[[]]]]]]]]})]
    return named + odd


ACTIONS: dict[str, Saying] = {
    "ping": lambda ids: [{}],
    "authenticate": lambda ids: [{"token": ids["token"], "team": ids["team"]}],
    "subscribe": _subscriptions,
    "unsubscribe": _subscriptions,
    "query": _questions,
    "since": lambda ids: [{"seq": 0, "team": ids["team"]}, {"seq": 1, "team_id": ids["team_id"]}],
}
ADDRESSES = {
    r"^ws/?$": "/ws/",
    r"^ws/jobs/(?P<project_id>[\w-]+)/?$": "/ws/jobs/{source}/",
    r"^ws/tasks/(?P<task_id>[\w-]+)/?$": "/ws/tasks/{source}/",
    r"^ws/metrics/?$": "/ws/metrics/",
    r"^ws/sessions/?$": "/ws/sessions/",
}


def _source(cast: Cast) -> Source:
    made = create_source(
        team=cast.other_team, connector=connectors.get("push"), name="Theirs", by=None, cleaned=Cleaned({}, {})
    )
    land_records(cast.other_team, [point("sessions", "2026-03-02", 7, country="planted")], source=made.pk)
    return made


async def _ids(cast: Cast) -> dict[str, str]:
    source = await in_thread(_source)(cast)
    token = await in_thread(access_token)(cast.owner)
    return {"source": str(source.pk), "team": "elsewhere", "team_id": str(cast.other_team.pk), "token": token}


def _secrets(ids: dict[str, str]) -> list[dict[str, Any]]:
    shared = {"project_id": ids["source"], "task_id": ids["source"], "title": "planted"}
    kinds = ("job.progress", "task.progress", "metrics_update", "session.ended", "insight.created", "alert.fired")
    return [{"type": kind, "job_id": "1", "data": {"title": "planted"}, **shared} for kind in kinds]


async def test_every_address_and_every_action_is_known_to_the_crawler(stage: Stage, cast: Cast) -> None:
    assert {str(one.pattern) for one in urlpatterns} == set(ADDRESSES)
    async with stage.visit() as page:
        await page.say(type="no such action")
        told = (await page.hear("error"))["message"]
    assert set(re.findall(r"\w+", told.partition("out of ")[2])) == set(ACTIONS)


@pytest.mark.parametrize("action", ACTIONS)
async def test_no_action_lets_in_what_another_team_hears(stage: Stage, cast: Cast, action: str) -> None:
    ids = await _ids(cast)
    headers = await in_thread(cookie_of)(cast.owner)
    for said in ACTIONS[action](ids):
        async with stage.visit(additional_headers=headers) as page:
            await page.hear("connected")
            await page.say(type=action, **said)
            await stage.apush(cast.other_team, *_secrets(ids))
            await stage.apush(cast.team, {"type": "insight.created", "title": "own"})
            if action == "authenticate":
                await page.closed()
            else:
                await page.say(type="ping")
                await page.hear("pong")
            assert "planted" not in str(page.got), said
            assert ids["team_id"] not in str(page.got), said


@pytest.mark.parametrize("address", ADDRESSES.values())
async def test_no_address_lets_in_what_another_team_hears(stage: Stage, cast: Cast, address: str) -> None:
    ids = await _ids(cast)
    headers = await in_thread(cookie_of)(cast.owner)
    for query in ("", "?team=elsewhere", f"?team={ids['team_id']}&project_id={ids['source']}"):
        async with stage.visit(address.format(**ids) + query, additional_headers=headers) as page:
            await stage.apush(cast.other_team, *_secrets(ids))
            await page.say(type="ping")
            await page.hear("pong")
            assert "planted" not in str(page.got), query
            assert ids["team_id"] not in str(page.got), query


async def test_whoever_is_not_signed_in_may_only_ping_and_sign_in(stage: Stage, cast: Cast) -> None:
    ids = await _ids(cast) | {"token": str(uuid.uuid4())}
    for action in sorted(set(ACTIONS) - {"ping", "authenticate"}):
        async with stage.visit() as page:
            for said in ACTIONS[action](ids):
                await page.say(type=action, **said)
                assert (await page.hear("error"))["code"] == "not_authenticated"
