"""Pages that carry reviews as JSON-LD in the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from livinglytics.lib import clock
from tests.acceptance.acts import NO_KEY, ODD, ONLY_429, READINGS
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.review_page import ReviewPageFake

LAMP, KETTLE = "/product/lamp", "/graph/kettle"


def _acts(fake: ReviewPageFake) -> dict[str, Callable[[], Any]]:
    return {
        "add": lambda: fake.add(LAMP, at=clock.now()),
        "edit": lambda: fake.items[KETTLE].reviews[0].update(description="Changed."),
        "remove": lambda: fake.items[KETTLE].reviews.pop(0),
        "oddity": lambda: fake.add(LAMP, at=clock.now(), reviewBody=ODD, name=None, author=None, reviewRating=None),
        "lose": turned(fake, items={}),
        "forbid": turned(fake, robots="User-agent: *\nDisallow: /\n"),
        "ring": turned(fake, stuck=True),
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with ReviewPageFake(reviews=24) as fake:
        stage.settings.ALLOWED_PRIVATE_HOSTS = frozenset({fake.host})
        pages = (LAMP, KETTLE, "/local/bakery")
        yield Service({"addresses": [fake.address(one) for one in pages]}, fake=fake, acts=_acts(fake))


CASE = Case(
    "review_page", _play, least=49, requests=(8, 8),
    absent={
        "nothing": "a page that carries no reviews is refused when it is connected",
        "restate": READINGS, "lock": NO_KEY, "expire": NO_KEY, "limit": ONLY_429,
    },
    keeps="a page shows some of what there is, so a review that is not shown may well be there",
)  # fmt: skip
