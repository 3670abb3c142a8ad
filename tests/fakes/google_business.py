"""A local Google Business Profile: its three APIs for one signed-in account on one server.

``python -m tests.fakes.google_business --port 9050 --reviews 5000`` serves one for demos and benches.
Answers are spelled as Google spells them: what is empty is left out, stars are words, errors are google.rpc.Status.
Page tokens are opaque and name a place in the list, so what changes while somebody reads moves the pages.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes._server import Answer, FakeServer, Request, arguments, serve

TOKEN = "ya29.a0-business-token-7c1f"
ACCOUNT, LOCATION = "accounts/101", "locations/2001"
NAME = f"{ACCOUNT}/{LOCATION}"
REVIEWS = f"/v4/{NAME}/reviews"
STARS = ("ONE", "TWO", "THREE", "FOUR", "FIVE")
TEXTS = (
    "Friendly staff, and the terrace is lovely.",
    "(Translated by Google) Waited three weeks.\n\n(Original)\nDrei Wochen gewartet.",
    "Très bon accueil 👍 je recommande.",
    None,
    "対応が早い。\n\n(Translated by Google)\nQuick response.",
)
INFO = "type.googleapis.com/google.rpc.ErrorInfo"
BAD_TOKEN = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


def written(at: datetime) -> str:
    """A time as Google writes it, to the nanosecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def refusal(code: int, status: str, message: str, *details: dict[str, Any], **headers: str) -> Answer:
    """An error of Google's; ``Retry_After="2"`` becomes a header."""
    error = {"code": code, "message": message, "status": status} | ({"details": [*details]} if details else {})
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return _pretty({"error": error}, code, named)


def quota(value: str, unit: str = "1/min/{project}") -> Answer:
    """The refusal of a project that asked more than ``value`` times, which is 0 until Google admits it."""
    metadata = {"service": "mybusiness.googleapis.com", "quota_limit_value": value, "quota_unit": unit}
    info = {"@type": INFO, "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com", "metadata": metadata}
    return refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Requests'.", info)


