"""Amazon in the kit: what a product page shows, and what an API for reviews gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.fakes.amazon import ASIN, KEY, AmazonFake


@contextmanager
def _fake(stage: Stage) -> Iterator[AmazonFake]:
    stage.patch.setattr("sources.connectors.amazon.site.PACE", 0.0)
    stage.patch.setattr("sources.connectors.amazon.provider.PACE", 0.0)
    with AmazonFake(market="de", reviews=25) as fake:
        stage.patch.setenv("AMAZON_BASE_URL", fake.url)
        yield fake


@contextmanager
def _page(stage: Stage) -> Iterator[Service]:
    with _fake(stage) as fake:
        yield Service({"product": f"https://www.amazon.de/Kessel/dp/{ASIN}?th=1&psc=1"}, fake=fake)


@contextmanager
def _provider(stage: Stage) -> Iterator[Service]:
    with _fake(stage) as fake:
        way = {"way": "provider", "provider_address": f"{fake.url}/reviews", "api_key": KEY}
        yield Service({"product": ASIN, "marketplace": "de", **way}, (KEY,), fake)


PAGE = Case("amazon", _page, least=10, name="amazon-page")
PROVIDER = Case("amazon", _provider, least=25, name="amazon-provider")
