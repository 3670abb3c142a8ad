"""The journey of a large game: a hundred thousand reviews, a worker killed on the way, the same numbers in the end."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.hashes import broken_promises, table_hashes
from tests.faults.quiet import quiet_run
from tests.faults.world import Stopwatch, World, Worlds, steam

pytestmark = [pytest.mark.faults, pytest.mark.slow]
#: by hand, a smaller number shows the same in less time: FAULTS_REVIEWS=5000
REVIEWS = int(os.environ.get("FAULTS_REVIEWS", "100000"))


def peak_memory(pid: int) -> float:
    """The most memory that the process ever held, in MB; 0 once it is gone."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(one for one in lines if one.startswith("VmHWM")).split()[1]) / 1024
    return 0.0


def watch_to_the_end(world: World, job: str, seconds: float) -> float:
    """Wait for the end; the most memory the worker held on the way."""
    most, watch = 0.0, Stopwatch()
    while (now := world.job(job)).status != "succeeded":
        assert now.status in {"running", "queued"}, now
        assert watch.seconds < seconds, now
        most = max(most, peak_memory(now.pid) if now.pid else 0.0)
        time.sleep(0.2)
    return most


@pytest.mark.skipif(not os.environ.get("FAULTS_LONG"), reason="takes minutes: FAULTS_LONG=1 runs it")
@pytest.mark.parametrize("vendor", ["postgresql", "sqlite"])
def test_a_hundred_thousand_reviews_survive_a_kill_in_the_middle(
    worlds: Worlds, tell: Callable[[str], None], vendor: str
) -> None:
    with steam(reviews=REVIEWS) as fake:
        world = worlds.on(vendor, STEAM_BASE_URL=fake.url)
        if world.postgres:
            world.worker("first")
            world.worker("second")
            world.beat()
        (job,) = world.act("connect")
        if not world.postgres:
            world.up()
        held, watch = world.wait_for_claim(job), Stopwatch()
        while world.job(job).pages < REVIEWS // 200:
            time.sleep(0.2)
            assert watch.seconds < 900
        os.killpg(os.getpgid(held.pid), signal.SIGKILL)
        assert broken_promises(world) == []
        if not world.postgres:
            world.up()
        most = watch_to_the_end(world, job, 900)
        fetched, seconds = fake.requests, watch.seconds
    tell(
        f"ours on {vendor}: {REVIEWS} reviews with one kill in {seconds:.0f} s, {fetched} requests, peak {most:.0f} MB"
    )
    assert broken_promises(world) == []
    assert table_hashes(world) == quiet_run(worlds, vendor, REVIEWS)
    assert fetched <= REVIEWS // 100 + 2 + 1
