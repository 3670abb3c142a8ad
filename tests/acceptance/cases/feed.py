"""Feeds in the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from livinglytics.lib import clock
from tests.acceptance.acts import NO_KEY, ODD
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.feed import FeedFake


def _acts(fake: FeedFake) -> dict[str, Callable[[], Any]]:
    entries = fake.posts.entries

    def edit() -> None:
        entries[1].html, entries[1].updated = "<p>Changed.</p>", clock.now()

    return {
        "nothing": entries.clear,
        "add": lambda: fake.posts.add("tag:example.com,2026:new", clock.now()),
        "edit": edit,
        "remove": lambda: entries.pop(1),
        "oddity": lambda: fake.posts.add("odd", clock.now(), title="", html=ODD.replace("\x00", ""), author=""),
        "lose": turned(fake.posts, status=404),
        "forbid": turned(fake.posts, status=403),
        "limit": turned(fake.posts, status=403, headers={"Retry-After": "900"}),
        # the last page: one before it fails too, but only once (tests/sources/test_feed_connector.py)
        "ring": turned(fake.posts, following="?paged=2", size=6),
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    stage.patch.setattr("sources.connectors.feed.service.PACE", 0.0)
    with FeedFake(entries=12, size=5) as fake:
        stage.settings.ALLOWED_PRIVATE_HOSTS = frozenset({fake.host})
        yield Service({"addresses": [fake.address()]}, fake=fake, acts=_acts(fake))


CASE = Case(
    "feed", _play, at="2026-11-19T15:30:00Z", least=12, requests=(3, 1),
    absent={"restate": "a feed tells no numbers", "lock": NO_KEY, "expire": NO_KEY},
    keeps="an entry leaves a feed because newer ones came",
)  # fmt: skip
