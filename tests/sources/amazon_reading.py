"""What the tests of the Amazon connector share."""

from __future__ import annotations

from typing import Any

from sources.connectors.amazon import Amazon, AmazonConfig
from tests.fakes.amazon import ASIN, KEY, AmazonFake
from tests.sources.reading import Reader

AMAZON = Amazon()


def page(fake: AmazonFake, **how: Any) -> Reader:
    """A reader of the product page."""
    config = AmazonConfig(f"https://www.amazon.{fake.market}/dp/{ASIN}", authors=how.pop("authors", False))
    return Reader(AMAZON, fake, config, **{"zone": "America/New_York", **how})


def api(fake: AmazonFake, **how: Any) -> Reader:
    """A reader of the reviews API."""
    told = {"key": KEY, "address": f"{fake.url}/reviews", "authors": False}
    told |= {name: how.pop(name) for name in tuple(told) if name in how}
    config = AmazonConfig(ASIN, fake.market, "provider", told["address"], told["key"], told["authors"])
    return Reader(AMAZON, fake, config, **{"zone": "UTC", **how})
