"""A local Reddit: the token and the lists that an approved app reads, with its limit in the headers.

``python -m tests.fakes.reddit --port 9040 --posts 60 --comments 20`` serves one for demos.

Lists are paged by the name of a thing, end after a thousand, and send an empty page behind one that is gone. Trees
stop at a size and a depth, with ``more`` nodes for the rest; what nobody answered has ``""`` as its replies.
"""

from __future__ import annotations

import base64
import html
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes._server import Answer, FakeServer, Request, arguments, json_answer, serve

CLIENT, SECRET, USER = "fakeFakeFakeClient", "s3cret-s3cret-s3cret-s3cret", "ada"
COMMUNITY = "django"
AGENT = re.compile(r"[\w.-]+:[\w.-]+:[\w.-]+ \(by /u/[\w-]+\)")
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass
class Text:
    """A post, or a comment that has a ``post``. ``gone``: "deleted" by who wrote it or "removed" by others."""

    id: str
    community: str
    text: str
    at: int
    title: str = ""
    post: str = ""
    parent: str = ""
    author: str = "grace"
    score: int = 1
    edited: int = 0
    gone: str = ""
    hidden: bool = False
    link: str = ""

    @property
    def name(self) -> str:
        return f"{'t1' if self.post else 't3'}_{self.id}"


@dataclass(eq=False)
class Refused(Exception):  # noqa: N818
    """An answer of 400 or more as Reddit writes it. ``page``: a web page instead of JSON."""

    status: int
    reason: str = ""
    page: bool = False

    def answer(self, headers: Mapping[str, str]) -> Answer:
        if self.page:
            page = b"<!doctype html><title>Blocked</title><p>Your request has been blocked by network security.</p>"
            return Answer(page, self.status, headers, "text/html; charset=UTF-8")
        words = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}
        body: dict[str, Any] = {"message": words.get(self.status, "Bad Request"), "error": self.status}
        made = json_answer({"reason": self.reason, **body} if self.reason else body, self.status)
        return Answer(made.body, made.status, headers)


BLOCKED = Refused(403, page=True)
OLD_TOKEN = Refused(401)
FORBIDDEN = Refused(403)
NOT_FOUND = Refused(404)
STATES = {
    "private": Refused(403, "private"),
    "quarantined": Refused(403, "quarantined"),
    "gated": Refused(403, "gated"),
    "banned": Refused(404, "banned"),
}


