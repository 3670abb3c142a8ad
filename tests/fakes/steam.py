"""A local Steam: user reviews and the store's app details.

``python -m tests.fakes.steam --port 9020 --reviews 100000`` serves one for demos and benches.

Reviews of the start are numbered, and everything about one follows from its number, so that a
page costs the same whatever the size. Reviews that were added or edited live in an overlay that
is merged in; deleted ones are skipped. Cursors are positions ("older than this one"), as Steam's
are: new and edited reviews appear on top of a listing and do not shift the pages below.
"""

from __future__ import annotations

import base64
import bisect
import heapq
import json
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from tests.fakes._server import Answer, FakeServer, Request, arguments, json_answer, serve

REVIEWS = "/IUserReviewsService/GetAppReviews/v1"
DETAILS = "/api/appdetails"
FIRST_ID = 185_000_000
GARBAGE = 2**32 - 7
LANGUAGES = ("english", "schinese", "russian", "german", "brazilian", "french", "koreana", "polish")
WEIGHTS = (42, 62, 73, 81, 88, 93, 97, 100)
GOOD = (
    "Solid [b]co-op[/b] and a story that stays with you.",
    "[h1]Worth it[/h1]\nRuns well on the Deck, loads in seconds.",
    "Best [i]soundtrack[/i] of the year. 10/10 [sic]",
    "[list][*]great maps[*]fair prices[*]helpful developers[/list]",
    "I lost a weekend to this and regret nothing.",
)
BAD = (
    "Crashes every hour since the last update.",
    "[quote=Someone]it gets better[/quote] It does not.",
    "Servers are down [b]again[/b]. Refund requested.",
    "[spoiler]The ending[/spoiler] is rushed and the menus are slow.",
    "Too expensive for three hours of content.",
)


@dataclass(frozen=True, slots=True)
class Review:
    """One review before it is dressed as JSON."""

    number: int
    created: int
    updated: int
    text: str
    up: bool
    language: str = "english"
    bought_here: bool = True
    answer: str = ""

    @property
    def id(self) -> str:
        return str(self.number)


Wanted = Callable[[Review], bool]


