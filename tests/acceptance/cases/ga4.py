"""Google Analytics in the kit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from livinglytics.lib import clock
from tests.acceptance.acts import ODD, ONLY_NUMBERS, Undo
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.ga4 import EMAIL, Ga4Fake


class _Fake(Ga4Fake):
    """Google's clock goes with the one of the test."""

    @property
    def now(self) -> int:
        return int(clock.now().timestamp())


def _acts(fake: Ga4Fake) -> dict[str, Callable[[], Any]]:
    yesterday = fake.today() - timedelta(days=1)

    def lock() -> Undo:
        fake.revoke()
        fake.account = "nobody@example.com"
        return lambda: setattr(fake, "account", EMAIL)

    def limit() -> Undo:
        left = dict(fake.quota.left)
        fake.quota.left["tokensPerProjectPerHour"] = 0
        return lambda: fake.quota.left.update(left)

    return {
        "nothing": fake.history.clear,
        "add": lambda: fake.add(yesterday, user=901, channel="Display"),
        "remove": lambda: fake.drop(yesterday, lambda one: one.channel == fake.history[yesterday][0].channel),
        "restate": lambda: fake.add(yesterday - timedelta(days=1), user=902, revenue=9.5),
        "oddity": lambda: fake.add(yesterday, user=903, channel="", country=ODD),
        "lose": turned(fake, number="999999999"),
        "lock": lock,
        "forbid": turned(fake, enabled=False),
        "expire": fake.revoke,
        "limit": limit,
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with _Fake(days=6, size=15) as fake:
        stage.patch.setenv("GA4_BASE_URL", fake.url)
        since = (fake.today() - timedelta(days=6)).isoformat()
        key = fake.key_file()
        config = {"property": f"properties/{fake.number}", "key": key, "currency": "EUR", "since": since}
        yield Service(config, (json.loads(key)["private_key"][40:200],), fake, acts=_acts(fake))


CASE = Case(
    "ga4", _play, least=6, requests=(16, 8),
    absent={"edit": ONLY_NUMBERS, "ring": "pages go by the number of the row; a page that comes again is its own test"},
)  # fmt: skip
