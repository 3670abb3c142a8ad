"""PostgreSQL dies in the middle of a run: no half page, and everybody goes on without a restart."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.faults.hashes import broken_promises, table_hashes
from tests.faults.quiet import quiet_run
from tests.faults.servers import wait_until
from tests.faults.world import Stopwatch, Worlds, get, steam

pytestmark = [pytest.mark.faults, pytest.mark.slow]
REVIEWS = 3_000


class Reader(threading.Thread):
    """Asks again and again; what it was told while the database was away and afterwards."""

    def __init__(self, url: str, token: str = "") -> None:
        super().__init__(daemon=True)
        self.url, self.token, self.done = url, token, threading.Event()
        self.seen: list[tuple[float, int]] = []

    def run(self) -> None:
        while not self.done.wait(0.05):
            self.seen.append((time.monotonic(), get(self.url, self.token)[0]))

    def well_since(self, moment: float) -> float | None:
        """Seconds from ``moment`` to the first answer after which all were good; None before there is one."""
        bad = [at for at, status in self.seen if status != 200]
        good = [at for at, status in self.seen if status == 200 and at > max([moment, *bad])]
        return good[0] - moment if good else None


def test_a_database_that_dies_in_mid_page_leaves_no_half_page_and_is_found_again(
    worlds: Worlds, tell: Callable[[str], None]
) -> None:
    with steam(reviews=REVIEWS, seconds=0.2) as fake:
        world = worlds.on_postgres(STEAM_BASE_URL=fake.url)
        (job,) = world.act("connect")
        _, address = world.server()
        readers = [Reader(f"{address}/health/ready"), Reader(f"{address}/api/v1/sources", world.act("token"))]
        world.worker()
        world.beat()
        world.wait_for_pages(job, 5)
        for one in readers:
            one.start()
        time.sleep(1)
        assert world.job(job).status == "running"
        worlds.cluster.kill()
        time.sleep(1)
        worlds.cluster.start()
        watch, started = Stopwatch(), time.monotonic()
        assert broken_promises(world) == []
        wait_until(lambda: all(one.well_since(started) is not None for one in readers), "recovery", 20)
        world.wait_for_end(seconds=60)
        ended = watch.seconds
        for one in readers:
            one.done.set()
        codes = [dict(Counter(status for _, status in one.seen)) for one in readers]
        recovered = [one.well_since(started) or 0 for one in readers]
        tell(
            f"ours: pages and API well again after {max(recovered):.1f} s, answers ready {codes[0]}, sources {codes[1]}"
        )
        tell(f"ours: the run ended {ended:.1f} s after the restart, claim {world.job(job).fence}")
        assert world.job(job).fence > 1, "the run was not cut"
        assert broken_promises(world) == []
        assert table_hashes(world) == quiet_run(worlds, "postgresql", REVIEWS)
        assert max(recovered) <= 5
        assert set(codes[0]) <= {200, 503}
