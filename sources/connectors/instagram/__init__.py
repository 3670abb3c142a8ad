"""Instagram: the numbers of a professional account, its posts, and what people write below them.

By the Graph API, with a Facebook account that manages the page behind it, or with an access token.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from livinglytics.lib.buckets import day_bounds, epoch, local_day
from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    Progress,
    Raw,
    State,
    Stream,
    connectors,
    option,
)
from sources.connectors._values import words
from sources.connectors.instagram import days, numbers
from sources.connectors.instagram.comments import Walk
from sources.connectors.instagram.days import PACIFIC, Pass
from sources.connectors.instagram.declared import METRICS
from sources.connectors.instagram.numbers import Reading, Stories
from sources.connectors.instagram.posts import Posts
from sources.connectors.instagram.profiles import Profile, found, id_in, profile
from sources.connectors.instagram.refusals import Unsupported
from sources.connectors.instagram.service import Service
from sources.connectors.instagram.texts import comment_record, post_record
from sources.records import MetricPoint, Record

SCOPES = (
    *("instagram_basic", "instagram_manage_insights", "instagram_manage_comments"),
    *("pages_show_list", "pages_read_engagement"),
)
#: field of a reading of the account -> the metric it is
COUNTS = {"followers": "instagram.followers", "media": "instagram.media"}


@dataclass(frozen=True)
class InstagramConfig:
    """Which account, opened with a sign-in or a token, and how many of its posts."""

    token: str = option(
        "Access token",
        default="",
        kind="secret",
        help="Only where you can't connect a Facebook account: a token of a system user or of Instagram's own login, "
        "with the rights that the documentation names. It is not renewed here.",
    )
    account: str = option(
        "Facebook account",
        default="",
        kind="account",
        provider="meta",
        scopes=SCOPES,
        instead_of="token",
        help="Sign in with an account that manages the Facebook page that the Instagram account is connected to. "
        "Nothing is ever written there.",
    )
    profile: str = option(
        "Instagram account",
        default="",
        placeholder="@name",
        help="Its name or its id. Empty where there is one only. It has to be a business or creator account.",
    )
    posts: int = option(
        "Posts",
        default=50,
        kind="integer",
        minimum=1,
        maximum=200,
        help="So many of the newest posts are read. The numbers of each cost one request a sync.",
    )
    since: date | None = option(  # noqa: RUF009
        "First day", default=None, kind="date", help="Of the account's daily numbers. Empty means 30 days back."
    )
    authors: bool = option(
        "Keep authors' names", default=False, kind="boolean", help="Off: nothing about who wrote a comment is kept."
    )

    def service(self, ctx: Context) -> Service:
        """The Graph API as it is opened with these settings. Raises Invalid."""
        return Service(ctx, self.token, self.account)

    def pinned(self, service: Service, state: State) -> State:
        """The account as a state keeps it, so that an empty setting or a name means the same one for ever."""
        asked = words(self.profile)
        kept = state if state.get("asked") == asked else {}
        return {"asked": asked, "profile": id_in(kept.get("profile")) or found(service, asked).id}


@connectors.add
class Instagram(Connector):
    """Daily numbers of the account, numbers of its posts and stories, captions and comments."""

    key = "instagram"
    label = "Instagram"
    summary = "Reach, followers, posts and comments of a professional account."
    category = "social"
    icon = "camera"
    config = InstagramConfig
    streams = (
        Stream("account", "Account by day", "metrics", "Whole days up to yesterday. The last three are read again."),
        Stream("followers", "Followers", "metrics", "One reading a day, from the day of connecting on."),
        Stream("posts", "Posts", "documents", "The captions of the newest posts."),
        Stream("numbers", "Post numbers", "metrics", "One reading a day of each of the newest posts."),
        Stream("stories", "Story numbers", "metrics", "Only of stories that can be seen while a sync runs."),
        Stream("comments", "Comments", "documents", "Of the newest posts, with the answers."),
    )
    metrics = METRICS
    hosts = ("graph.facebook.com", "graph.instagram.com")
    backfills = ("account",)

    def check(self, ctx: Context, config: InstagramConfig) -> Checked:
        """Which account is meant, and whether its numbers may be read."""
        service = config.service(ctx)
        mine = found(service, words(config.profile))
        start, end = day_bounds(local_day(ctx.now(), PACIFIC) - timedelta(days=1), PACIFIC)
        try:
            asked = {"metric": "reach", "period": "day", "metric_type": "total_value"}
            service.get(f"{mine.id}/insights", **asked, since=epoch(start), until=epoch(end))
            reads = "Its numbers, posts and comments can be read."
        except Unsupported:
            reads = "Its posts and comments can be read; Instagram has no reach of it."
        details = {"account": mine.id, "followers": mine.followers, "posts": mine.media, **service.quota()}
        return Checked(True, f"Found {mine.name}. {reads}{_small(mine)}", identity=mine.name, details=details)

    def read(self, ctx: Context, config: InstagramConfig, stream: str, state: State) -> Iterator[Batch]:
        """``account``: see ``Pass``; ``posts``: ``Posts``; ``numbers``: ``Reading``; ``comments``: ``Walk``."""
        service = config.service(ctx)
        pinned = config.pinned(service, state)
        match stream:
            case "account":
                yield from Pass(ctx, service, state, pinned=pinned, since=config.since).batches()
            case "followers":
                yield _counted(ctx, service, pinned)
            case "posts":
                yield from Posts(service, state, pinned=pinned, most=config.posts).batches()
            case "numbers":
                yield from Reading(ctx, service, state, pinned=pinned).batches(config.posts)
            case "stories":
                yield from Stories(ctx, service, state, pinned=pinned).batches()
            case _:
                walk = Walk(ctx, service, state, pinned=pinned, authors=config.authors)
                yield from walk.batches(config.posts)

    def map(self, stream: str, raw: Any, config: InstagramConfig) -> list[Record]:
        """Points of a day, a reading, a post or a story; a caption or comment as a document."""
        match stream:
            case "account":
                return list(days.points(raw))
            case "followers":
                day = date.fromisoformat(raw["day"])
                return [MetricPoint(key, day, raw[name]) for name, key in COUNTS.items() if raw.get(name) is not None]
            case "posts":
                return [post_record(raw)]
            case "numbers":
                return list(numbers.points(raw))
            case "stories":
                return list(numbers.story_points(raw))
        return [comment_record(raw)]


def _small(mine: Profile) -> str:
    if mine.followers is None or mine.followers >= days.FEW:
        return ""
    return f" With fewer than {days.FEW} followers, Instagram tells no follows."


def _counted(ctx: Context, service: Service, pinned: State) -> Batch:
    """The account's own counts of now, in one row."""
    mine = profile(service, pinned["profile"])
    day = local_day(ctx.now(), ctx.zone).isoformat()
    raw = Raw(day, {"day": day, "followers": mine.followers, "media": mine.media}, ctx.now())
    return Batch((raw,), pinned, Progress(1, 1, "readings"), quota=service.quota())
