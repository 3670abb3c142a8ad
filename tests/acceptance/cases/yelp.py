"""Yelp in the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.acceptance.acts import ODD, ONE_PAGE, PLAIN_KEY, READINGS, Undo
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.yelp import ALIAS, KEY, YelpFake, review


def _acts(fake: YelpFake) -> dict[str, Callable[[], Any]]:
    def nothing() -> None:
        fake.reviews.clear()
        fake.business |= {"review_count": 0, "rating": 0}

    def forbid() -> Undo:
        fake.refusals.extend([(403, "AUTHORIZATION_ERROR", {})] * 99)
        return fake.refusals.clear

    return {
        "nothing": nothing,
        "add": lambda: fake.reviews.append(review(6)),
        "edit": lambda: fake.reviews[-1].update(text="Changed."),
        "remove": fake.reviews.pop,
        "oddity": lambda: fake.reviews.append(review(7, text=ODD, user=None, url=None)),
        "lose": turned(fake, business={**fake.business, "id": "another", "alias": "another"}),
        "lock": turned("tests.fakes.yelp", KEY="another"),
        "forbid": forbid,
        "limit": lambda: fake.refusals.append((400, "ACCESS_LIMIT_REACHED", {})),
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with YelpFake() as fake:
        stage.patch.setenv("YELP_BASE_URL", fake.url)
        yield Service({"api_key": KEY, "business": ALIAS}, (KEY,), fake, acts=_acts(fake))


CASE = Case(
    "yelp", _play, least=3, requests=(3, 3),
    absent={"restate": READINGS, "expire": PLAIN_KEY, "ring": ONE_PAGE},
    keeps="Yelp shows three excerpts of many, so one that is not shown may well be there",
    shows="Yelp shows three excerpts of many",
)  # fmt: skip
