"""Cancel takes effect within two seconds, and nothing is written afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes._server import limited, slow
from tests.faults.hashes import broken_promises, table_hashes
from tests.faults.servers import wait_until
from tests.faults.stock import app, pages
from tests.faults.world import SLACK, Stopwatch, World, Worlds, steam

pytestmark = [pytest.mark.faults, pytest.mark.slow]
BAR = 2.0


def cancelled_within(world: World, job: str) -> float:
    """Cancel, wait for the end, and insist that nothing is written after it."""
    watch = Stopwatch()
    world.act("cancel", job=job)
    wait_until(lambda: world.job(job).status == "cancelled", "cancelled job", 40)
    seconds = watch.seconds
    before = table_hashes(world)
    assert broken_promises(world) == []
    time.sleep(2)
    assert table_hashes(world) == before
    return seconds


def test_cancel_stops_a_run_between_pages_in_a_wait_and_in_a_slow_answer(
    worlds: Worlds, tell: Callable[[str], None], tmp_path: Path
) -> None:
    with steam(reviews=3_000, seconds=0.2) as fake:
        world = worlds.on_postgres(STEAM_BASE_URL=fake.url)
        world.worker()
        world.worker("stock", app="tests.faults.stock", concurrency=1)
        (job,) = world.act("connect")
        world.wait_for_pages(job, 4)
        between = cancelled_within(world, job)
        fake.script(None, limited("30"))
        job = world.act("sync")
        world.wait_for_claim(job)
        time.sleep(1.5)
        waiting = cancelled_within(world, job)
        tell(f"ours: cancelled after {between:.1f} s between pages, after {waiting:.1f} s in a wait of 30 s")
        with app.connection_for_write(world.environment["REDIS_URL"]) as broker:
            file = tmp_path / "stock"
            sent = pages.apply_async([str(file), "one", 8, 0.3], connection=broker)
            wait_until(file.exists, "stock task", 20)
            app.control.revoke(sent.id, connection=broker)
            wait_until(lambda: "end" in file.read_text(), "end", 20)
        tell(
            f"stock: revoke() did nothing to the running task, {file.read_text().count('page')} of 8 pages were written"
        )
        assert between <= BAR
        assert waiting <= BAR + SLACK


def test_cancel_does_not_wait_for_a_service_that_does_not_answer(worlds: Worlds, tell: Callable[[str], None]) -> None:
    with steam(reviews=3_000) as fake:
        world = worlds.on_postgres(STEAM_BASE_URL=fake.url)
        world.worker()
        fake.script(None, None, slow(12))
        (job,) = world.act("connect")
        world.wait_for_pages(job, 1)
        time.sleep(0.5)
        silent = cancelled_within(world, job)
        tell(f"ours: cancelled after {silent:.1f} s while the service was silent for 12 s")
        assert silent <= BAR
