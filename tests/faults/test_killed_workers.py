"""A killed worker loses nothing: another goes on from the last page, and the numbers are those of a quiet run."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.hashes import broken_promises, table_hashes
from tests.faults.quiet import quiet_run
from tests.faults.servers import wait_until
from tests.faults.world import LEASE, RESUME_WITHIN, SLACK, Stopwatch, World, Worlds, steam

pytestmark = [pytest.mark.faults, pytest.mark.slow]
REVIEWS = 3_000


def test_ten_killed_pool_children_lose_nothing(worlds: Worlds, tell: Callable[[str], None]) -> None:
    with steam(reviews=REVIEWS, seconds=0.25) as fake, ThreadPoolExecutor() as threads:
        world = worlds.on_postgres(STEAM_BASE_URL=fake.url)
        world.worker(concurrency=4)
        world.beat()
        jobs = world.act("connect", sources=3)
        hit = [threads.submit(kill_children, world, job, times) for job, times in zip(jobs, (4, 3, 3), strict=True)]
        waits = [seconds for one in hit for seconds in one.result()]
        world.wait_for_end()
        fetched = fake.requests
    tell(f"ours: {len(waits)} × kill -9 of a pool child, lease {LEASE} s: resumed after {spread(waits)} s")
    tell(f"pages asked for: {fetched}; an undisturbed run of three sources asks for {3 * (REVIEWS // 100 + 2)}")
    quiet = quiet_run(worlds, "postgresql", REVIEWS)
    for (source,) in world.rows("SELECT id FROM sources_source"):
        assert table_hashes(world, only=str(source)) == quiet
    assert fetched <= 3 * (REVIEWS // 100 + 2) + len(waits), "a kill may cost one page"
    assert max(waits) <= RESUME_WITHIN + SLACK


def kill_children(world: World, job: str, times: int) -> list[float]:
    """Kill the process that holds the job, so many times, each at a random point; seconds to the next claim."""
    dice, fence, waits = random.Random(job), 0, []
    for _ in range(times):
        held = world.wait_for_claim(job, after=fence)
        time.sleep(dice.uniform(0.2, 1.2))
        os.kill(held.pid, signal.SIGKILL)
        watch, fence = Stopwatch(), held.fence
        world.wait_for_claim(job, after=fence)
        waits.append(watch.seconds)
    return waits


def spread(waits: list[float]) -> str:
    return f"{min(waits):.1f}–{max(waits):.1f}"


def test_a_killed_worker_is_followed_by_another_and_a_second_sync_changes_nothing(
    worlds: Worlds, tell: Callable[[str], None]
) -> None:
    with steam(reviews=REVIEWS, seconds=0.2) as fake:
        world = worlds.on_postgres(STEAM_BASE_URL=fake.url)
        for name in ("first", "second", "third"):
            world.worker(name)
        world.beat()
        (job,) = world.act("connect")
        fence, pages, waits = 0, 0, []
        for _ in range(2):
            fence = world.wait_for_claim(job, after=fence).fence
            held = world.wait_for_pages(job, pages + 4)
            os.killpg(os.getpgid(held.pid), signal.SIGKILL)
            watch, pages = Stopwatch(), held.pages
            assert broken_promises(world) == []
            world.wait_for_claim(job, after=fence)
            waits.append(watch.seconds)
        world.wait_for_end()
        tell(f"ours: kill -9 of a whole worker, lease {LEASE} s: resumed after {spread(waits)} s")
        assert table_hashes(world) == quiet_run(worlds, "postgresql", REVIEWS)
        assert max(waits) <= RESUME_WITHIN + SLACK
        second_sync_changes_nothing(world)


def second_sync_changes_nothing(world: World) -> None:
    """Ask Steam again: nothing is new, so nothing is written."""
    before = table_hashes(world)
    again = world.act("sync")
    wait_until(lambda: world.job(again).status == "succeeded", "second sync", 60)
    assert table_hashes(world) == before
    written = {name: world.job(again).counts[name] for name in ("inserted", "updated", "deleted", "rejected")}
    assert written == {"inserted": 0, "updated": 0, "deleted": 0, "rejected": 0}


def test_the_single_process_goes_on_where_it_was_killed(worlds: Worlds, tell: Callable[[str], None]) -> None:
    with steam(reviews=REVIEWS, seconds=0.15) as fake:
        world = worlds.on_sqlite(STEAM_BASE_URL=fake.url)
        (job,) = world.act("connect")
        fence, pages, waits = 0, 0, []
        for _ in range(2):
            process, watch = world.up(), Stopwatch()
            fence = world.wait_for_claim(job, after=fence).fence
            waits.append(watch.seconds)
            pages = world.wait_for_pages(job, pages + 4).pages
            process.kill()
            assert broken_promises(world) == []
            assert world.job(job).status == "running", "nobody told the database"
        world.up()
        world.wait_for_end()
        tell(f"ours: kill -9 of the single process: its job goes on {waits[1]:.1f} s after it is ready again")
        assert table_hashes(world) == quiet_run(worlds, "sqlite", REVIEWS)
        second_sync_changes_nothing(world)
