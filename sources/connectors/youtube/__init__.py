"""YouTube: the public counters of videos, and what people write below them.

By the Data API v3 with an API key. Uploads are found through a channel's own playlist, never by
search, so that everything costs one unit a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from livinglytics.lib.errors import Invalid
from livinglytics.lib.weblinks import Weblink
from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    Metric,
    Recognised,
    State,
    Stream,
    Unread,
    connectors,
    option,
)
from sources.connectors._values import thing, words
from sources.connectors.youtube.comments import Walk
from sources.connectors.youtube.listing import channels, unknown
from sources.connectors.youtube.service import Service
from sources.connectors.youtube.statistics import PAGE, Reading, points
from sources.connectors.youtube.targets import HOSTS, Wanted, named, recognise, wanted
from sources.connectors.youtube.texts import record
from sources.records import Record


@dataclass(frozen=True)
class YouTubeConfig:
    """``units``: how many of the key's 10,000 units a day this source may use for each of its streams."""

    api_key: str = option(
        "API key",
        kind="secret",
        help="In the Google Cloud console: switch on “YouTube Data API v3” in the library, then “Credentials”, "
        "“Create credentials”, “API key”. It is free and needs no billing.",
    )
    targets: tuple[str, ...] = option(
        "Channels and videos",
        kind="lines",
        placeholder="@name",
        help="One per line: a channel by its @handle or its id that begins with UC, or the address of a channel or "
        "video as you see it in the browser.",
    )
    uploads: int = option(
        "Uploads per channel",
        default=200,
        kind="integer",
        minimum=1,
        maximum=1_000,
        help="So many of a channel's newest videos are read. Each costs at least one unit a sync for its comments.",
    )
    since: date | None = option(  # noqa: RUF009
        "Since", default=None, kind="date", help="Only comments written on or after this day."
    )
    authors: bool = option(
        "Keep authors' names", default=False, kind="boolean", help="Off: nothing about who wrote a comment is kept."
    )
    units: int = option(
        "Units a day",
        default=10_000,
        kind="integer",
        minimum=100,
        maximum=10_000_000,
        help="Google gives a project 10,000 units a day and starts anew at midnight Pacific time. Lower it where "
        "other programs use the same project; raise it if Google granted you more.",
    )

    def wanted(self) -> Wanted:
        """What is to be read. Raises Invalid that names the field at fault."""
        if not re.fullmatch(r"[\x21-\x7e]+", self.api_key.strip()):
            message = "This is not an API key. Copy it from “Credentials” in the Google Cloud console."
            raise Invalid(message, details={"api_key": [message]})
        return wanted(self.targets)

    def service(self, ctx: Context, state: State) -> Service:
        """The Data API with this key and the units that the state remembers."""
        return Service(ctx, self.api_key.strip(), self.units, state)


@connectors.add
class YouTube(Connector):
    """Counters once a day, and every comment and reply as a document."""

    key = "youtube"
    label = "YouTube"
    summary = "Views, likes and comments of a channel or of single videos."
    category = "social"
    icon = "video"
    platform = "youtube"
    config = YouTubeConfig
    streams = (
        Stream("videos", "Video numbers", "metrics", "One reading a day, from the day of connecting on."),
        Stream("comments", "Comments", "documents", "Newest first; those of the last seven days are read again."),
    )
    metrics = (
        Metric(
            "youtube.views",
            "Views on YouTube",
            "last",
            direction="up",
            description="Views that YouTube counts for the videos of the source, as read on the day.",
        ),
        Metric(
            "youtube.likes",
            "Likes on YouTube",
            "last",
            direction="up",
            description="Likes as read on the day, of those videos whose likes are shown.",
        ),
        Metric(
            "youtube.comments",
            "Comments on YouTube",
            "last",
            direction="neutral",
            description="Comments and replies that YouTube counts as of the day, where comments are on.",
        ),
    )
    hosts = HOSTS
    budget = "10000/day"

    def recognise(self, link: Weblink) -> Recognised | Unread | None:
        """A video or a channel. Playlists and old custom names can't be read."""
        return recognise(link)

    def named(self, text: str) -> Recognised | None:
        """A channel by its @handle or id, or a video by its id."""
        return named(text)

    def check(self, ctx: Context, config: YouTubeConfig) -> Checked:
        """Whether the key works and YouTube knows what was named: one unit, and one for each handle."""
        targets = config.wanted()
        service = config.service(ctx, {})
        found, missing = channels(service, targets)
        names = [one.title for one in found]
        if asked := targets.names("video")[:PAGE]:
            items = [thing(one) for one in service.known("videos", part="snippet", id=",".join(asked))]
            missing += [f"video {name}" for name in asked if name not in {one.get("id") for one in items}]
            names += [words(thing(one.get("snippet")).get("title") or one.get("id")) for one in items]
        if missing:
            return Checked(False, unknown(missing).message, field="targets")
        more = len(targets.targets) - 1
        details = {"channels": len(found), "videos": len(targets.names("video")), **service.quota()}
        identity = names[0][:150] + (f" and {more} more" if more else "")
        return Checked(True, f"Found {identity}.", identity=identity, details=details)

    def read(self, ctx: Context, config: YouTubeConfig, stream: str, state: State) -> Iterator[Batch]:
        """``videos``: see ``Reading``. ``comments``: see ``Walk``."""
        targets = config.wanted()
        service = config.service(ctx, state)
        if stream == "videos":
            yield from Reading(ctx, service, state).batches(targets, config.uploads)
            return
        walk = Walk(ctx, service, state, since=config.since, authors=config.authors)
        yield from walk.batches(targets, config.uploads)

    def stopped(self, stream: str, state: State) -> State:
        """From the top again, with the day's units still counted."""
        return {"units": state["units"]} if "units" in state else {}

    def map(self, stream: str, raw: Any, config: YouTubeConfig) -> list[Record]:
        """A reading as its points, or a comment as a Document."""
        if stream == "videos":
            return list(points(raw))
        return [record(raw, authors=config.authors)]
