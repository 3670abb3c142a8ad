"""The metrics that come of Instagram's numbers, and under which of its names each is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sources.connectors._base import Metric

#: how long Instagram may still correct a day
SETTLES: Final = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a day of the account. ``metrics``: Instagram's name -> ours.

    With a ``breakdown``, the name is that of a value of it. ``few``: whether it needs 100 followers;
    ``recent``: whether only the last 30 days are known.
    """

    metrics: dict[str, str]
    series: bool = False
    breakdown: str = ""
    about: str = ""
    few: bool = False
    recent: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What is put into ``metric``."""
        return (self.about,) if self.about else tuple(self.metrics)


TOTALS: Final = Question(
    {
        "reach": "instagram.reach",
        "views": "instagram.views",
        "accounts_engaged": "instagram.accounts_engaged",
        "total_interactions": "instagram.interactions",
        "profile_links_taps": "instagram.link_taps",
    }
)
FOLLOWS: Final = Question(
    {"FOLLOWER": "instagram.follows", "NON_FOLLOWER": "instagram.unfollows"},
    breakdown="follow_type",
    about="follows_and_unfollows",
    few=True,
)
NEW_FOLLOWERS: Final = Question({"follower_count": "instagram.new_followers"}, series=True, few=True, recent=True)
QUESTIONS: Final = (TOTALS, FOLLOWS, NEW_FOLLOWERS)

#: what a post is asked for, by its kind at Instagram
POST_METRICS: Final = {
    "FEED": (
        *("reach", "views", "likes", "comments", "saved", "shares", "total_interactions"),
        *("profile_visits", "follows"),
    ),
    "REELS": (
        *("reach", "views", "likes", "comments", "saved", "shares", "total_interactions"),
        "ig_reels_avg_watch_time",
    ),
}
STORY_METRICS: Final = ("views", "replies", "shares", "profile_visits", "follows")
#: Instagram's name -> ours, of one post so far
OF_POSTS: Final = {
    "reach": "instagram.post_reach",
    "views": "instagram.post_views",
    "likes": "instagram.post_likes",
    "comments": "instagram.post_comments",
    "saved": "instagram.post_saves",
    "shares": "instagram.post_shares",
    "total_interactions": "instagram.post_interactions",
    "profile_visits": "instagram.post_profile_visits",
    "follows": "instagram.post_follows",
    "ig_reels_avg_watch_time": "instagram.reel_watch_time",
}
OF_STORIES: Final = {name: f"instagram.story_{name}" for name in STORY_METRICS}


def _daily(key: str, label: str, text: str, kind: str = "sum", direction: str = "up") -> Metric:
    return Metric(f"instagram.{key}", label, kind, direction=direction, description=text, settle=SETTLES)  # type: ignore[arg-type]


def _so_far(key: str, label: str, text: str) -> Metric:
    text = f"{text} Of the source's newest posts, since each was published, as read on the day."
    return Metric(f"instagram.{key}", label, "last", direction="up", description=text)


def _story(key: str, label: str, text: str) -> Metric:
    text = f"{text} On the day a story was published, of the stories that were read while they could be seen."
    return Metric(f"instagram.story_{key}", label, direction="up", description=text, settle=timedelta(hours=24))


METRICS: Final = (
    _daily("reach", "Reach on Instagram", "Different accounts that saw something. Days do not add up.", "distinct"),
    _daily(
        "views", "Views on Instagram", "How often reels were played and posts and stories were seen, repeats included."
    ),
    _daily(
        "accounts_engaged",
        "Accounts engaged on Instagram",
        "Different accounts that liked, saved, commented, shared or answered. Days do not add up.",
        "distinct",
    ),
    _daily("interactions", "Interactions on Instagram", "Likes, saves, comments, shares and answers."),
    _daily("link_taps", "Taps on the Instagram profile", "Taps on the profile's address, call, mail and text buttons."),
    _daily("follows", "Follows on Instagram", "Accounts that began to follow."),
    _daily("unfollows", "Unfollows on Instagram", "Accounts that no longer follow, or left.", direction="down"),
    _daily("new_followers", "New Instagram followers", "New followers as Instagram's follower count tells them."),
    Metric(
        "instagram.followers",
        "Instagram followers",
        "last",
        direction="up",
        description="Followers of the account, as read on the day.",
    ),
    Metric(
        "instagram.media",
        "Posts on Instagram",
        "last",
        description="Posts and reels that the account shows, as read on the day.",
    ),
    Metric(
        "instagram.post_reach",
        "Reach of Instagram posts",
        "distinct",
        direction="up",
        description="Different accounts that saw a post, since it was published. Posts do not add up.",
    ),
    _so_far("post_views", "Views of Instagram posts", "How often they were seen or played."),
    _so_far("post_likes", "Likes of Instagram posts", "Likes, also where they are hidden from others."),
    _so_far("post_comments", "Comments on Instagram posts", "Comments that Instagram counts."),
    _so_far("post_saves", "Saves of Instagram posts", "How often they were saved."),
    _so_far("post_shares", "Shares of Instagram posts", "How often they were shared."),
    _so_far("post_interactions", "Interactions with Instagram posts", "Likes, saves, comments and shares."),
    _so_far("post_profile_visits", "Profile visits from posts", "How often a post led to the profile; not of reels."),
    _so_far("post_follows", "Follows from Instagram posts", "Accounts that began to follow by a post; not of reels."),
    Metric(
        "instagram.reel_watch_time",
        "Watch time of a reel",
        "mean",
        "seconds",
        "up",
        "Mean time that a reel was watched, over the reels among the newest posts, as read on the day.",
    ),
    _story("count", "Instagram stories", "Stories that were seen here."),
    _story("views", "Views of Instagram stories", "How often stories were seen."),
    _story("replies", "Answers to Instagram stories", "Answers to stories."),
    _story("shares", "Shares of Instagram stories", "How often stories were shared."),
    _story("profile_visits", "Profile visits from stories", "How often a story led to the profile."),
    _story("follows", "Follows from Instagram stories", "Accounts that began to follow by a story."),
)
