"""A Singer tap in the kit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.sources.singer_reading import ORDERS, REVIEWS, TOKEN, World, orders, reviews


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    world = World(stage.folder)
    world.stream("orders", orders(9))
    world.stream("reviews", reviews(8))
    stage.settings.SINGER_TAPS = {"fake": world.program}
    mapping = {"orders": [ORDERS, {"kind": "metric", "metric": "orders.count", "at": "created_at"}], "reviews": REVIEWS}
    yield Service(world.settings(mapping=json.dumps(mapping)), (TOKEN,))


CASE = Case("singer", _play, least=17)