class GoogleBusinessFake(FakeServer):
    """``places``: account -> its locations with their titles. ``everything``: the reviews of the first location.

    ``refusals`` are given out one by one to requests whose path begins with their first part. ``stuck`` answers every
    page from that number on with the same one; ``forget`` ends all page tokens; ``listing`` is how many accounts or
    locations stand on a page, ``counted`` a total that is not the number of reviews.
    """

    def __init__(self, *, port: int = 0, reviews: int = 120, hours: int = 12, until: int = 1_795_000_000) -> None:
        self.places: dict[str, dict[str, str]] = {ACCOUNT: {LOCATION: "Café Harbor"}}
        self.admits: Callable[[str], bool] = lambda token: token == TOKEN
        self.refusals: deque[tuple[str, Answer]] = deque()
        self.stuck, self.listing, self.counted, self.era = 0, 100, -1, 0
        self.everything: dict[str, dict[str, Any]] = {}
        newest = datetime.fromtimestamp(until, UTC)
        for number in range(reviews):
            self.add(at=newest - timedelta(hours=hours * (reviews - 1 - number)))
        super().__init__(port)

    # -- for tests ------------------------------------------------------------------------

    def add(self, *, at: datetime, **fields: Any) -> str:
        """A new review, written ``at``; its id. A field that is None is left out, as Google does."""
        number = len(self.everything)
        name = f"AbFvOq{number:06d}"
        made = _review(name, number, written(at)) | fields
        self.everything[name] = {key: value for key, value in made.items() if value is not None}
        return name

    def edit(self, name: str, *, at: datetime, **fields: Any) -> None:
        """The author changes a review."""
        self.everything[name] |= {"updateTime": written(at), **fields}

    def reply(self, name: str, text: str, *, at: datetime) -> None:
        """The owner answers, which counts as a change of the review."""
        self.edit(name, at=at, reviewReply={"comment": text, "updateTime": written(at)})

    def forget(self) -> None:
        """Page tokens that were given out no longer hold."""
        self.era += 1

    # -- answers ----------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        given = {name.lower(): value for name, value in request.headers.items()}.get("authorization", "")
        if not self.admits(given.removeprefix("Bearer ")):
            return refusal(401, "UNAUTHENTICATED", BAD_TOKEN)
        if self.refusals and request.path.startswith(self.refusals[0][0]):
            return self.refusals.popleft()[1]
        if request.path == "/v1/accounts":
            accounts = [{"name": name, "accountName": "Ada", "type": "PERSONAL"} for name in self.places]
            return self._listed(request, "accounts", accounts)
        if found := re.fullmatch(r"/v1/(accounts/\d+)/locations", request.path):
            return self._locations(request, self.places.get(found[1]))
        if found := re.fullmatch(r"/v1/(locations/\d+)", request.path):
            title = next((one[found[1]] for one in self.places.values() if found[1] in one), None)
            return _pretty({"name": found[1], "title": title}) if title else _unknown()
        if request.path == REVIEWS:
            return self._page(request)
        return _unknown()

    def _locations(self, request: Request, places: dict[str, str] | None) -> Answer:
        if places is None:
            return _unknown()
        if "name" not in request.query.get("readMask", ""):
            return refusal(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        return self._listed(request, "locations", [{"name": name, "title": one} for name, one in places.items()])

    def _listed(self, request: Request, name: str, found: list[dict[str, Any]]) -> Answer:
        at = self._place(request)
        if at is None:
            return refusal(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        size = min(int(request.query.get("pageSize", 10)), self.listing)
        return _pretty(self._whole({name: found[at : at + size]}, at + size, len(found)))

    def _page(self, request: Request) -> Answer:
        size, at = min(int(request.query.get("pageSize", 50)), 50), self._place(request)
        if at is None or request.query.get("orderBy", "updateTime desc") != "updateTime desc":
            return refusal(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        at = min(at, (self.stuck - 1) * size) if self.stuck else at
        ordered = sorted(
            self.everything.values(), key=lambda one: (str(one.get("updateTime")), str(one.get("name"))), reverse=True
        )
        body = {"reviews": ordered[at : at + size]}
        if stars := [STARS.index(one["starRating"]) + 1 for one in ordered if one.get("starRating") in STARS]:
            body |= {"averageRating": round(sum(stars) / len(stars), 1)}
            body |= {"totalReviewCount": len(ordered) if self.counted < 0 else self.counted}
        return _pretty(self._whole(body, at + size, len(ordered) + self.stuck * 1_000_000))

    def _whole(self, body: dict[str, Any], following: int, there: int) -> dict[str, Any]:
        """Without what is empty, with the token of the page that follows."""
        token = base64.urlsafe_b64encode(f"{self.era}:{following}".encode()).decode()
        return {name: value for name, value in body.items() if value} | (
            {"nextPageToken": token} if following < there else {}
        )

    def _place(self, request: Request) -> int | None:
        """Where a page token points; None for one that does not hold."""
        if not (token := request.query.get("pageToken", "")):
            return 0
        try:
            era, _, at = base64.urlsafe_b64decode(token).decode().partition(":")
            return int(at) if int(era) == self.era else None
        except ValueError:
            return None


def _review(name: str, number: int, at: str) -> dict[str, Any]:
    anonymous = number % 7 == 3
    reviewer = {"displayName": "A Google user", "isAnonymous": True} if anonymous else {
        "displayName": f"Ada {number}", "profilePhotoUrl": f"https://lh3.googleusercontent.com/a/{number}",
    }  # fmt: skip
    return {
        "name": f"{NAME}/reviews/{name}", "reviewId": name, "reviewer": reviewer, "starRating": STARS[number % 5],
        "comment": TEXTS[number % 5], "createTime": at, "updateTime": at,
    }  # fmt: skip


def _unknown() -> Answer:
    return refusal(404, "NOT_FOUND", "Requested entity was not found.")


def _pretty(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    body = json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Answer(body, status, headers or {}, kind="application/json; charset=UTF-8")


def main() -> None:
    parser = arguments("A local Google Business Profile with made-up reviews. It takes every access token.")
    parser.add_argument("--reviews", type=int, default=5_000)
    parser.add_argument("--until", type=int, default=int(time.time()), help="epoch seconds of the newest review")
    chosen = parser.parse_args()
    fake = GoogleBusinessFake(port=chosen.port, reviews=chosen.reviews, until=chosen.until)
    fake.admits = bool
    serve(fake)


if __name__ == "__main__":
    main()
