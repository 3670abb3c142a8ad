"""An event is told if and only if its transaction was committed, whenever the process dies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.world import Worlds

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@pytest.mark.parametrize("vendor", ["postgresql", "sqlite"])
def test_fifty_kills_lose_no_committed_event_and_tell_no_undone_one(
    worlds: Worlds, tell: Callable[[str], None], vendor: str
) -> None:
    world = worlds.on(vendor)
    found = world.act("outbox_storm", kills=50)
    tell(f"ours on {vendor}, 50 × kill -9: {found}")
    tell(f"stock: on_commit alone lost {found['lost by on_commit']} of {found['committed']}")
    assert found["committed"] > 50
    assert found["rolled back"] > 0
    assert found["never delivered"] == 0
    assert found["with two ids"] == 0
    assert found["rolled back but delivered"] == 0
    assert found["lost by on_commit"] > 0, "the kills hit no delivery: the test proves nothing"
