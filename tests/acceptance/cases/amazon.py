"""Amazon in the kit: what a product page shows, and what an API for reviews gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from tests.acceptance.acts import NO_KEY, ODD, ONE_PAGE, ONLY_429, PLAIN_KEY, READINGS
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.amazon import ASIN, KEY, NEWEST, AmazonFake


@contextmanager
def _fake(stage: Stage) -> Iterator[AmazonFake]:
    stage.patch.setattr("sources.connectors.amazon.site.PACE", 0.0)
    stage.patch.setattr("sources.connectors.amazon.provider.PACE", 0.0)
    with AmazonFake(market="de", reviews=25) as fake:
        stage.patch.setenv("AMAZON_BASE_URL", fake.url)
        yield fake


def _acts(fake: AmazonFake) -> dict[str, Callable[[], Any]]:
    second = list(fake.everything)[1]

    def nothing() -> None:
        fake.everything, fake.total = {}, 0

    return {
        "nothing": nothing,
        "add": lambda: fake.add(NEWEST + timedelta(days=1)),
        "edit": lambda: fake.change(second, text="Changed."),
        "remove": lambda: fake.everything.pop(second),
        "oddity": lambda: fake.add(NEWEST + timedelta(days=1), text=ODD, title="", author=""),
    }


@contextmanager
def _page(stage: Stage) -> Iterator[Service]:
    with _fake(stage) as fake:
        acts = {**_acts(fake), "lose": turned(fake, mode="gone"), "forbid": turned(fake, mode="captcha")}
        yield Service({"product": f"https://www.amazon.de/Kessel/dp/{ASIN}?th=1&psc=1"}, fake=fake, acts=acts)


@contextmanager
def _provider(stage: Stage) -> Iterator[Service]:
    with _fake(stage) as fake:
        acts = {
            **_acts(fake),
            "lose": turned(fake, market="com"),
            "lock": turned("tests.fakes.amazon", KEY="another"),
            "forbid": turned(fake, paid=False),
            "ring": turned(fake, stuck=2),
        }
        way = {"way": "provider", "provider_address": f"{fake.url}/reviews", "api_key": KEY}
        yield Service({"product": ASIN, "marketplace": "de", **way}, (KEY,), fake, acts=acts)


PAGE = Case(
    "amazon", _page, least=10, name="amazon-page", requests=(4, 4),
    absent={
        "restate": READINGS, "lock": NO_KEY, "expire": NO_KEY, "limit": "what it says is a robot page (forbid)",
        "ring": ONE_PAGE,
    },
    keeps="the page shows ten reviews of many, so one that is not shown may well be there",
    shows="the page shows ten reviews of many",
)  # fmt: skip
PROVIDER = Case(
    "amazon", _provider, least=25, name="amazon-provider", requests=(3, 3),
    absent={"restate": "an API for reviews tells no numbers", "expire": PLAIN_KEY, "limit": ONLY_429},
    keeps="the API gives no sign, and what it lists is not known to be all",
)  # fmt: skip
