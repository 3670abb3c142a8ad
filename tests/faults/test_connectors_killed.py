"""Every kind of source survives ``kill -9`` of the worker that reads it: the tables are those of a quiet run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.acceptance.case import all_cases
from tests.faults.world import Worlds

pytestmark = [pytest.mark.faults, pytest.mark.slow]
CASES = list(all_cases())


def test_a_killed_worker_of_any_connector_loses_nothing(worlds: Worlds, tell: Callable[[str], None]) -> None:
    world = worlds.on_postgres()
    played = world.act("play_all")
    world.extra.update(played["environment"])
    world.worker(concurrency=len(CASES) + 2)
    world.beat()
    world.act("connect_all", slowly=False)
    quiet = world.act("wait_for_all", seconds=90)
    assert {one: end[:2] for one, end in quiet.items()} == {one.id: ["succeeded", ""] for one in CASES}

    caught = world.act("kill_all", seconds=90)
    killed = world.act("wait_for_all", seconds=120)
    tell("killed after page: " + ", ".join(f"{one} {page} of {quiet[one][3]}" for one, page in caught.items()))
    assert {one: end[:2] for one, end in killed.items()} == {one.id: ["succeeded", ""] for one in CASES}
    assert all(page >= 0 for page in caught.values()), caught
    assert all(end[2] > 1 for end in killed.values()), f"a kill that hit nothing: {killed}"

    stored = world.act("compare_all")
    assert stored["differences"] == {one.id: [] for one in CASES}
    assert all(stored["rows"][one.id] > 0 for one in CASES)
    assert not world.rows("SELECT id FROM sources_job WHERE status IN ('queued', 'running', 'paused')")
    said = "".join(one.text for one in world.running)
    kept = str(world.rows("SELECT * FROM sources_job")) + str(world.rows("SELECT * FROM sources_streamstate"))
    assert not [one for one in played["secrets"] if one in said + kept]
