"""What the tests of the Yelp connector share."""

from __future__ import annotations

from typing import Any

from sources.connectors.yelp import Yelp, YelpConfig
from tests.fakes.yelp import KEY, YelpFake
from tests.sources.reading import Reader

CAFE = YelpConfig(KEY, "https://www.yelp.de/biz/caf%C3%A9-zum-test-berlin-2?hrid=review-1")
YELP = Yelp()


def reading(fake: YelpFake, **how: Any) -> Reader:
    return Reader(YELP, fake, CAFE, **how)
