"""A local YouTube: the lists of the Data API v3 that public data needs, with a key and a day's quota.

``python -m tests.fakes.youtube --port 9030 --videos 20 --threads 50`` serves one for demos.

Page tokens are positions, so that what is new shifts the pages below. Counters come as text, hidden ones
are left out, replies beyond five have to be asked for, and refusals have the bodies that Google sends.
"""

from __future__ import annotations

import base64
import html
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes._server import Answer, FakeServer, Request, arguments, json_answer, serve

ROOT = "/youtube/v3/"
KEY = "AIzaFakeFakeFakeFakeFakeFakeFakeFake123"
CHANNEL = "UCtestsTestsTestsTests12"
HANDLE = "@fixtureworks"
SAMPLE = 5
_SIZES = {"commentThreads": (20, 1, 100), "comments": (20, 1, 100)}
_GOOGLE = "googleapis.com"


@dataclass
class Video:
    """One video. ``likes`` None: hidden. ``listed`` false: private or deleted, YouTube shows nothing of it."""

    id: str
    title: str
    published: int
    views: int = 100
    likes: int | None = 10
    comments_on: bool = True
    listed: bool = True


@dataclass
class Comment:
    """One comment; a reply has a ``parent``."""

    id: str
    video: str
    text: str
    at: int
    parent: str = ""
    updated: int = 0
    likes: int = 0
    author: str = "@ada"


@dataclass(eq=False)
class Refused(Exception):  # noqa: N818
    """An answer of 400 or more in Google's words."""

    status: int
    reason: str
    domain: str = "global"
    message: str = "Refused."
    details: tuple[Mapping[str, Any], ...] = ()
    kind: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> Answer:
        error: dict[str, Any] = {
            "code": self.status,
            "message": self.message,
            "errors": [{"message": self.message, "domain": self.domain, "reason": self.reason}],
        }
        if self.kind:
            error["status"] = self.kind
        if self.details:
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", **one} for one in self.details]
        return json_answer({"error": error}, self.status, **dict(self.headers))


def _info(reason: str, **metadata: str) -> tuple[Mapping[str, Any], ...]:
    return ({"reason": reason, "domain": _GOOGLE, "metadata": {"service": "youtube.googleapis.com", **metadata}},)


QUOTA = Refused(
    403, "quotaExceeded", "youtube.quota",
    'The request cannot be completed because you have exceeded your <a href="/youtube/v3/getting-started#quota">'
    "quota</a>.",
)  # fmt: skip
DAILY = Refused(
    403, "dailyLimitExceeded", "usageLimits",
    "Daily Limit Exceeded. The quota will be reset at midnight Pacific Time (PT).",
)  # fmt: skip
PER_DAY = Refused(
    429, "rateLimitExceeded", "global",
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per day' of service 'youtube.googleapis.com'.",
    _info("RATE_LIMIT_EXCEEDED", quota_limit="defaultPerDayPerProject"), "RESOURCE_EXHAUSTED",
)  # fmt: skip
TOO_FAST = Refused(403, "rateLimitExceeded", "usageLimits", "Rate Limit Exceeded")
BAD_KEY = Refused(
    400, "badRequest", "global", "API key not valid. Please pass a valid API key.", _info("API_KEY_INVALID"),
    "INVALID_ARGUMENT",
)  # fmt: skip
OLD_BAD_KEY = Refused(400, "keyInvalid", "usageLimits", "Bad Request")
NO_KEY = Refused(
    403, "forbidden", "global",
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
    "form of API consumer identity to call this API.",
    kind="PERMISSION_DENIED",
)  # fmt: skip
SWITCHED_OFF = Refused(
    403, "accessNotConfigured", "usageLimits",
    "YouTube Data API v3 has not been used in project 123 before or it is disabled.",
    _info("SERVICE_DISABLED"), "PERMISSION_DENIED",
)  # fmt: skip
BLOCKED = Refused(
    403, "forbidden", "global",
    "Requests to this API youtube method youtube.api.v3.V3DataVideoService.List are blocked.",
    _info("API_KEY_SERVICE_BLOCKED"), "PERMISSION_DENIED",
)  # fmt: skip
EXPIRED = Refused(401, "authError", "global", "Invalid Credentials", kind="UNAUTHENTICATED")
BUSY = Refused(400, "processingFailure", "youtube.commentThread", "The API server failed to process the request.")
OLD_TOKEN = Refused(400, "invalidPageToken", "youtube.parameter", "The request specifies an invalid page token.")
OFF = Refused(
    403, "commentsDisabled", "youtube.commentThread",
    'The video identified by the <code><a href="/youtube/v3/docs/commentThreads/list#videoId">videoId</a></code> '
    "parameter has disabled comments.",
)  # fmt: skip
KEPT_BACK = Refused(
    403, "forbidden", "youtube.commentThread",
    "One or more of the requested comment threads cannot be retrieved due to insufficient permissions.",
)  # fmt: skip
NO_VIDEO = Refused(404, "videoNotFound", "youtube.commentThread", "The video could not be found.")
NO_COMMENT = Refused(404, "commentNotFound", "youtube.comment", "One or more of the comments cannot be found.")
NO_CHANNEL = Refused(404, "channelNotFound", "youtube.channel", "The channel could not be found.")
NO_PLAYLIST = Refused(404, "playlistNotFound", "youtube.playlistItem", "The playlist cannot be found.")


