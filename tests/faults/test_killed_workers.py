"""A killed worker loses nothing: another goes on from the last page, and the numbers are those of a quiet run."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.hashes import broken_promises, table_hashes
from tests.faults.quiet import quiet_run
from tests.faults.servers import wait_until
from tests.faults.stock import app, pages
from tests.faults.world import LEASE, RESUME_WITHIN, SLACK, Stopwatch, World, Worlds, steam

pytestmark = [pytest.mark.faults, pytest.mark.slow]
REVIEWS = 3_000
JOBS, FEW = 5, 1_500


def test_ten_killed_pool_children_lose_nothing(worlds: Worlds, tell: Callable[[str], None], tmp_path: Path) -> None:
    undisturbed = JOBS * (FEW // 100 + 2)
    with steam(reviews=FEW, seconds=0.4) as fake, ThreadPoolExecutor() as threads:
        world = worlds.on_postgres(STEAM_BASE_URL=fake.url)
        world.worker(concurrency=JOBS + 1)
        world.beat()
        stock = killed_stock(world, tmp_path / "stock")
        hit = [threads.submit(kill_children, world, job, 2) for job in world.act("connect", sources=JOBS)]
        waits = [seconds for one in hit for seconds in one.result()]
        world.wait_for_end()
        fetched = fake.requests
    tell(f"ours: {len(waits)} × kill -9 of a pool child, lease {LEASE} s: resumed after {spread(waits)} s")
    tell(f"pages asked for: {fetched}; undisturbed runs ask for {undisturbed}")
    tell(f"stock (acks_late): a task whose pool child was killed ended {stock.read_text().count(' end')} times")
    quiet = quiet_run(worlds, "postgresql", FEW)
    for (source,) in world.rows("SELECT id FROM sources_source"):
        assert table_hashes(world, only=str(source)) == quiet
    assert fetched <= undisturbed + len(waits), "a kill may cost one page"
    assert max(waits) <= RESUME_WITHIN + SLACK


def killed_stock(world: World, file: Path) -> Path:
    """A stock task whose pool child is killed in the middle; where it writes."""
    world.worker("stock", app="tests.faults.stock", concurrency=1, STOCK_ACKS_LATE="1")
    with app.connection_for_write(world.environment["REDIS_URL"]) as broker:
        pages.apply_async([str(file), "one", 4, 0.3], connection=broker)
    wait_until(lambda: file.exists() and "page" in file.read_text(), "stock task", 30)
    os.kill(int(file.read_text().split()[2]), signal.SIGKILL)
    return file


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
    worlds: Worlds, tell: Callable[[str], None], tmp_path: Path
) -> None:
    with steam(reviews=REVIEWS, seconds=0.2) as fake:
        world = worlds.on_postgres(STEAM_BASE_URL=fake.url)
        for name in ("first", "second", "third"):
            world.worker(name)
        world.beat()
        stock = world.worker("stock-first", app="tests.faults.stock", concurrency=1, STOCK_ACKS_LATE="1")
        file = tmp_path / "stock"
        with app.connection_for_write(world.environment["REDIS_URL"]) as broker:
            pages.apply_async([str(file), "one", 4, 0.3], connection=broker)
        wait_until(lambda: file.exists() and "page" in file.read_text(), "stock task", 30)
        stock.kill()
        world.worker("stock-second", app="tests.faults.stock", concurrency=1, STOCK_ACKS_LATE="1")
        (job,) = world.act("connect")
        fence, done, waits = 0, 0, []
        for _ in range(2):
            fence = world.wait_for_claim(job, after=fence).fence
            held = world.wait_for_pages(job, done + 4)
            os.killpg(os.getpgid(held.pid), signal.SIGKILL)
            watch, done = Stopwatch(), held.pages
            assert broken_promises(world) == []
            world.wait_for_claim(job, after=fence)
            waits.append(watch.seconds)
        world.wait_for_end()
        tell(f"ours: kill -9 of a whole worker, lease {LEASE} s: resumed after {spread(waits)} s")
        tell(f"stock (acks_late): the task of a killed worker ended {file.read_text().count(' end')} times until now")
        assert table_hashes(world) == quiet_run(worlds, "postgresql", REVIEWS)
        assert max(waits) <= RESUME_WITHIN + SLACK
        second_sync_changes_nothing(world)


def second_sync_changes_nothing(world: World) -> None:
    """Ask Steam again: nothing is new, so nothing is written."""
    before = table_hashes(world)
    again = world.act("sync")
    wait_until(lambda: world.job(again).status == "succeeded", "second sync", 60)
    assert table_hashes(world) == before


@pytest.mark.parametrize("vendor", ["postgresql", "sqlite"])
def test_a_second_sync_without_news_counts_no_row_as_new(worlds: Worlds, vendor: str) -> None:
    with steam(reviews=300) as fake:
        world = worlds.on(vendor, STEAM_BASE_URL=fake.url)
        assert world.act("run_here", job=world.act("connect")[0]) == "succeeded"
        time.sleep(1.1)
        again = world.act("sync")
        assert world.act("run_here", job=again) == "succeeded"
        written = {name: world.job(again).counts[name] for name in ("inserted", "updated", "deleted", "rejected")}
        assert written == {"inserted": 0, "updated": 0, "deleted": 0, "rejected": 0}


def test_the_single_process_goes_on_where_it_was_killed(worlds: Worlds, tell: Callable[[str], None]) -> None:
    with steam(reviews=REVIEWS, seconds=0.15) as fake:
        world = worlds.on_sqlite(STEAM_BASE_URL=fake.url)
        (job,) = world.act("connect")
        fence, done, waits = 0, 0, []
        for _ in range(2):
            process, watch = world.up(), Stopwatch()
            fence = world.wait_for_claim(job, after=fence).fence
            waits.append(watch.seconds)
            done = world.wait_for_pages(job, done + 4).pages
            process.kill()
            assert broken_promises(world) == []
            assert world.job(job).status == "running", "nobody told the database"
        world.up()
        world.wait_for_end()
        tell(f"ours: kill -9 of the single process: its job goes on {waits[1]:.1f} s after it is ready again")
        assert table_hashes(world) == quiet_run(worlds, "sqlite", REVIEWS)
        second_sync_changes_nothing(world)