class SteamFake(FakeServer):
    """Reviews of one app, ``reviews`` of them over ``days`` days up to ``until`` (epoch seconds).

    ``hollow(times, after)`` makes some later review requests answer with a false empty page;
    ``loops`` sends the last page again and again with the same cursor instead of an empty one.
    """

    def __init__(
        self, *, port: int = 0, app: int = 620, reviews: int = 250, days: int = 90, until: int = 1_795_000_000
    ) -> None:
        self.app, self.name, self.size = app, "Portal of Tests", reviews
        self.start_at, self.step = until - days * 86400, days * 86400 / max(reviews, 1)
        self.until, self.loops = until, False
        #: further games, which all have the same reviews
        self.others: set[int] = set()
        self.overlay: dict[int, Review] = {}
        self.deleted: set[int] = set()
        self._next = FIRST_ID + reviews
        self._hollow: list[int] = []
        self._totals: dict[str, tuple[int, int]] = {}
        super().__init__(port)

    # -- the live history -------------------------------------------------------------

    def add(
        self, text: str = "New.", *, at: int, up: bool = True, language: str = "english", bought_here: bool = True
    ) -> str:
        """A new review at ``at`` (epoch seconds); its id."""
        number, self._next = self._next, self._next + 1
        self.overlay[number] = Review(number, at, at, text, up, language, bought_here)
        self._totals.clear()
        return str(number)

    def edit(
        self, review_id: str, *, at: int, text: str | None = None, up: bool | None = None, answer: str = ""
    ) -> None:
        """Change a review: ``timestamp_updated`` moves to ``at``."""
        old = self.review(review_id)
        self.overlay[old.number] = replace(
            old,
            updated=at,
            text=old.text if text is None else text,
            up=old.up if up is None else up,
            answer=answer or old.answer,
        )
        self._totals.clear()

    def delete(self, review_id: str) -> None:
        """The review vanishes without a trace."""
        self.deleted.add(self.review(review_id).number)
        self._totals.clear()

    def hollow(self, times: int, after: int = 0) -> None:
        """After ``after`` more good review pages, ``times`` requests get an empty page."""
        self._hollow = [0] * after + [1] * times

    def review(self, review_id: str) -> Review:
        number = int(review_id)
        if number in self.deleted or not (number in self.overlay or 0 <= number - FIRST_ID < self.size):
            raise KeyError(review_id)
        return self.overlay.get(number) or self._made(number - FIRST_ID)

    def everything(self) -> dict[str, Review]:
        """All reviews that exist now, by id: what a reader must end up with."""
        return {one.id: one for one in self._newest(self._older_than(None, "updated"), "updated", None, lambda _: True)}

    # -- answers ----------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        if request.path.rstrip("/") == REVIEWS:
            return self._reviews(request)
        if request.path.rstrip("/") == DETAILS:
            return self._details(request.query.get("appids", ""))
        return super().answer(request)

    def _sells(self, app: str) -> bool:
        return app.isdigit() and int(app) in {self.app, *self.others}

    def _details(self, app: str) -> Answer:
        if not self._sells(app):
            return json_answer({app: {"success": False}})
        data = {"type": "game", "name": self.name, "steam_appid": int(app), "developers": ["Fixture Works"]}
        return json_answer({app: {"success": True, "data": data}})

    def _reviews(self, request: Request) -> Answer:
        asked = _asked(request)
        if not self._sells(str(asked.get("appid", ""))):
            return json_answer({"response": {}})
        cursor = str(asked.get("cursor") or "*")
        total, positive = self._total(asked)
        page, following = self._page(asked, cursor)
        if self._hollow and self._hollow.pop(0):
            page, following = [], cursor
        body: dict[str, Any] = {
            "cursor": following,
            "total_matching": total,
            "query_summary": {"num_reviews": len(page)},
        }
        if cursor == "*":
            body["query_summary"] |= _summary(total, positive)
        if page:
            body["reviews"] = [self._dressed(one) for one in page]
        return json_answer({"response": body})

    def _page(self, asked: dict[str, Any], cursor: str) -> tuple[list[Review], str]:
        size = max(1, min(int(asked.get("num_per_page") or 20), 100))
        wanted = _wanted(asked)
        if int(asked.get("filter") or 0) == 0:
            page, following = self._helpful(asked, cursor, size, wanted)
        else:
            order = "created" if int(asked["filter"]) == 1 else "updated"
            before = _place(cursor)
            found = self._newest(self._older_than(before, order), order, before, wanted)
            page = list(islice(found, size))
            following = _cursor(getattr(page[-1], order), page[-1].number) if page else cursor
        if self.loops and cursor != "*" and len(page) < size:
            return page or self._tail(asked, size), cursor
        return page, following

    def _tail(self, asked: dict[str, Any], size: int) -> list[Review]:
        order = "created" if int(asked.get("filter") or 0) == 1 else "updated"
        return list(self._newest(self._older_than(None, order), order, None, _wanted(asked)))[-size:]

    def _helpful(self, asked: dict[str, Any], cursor: str, size: int, wanted: Wanted) -> tuple[list[Review], str]:
        days = min(int(asked.get("day_range") or 365), 365)
        since = self.until - days * 86400
        recent = [one for one in self.everything().values() if wanted(one) and one.created >= since]
        recent.sort(key=lambda one: (-_votes(one.number), -one.number))
        skip = 0 if cursor == "*" else (_place(cursor) or (0, 0))[1]
        page = recent[skip : skip + size]
        return page, _cursor(0, skip + len(page))

    def _newest(self, upto: int, order: str, before: tuple[int, int] | None, wanted: Wanted) -> Iterator[Review]:
        """Reviews older than ``before``, newest first: the numbered ones merged with the overlay."""

        def key(one: Review) -> tuple[int, int]:
            return getattr(one, order), one.number

        numbers = range(upto - 1, -1, -1)
        numbered = (self._made(n) for n in numbers if FIRST_ID + n not in self.overlay)
        laid = sorted(
            (one for one in self.overlay.values() if before is None or key(one) < before), key=key, reverse=True
        )
        both = heapq.merge(numbered, laid, key=key, reverse=True)
        return (one for one in both if one.number not in self.deleted and wanted(one))

    def _older_than(self, before: tuple[int, int] | None, order: str) -> int:
        """How many numbered reviews are older than a place in the listing."""
        if before is None:
            return self.size
        return bisect.bisect_left(range(self.size), before, key=lambda n: (self._created(n), FIRST_ID + n))

    def _created(self, n: int) -> int:
        return self.start_at + int(n * self.step)

    def _made(self, n: int) -> Review:
        dice = hash((self.app, n)) & 0xFFFFFFFF
        language = LANGUAGES[bisect.bisect_right(WEIGHTS, dice % 100)]
        share = 45 if 0.6 < n / self.size < 0.65 else 83
        up = (dice >> 8) % 100 < share
        text = (GOOD if up else BAD)[(dice >> 16) % 5]
        at = self._created(n)
        return Review(FIRST_ID + n, at, at, text, up, language, bought_here=(dice >> 20) % 10 > 0)

    def _total(self, asked: dict[str, Any]) -> tuple[int, int]:
        """Matching reviews and the positive ones among them, counted once per kind of question."""
        key = json.dumps([asked.get(name) for name in ("languages", "review_type", "purchase_type", *_RANGE)])
        if key not in self._totals:
            wanted = _wanted(asked)
            ups = [one.up for one in self._newest(self.size, "updated", None, wanted)]
            self._totals[key] = len(ups), sum(ups)
        return self._totals[key]

    def _dressed(self, one: Review) -> dict[str, Any]:
        dice = hash((one.number, 1)) & 0xFFFFFFFF
        score = 0.3 + (dice % 600) / 1000
        dressed: dict[str, Any] = {
            "recommendationid": one.id,
            "author": {
                "steamid": str(76_561_190_000_000_000 + one.number), "num_reviews": dice % 40,
                "playtime_forever": dice % 90_000, "playtime_last_two_weeks": dice % 900,
                "playtime_at_review": dice % 60_000, "last_played": one.updated,
            },
            "language": one.language, "review": one.text,
            "timestamp_created": one.created, "timestamp_updated": one.updated, "voted_up": one.up,
            "votes_up": _votes(one.number), "votes_funny": GARBAGE if dice % 50 == 0 else dice % 5,
            "weighted_vote_score": f"{score:.6f}" if dice % 2 else score, "comment_count": dice % 3,
            "steam_purchase": one.bought_here, "received_for_free": dice % 30 == 0, "refunded": dice % 70 == 0,
            "written_during_early_access": dice % 9 == 0, "primarily_steam_deck": dice % 11 == 0,
        }  # fmt: skip
        if one.answer:
            dressed |= {"developer_response": one.answer, "timestamp_dev_responded": one.updated}
        return dressed


