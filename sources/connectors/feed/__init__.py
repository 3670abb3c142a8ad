"""RSS and Atom: what sites publish, entry by entry, from one feed or up to twenty.

Every feed is a stream of its own: each keeps its own place, and one that fails leaves the others alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from livinglytics.lib.buckets import local_day
from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    State,
    Stream,
    connectors,
    option,
)
from sources.connectors.feed.addresses import Feed, feeds, invalid
from sources.connectors.feed.service import Service
from sources.connectors.feed.texts import document, reading_of, row
from sources.connectors.feed.walk import Undated, Walk, undated
from sources.records import Record

#: seconds after which the check asks no further feed: somebody waits for it
PATIENCE = 5.0


@dataclass(frozen=True)
class FeedConfig:
    """Which feeds, from when on, and whether with names."""

    addresses: tuple[str, ...] = option(
        "Feeds",
        kind="lines",
        help="The addresses of up to twenty RSS or Atom feeds, one per line. A site's own page is none.",
        placeholder="https://example.com/feed.xml",
    )
    since: date | None = option(  # noqa: RUF009 - option() makes a dataclass field
        "Since", default=None, kind="date", help="The first day to read. Empty means all that the feeds hold."
    )
    authors: bool = option(
        "Keep authors' names",
        default=False,
        kind="boolean",
        help="Off, no names of authors are stored. Changing it reads everything again that the feeds still hold.",
    )


@connectors.add
class FeedConnector(Connector):
    """Every entry of every feed as a document."""

    key = "feed"
    label = "RSS or Atom feed"
    summary = "Posts, news and comments from any site that publishes a feed."
    category = "social"
    icon = "rss"
    config = FeedConfig
    streams = (Stream("entries", "Entries", "documents", "One for each feed. Entries that leave the feed stay here."),)
    #: a busy feed holds its entries for some hours only, and asking for what is new costs little
    every = timedelta(hours=1)

    def streams_for(self, config: FeedConfig) -> tuple[Stream, ...]:
        """One stream for each feed. Raises Invalid that names the field ``addresses``."""
        note = "Entries that leave the feed stay here."
        return tuple(Stream(one.key, f"Entries of {one.name}", "documents", note) for one in feeds(config.addresses))

    def check(self, ctx: Context, config: FeedConfig) -> Checked:
        """Reads the feeds one after the other, as many as fit into a few seconds."""
        wanted = feeds(config.addresses)
        if config.since and config.since > local_day(ctx.now(), ctx.zone):
            return Checked(False, "The first day lies in the future. Choose an earlier one.", "since")
        began, read, entries, warnings = ctx.now(), 0, 0, []
        for feed in wanted:
            count, told = _look(ctx, config, feed, follows=_follows(feed, wanted))
            entries, read = entries + count, read + 1
            warnings += told
            if (ctx.now() - began).total_seconds() > PATIENCE:
                break
        if read < len(wanted):
            warnings.append(f"{read} of {len(wanted)} feeds were tried. The others are read with the first run.")
        details: dict[str, Any] = {"feeds": len(wanted), "entries": entries}
        if warnings:
            details["warnings"] = warnings
        more = f" and {len(wanted) - 1} more" if len(wanted) > 1 else ""
        message = f"Found {entries} entries." if entries else "This can be read, and has no entries yet."
        return Checked(True, message, identity=f"{wanted[0].name}{more}", details=details)

    def read(self, ctx: Context, config: FeedConfig, stream: str, state: State) -> Iterator[Batch]:
        """The entries of the feed that the stream stands for; see ``Walk``."""
        wanted = feeds(config.addresses)
        feed = next((one for one in wanted if one.key == stream), None)
        if feed is None:
            raise invalid("This feed is no longer on the list.")
        service = Service(ctx, feed, alone=len(wanted) == 1, follows=_follows(feed, wanted))
        yield from Walk(ctx, service, state, since=config.since, authors=config.authors).batches()

    def map(self, stream: str, raw: Any, config: FeedConfig) -> list[Record]:
        """An entry as a Document."""
        return [document(raw, authors=config.authors)]


def _follows(feed: Feed, wanted: tuple[Feed, ...]) -> bool:
    """Is another feed of its host asked for before it?"""
    return any(one.host == feed.host for one in wanted[: feed.number - 1])


def _look(ctx: Context, config: FeedConfig, feed: Feed, *, follows: bool) -> tuple[int, list[str]]:
    """How many entries a feed holds now, and what is odd about it. Raises what keeps it from being read."""
    service = Service(ctx, feed, follows=follows)
    fetched = service.page(feed.address)
    reading = reading_of(feed, fetched.page.about, authors=config.authors, now=ctx.now())
    if undated([row(one, reading) for one in fetched.page.entries]):
        raise service.named(Undated())
    odd = [f"{feed.label} is not well-formed. What can be read of it is taken."] if fetched.page.broken else []
    return len(fetched.page.entries), odd
