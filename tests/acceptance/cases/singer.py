"""A Singer tap in the kit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.acceptance.acts import ODD
from tests.acceptance.case import Case, Service, Stage
from tests.sources.singer_reading import ORDERS, REVIEWS, TOKEN, World, orders, reviews


def _acts(world: World) -> dict[str, Callable[[], Any]]:
    said, sold = world.streams["reviews"]["rows"], world.streams["orders"]["rows"]

    def then(change: Callable[[], Any]) -> Callable[[], None]:
        def act() -> None:
            change()
            world.save()

        return act

    def refuse() -> Callable[[], None]:
        then(lambda: world.faults.update(refuses=True))()
        return then(world.faults.clear)

    def nothing() -> None:
        said.clear()
        sold.clear()

    return {
        "nothing": then(nothing),
        "add": then(lambda: said.append({**reviews(1)[0], "id": "new", "n": 99})),
        "edit": then(lambda: said[-1].update(body="Changed.")),
        "remove": then(lambda: said.pop(1)),
        "restate": then(lambda: sold[-1].update(total=99.5)),
        "oddity": then(lambda: said.append({**reviews(1)[0], "id": "odd", "n": 99, "body": ODD, "stars": None})),
        "lose": refuse,
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    world = World(stage.folder)
    world.stream("orders", orders(9))
    world.stream("reviews", reviews(8))
    stage.settings.SINGER_TAPS = {"fake": world.program}
    mapping = {"orders": [ORDERS, {"kind": "metric", "metric": "orders.count", "at": "created_at"}], "reviews": REVIEWS}
    yield Service(world.settings(mapping=json.dumps(mapping)), (TOKEN,), acts=_acts(world))


CASE = Case(
    "singer", _play, least=17,
    absent={
        "lock": "a tap ends in one way, whatever it was refused (lose)",
        "forbid": "a tap ends in one way, whatever it was refused (lose)",
        "expire": "tokens are the tap's own affair; one that it writes back is its own test",
        "limit": "limits are the tap's own affair",
        "ring": "pages are the tap's own affair",
    },
    keeps="a tap tells nothing of what is gone",
)  # fmt: skip