_RANGE = ("date_range_start", "date_range_end")


def _asked(request: Request) -> dict[str, Any]:
    """The question, from ``input_json`` or from flat parameters."""
    if "input_json" in request.query:
        return dict(json.loads(request.query["input_json"]))
    asked: dict[str, Any] = {name: value for name, value in request.query.items() if "[" not in name}
    asked["languages"] = [value for name, value in request.query.items() if name.startswith("languages")]
    return asked


def _wanted(asked: dict[str, Any]) -> Wanted:
    languages = {str(one) for one in asked.get("languages") or ["english"]}
    kind, bought = int(asked.get("review_type") or 0), int(asked.get("purchase_type") or 0)
    start, end = (int(asked.get(name) or 0) for name in _RANGE)

    def wanted(one: Review) -> bool:
        return (
            ("all" in languages or one.language in languages)
            and (kind == 0 or one.up == (kind == 1))
            and (bought == 1 or one.bought_here == (bought == 0))
            and (not (start and end) or start <= one.created <= end)
        )

    return wanted


def _votes(number: int) -> int:
    return (hash((number, 2)) & 0xFFFF) % 37


def _summary(total: int, positive: int) -> dict[str, Any]:
    share = positive / total if total else 0.0
    score, words = (8, "Very Positive") if share >= 0.8 else (5, "Mixed") if share >= 0.4 else (3, "Mostly Negative")
    return {
        "review_score": score if total else 0, "review_score_desc": words if total else "No user reviews",
        "total_positive": positive, "total_negative": total - positive, "total_reviews": total,
    }  # fmt: skip


def _cursor(at: int, number: int) -> str:
    """A place as Steam writes it, with the three signs that break careless URL builders."""
    return "AoJ4+/" + base64.b64encode(struct.pack(">QQ", at, number)).decode()


def _place(cursor: str) -> tuple[int, int] | None:
    """The place a cursor stands for; one that came through damaged is older than everything."""
    if cursor == "*":
        return None
    if not cursor.startswith("AoJ4+/"):
        return (0, 0)
    try:
        at, number = struct.unpack(">QQ", base64.b64decode(cursor[6:], validate=True))
    except (ValueError, struct.error):
        return (0, 0)
    return int(at), int(number)


def main() -> None:
    parser = arguments("A local Steam with made-up reviews.")
    parser.add_argument("--reviews", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--app", type=int, default=620)
    parser.add_argument("--until", type=int, default=int(time.time()), help="epoch seconds of the newest review")
    chosen = parser.parse_args()
    serve(SteamFake(port=chosen.port, app=chosen.app, reviews=chosen.reviews, days=chosen.days, until=chosen.until))


if __name__ == "__main__":
    main()
