"""Redis between processes: nothing is missed while it lives, and what is missed is admitted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from channels.db import database_sync_to_async as in_thread

from accounts.fanout.hub import Hub
from accounts.fanout.mailbox import Mailbox
from accounts.fanout.shared import SharedBus, SharedFeed, parse
from tests.conftest import Cast
from tests.live.conftest import PROJECT, Stage, cookie_of, start_stage, stop_stage

Redis = tuple[str, Callable[[], None], Callable[[], None]]


async def texts(mailbox: Mailbox, count: int, seconds: float = 5) -> list[dict[str, Any]]:
    got: list[dict[str, Any]] = []
    async with asyncio.timeout(seconds):
        while len(got) < count:
            got += [orjson.loads(text) for text in await mailbox.drain()]
    return got


def publish(bus: SharedBus, *numbers: int, team: str = "t") -> None:
    for number in numbers:
        bus.publish(team, key="", topic="jobs:1", body=f'{{"type":"x","n":{number}}}')


def test_a_message_travels_with_number_key_and_topic() -> None:
    sent = parse('7\x1fjob:1:running\x1fjobs:ä\n{"seq":7,"text":"a\\nb"}'.encode())
    assert (sent.seq, sent.key, sent.topic) == (7, "job:1:running", "jobs:ä")
    assert orjson.loads(sent.text) == {"seq": 7, "text": "a\nb"}


async def test_two_processes_hear_the_same_messages_under_the_same_numbers(own_redis: Redis) -> None:
    url, _, _ = own_redis
    hubs = [Hub(lambda deliver, lost: SharedFeed(url, deliver, lost)) for _ in range(2)]
    boxes = [Mailbox(topics={"*"}) for _ in hubs]
    for hub, box in zip(hubs, boxes, strict=True):
        await hub.join("t", box)
    await asyncio.to_thread(publish, SharedBus(url), *range(100))
    first, second = [await texts(box, 100) for box in boxes]
    assert first == second
    assert [one["n"] for one in first] == list(range(100))
    assert [one["seq"] for one in first] == list(range(first[0]["seq"], first[0]["seq"] + 100))
    for hub in hubs:
        await hub.stop()


async def test_a_team_nobody_listens_to_is_not_subscribed(own_redis: Redis) -> None:
    url, _, _ = own_redis
    hub, bus = Hub(lambda deliver, lost: SharedFeed(url, deliver, lost)), SharedBus(url)
    box = Mailbox(topics={"*"})
    await hub.join("t", box)
    await hub.leave("t", box)
    channels = {name for name in bus._redis.pubsub_channels() if b"{" in name}
    assert channels == set()
    await hub.join("t", box)
    await asyncio.to_thread(publish, bus, 5)
    assert (await texts(box, 1))[0]["n"] == 5
    await hub.stop()


async def test_messages_of_a_short_break_are_read_from_the_memory(own_redis: Redis) -> None:
    url, _, _ = own_redis
    hub, bus, box = Hub(lambda deliver, lost: SharedFeed(url, deliver, lost)), SharedBus(url), Mailbox(topics={"*"})
    await hub.join("t", box)
    await asyncio.to_thread(publish, bus, 1)
    await texts(box, 1)
    killed = bus._redis.client_kill_filter(_type="pubsub")
    assert killed == 1
    await asyncio.to_thread(publish, bus, 2, 3)
    assert [one["n"] for one in await texts(box, 2)] == [2, 3]
    await hub.stop()


@pytest.mark.faults
async def test_after_redis_comes_back_empty_pages_are_told_to_read_again(own_redis: Redis) -> None:
    url, start, kill = own_redis
    hub, bus, box = Hub(lambda deliver, lost: SharedFeed(url, deliver, lost)), SharedBus(url), Mailbox(topics={"*"})
    await hub.join("t", box)
    await asyncio.to_thread(publish, bus, 1)
    seen = (await texts(box, 1))[0]["seq"]
    kill()
    await asyncio.to_thread(publish, bus, 2)  # lost, and the publisher lives on
    start()
    started = time.monotonic()
    assert (await texts(box, 1))[0]["type"] == "resync"
    assert time.monotonic() - started < 3
    await asyncio.to_thread(publish, bus, 3)
    later = (await texts(box, 1))[-1]
    while later["type"] == "resync":
        later = (await texts(box, 1))[-1]
    assert later["n"] == 3
    assert later["seq"] > seen
    await hub.stop()


@pytest.fixture
def two_stages(transactional_db: None, own_redis: Redis) -> Iterator[tuple[Stage, Stage]]:
    stages = start_stage(own_redis[0]), start_stage(own_redis[0])
    yield stages
    for one in stages:
        stop_stage(one)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
async def test_a_job_in_one_process_is_seen_on_a_page_of_another(two_stages: tuple[Stage, Stage], cast: Cast) -> None:
    worker, web = two_stages
    headers = await in_thread(cookie_of)(cast.owner)
    async with web.visit(f"/ws/jobs/{PROJECT}/", additional_headers=headers) as page:
        await page.hear("subscribed")
        job = {"project_id": PROJECT, "job_id": "9"}
        await worker.apush(cast.team, {"type": "job.progress", **job}, {"type": "job.completed", **job})
        await page.hear("job.completed")
