"""What the tests of Instagram share: a reader with an account, and what it must end up with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from sources.connectors._base import Context
from sources.connectors.instagram import Instagram, InstagramConfig
from sources.records import Document, MetricPoint, Record, Tombstone
from tests.fakes.instagram import TOKEN, UNTIL, InstagramFake
from tests.sources.reading import Reader

#: an hour after the newest post: Wednesday, 18 November 2026, 12:06 in UTC, 04:06 in Los Angeles
NOW = datetime.fromtimestamp(UNTIL + 3_600, UTC)
DAY = 86_400
INSTAGRAM = Instagram()


@dataclass
class Signed(Reader):
    """A reader whose account gives ``TOKEN``; ``refused`` notes what it was asked with."""

    refused: list[str] = field(default_factory=list)
    token: Callable[[str], str] = lambda refused: TOKEN
    window: tuple[date, date] | None = None

    def context(self) -> Context:
        def give(refused: str = "") -> str:
            self.refused.append(refused)
            return self.token(refused)

        return replace(super().context(), token=give, window=self.window)

    def records(self, stream: str) -> list[Record]:
        return [one for row in self.rows.values() for one in INSTAGRAM.map(stream, row, self.config)]

    def texts(self, stream: str) -> dict[str, str]:
        """Stored posts or comments by id; withdrawn ones are left out."""
        return {one.external_id: one.text for one in self.records(stream) if isinstance(one, Document)}

    def gone(self, stream: str) -> set[str]:
        return {one.external_id for one in self.records(stream) if isinstance(one, Tombstone)}

    def numbers(self, stream: str) -> dict[tuple[str, ...], float]:
        """Stored numbers by metric, day and what they are of."""
        return {
            (one.metric.removeprefix("instagram."), str(one.at), *one.dimensions.values()): one.value
            for one in self.records(stream)
            if isinstance(one, MetricPoint)
        }

    @property
    def warnings(self) -> list[str]:
        return [text for batch in self.batches for text in batch.warnings]


def reading(fake: InstagramFake, **config: Any) -> Signed:
    return Signed(INSTAGRAM, fake, InstagramConfig(**{"account": "connected", **config}), now=NOW, zone="UTC")


def posts(fake: InstagramFake, most: int = 50) -> dict[str, str]:
    """The captions of the newest posts."""
    found = sorted((one for one in fake.posts.values() if one.kind != "STORY"), key=lambda one: one.at, reverse=True)
    return {one.id: one.caption or "" for one in found[:most]}


def comments(fake: InstagramFake) -> dict[str, str]:
    """Every comment that can be read now."""
    return {one.id: one.text for one in fake.comments.values() if fake.posts[one.post].comments_on}
