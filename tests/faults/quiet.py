"""The run that nobody disturbs: what every disturbed one must come to."""

from __future__ import annotations

from tests.faults.hashes import table_hashes
from tests.faults.world import Worlds, steam

_known: dict[tuple[str, int], dict[str, str]] = {}


def quiet_run(worlds: Worlds, vendor: str, reviews: int) -> dict[str, str]:
    """The tables after an undisturbed sync of so many reviews, made once."""
    if (vendor, reviews) not in _known:
        with steam(reviews=reviews) as fake:
            world = worlds.on(vendor, STEAM_BASE_URL=fake.url)
            (job,) = world.act("connect")
            assert world.act("run_here", job=job) == "succeeded"
            _known[vendor, reviews] = table_hashes(world)
            world.close()
    return _known[vendor, reviews]
