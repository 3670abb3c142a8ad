"""Sockets against a real server process: who gets in, what they hear, when they are shown out."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

import pytest
import websockets
from channels.db import database_sync_to_async as in_thread
from django.utils import timezone

from accounts.models import ApiToken, Membership, User
from tests.conftest import Cast
from tests.live.conftest import PROJECT, Stage, access_token, api_token, cookie_of

pytestmark = pytest.mark.django_db(transaction=True)


def progress(job: str, percent: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "job.progress",
        "project_id": PROJECT,
        "job_id": job,
        "progress": percent,
        "status": "running",
    } | more


# --- who gets in --------------------------------------------------------------------------------


async def test_a_signed_in_browser_hears_its_team(stage: Stage, cast: Cast) -> None:
    headers = await in_thread(cookie_of)(cast.viewer)
    async with stage.visit(additional_headers=headers) as page:
        connected = await page.hear("connected")
        assert connected["team_id"] == str(cast.team.pk)
        assert (await page.subscribe())["topic"] == "all"
        await stage.apush(cast.team, progress("7", 42))
        heard = await page.hear("job.progress")
        assert heard["progress"] == 42
        assert heard["seq"] == connected["seq"] + 1


async def test_an_access_token_lets_in_by_first_message(stage: Stage, cast: Cast) -> None:
    token = await in_thread(access_token)(cast.member)
    async with stage.visit() as page:
        await page.say(type="subscribe", topic="jobs")
        assert (await page.hear("error"))["code"] == "not_authenticated"
        await page.say(type="authenticate", token=token)
        await page.hear("connected")
        await page.subscribe(topic="jobs")


async def test_an_access_token_lets_in_by_subprotocol(stage: Stage, cast: Cast) -> None:
    token = await in_thread(access_token)(cast.member)
    async with stage.visit(subprotocols=["livinglytics", f"bearer.{token}"], origin=None) as page:
        assert page.socket.subprotocol == "livinglytics"
        await page.hear("connected")


async def test_an_api_token_hears_what_its_scopes_cover(stage: Stage, cast: Cast) -> None:
    token = await in_thread(api_token)(cast.team, cast.owner, "metrics.read")
    async with stage.visit(origin=None) as page:
        await page.say(type="authenticate", token=token)
        await page.hear("connected")
        await page.subscribe(topic="metrics")
        await page.say(type="subscribe", topic="jobs")
        assert (await page.hear("error"))["code"] == "forbidden"
        await page.subscribe(topic="all")
        await stage.apush(cast.team, progress("1", 1), {"type": "metrics_update", "data": {"n": 1}})
        await page.hear("metrics_update")
        assert "job.progress" not in {one["type"] for one in page.got}


@pytest.mark.parametrize("token", ["", "ll_made_up", "not.a.token", "a" * 5000])
async def test_a_bad_token_is_refused_and_the_socket_closed(stage: Stage, cast: Cast, token: str) -> None:
    async with stage.visit() as page:
        await page.say(type="authenticate", token=token)
        assert await page.closed() == 4001
        assert page.got[-1]["code"] == "not_authenticated"


async def test_a_token_in_the_address_is_refused_even_if_it_is_good(stage: Stage, cast: Cast) -> None:
    token = await in_thread(access_token)(cast.owner)
    async with stage.visit(f"/ws/?token={token}") as page:
        assert await page.closed() == 4001
        assert page.got[0]["code"] == "token_in_url"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null"])
async def test_a_foreign_page_gets_no_socket_with_the_persons_cookie(stage: Stage, cast: Cast, origin: str) -> None:
    headers = await in_thread(cookie_of)(cast.owner)
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with stage.visit(additional_headers=headers, origin=origin):
            raise AssertionError("the socket opened")
    assert refused.value.response.status_code == 403


async def test_an_unknown_address_is_refused(stage: Stage, cast: Cast) -> None:
    with pytest.raises(websockets.InvalidStatus):
        async with stage.visit("/ws/nothing/here/"):
            raise AssertionError("the socket opened")


async def test_a_person_chooses_one_of_their_teams_and_no_other(stage: Stage, cast: Cast) -> None:
    token = await in_thread(access_token)(cast.member)
    async with stage.visit() as page:
        await page.say(type="authenticate", token=token, team="elsewhere")
        assert await page.closed() == 4001
    async with stage.visit("/ws/?team=harbor") as page:
        await page.say(type="authenticate", token=token)
        assert (await page.hear("connected"))["team_id"] == str(cast.team.pk)


# --- what they hear -----------------------------------------------------------------------------


async def test_a_team_never_hears_another_team(stage: Stage, cast: Cast) -> None:
    headers = await in_thread(cookie_of)(cast.stranger)
    async with stage.visit(additional_headers=headers) as page:
        await page.subscribe()
        await stage.apush(cast.team, progress("1", 1), {"type": "insight.created", "title": "secret"})
        await stage.apush(cast.other_team, {"type": "insight.created", "title": "own"})
        assert (await page.hear("insight.created"))["title"] == "own"
        assert "secret" not in str(page.got)


async def test_an_object_of_another_team_is_not_found(stage: Stage, cast: Cast) -> None:
    headers = await in_thread(cookie_of)(cast.owner)
    async with stage.visit(f"/ws/jobs/{uuid.uuid4()}/", additional_headers=headers) as page:
        assert (await page.hear("error"))["code"] == "not_found"
        await page.say(action="subscribe", project_id=str(uuid.uuid4()))
        assert (await page.hear("error"))["code"] == "not_found"
        await stage.apush(cast.team, progress("1", 1))
        await page.say(type="ping")
        await page.hear("pong")
        assert "job.progress" not in {one["type"] for one in page.got}


async def test_a_project_page_hears_its_jobs_only_until_it_unsubscribes(stage: Stage, cast: Cast) -> None:
    headers = await in_thread(cookie_of)(cast.owner)
    async with stage.visit(f"/ws/jobs/{PROJECT}/", additional_headers=headers) as page:
        assert (await page.hear("subscribed"))["project_id"] == PROJECT
        await stage.apush(cast.team, progress("1", 1, project_id="another"), progress("2", 2))
        assert (await page.hear("job.progress"))["job_id"] == "2"
        await page.say(action="unsubscribe", project_id=PROJECT)
        await page.hear("unsubscribed")
        await stage.apush(cast.team, progress("2", 3))
        await page.say(type="ping")
        await page.hear("pong")
        assert [one["type"] for one in page.got].count("job.progress") == 1


@pytest.mark.parametrize("path", ["/ws/metrics/", "/ws/sessions/", "/ws/jobs/all", "/ws/tasks/all/"])
async def test_the_other_addresses_subscribe_by_themselves(stage: Stage, cast: Cast, path: str) -> None:
    headers = await in_thread(cookie_of)(cast.owner)
    async with stage.visit(path, additional_headers=headers) as page:
        await page.hear("subscribed")


async def test_a_page_that_was_away_asks_for_what_it_missed(stage: Stage, cast: Cast) -> None:
    headers = await in_thread(cookie_of)(cast.owner)
    async with stage.visit(additional_headers=headers) as page:
        seq = (await page.subscribe())["seq"]
    await stage.apush(cast.team, progress("1", 50), {"type": "job.completed", "project_id": PROJECT, "job_id": "1"})
    async with stage.visit(additional_headers=headers) as page:
        await page.subscribe()
        await page.say(type="since", seq=seq)
        done = await page.hear("job.completed")
        assert [one["seq"] for one in page.got if "progress" in one or one is done] == [seq + 1, seq + 2]
        await page.say(type="since", seq=1)
        await page.hear("resync")
        await page.say(type="since", seq="x")
        assert (await page.hear("error"))["code"] == "invalid"


async def test_a_burst_of_300_updates_brings_every_final_state_to_everybody(stage: Stage, cast: Cast) -> None:
    headers = await in_thread(cookie_of)(cast.owner)
    burst = [progress(str(number % 10), number // 10) for number in range(300)]
    finals = [{"type": "job.completed", "project_id": PROJECT, "job_id": str(job)} for job in range(10)]

    async def one_page(ready: asyncio.Semaphore) -> set[str]:
        async with stage.visit(additional_headers=headers) as page:
            await page.subscribe(project_id="all")
            ready.release()
            for _ in range(10):
                await page.hear("job.completed", seconds=20)
            return {one["job_id"] for one in page.got if one["type"] == "job.completed"}

    ready = asyncio.Semaphore(0)
    pages = [asyncio.create_task(one_page(ready)) for _ in range(30)]
    for _ in pages:
        await ready.acquire()
    await stage.apush(cast.team, *burst, *finals)
    for heard in await asyncio.gather(*pages):
        assert heard == {str(job) for job in range(10)}


# --- when they are shown out --------------------------------------------------------------------


def _leave_team(cast: Cast) -> None:
    Membership.objects.filter(user=cast.member).delete()


def _disable(cast: Cast) -> None:
    User.objects.filter(pk=cast.member.pk).update(is_active=False)


def _new_password(cast: Cast) -> None:
    cast.member.set_password("another long password")
    cast.member.token_version += 1
    cast.member.save()


@pytest.mark.slow
@pytest.mark.parametrize("change", [_leave_team, _disable, _new_password])
@pytest.mark.parametrize("way", ["session", "token"])
async def test_whoever_may_no_longer_come_in_is_out_within_five_seconds(
    stage: Stage, cast: Cast, change: Any, way: str
) -> None:
    headers = await in_thread(cookie_of)(cast.member) if way == "session" else {}
    token = await in_thread(access_token)(cast.member)
    async with stage.visit(additional_headers=headers) as page:
        if way == "token":
            await page.say(type="authenticate", token=token)
        await page.hear("connected")
        await page.subscribe()
        await in_thread(change)(cast)
        assert await page.closed(seconds=5) == 4001
        assert page.got[-1]["code"] == "access_ended"


@pytest.mark.slow
async def test_a_revoked_api_token_is_out_within_five_seconds(stage: Stage, cast: Cast) -> None:
    token = await in_thread(api_token)(cast.team, cast.owner, "metrics.read")
    async with stage.visit() as page:
        await page.say(type="authenticate", token=token)
        await page.hear("connected")
        await in_thread(ApiToken.objects.update)(revoked_at=timezone.now())
        assert await page.closed(seconds=5) == 4001


async def test_an_ended_membership_is_noticed_at_subscribe_at_once(stage: Stage, cast: Cast) -> None:
    headers = await in_thread(cookie_of)(cast.member)
    async with stage.visit(additional_headers=headers) as page:
        await page.hear("connected")
        await in_thread(_leave_team)(cast)
        started = time.monotonic()
        await page.say(type="subscribe")
        assert await page.closed() == 4001
        assert time.monotonic() - started < 1.4


# --- what a bad page can't do -------------------------------------------------------------------


async def test_a_huge_frame_closes_the_socket(stage: Stage, cast: Cast) -> None:
    async with stage.visit() as page:
        await page.socket.send("x" * 1_000_000)
        assert await page.closed() == 1009


async def test_a_flood_closes_its_own_socket_and_nobody_elses(stage: Stage, cast: Cast) -> None:
    headers = await in_thread(cookie_of)(cast.owner)
    async with stage.visit(additional_headers=headers) as calm, stage.visit() as flood:
        await calm.subscribe()
        for _ in range(1_000):
            try:
                await flood.say(type="ping")
            except websockets.ConnectionClosed:
                break
        assert await flood.closed() == 4008
        await stage.apush(cast.team, progress("1", 1))
        await calm.hear("job.progress")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"ping"', '{"type": {}}', '{"type": "drop table"}'])
async def test_nonsense_gets_an_error_and_the_socket_lives(stage: Stage, cast: Cast, text: str) -> None:
    async with stage.visit() as page:
        await page.socket.send(text)
        assert (await page.hear("error"))["code"] in {"invalid_json", "unknown_type"}
        await page.say(action="ping")
        await page.hear("pong")
