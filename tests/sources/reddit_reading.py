"""What the tests of the Reddit connector share: settings, a reader, and what it must end up with."""

from __future__ import annotations

from typing import Any

from sources.connectors.reddit import Reddit, RedditConfig
from sources.records import Document, MetricPoint, Tombstone
from tests.fakes.reddit import CLIENT, COMMUNITY, SECRET, USER, RedditFake
from tests.sources import reading
from tests.sources.reading import Reader

NOW = int(reading.NOW.timestamp())
DAY = 86_400
REDDIT = Reddit()


def config(*targets: str, **how: Any) -> RedditConfig:
    app = {"client_id": CLIENT, "client_secret": SECRET, "username": USER}
    return RedditConfig(**{**app, "targets": targets or (f"r/{COMMUNITY}",), **how})


def reader(fake: RedditFake, *targets: str, **how: Any) -> Reader:
    return Reader(REDDIT, fake, config(*targets, **how), zone="UTC")


def texts(read: Reader) -> dict[str, str]:
    """Stored posts or comments that are not withdrawn, by name."""
    return {name: one.text for name, one in read.documents().items()}


def gone(read: Reader) -> set[str]:
    found = [REDDIT.map("posts", row, read.config)[0] for row in read.rows.values()]
    return {one.external_id for one in found if isinstance(one, Tombstone)}


def numbers(read: Reader) -> dict[tuple[str, str], float]:
    """Stored numbers by metric and what they are of."""
    points = [one for row in read.rows.values() for one in REDDIT.map("numbers", row, read.config)]
    return {
        (one.metric.removeprefix("reddit."), *one.dimensions.values()): one.value
        for one in points
        if isinstance(one, MetricPoint)
    }


def warnings(read: Reader) -> list[str]:
    return [text for batch in read.batches for text in batch.warnings]


def posts(fake: RedditFake) -> dict[str, str]:
    """Every post that can be read now."""
    return {one.name: one.text * (not one.link) for one in fake.posts.values() if not one.gone}


def comments(fake: RedditFake) -> dict[str, str]:
    """Every comment that can be read now."""
    return {one.name: one.text for one in fake.comments.values() if not one.gone}


def document(read: Reader, name: str) -> Document:
    return read.documents()[name]
