"""A slow page gets the newest progress and every change of state."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.fanout.hub import Hub
from accounts.fanout.local import RING, LocalBus, LocalFeed, numbered
from accounts.fanout.mailbox import Mailbox, Sent


def sent(seq: int, key: str = "", topic: str = "jobs:1") -> Sent:
    return Sent(seq, key, topic, f"#{seq}")


def everything(**how: int) -> Mailbox:
    return Mailbox(topics={"*"}, **how)


async def drained(mailbox: Mailbox) -> list[str]:
    return await asyncio.wait_for(mailbox.drain(), 2)


async def test_newer_progress_replaces_progress_that_still_waits() -> None:
    mailbox = everything()
    for seq in range(1, 301):
        mailbox.put(sent(seq, key=f"job:{seq % 10}"))
    assert await drained(mailbox) == [f"#{seq}" for seq in range(291, 301)]


async def test_a_change_of_state_is_never_replaced() -> None:
    mailbox = everything()
    mailbox.put(sent(1, key="job"))
    mailbox.put(sent(2))
    mailbox.put(sent(3, key="job"))
    mailbox.put(sent(4))
    assert await drained(mailbox) == ["#2", "#3", "#4"]


async def test_a_page_that_never_reads_costs_no_more_than_its_capacity_and_is_told_to_read_again() -> None:
    mailbox = everything(capacity=50)
    for seq in range(1, 10_000):
        mailbox.put(sent(seq))
        assert len(mailbox._waiting) <= 50
    texts = await drained(mailbox)
    assert json.loads(texts[0])["type"] == "resync"
    assert len(texts) <= 51


async def test_only_the_wanted_topics_arrive() -> None:
    mailbox = Mailbox(topics={"jobs:7", "alerts:*"})
    for seq, topic in enumerate(["jobs:8", "jobs:7", "metrics", "alerts", "jobs:77"], start=1):
        mailbox.put(sent(seq, topic=topic))
    assert await drained(mailbox) == ["#2", "#4"]


async def test_a_replay_comes_before_what_already_waits_and_repeats_nothing() -> None:
    mailbox = everything()
    mailbox.put(sent(5))
    mailbox.put(sent(6))
    mailbox.replay([sent(3), sent(4), sent(5)])
    mailbox.put(sent(5))
    assert await drained(mailbox) == ["#3", "#4", "#5", "#6"]


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.booleans()), max_size=60))
def test_numbers_rise_and_the_last_of_every_key_arrives(steps: list[tuple[str, bool]]) -> None:
    async def play() -> list[int]:
        mailbox, got = everything(), []
        for seq, (key, read) in enumerate(steps, start=1):
            mailbox.put(sent(seq, key=key))
            if read:
                got += await drained(mailbox)
        if mailbox._waiting:
            got += await drained(mailbox)
        return [int(text[1:]) for text in got]

    got = asyncio.run(play())
    assert got == sorted(set(got))
    for key in {key for key, _ in steps}:
        numbers = [seq for seq, (one, _) in enumerate(steps, start=1) if one == key]
        expected = numbers if key == "" else numbers[-1:]
        assert set(expected) <= set(got)


# --- the bus inside one process -----------------------------------------------------------------


def test_numbers_have_no_gaps_though_many_threads_publish() -> None:
    bus, got = LocalBus(), []
    bus.tap(lambda team, one: got.append(one.seq))

    def publish() -> None:
        for _ in range(200):
            bus.publish("team", key="", topic="jobs:1", body='{"type":"x"}')

    threads = [threading.Thread(target=publish) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == list(range(got[0], got[0] + 1600))


def test_the_last_messages_can_be_asked_for_again_and_older_ones_are_admitted_to_be_gone() -> None:
    bus = LocalBus()
    start = bus.position("team")
    for _ in range(RING + 20):
        bus.publish("team", key="", topic="jobs:1", body='{"type":"x"}')
    newest = bus.position("team")
    assert newest == start + RING + 20
    assert bus.since("team", newest) == []
    assert [one.seq for one in bus.since("team", newest - 3) or []] == [newest - 2, newest - 1, newest]
    assert bus.since("team", start) is None
    assert bus.since("team", newest + 5) is None


def test_a_restarted_process_never_counts_from_numbers_that_pages_remember() -> None:
    first, second = LocalBus(), LocalBus()
    first.publish("team", key="", topic="jobs:1", body='{"type":"x"}')
    before = first.position("team")
    time.sleep(0.005)
    assert second.position("team") > before
    assert second.since("team", before) is None


def test_the_number_is_the_first_field_of_the_message() -> None:
    assert json.loads(numbered(7, '{"type":"pong"}')) == {"seq": 7, "type": "pong"}


async def test_a_message_published_in_a_thread_reaches_the_pages_of_its_team_only() -> None:
    bus = LocalBus()
    hub = Hub(lambda deliver, lost: LocalFeed(bus, deliver))
    mine, theirs = everything(), everything()
    await hub.join("mine", mine)
    await hub.join("theirs", theirs)
    await asyncio.to_thread(bus.publish, "mine", key="", topic="jobs:1", body='{"type":"hello"}')
    assert json.loads((await drained(mine))[0])["type"] == "hello"
    assert not theirs._waiting
    await hub.stop()


async def test_a_late_page_catches_up_by_number() -> None:
    bus = LocalBus()
    hub = Hub(lambda deliver, lost: LocalFeed(bus, deliver))
    seq = bus.position("team")
    for number in range(3):
        bus.publish("team", key="", topic="jobs:1", body=f'{{"type":"x","n":{number}}}')
    page = everything()
    assert await hub.join("team", page) == seq + 3
    await hub.replay("team", page, seq)
    assert [json.loads(text)["n"] for text in await drained(page)] == [0, 1, 2]
    await hub.replay("team", page, seq - 100)
    assert json.loads((await drained(page))[0])["type"] == "resync"
    await hub.stop()


@pytest.mark.parametrize("leave_first", [True, False])
async def test_the_first_page_opens_the_feed_and_the_last_closes_it(leave_first: bool) -> None:
    calls: list[str] = []

    class Feed:
        async def open(self, team: str) -> None:
            calls.append(f"open {team}")

        async def close(self, team: str) -> None:
            calls.append(f"close {team}")

        async def stop(self) -> None:
            calls.append("stop")

        async def since(self, team: str, seq: int) -> list[Sent] | None:
            return None

        def position(self, team: str) -> int:
            return 7

    def make(deliver: Callable[[str, Sent], None], lost: Callable[[str], None]) -> Feed:
        return Feed()

    hub = Hub(make)
    one, two = everything(), everything()
    await asyncio.gather(hub.join("t", one), hub.join("t", two))
    await hub.leave("t", one if leave_first else two)
    assert calls == ["open t"]
    await hub.leave("t", two if leave_first else one)
    await hub.leave("t", one)
    assert calls == ["open t", "close t"]
