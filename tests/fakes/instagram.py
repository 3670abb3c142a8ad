"""A local Instagram: the Graph API of a professional account, as both of its hosts answer.

``python -m tests.fakes.instagram --port 9050 --posts 60`` serves one for demos.

Cursors name the place behind a thing, so that what is new shifts nothing; ``next`` carries the token. One metric
that a kind of post doesn't have fails the whole question. Days end at midnight Pacific, and limits come as HTTP 400.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tests.fakes._server import Answer, FakeServer, Request, arguments, serve
from tests.fakes.instagram_fields import picked
from tests.fakes.instagram_refusals import BAD_CURSOR, GONE, IG, TOO_FEW, TOO_OLD, Refused

ROOT = "/v26.0/"
TOKEN = "EAAfakeFakeFakeFakeFakeFakeFakeFake"
PAGE = "102030405060708"
UNTIL = 1_795_000_000
PACIFIC = ZoneInfo("America/Los_Angeles")
MONTH = 30 * 86_400
_TOTAL = "metric_type=total_value"
#: kind of post -> the metrics that it has; one that is not here fails the question
KINDS = {
    "FEED": "reach views likes comments saved shares total_interactions profile_visits follows",
    "REELS": "reach views likes comments saved shares total_interactions ig_reels_avg_watch_time",
    "STORY": "reach views replies shares navigation follows profile_visits",
}
TOTALS = ("reach", "views", "accounts_engaged", "total_interactions", "profile_links_taps", "follows_and_unfollows")
SERIES = ("reach", "follower_count")


@dataclass
class Post:
    """One thing that was published. ``numbers`` None: fewer than five viewers; ``old``: before the account's time."""

    id: str
    caption: str | None
    at: int
    kind: str = "FEED"
    likes: int | None = 10
    numbers: dict[str, int] | None = field(default_factory=dict)
    old: bool = False
    comments_on: bool = True


@dataclass
class Comment:
    """One comment; a reply has a ``parent``."""

    id: str
    post: str
    text: str
    at: int
    parent: str = ""
    likes: int = 0
    author: str = "ada.reads"
    hidden: bool = False


