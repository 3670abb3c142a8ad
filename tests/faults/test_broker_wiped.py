"""The broker only rings: emptied in the middle of twenty runs, none of them is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.hashes import table_hashes
from tests.faults.quiet import quiet_run
from tests.faults.servers import wait_until
from tests.faults.stock import app, pages
from tests.faults.world import LEASE, Stopwatch, Worlds, steam

pytestmark = [pytest.mark.faults, pytest.mark.slow]
JOBS, REVIEWS = 20, 300


def test_twenty_jobs_outlive_a_broker_that_forgets_everything(
    worlds: Worlds, tell: Callable[[str], None], tmp_path: Path
) -> None:
    with steam(reviews=REVIEWS, seconds=0.3) as fake:
        world = worlds.on_postgres(STEAM_BASE_URL=fake.url)
        assert world.redis is not None
        world.worker(concurrency=4)
        world.worker("stock", app="tests.faults.stock", concurrency=4)
        world.beat()
        jobs = world.act("connect", sources=JOBS)
        file = tmp_path / "stock"
        with app.connection_for_write(world.redis.url) as broker:
            for number in range(JOBS):
                pages.apply_async([str(file), f"job {number}", 3, 0.5], connection=broker)
        wait_until(lambda: world.statuses().get("succeeded", 0) >= 2 and "queued" in world.statuses(), "some ended", 40)
        world.redis.kill()
        waiting = world.statuses()
        time.sleep(1)
        world.redis.start()
        watch = Stopwatch()
        wait_until(lambda: world.statuses().get("queued", 0) < waiting.get("queued", 0), "next claim", 60)
        woke = watch.seconds
        world.wait_for_end(seconds=90)
        assert world.statuses() == {"succeeded": JOBS}
        time.sleep(2)
        done = file.read_text().count(" end")
        tell(f"ours: broker wiped at {waiting}: {JOBS} of {JOBS} jobs ended, rung again after {woke:.1f} s")
        tell(f"stock: {done} of {JOBS} tasks ended")
        quiet = quiet_run(worlds, "postgresql", REVIEWS)
        for (source,) in world.rows("SELECT id FROM sources_source ORDER BY id LIMIT 5"):
            assert table_hashes(world, only=str(source)) == quiet
        assert done < JOBS, "stock loses what was queued"
        assert woke <= 2 * LEASE + 5, "a sweep or two"
        assert len(jobs) == JOBS
