"""A worker that sleeps beyond its lease and wakes up later writes nothing: somebody else has its job."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.hashes import table_hashes
from tests.faults.quiet import quiet_run
from tests.faults.servers import wait_until
from tests.faults.stock import app, pages
from tests.faults.world import Process, World, Worlds, steam

pytestmark = [pytest.mark.faults, pytest.mark.slow]
REVIEWS = 1_500


def group_of(world: World, pid: int) -> Process:
    """The started process whose group this child belongs to."""
    return next(one for one in world.running if one.pid == os.getpgid(pid))


def test_a_worker_frozen_beyond_its_lease_writes_nothing_when_it_wakes(
    worlds: Worlds, tell: Callable[[str], None], tmp_path: Path
) -> None:
    with steam(reviews=REVIEWS, seconds=0.05) as fake:
        world = worlds.on_postgres(STEAM_BASE_URL=fake.url)
        for name in ("first", "second"):
            world.worker(name)
        world.beat()
        second_copies = frozen_stock(world, tmp_path / "stock")
        fake.hold_at = 6
        (job,) = world.act("connect")
        assert fake.held.wait(30)
        held = world.job(job)
        frozen = group_of(world, held.pid)
        frozen.signal(signal.SIGSTOP)
        fake.release.set()
        world.wait_for_claim(job, after=held.fence)
        world.wait_for_end()
        before = [table_hashes(world), *world.rows(WRITTEN)]
        frozen.signal(signal.SIGCONT)
        frozen.wait_for("was taken over; nothing more is written", 30)
        assert [table_hashes(world), *world.rows(WRITTEN)] == before
        assert world.job(job).fence == held.fence + 1
        assert table_hashes(world) == quiet_run(worlds, "postgresql", REVIEWS)
        tell("ours: frozen beyond its lease, the job ended elsewhere, 0 rows written after waking")
        tell(f"stock (acks_late, visibility 2 s): {second_copies()} copies of the frozen task ran to the end")


#: everything that a late page would touch
WRITTEN = (
    "SELECT (SELECT row(j.*)::text FROM sources_job j), (SELECT count(*) FROM accounts_outboxevent), "
    "(SELECT string_agg(s.state::text, '|' ORDER BY stream) FROM sources_streamstate s), "
    "(SELECT max(version) FROM metrics_dataversion), (SELECT max(id) FROM sources_rawrecord)"
)


def frozen_stock(world: World, file: Path) -> Callable[[], int]:
    """Freeze a stock worker in its task; the answer wakes it and counts the copies that ended."""
    late = {"STOCK_ACKS_LATE": "1", "STOCK_VISIBILITY": "2"}
    first = world.worker("stock-first", app="tests.faults.stock", concurrency=1, **late)
    pages.apply_async([str(file), "one", 6, 0.5], connection=app.connection_for_write(world.environment["REDIS_URL"]))
    wait_until(file.exists, "stock task", 20)
    first.signal(signal.SIGSTOP)
    world.worker("stock-second", app="tests.faults.stock", concurrency=1, **late)

    def copies() -> int:
        first.signal(signal.SIGCONT)
        wait_until(lambda: file.read_text().count(" end") >= 2, "second copy", 30)
        return file.read_text().count(" end")

    return copies