class InstagramFake(FakeServer):
    """One account with ``posts`` posts, each with ``comments`` comments; every fifth has four replies.

    ``refuse(…)`` queues refusals for the next requests, None for a good answer. ``admits``: whether a token is good.
    ``loops`` ends in a path whose last page points to itself; ``ended`` in one whose pages carry no cursor.
    ``lacking``: metrics that this account doesn't have; ``totals``: those of posts that are told as totals only.
    ``quiet``: days for which there are no numbers.
    """

    def __init__(self, *, port: int = 0, posts: int = 30, comments: int = 4, until: int = UNTIL) -> None:
        self.now: Callable[[], float] = lambda: until + 3_600.0
        self.admits: Callable[[str], bool] = lambda token: token == TOKEN
        self.pages: list[dict[str, Any]] = [page(PAGE, "Harbor Café", IG, "harbor.cafe")]
        self.followers, self.usage = 1_204, 20
        self.loops = self.ended = ""
        self.lacking: set[str] = set()
        self.totals: set[str] = set()
        self.quiet: set[date] = set()
        self.more: dict[tuple[date, str], int] = {}
        self.posts: dict[str, Post] = {}
        self.comments: dict[str, Comment] = {}
        self._refusals: list[Refused | None] = []
        for number in range(posts):
            kind = "REELS" if number % 3 == 1 else "FEED"
            name = self.publish(f"Harbor news {number}", at=until - number * 86_400, kind=kind)
            for turn in range(comments):
                top = self.say(name, f"Comment {turn} on {number}", at=until - number * 86_400 + 60 + turn * 30)
                for answer in range(4 if turn % 5 == 2 else 0):
                    self.say(name, f"Answer {answer}", at=until - number * 86_400 + 300 + answer, parent=top)
        super().__init__(port)

    # -- the live history -------------------------------------------------------------

    def publish(self, caption: str | None, *, at: int, kind: str = "FEED", **how: Any) -> str:
        """A new post, reel or story; its id."""
        number = len(self.posts)
        numbers = {name: 10 * (number % 7 + 1) + place for place, name in enumerate(KINDS[kind].split())}
        name = f"1790000000{number:07d}"
        self.posts[name] = Post(name, caption, at, kind, **{"numbers": numbers, **how})
        return name

    def say(self, post: str, text: str, *, at: int, parent: str = "", **how: Any) -> str:
        """A new comment, or an answer to one; its id."""
        name = f"1780000000{len(self.comments):07d}"
        self.comments[name] = Comment(name, post, text, at, parent, **how)
        return name

    def drop(self, name: str) -> None:
        """Somebody deleted a post or comment, and with it what hangs below."""
        self.posts.pop(name, None)
        self.comments.pop(name, None)
        for one in list(self.comments.values()):
            if name in (one.post, one.parent):
                self.comments.pop(one.id, None)

    def refuse(self, *steps: Refused | None) -> None:
        self._refusals.extend(steps)

    def number(self, metric: str, day: date) -> int:
        """What Instagram counts for a metric and day."""
        return self.more.get((day, metric), 100 + day.toordinal() % 50 + len(metric))

    # -- answers ------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        try:
            self._admit(request)
            if self._refusals and (refused := self._refusals.pop(0)):
                raise refused
            body = self._found(request)
        except Refused as refused:
            return refused.answer()
        counts = dict.fromkeys(("call_count", "total_time", "total_cputime"), self.usage)
        case = {IG: [{"type": "instagram", **counts, "estimated_time_to_regain_access": 0}]}
        usage = {"X-App-Usage": json.dumps(counts), "X-Business-Use-Case-Usage": json.dumps(case)}
        return Answer(json.dumps(body).encode(), headers=usage)

    def _admit(self, request: Request) -> None:
        if not self.admits(given(request)):
            raise Refused(190, "Invalid OAuth access token - Cannot parse access token", status=401)

    def _found(self, request: Request) -> Any:
        node, _, edge = request.path.removeprefix(ROOT).strip("/").partition("/")
        if node == "me":
            return self._edge(request, self.pages) if edge else self._node(request, self._profile(IG))
        if node in {one["instagram_business_account"]["id"] for one in self.pages if len(one) > 2}:
            return self._of_account(request, node, edge)
        if node in self.posts:
            return self._of_post(request, self.posts[node], edge)
        if node in self.comments:
            replies = self._replies(node)
            return self._edge(request, replies) if edge else self._node(request, self._comment(self.comments[node]))
        raise GONE

    def _of_account(self, request: Request, node: str, edge: str) -> Any:
        newest = sorted(self.posts.values(), key=lambda one: (one.at, one.id), reverse=True)
        if edge == "media":
            return self._edge(request, [self._post(one) for one in newest if one.kind != "STORY"])
        if edge == "stories":
            live = [one for one in newest if one.kind == "STORY" and one.at > self.now() - 86_400]
            return self._edge(request, [self._post(one) for one in live])
        return self._insights_of_account(request.query) if edge else self._node(request, self._profile(node))

    def _of_post(self, request: Request, post: Post, edge: str) -> Any:
        if edge == "comments":
            tops = [] if not post.comments_on else self._below(lambda one: one.post == post.id and not one.parent)
            return self._edge(request, [{**self._comment(one), "replies": self._replies(one.id)} for one in tops])
        return self._insights_of_post(request.query, post) if edge else self._node(request, self._post(post))

    def _below(self, fits: Callable[[Comment], bool]) -> list[Comment]:
        return sorted(filter(fits, self.comments.values()), key=lambda one: (one.at, one.id), reverse=True)

    def _replies(self, comment: str) -> list[dict[str, Any]]:
        return [self._comment(one) for one in self._below(lambda one: one.parent == comment)][::-1]

    def _profile(self, node: str) -> dict[str, Any]:
        accounts = [one["instagram_business_account"] for one in self.pages if len(one) > 2]
        shown = next((one for one in accounts if one["id"] == node), {"id": IG, "username": "harbor.cafe"})
        media = sum(one.kind != "STORY" for one in self.posts.values())
        counts = {"followers_count": self.followers, "follows_count": 80, "media_count": media}
        return {**shown, "user_id": shown["id"], "name": "Harbor Café", **counts}

    def _post(self, post: Post) -> dict[str, Any]:
        said = sum(one.post == post.id for one in self.comments.values())
        found = {
            "id": post.id,
            "caption": post.caption,
            "media_type": "VIDEO" if post.kind == "REELS" else "IMAGE",
            "media_product_type": post.kind,
            "permalink": f"https://www.instagram.com/p/C{post.id[-6:]}/",
            "shortcode": f"C{post.id[-6:]}",
            "timestamp": moment(post.at),
            "like_count": post.likes,
            "comments_count": said,
        }
        return {name: value for name, value in found.items() if value is not None}

    def _comment(self, comment: Comment) -> dict[str, Any]:
        found = {
            "id": comment.id,
            "text": comment.text,
            "timestamp": moment(comment.at),
            "like_count": comment.likes,
            "hidden": comment.hidden,
            "username": comment.author,
            "from": {"id": f"9{comment.author}", "username": comment.author},
        }
        return found | ({"parent_id": comment.parent} if comment.parent else {})

    # -- numbers ------------------------------------------------------------------------

    def _insights_of_account(self, query: Mapping[str, str]) -> Any:
        names, kind = several(query["metric"]), query.get("metric_type", "time_series")
        known = {*TOTALS, *SERIES} - self.lacking
        for place, name in enumerate(names):
            if name not in known:
                raise Refused(100, f"(#100) metric[{place}] must be one of the following values: {', '.join(known)}")
        if wrong := [one for one in names if one not in (TOTALS if kind == "total_value" else SERIES)]:
            total = f"The following metrics ({', '.join(wrong)}) should be specified with parameter metric_type="
            raise Refused(100, f"(#100) {total}{'time_series' if kind == 'total_value' else 'total_value'}")
        since, until = int(query["since"]), int(query["until"])
        if until - since > MONTH:
            raise Refused(100, "(#100) There cannot be more than 30 days (2592000 s) between since and until")
        if "follower_count" in names and since < self.now() - MONTH - 86_400:
            raise Refused(100, "(#100) (follower_count) metric only supports querying data for the last 30 days")
        days = self._days(since, until)
        found = [
            one
            for name in names
            if (one := self._metric(name, kind, "".join(several(query.get("breakdown", ""))), days))
        ]
        return {"data": found, "paging": {"previous": "https://graph.facebook.com/…", "next": "https://…"}}

    def _days(self, since: int, until: int) -> list[date]:
        first = datetime.fromtimestamp(since, PACIFIC).date()
        last = datetime.fromtimestamp(until - 1, PACIFIC).date()
        return [one for n in range((last - first).days + 1) if (one := first + timedelta(days=n)) not in self.quiet]

    def _metric(self, name: str, kind: str, breakdown: str, days: Sequence[date]) -> dict[str, Any] | None:
        about = {"name": name, "period": "day", "title": name, "description": name, "id": f"{IG}/insights/{name}/day"}
        if not days or (self.followers < 100 and "follow" in name):
            return None
        if kind != "total_value":
            values = [{"value": self.number(name, day), "end_time": ends(day)} for day in days]
            return {**about, "values": values}
        total = sum(self.number(name, day) for day in days)
        if name != "follows_and_unfollows":
            return {**about, "total_value": {"value": total}}
        if breakdown != "follow_type":
            return {**about, "total_value": {}}
        results = [
            {"dimension_values": ["FOLLOWER"], "value": total},
            {"dimension_values": ["NON_FOLLOWER"], "value": total // 3},
        ]
        return {**about, "total_value": {"breakdowns": [{"dimension_keys": ["follow_type"], "results": results}]}}

    def _insights_of_post(self, query: Mapping[str, str], post: Post) -> Any:
        names = several(query["metric"])
        for name in names:
            if name in self.lacking or name not in KINDS[post.kind].split():
                said = f"The Media Insights API does not support the {name} metric for this media product type."
                raise Refused(100, f"(#100) {said}")
        if wrong := [one for one in names if (one in self.totals) != (query.get("metric_type") == "total_value")]:
            raise Refused(100, f"(#100) The following metrics ({wrong[0]}) should be specified with parameter {_TOTAL}")
        if post.old:
            raise TOO_OLD
        if post.numbers is None:
            raise TOO_FEW
        return {"data": [self._lifetime(post, one) for one in names if one in post.numbers]}

    def _lifetime(self, post: Post, name: str) -> dict[str, Any]:
        value = {"value": (post.numbers or {})[name]}
        told = {"total_value": value} if name in self.totals else {"values": [value]}
        about = {"period": "lifetime", "title": "…", "description": "…", "id": f"{post.id}/insights/{name}/lifetime"}
        return {"name": name, **about, **told}

    # -- wire ---------------------------------------------------------------------------

    def _node(self, request: Request, found: dict[str, Any]) -> dict[str, Any]:
        return picked(found, request.query.get("fields", "id"), self._paged)

    def _edge(self, request: Request, found: list[dict[str, Any]]) -> dict[str, Any]:
        fields, size = request.query.get("fields", "id"), int(request.query.get("limit", 25))
        page = self._paged(found, size, request.query.get("after", ""), request)
        return {**page, "data": [picked(one, fields, self._paged) for one in page["data"]]}

    def _paged(
        self, found: list[dict[str, Any]], size: int, after: str = "", request: Request | None = None
    ) -> dict[str, Any]:
        """``data`` and ``paging``, as every list has them, also one inside of something else."""
        start = 0
        if after:
            place = unpacked(after)
            start = next((n + 1 for n, one in enumerate(found) if one["id"] == place), -1)
            if start < 0:
                raise BAD_CURSOR
        path = request.path if request else ""
        loops = bool(self.loops) and path.endswith(self.loops)
        rows = found[start : start + size] or (found[-size:] if loops else [])
        if not rows:
            return {"data": []}
        paging: dict[str, Any] = {"cursors": {"before": packed(rows[0]["id"]), "after": packed(rows[-1]["id"])}}
        if start + size < len(found) or loops:
            query = {"access_token": TOKEN, "limit": size, "after": paging["cursors"]["after"]}
            paging["next"] = f"https://graph.facebook.com{path}?{urlencode(query)}"
            if loops and after:
                paging["cursors"]["after"] = after
            if self.ended and path.endswith(self.ended):
                del paging["cursors"]
        return {"data": rows, "paging": paging}


def page(number: str, name: str, account: str = "", username: str = "") -> dict[str, Any]:
    """A page of the Facebook account, with its Instagram account where it has one."""
    found: dict[str, Any] = {"id": number, "name": name}
    return found | ({"instagram_business_account": {"id": account, "username": username}} if account else {})


def given(request: Request) -> str:
    """The token, from the header or the address."""
    header = {name.lower(): value for name, value in request.headers.items()}.get("authorization", "")
    return header.removeprefix("Bearer ") or request.query.get("access_token", "")


def several(text: str) -> list[str]:
    """A list as it may be written: with commas, or as JSON."""
    return [str(one) for one in json.loads(text)] if text.startswith("[") else text.split(",")


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def ends(day: date) -> str:
    """Midnight Pacific after the day, as Instagram writes it."""
    following = datetime.combine(day + timedelta(days=1), datetime.min.time(), PACIFIC)
    return moment(following.timestamp())


def packed(name: str) -> str:
    return base64.urlsafe_b64encode(f"QVFI{name}".encode()).decode()


def unpacked(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor).decode().removeprefix("QVFI")
    except ValueError:
        raise BAD_CURSOR from None


def main() -> None:
    parser = arguments("An Instagram account to read.")
    parser.add_argument("--posts", type=int, default=60)
    chosen = parser.parse_args()
    print(f"token {TOKEN}")
    serve(InstagramFake(port=chosen.port, posts=chosen.posts, until=int(datetime.now(UTC).timestamp()) - 3_600))


if __name__ == "__main__":
    main()
