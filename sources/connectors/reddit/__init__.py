"""Reddit: what people post in communities, and what they write below posts.

By Reddit's API with an app of the user's own, which Reddit has to approve. Read without anybody signed in, so
only what is public.
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
from sources.connectors._values import words
from sources.connectors.reddit.comments import Comments
from sources.connectors.reddit.numbers import Reading, points, shown_communities, shown_posts, unknown
from sources.connectors.reddit.posts import Posts
from sources.connectors.reddit.service import App, Service
from sources.connectors.reddit.targets import HOSTS, Wanted, named, recognise, wanted
from sources.connectors.reddit.texts import record
from sources.connectors.reddit.walk import Kept
from sources.records import Record

_SECRET = re.compile(r"[\x21-\x39\x3b-\x7e]{10,200}")
_USER = re.compile(r"(?:/?u/)?([A-Za-z0-9_-]{3,20})", re.ASCII)


@dataclass(frozen=True)
class RedditConfig:
    """The app, whose it is, and what to read."""

    client_id: str = option(
        "Client id",
        kind="secret",
        help="On reddit.com/prefs/apps, “create another app”, kind “script”: the text below the app's name. Reddit has "
        "to approve the app first.",
    )
    client_secret: str = option("Client secret", kind="secret", help="The field “secret” of the same app.")
    username: str = option(
        "Your user name",
        placeholder="ada",
        help="The account that the app belongs to. Reddit wants to read in each request whose app is asking.",
    )
    targets: tuple[str, ...] = option(
        "Communities and posts",
        kind="lines",
        placeholder="r/django",
        help="One per line: a community like r/django, or the address of a post as you see it in the browser.",
    )
    since: date | None = option(  # noqa: RUF009
        "Since", default=None, kind="date", help="Only what was written on or after this day."
    )
    authors: bool = option(
        "Keep authors' names", default=False, kind="boolean", help="Off: nothing about who wrote it is kept."
    )
    comments: bool = option(
        "Include comments",
        default=True,
        kind="boolean",
        help="Off: only posts are read. Comments cost at least one request for each post that has any.",
    )

    def wanted(self) -> Wanted:
        """What is to be read. Raises Invalid that names the field at fault."""
        for name, value in (("client_id", self.client_id), ("client_secret", self.client_secret)):
            if not _SECRET.fullmatch(value.strip()):
                raise _invalid(name, "This is neither the id nor the secret of an app. Copy it from its page again.")
        if not _USER.fullmatch(self.username.strip()):
            raise _invalid("username", "This is no user name. It looks like ada, without u/.")
        return wanted(self.targets)

    def service(self, ctx: Context) -> Service:
        """Reddit's API with this app. ``wanted`` has found the settings well formed."""
        user = _USER.fullmatch(self.username.strip())
        return Service(ctx, App(self.client_id.strip(), self.client_secret.strip(), user[1] if user else ""))


@connectors.add
class Reddit(Connector):
    """Posts and comments as documents, and the numbers of what is watched once a day."""

    key = "reddit"
    label = "Reddit"
    summary = "Posts and comments of communities or below single posts."
    category = "social"
    icon = "messages-square"
    platform = "reddit"
    config = RedditConfig
    streams = (
        Stream("posts", "Posts", "documents", "Newest first; those of the last seven days are read again."),
        Stream("comments", "Comments", "documents", "Below the posts that were read; the same days again."),
        Stream("numbers", "Numbers", "metrics", "One reading a day, from the day of connecting on."),
    )
    metrics = (
        Metric(
            "reddit.score",
            "Score on Reddit",
            "last",
            direction="up",
            description="Votes up minus votes down of the posts watched by address, as of the day. Reddit blurs it.",
        ),
        Metric(
            "reddit.comments",
            "Comments on Reddit",
            "last",
            direction="neutral",
            description="Comments that Reddit counts as of the day below the posts watched by address.",
        ),
        Metric(
            "reddit.members",
            "Members on Reddit",
            "last",
            direction="up",
            description="Memberships in the watched communities as of the day. Who is in two of them counts in both.",
        ),
    )
    hosts = HOSTS
    budget = "800/10 minutes"
    key_settings = ("client_id", "client_secret", "username")

    def streams_for(self, config: RedditConfig) -> tuple[Stream, ...]:
        """Without comments where they are switched off."""
        return tuple(one for one in self.streams if config.comments or one.key != "comments")

    def recognise(self, link: Weblink) -> Recognised | Unread | None:
        """A community or a post. Profiles, videos and images can't be read."""
        return recognise(link)

    def named(self, text: str) -> Recognised | None:
        """A community as ``r/django``, a post as ``t3_1abcde``."""
        return named(text)

    def check(self, ctx: Context, config: RedditConfig) -> Checked:
        """Whether Reddit takes the app and shows what was named: a token and at most two questions."""
        targets = config.wanted()
        service = config.service(ctx)
        found = {**shown_communities(service, targets), **shown_posts(service, targets)}
        missing = [name for name, one in found.items() if one is None or one.get("subreddit_type") == "private"]
        if missing:
            return Checked(False, unknown(missing), field="targets")
        first, one = next(iter(found.items()))
        name = first if first.startswith("r/") else words((one or {}).get("title"))[:150] or first
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        details = {"communities": len(targets.names("community")), "posts": len(targets.names("post"))}
        return Checked(True, f"Found {name}{more}.", identity=f"{name}{more}", details={**details, **service.quota()})

    def read(self, ctx: Context, config: RedditConfig, stream: str, state: State) -> Iterator[Batch]:
        """``numbers``: see ``Reading``. ``posts`` and ``comments``: see ``Walk``."""
        targets = config.wanted()
        service = config.service(ctx)
        if stream == "numbers":
            yield from Reading(ctx, service).batches(targets)
            return
        walk = Posts if stream == "posts" else Comments
        yield from walk(ctx, service, state, Kept(config.since, config.authors)).batches(targets)

    def map(self, stream: str, raw: Any, config: RedditConfig) -> list[Record]:
        """A reading as its points, or a post or comment as a Document or Tombstone."""
        if stream == "numbers":
            return list(points(raw))
        return [record(raw, authors=config.authors)]


def _invalid(name: str, message: str) -> Invalid:
    return Invalid(message, details={name: [message]})
