"""What the tests of the feed connector share: one feed of the fake site, read by the runner in miniature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from livinglytics.lib.answers import Answer
from sources.connectors._base import Batch, Raw, Rejected
from sources.connectors.feed import FeedConfig, FeedConnector
from sources.connectors.feed.addresses import feeds
from sources.connectors.feed.parsing import page_of
from sources.connectors.feed.texts import reading_of, row
from sources.records import Document
from tests.fakes.feed import FeedFake
from tests.sources.reading import Reader

NOW = datetime.fromtimestamp(1_795_100_000, UTC)
FEED = FeedConnector()


@dataclass
class FeedReader(Reader):
    """Reads the first feed of its list unless told the number of another one."""

    def run(
        self, stream: str = "", *, die_after: int | None = None, after: Callable[[Batch], Any] = bool, number: int = 1
    ) -> list[Batch]:
        stream = stream or feeds(self.config.addresses)[number - 1].key
        return super().run(stream, die_after=die_after, after=after)

    def warnings(self) -> list[str]:
        return [text for batch in self.batches for text in batch.warnings]

    def reasons(self) -> list[str]:
        return [one.reason for batch in self.batches for one in batch.rejected]

    def titles(self) -> dict[str, str]:
        """Id as the feed gives it -> title."""
        return {key.partition(" ")[2]: row["title"] for key, row in self.rows.items()}


def reading(fake: FeedFake, *addresses: str, **more: Any) -> FeedReader:
    return FeedReader(FEED, fake, FeedConfig(addresses or (fake.address(),), **more), now=NOW, zone="UTC")


def truth(fake: FeedFake) -> dict[str, str]:
    return {one.id: one.title for one in fake.posts.entries}


def kept(body: str | bytes, kind: str = "application/xml", *, authors: bool = False) -> list[Raw | Rejected]:
    """The rows of a feed's body, without any network."""
    (feed,) = feeds(["https://example.com/feed"])
    sent = body.encode() if isinstance(body, str) else body
    page = page_of(Answer(200, {"content-type": kind}, sent, feed.address))
    about = reading_of(feed, page.about, authors=authors, now=NOW)
    return [row(one, about) for one in page.entries]


def documents(body: str | bytes, kind: str = "application/xml", *, authors: bool = False) -> list[Document]:
    """The same as documents."""
    config = FeedConfig(("https://example.com/feed",), authors=authors)
    rows = kept(body, kind, authors=authors)
    return [FEED.map("entries", one.payload, config)[0] for one in rows]  # type: ignore[misc]


def rss(*items: str, head: str = "<title>T</title>") -> str:
    """An RSS 2.0 document of items that lack nothing but what a test is about."""
    rows = "".join(f"<item>{one}</item>" for one in items)
    spaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f'<rss version="2.0" {spaces}><channel>{head}{rows}</channel></rss>'


DATED = "<pubDate>Thu, 19 Nov 2026 10:00:00 GMT</pubDate>"