class RedditFake(FakeServer):
    """One community with ``posts`` posts, each with ``comments`` comments in threads.

    ``refuse(…)`` queues refusals for the next questions, None for a good answer. ``left`` of ``limit`` requests,
    ``reset`` seconds to go. ``tree`` and ``depth`` are how much of a tree is sent at once, ``longest`` the length of
    a list. ``circles``: each page of a list points to itself.
    """

    def __init__(self, *, port: int = 0, posts: int = 3, comments: int = 6, until: int = 1_795_000_000) -> None:
        self.states: dict[str, str] = {}
        self.posts: dict[str, Text] = {}
        self.comments: dict[str, Text] = {}
        self.members: dict[str, Any] = {}
        self.limit = self.left = 1_000
        self.reset, self.tree, self.depth, self.longest, self.circles = 420, 500, 10, 1_000, False
        self.app, self.tokens = (CLIENT, SECRET), 0
        self._refusals: list[Refused | None] = []
        self._ended = 0
        self._made: Counter[str] = Counter()
        self.found(COMMUNITY)
        for number in range(posts):
            post = self.submit(f"Post {number}", at=until - number * 30_000)
            parent = ""
            for turn in range(comments):
                at = until - number * 30_000 + turn * 60 + 30
                parent = self.say(post, f"Comment {turn} on <b> & post {number}", at=at, parent=parent * (turn % 3 > 0))
        super().__init__(port)

    # -- the live history -------------------------------------------------------------

    def found(self, community: str, state: str = "public", members: Any = 4_200) -> str:
        """A community; ``state`` public, private, banned, quarantined or gated."""
        self.states[community.lower()], self.members[community.lower()] = state, members
        return community

    def submit(self, title: str, *, at: int, community: str = COMMUNITY, text: str = "Body & soul", **how: Any) -> str:
        """A new post; its id."""
        name = self._id("1p")
        self.posts[name] = Text(name, community, text, at, title=title, **how)
        return name

    def say(self, post: str, text: str, *, at: int, parent: str = "", **how: Any) -> str:
        """A new comment below a post, or an answer to a comment; its id."""
        name = self._id("kc")
        self.comments[name] = Text(name, self.posts[post].community, text, at, post=post, parent=parent, **how)
        return name

    def edit(self, name: str, text: str, *, at: int) -> None:
        one = self.posts.get(name) or self.comments[name]
        one.text, one.edited = text, at

    def drop(self, name: str, how: str = "deleted") -> None:
        """A post or comment is deleted by who wrote it, or ``removed``."""
        (self.posts.get(name) or self.comments[name]).gone = how

    def refuse(self, *steps: Refused | None) -> None:
        self._refusals += steps

    def end_tokens(self) -> None:
        """No token handed out so far is taken any longer."""
        self._ended = self.tokens

    def next_window(self) -> None:
        self.left = self.limit

    def below(self, post: str, parent: str = "") -> list[Text]:
        """Answers, newest first. A deleted comment stays where others answered it."""
        found = [one for one in self.comments.values() if (one.post, one.parent) == (post, parent)]
        shown = [one for one in found if not one.gone or self.below(post, one.id)]
        return sorted(shown, key=lambda one: (one.at, one.id), reverse=True)

    def _id(self, prefix: str) -> str:
        self._made[prefix] += 1
        number, digits = self._made[prefix], ""
        while number:
            number, digit = divmod(number, 36)
            digits = BASE36[digit] + digits
        return prefix + digits.rjust(4, "0")

    # -- answers ----------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        agent = next((value for key, value in request.headers.items() if key.lower() == "user-agent"), "")
        if not AGENT.match(agent):
            return BLOCKED.answer({})
        if request.path.rstrip("/") == "/api/v1/access_token":
            return self._token(request)
        self.left -= 1
        headers = {
            "X-Ratelimit-Used": str(self.limit - self.left),
            "X-Ratelimit-Remaining": f"{max(self.left, 0)}.0",
            "X-Ratelimit-Reset": str(self.reset),
        }
        try:
            self._admit(request)
            made = self._routed(request.path.rstrip("/"), self._asked(request))
        except Refused as refusal:
            return refusal.answer(headers)
        return Answer(made.body, made.status, {**headers, **made.headers}, made.kind)

    def _token(self, request: Request) -> Answer:
        headers = {key.lower(): value for key, value in request.headers.items()}
        proof = "Basic " + base64.b64encode(":".join(self.app).encode()).decode()
        form = dict(parse_qsl(request.body.decode()))
        if headers.get("authorization") != proof:
            return Refused(401).answer({})
        if request.method != "POST" or form.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"})
        self.tokens += 1
        given = {"access_token": f"tok-{self.tokens}-t0p", "token_type": "bearer", "expires_in": 86400, "scope": "*"}
        return json_answer(given)

    def _admit(self, request: Request) -> None:
        headers = {key.lower(): value for key, value in request.headers.items()}
        token = re.fullmatch(r"bearer tok-(\d+)-t0p", headers.get("authorization", ""), re.IGNORECASE)
        if not token or not self._ended < int(token[1]) <= self.tokens:
            raise OLD_TOKEN
        if self._refusals and (refusal := self._refusals.pop(0)):
            raise refusal
        if self.left < 0:
            raise Refused(429)

    def _asked(self, request: Request) -> dict[str, str]:
        form = parse_qsl(request.body.decode()) if request.method == "POST" else []
        return {**request.query, **dict(form)}

    def _routed(self, path: str, asked: Mapping[str, str]) -> Answer:
        raw = asked.get("raw_json") == "1"
        if path == "/api/info":
            return json_answer(_listing(list(self._info(asked, raw))))
        if path == "/api/morechildren":
            return json_answer({"json": {"errors": [], "data": {"things": self._more(asked, raw)}}})
        if path == "/subreddits/search":
            return json_answer(_listing([self._community("djangolearning")]))
        if at := re.fullmatch(r"/r/(\w+)/new", path):
            if at[1].lower() not in self.states:
                return Answer(b"", 302, {"Location": f"{self.url}/subreddits/search?q={at[1]}"})
            self._enter(at[1])
            return json_answer(self._new(at[1], asked, raw))
        if at := re.fullmatch(r"/comments/(\w+)(?:/_/(\w+))?", path):
            return json_answer(self._tree(at[1], at[2], asked, raw))
        raise NOT_FOUND

    def _enter(self, community: str) -> None:
        if refusal := STATES.get(self.states[community.lower()]):
            raise refusal

    def listed(self, community: str) -> list[Text]:
        found = [one for one in self.posts.values() if one.community.lower() == community.lower() and not one.gone]
        return sorted(found, key=lambda one: (one.at, one.id), reverse=True)[: self.longest]

    def _new(self, community: str, asked: Mapping[str, str], raw: bool) -> dict[str, Any]:
        found, after = self.listed(community), asked.get("after", "")
        size = min(int(asked.get("limit", 25)), 100)
        names = [one.name for one in found]
        if after and after not in names:
            return _listing([])
        start = names.index(after) + 1 if after else 0
        page = found[start : start + size]
        following = page[-1].name if start + size < len(found) else None
        return _listing([self.dressed(one, raw) for one in page], after if self.circles and after else following)

    def _info(self, asked: Mapping[str, str], raw: bool) -> Iterator[dict[str, Any]]:
        for name in filter(None, asked.get("sr_name", "").lower().split(",")):
            if self.states.get(name, "banned") != "banned":
                yield self._community(name)
        names = asked.get("id", "").split(",")
        if len(names) > 100:
            raise Refused(400)
        for name in names:
            one = (self.posts if name.startswith("t3_") else self.comments).get(name[3:])
            if one and self.states[one.community.lower()] == "public":
                yield self.dressed(one, raw)

    def _community(self, name: str) -> dict[str, Any]:
        state = self.states.get(name, "public")
        data = {"id": "2qh4v", "name": "t5_2qh4v", "display_name": name, "subreddit_type": state, "over18": False}
        return {"kind": "t5", "data": {**data, "subscribers": self.members.get(name) if state == "public" else None}}

    # -- trees ------------------------------------------------------------------------

    def _tree(self, post: str, branch: str | None, asked: Mapping[str, str], raw: bool) -> list[dict[str, Any]]:
        if post not in self.posts:
            raise NOT_FOUND
        self._enter(self.posts[post].community)
        room = [min(int(asked.get("limit", 200)), self.tree)]
        top = [self.comments[branch]] if branch in self.comments else self.below(post)
        children = self._branches(top, room, min(int(asked.get("depth", 10)), self.depth), raw)
        return [_listing([self.dressed(self.posts[post], raw)]), _listing(children)]

    def _branches(self, found: list[Text], room: list[int], depth: int, raw: bool) -> list[dict[str, Any]]:
        """Comments with what is below them, until there is no more room; then one node that names the others."""
        made: list[dict[str, Any]] = []
        for number, one in enumerate(found):
            if room[0] <= 0:
                return [*made, self._named([one.id for one in found[number:]], found[number])]
            room[0] -= 1
            dressed, below = self.dressed(one, raw), self.below(one.post, one.id)
            if below and depth <= 1:
                dressed["data"]["replies"] = _listing([self._named([], below[0])])
            elif below:
                dressed["data"]["replies"] = _listing(self._branches(below, room, depth - 1, raw))
            made.append(dressed)
        return made

    def _named(self, ids: list[str], first: Text) -> dict[str, Any]:
        """A ``more`` node; one without ids says that the thread goes on elsewhere."""
        parent = f"t1_{first.parent}" if first.parent else f"t3_{first.post}"
        name = ids[0] if ids else "_"
        data = {"count": len(ids), "name": f"t1_{name}", "id": name, "parent_id": parent, "depth": 1, "children": ids}
        return {"kind": "more", "data": data}

    def _more(self, asked: Mapping[str, str], raw: bool) -> list[dict[str, Any]]:
        ids = asked["children"].split(",")
        if len(ids) > 100 or asked.get("api_type") != "json":
            raise Refused(400)
        self._enter(self.posts[asked["link_id"][3:]].community)
        things: list[dict[str, Any]] = []
        for one in (self.comments[name] for name in ids if name in self.comments):
            if one.gone and not self.below(one.post, one.id):
                continue
            things.append(self.dressed(one, raw))
            if below := self.below(one.post, one.id):
                things.append(self.dressed(below[0], raw))
                if deeper := self.below(one.post, below[0].id):
                    things.append(self._named([], deeper[0]))
                if below[1:]:
                    things.append(self._named([each.id for each in below[1:]], below[1]))
        return things

    def dressed(self, one: Text, raw: bool) -> dict[str, Any]:
        """A post or comment on the wire. What is gone keeps its place without text and author."""
        mark = f"[{one.gone}]" if one.gone else ""
        text = one.text if raw else html.escape(one.text, quote=False)
        data: dict[str, Any] = {
            "id": one.id, "name": one.name, "subreddit": one.community, "subreddit_id": "t5_2qh4v",
            "author": (mark and "[deleted]") or one.author, "created_utc": float(one.at), "score": one.score,
            "edited": float(one.edited) if one.edited else False, "stickied": False, "distinguished": None,
            "permalink": f"/r/{one.community}/comments/{one.post or one.id}/x/",
        }  # fmt: skip
        if not one.gone:
            data["author_fullname"] = "t2_grace"
        if one.post:
            data |= {"body": mark or text, "link_id": f"t3_{one.post}", "replies": "", "score_hidden": one.hidden}
            data |= {"parent_id": f"t1_{one.parent}" if one.parent else f"t3_{one.post}", "depth": 0}
            return {"kind": "t1", "data": data}
        counted = sum(other.post == one.id for other in self.comments.values())
        category = {"deleted": "deleted", "removed": "moderator"}.get(one.gone)
        data |= {"title": one.title, "selftext": mark or text * (not one.link), "num_comments": counted}
        data |= {"url": one.link or "https://www.reddit.com" + data["permalink"], "is_self": not one.link}
        data |= {"over_18": False, "removed_by_category": category, "upvote_ratio": 0.93, "link_flair_text": None}
        return {"kind": "t3", "data": {**data, "hide_score": one.hidden}}


def _listing(children: list[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    data = {
        "after": after,
        "before": None,
        "dist": len(children),
        "modhash": None,
        "geo_filter": "",
        "children": children,
    }
    return {"kind": "Listing", "data": data}


def main() -> None:
    parser = arguments(f"A local Reddit with made-up posts. The app is {CLIENT} with {SECRET}, the list r/{COMMUNITY}.")
    parser.add_argument("--posts", type=int, default=60)
    parser.add_argument("--comments", type=int, default=20)
    parser.add_argument("--until", type=int, default=int(time.time()), help="epoch seconds of the newest post")
    chosen = parser.parse_args()
    serve(RedditFake(port=chosen.port, posts=chosen.posts, comments=chosen.comments, until=chosen.until))


if __name__ == "__main__":
    main()