class YouTubeFake(FakeServer):
    """One channel with ``videos`` videos, each with ``threads`` comments; every seventh has eight replies.

    ``refuse(…)`` queues refusals for the next requests, None for a good answer. ``quota`` is how many units
    are left. ``loops`` names a list whose last page points to itself.
    """

    def __init__(self, *, port: int = 0, videos: int = 3, threads: int = 25, until: int = 1_795_000_000) -> None:
        self.keys, self.quota = {KEY}, 10_000
        self.title, self.handle, self.until, self.loops = "Fixture Works", HANDLE, until, ""
        self.videos: dict[str, Video] = {}
        self.comments: dict[str, Comment] = {}
        self._refusals: list[Refused | None] = []
        self._generation = 1
        for number in range(videos):
            video = self.publish(f"Film {number}", at=until - number * 3 * 86_400)
            for turn in range(threads):
                at = until - turn * 40_000 - number * 60
                parent = self.say(video, f"Comment {turn} & more on film {number}", at=at)
                for answer in range(8 if turn % 7 == 3 else turn % 3):
                    self.say(video, f"Answer {answer}", at=at + 60 * answer + 30, parent=parent)
        super().__init__(port)

    # -- the live history -------------------------------------------------------------

    def publish(self, title: str, *, at: int, **how: Any) -> str:
        """A new video; its id of eleven signs."""
        name = f"vid-{len(self.videos):07d}"
        self.videos[name] = Video(name, title, at, **how)
        return name

    def say(self, video: str, text: str, *, at: int, parent: str = "", **how: Any) -> str:
        """A new comment or reply; its id."""
        name = f"{parent}.{len(self.comments):07d}" if parent else f"Ugx{len(self.comments):07d}AaABAg"
        self.comments[name] = Comment(name, video, text, at, parent, updated=at, **how)
        return name

    def edit(self, name: str, text: str, *, at: int) -> None:
        self.comments[name].text, self.comments[name].updated = text, at

    def delete(self, name: str) -> None:
        """The comment and its replies vanish."""
        for gone in [name, *(one.id for one in self.comments.values() if one.parent == name)]:
            del self.comments[gone]

    def refuse(self, *steps: Refused | None) -> None:
        self._refusals += steps

    def expire_tokens(self) -> None:
        """No page token handed out so far is taken any longer."""
        self._generation += 1

    def replies(self, parent: str) -> list[Comment]:
        found = [one for one in self.comments.values() if one.parent == parent]
        return sorted(found, key=lambda one: (one.at, one.id), reverse=True)

    # -- answers ----------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        lists: dict[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
            "channels": self._channels, "playlistItems": self._items, "videos": self._videos,
            "commentThreads": self._threads, "comments": self._comments,
        }  # fmt: skip
        name = request.path.removeprefix(ROOT)
        if not request.path.startswith(ROOT) or name not in lists:
            return Answer(b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", 404, kind="text/html")
        try:
            self._admit(request)
            return json_answer(lists[name](request.query))
        except Refused as refusal:
            return refusal.answer()

    def _admit(self, request: Request) -> None:
        """The key, the quota, and what a test wants to go wrong."""
        headers = {key.lower(): value for key, value in request.headers.items()}
        key = request.query.get("key") or headers.get("x-goog-api-key", "")
        if key not in self.keys:
            raise BAD_KEY if key else NO_KEY
        if self._refusals and (refusal := self._refusals.pop(0)):
            raise refusal
        if self.quota <= 0:
            raise QUOTA
        self.quota -= 1
        if not request.query.get("part"):
            raise Refused(400, "missingRequiredParameter", "youtube.parameter", "No filter selected.")

    def _channels(self, query: Mapping[str, str]) -> dict[str, Any]:
        named = CHANNEL in query.get("id", "").split(",") or query.get("forHandle", "").lower() == self.handle
        known = named or query.get("forUsername") == "fixtureworks"
        channel = {
            "kind": "youtube#channel", "etag": "c", "id": CHANNEL,
            "snippet": {"title": self.title, "description": "", "customUrl": self.handle},
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": "UU" + CHANNEL[2:]}},
        }  # fmt: skip
        answer = _listed("channel", [channel] if known else [], 1 if known else 0, 5)
        if not known:
            del answer["items"]
        return answer

    def _items(self, query: Mapping[str, str]) -> dict[str, Any]:
        uploads = sorted(self.videos.values(), key=lambda one: (one.published, one.id), reverse=True)
        if query.get("playlistId") != "UU" + CHANNEL[2:] or not uploads:
            raise NO_PLAYLIST
        items = [
            {
                "kind": "youtube#playlistItem", "etag": "p", "id": "UU-" + one.id,
                "contentDetails": {"videoId": one.id, "videoPublishedAt": _moment(one.published)},
            }
            for one in uploads
        ]  # fmt: skip
        return self._page("playlistItem", "playlistItems", items, query)

    def _videos(self, query: Mapping[str, str]) -> dict[str, Any]:
        ids = query.get("id", "").split(",")
        if len(ids) > 50:
            raise Refused(400, "invalidFilters", "youtube.parameter", "The request specifies an invalid filter.")
        items = [self._video(self.videos[one]) for one in ids if one in self.videos and self.videos[one].listed]
        parts = {"kind", "etag", "id", *query["part"].split(",")}
        return _listed("video", [{name: one[name] for name in one if name in parts} for one in items], len(items), 50)

    def _video(self, one: Video) -> dict[str, Any]:
        counted = {"viewCount": str(one.views), "favoriteCount": "0"}
        if one.likes is not None:
            counted["likeCount"] = str(one.likes)
        if one.comments_on:
            counted["commentCount"] = str(sum(comment.video == one.id for comment in self.comments.values()))
        snippet = {"publishedAt": _moment(one.published), "channelId": CHANNEL, "title": one.title}
        return {"kind": "youtube#video", "etag": "v", "id": one.id, "snippet": snippet, "statistics": counted}

    def _threads(self, query: Mapping[str, str]) -> dict[str, Any]:
        video = self.videos.get(query.get("videoId", ""))
        if video is None or not video.listed:
            raise NO_VIDEO
        if not video.comments_on:
            raise OFF
        found = [one for one in self.comments.values() if one.video == video.id and not one.parent]
        found.sort(key=lambda one: (one.at, one.id), reverse=True)
        return self._page("commentThread", "commentThreads", [self.dressed(one, query) for one in found], query)

    def dressed(self, top: Comment, query: Mapping[str, str]) -> dict[str, Any]:
        replies = self.replies(top.id)
        thread: dict[str, Any] = {
            "kind": "youtube#commentThread", "etag": "t", "id": top.id,
            "snippet": {
                "channelId": CHANNEL, "videoId": top.video, "topLevelComment": _comment(top, query),
                "canReply": True, "totalReplyCount": len(replies), "isPublic": True,
            },
        }  # fmt: skip
        if replies and "replies" in query["part"]:
            thread["replies"] = {"comments": [_comment(one, query) for one in replies[:SAMPLE]]}
        return thread

    def _comments(self, query: Mapping[str, str]) -> dict[str, Any]:
        parent = query.get("parentId", "")
        if parent not in self.comments:
            raise NO_COMMENT
        items = [_comment(one, query) for one in self.replies(parent)]
        for one in items:
            del one["snippet"]["videoId"]
        return self._page("comment", "comments", items, query)

    def _page(self, kind: str, name: str, items: list[Any], query: Mapping[str, str]) -> dict[str, Any]:
        usual, least, most = _SIZES.get(name, (5, 0, 50))
        size, token = int(query.get("maxResults", usual)), query.get("pageToken", "")
        if not least <= size <= most:
            raise Refused(400, "invalidParameter", "youtube.parameter", "Invalid value for maxResults.")
        start = self._position(token) if token else 0
        answer = _listed(kind, items[start : start + size], min(len(items), size), size)
        if start + size < len(items):
            answer["nextPageToken"] = self._token(start + size)
        elif self.loops == name and token:
            answer["nextPageToken"] = token
        return answer

    def _token(self, position: int) -> str:
        return base64.urlsafe_b64encode(f"{self._generation}:{position}".encode()).decode()

    def _position(self, token: str) -> int:
        try:
            generation, position = map(int, base64.urlsafe_b64decode(token).decode().split(":"))
        except ValueError:
            raise OLD_TOKEN from None
        if generation != self._generation:
            raise OLD_TOKEN
        return position


def _listed(kind: str, items: list[Any], total: int, size: int) -> dict[str, Any]:
    info = {"totalResults": total, "resultsPerPage": size}
    return {"kind": f"youtube#{kind}ListResponse", "etag": "l", "pageInfo": info, "items": items}


def _comment(one: Comment, query: Mapping[str, str]) -> dict[str, Any]:
    plain = query.get("textFormat") == "plainText"
    snippet = {
        "channelId": CHANNEL, "videoId": one.video, "textOriginal": one.text,
        "textDisplay": one.text if plain else html.escape(one.text).replace("\n", "<br>"),
        "authorDisplayName": one.author, "authorProfileImageUrl": "https://yt3.ggpht.com/x",
        "authorChannelUrl": "http://www.youtube.com/" + one.author, "authorChannelId": {"value": "UCauthor"},
        "canRate": True, "viewerRating": "none", "likeCount": one.likes,
        "publishedAt": _moment(one.at), "updatedAt": _moment(one.updated),
    }  # fmt: skip
    if one.parent:
        snippet["parentId"] = one.parent
    return {"kind": "youtube#comment", "etag": "k", "id": one.id, "snippet": snippet}


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> None:
    parser = arguments(f"A local YouTube with made-up videos. The key is {KEY}, the channel {HANDLE}.")
    parser.add_argument("--videos", type=int, default=20)
    parser.add_argument("--threads", type=int, default=50)
    parser.add_argument("--until", type=int, default=int(time.time()), help="epoch seconds of the newest video")
    chosen = parser.parse_args()
    serve(YouTubeFake(port=chosen.port, videos=chosen.videos, threads=chosen.threads, until=chosen.until))


if __name__ == "__main__":
    main()
