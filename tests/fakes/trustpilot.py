"""A local Trustpilot: the public API (v1) for one company and its reviews.

``python -m tests.fakes.trustpilot --port 9030 --reviews 5000`` serves one for demos and benches.
The key goes into the header ``apikey``; pages are numbered, so new reviews move the others down.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes._server import Answer, FakeServer, Request, arguments, json_answer, serve

UNITS = "/v1/business-units/"
UNIT = "46d6a890000064000500e0c3"
KEY = "tp-key-5f2b9c"
LANGUAGES = ("en", "de", "fr", "da", "ja")
TEXTS = (
    "Fast delivery, and the parcel was packed with care.",
    "Drei Wochen gewartet, keine Antwort vom Kundendienst.",
    "Très bon accueil 👍 je recommande.",
    "Nem bestilling.\nGod service.",
    "対応が早い。",
)


def written(at: datetime) -> str:
    """A time as Trustpilot writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class TrustpilotFake(FakeServer):
    """``reviews`` of one company, one every ``hours`` hours up to ``until``.

    ``everything`` holds them as they go over the wire; change it to change history. ``stuck`` answers
    every page from that number on with the same one; ``allowed`` is false for a key without rights.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        domain: str = "example.com",
        reviews: int = 250,
        hours: int = 12,
        until: int = 1_795_000_000,
    ) -> None:
        self.domain, self.stuck, self.allowed = domain, 0, True
        self.score: float | None = 4.3
        self.everything: dict[str, dict[str, Any]] = {}
        newest = datetime.fromtimestamp(until, UTC)
        for number in range(reviews):
            self.add(at=newest - timedelta(hours=hours * (reviews - 1 - number)))
        super().__init__(port)

    def add(self, *, at: datetime, **fields: Any) -> str:
        """A new review, written ``at``; its id."""
        number = len(self.everything)
        name = f"67{number:022x}"
        self.everything[name] = _review(name, number, written(at), self.domain) | fields
        return name

    def edit(self, name: str, *, at: datetime, **fields: Any) -> None:
        """The author changes a review."""
        self.everything[name] |= {"updatedAt": written(at), **fields}

    def reply(self, name: str, text: str, *, at: datetime) -> None:
        """The company answers; the review's own times stay."""
        self.everything[name]["companyReply"] = {"text": text, "createdAt": written(at), "updatedAt": None}

    def answer(self, request: Request) -> Answer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if headers.get("apikey") != KEY:
            return json_answer({"message": "Invalid ApiKey", "errorCode": 1001, "details": None}, 401)
        if not self.allowed:
            return json_answer({"message": "Forbidden", "errorCode": 1003, "details": None}, 403)
        rest = request.path.removeprefix(UNITS)
        if rest == "find" and request.query.get("name") == self.domain:
            return json_answer(self._unit())
        if rest == UNIT:
            return json_answer(self._unit())
        if rest == f"{UNIT}/reviews":
            return json_answer(self._page(request))
        return json_answer({"message": "Business unit not found", "errorCode": 1004, "details": None}, 404)

    def _unit(self) -> dict[str, Any]:
        stars = [one["stars"] for one in self.everything.values()]
        names = ("oneStar", "twoStars", "threeStars", "fourStars", "fiveStars")
        return {
            "id": UNIT, "displayName": "Example Shop", "country": "DK", "status": "active",
            "name": {"identifying": self.domain, "referring": [self.domain]},
            "websiteUrl": f"https://{self.domain}", "links": [],
            "numberOfReviews": {"total": len(stars), **{name: stars.count(n) for n, name in enumerate(names, 1)}},
            "score": {"stars": 4.5, "trustScore": self.score},
        }  # fmt: skip

    def _page(self, request: Request) -> dict[str, Any]:
        number, size = int(request.query.get("page", 1)), min(int(request.query.get("perPage", 20)), 100)
        number = min(number, self.stuck) if self.stuck else number
        descending = request.query.get("orderBy", "createdat.desc") == "createdat.desc"
        found = sorted(
            self.everything.values(), key=lambda one: (one["createdAt"] or "", one["id"]), reverse=descending
        )
        page = found[(number - 1) * size : number * size]
        links = []
        if self.stuck or number * size < len(found):
            href = f"https://api.trustpilot.com{request.path}?page={number + 1}&perPage={size}"
            links.append({"href": href, "method": "GET", "rel": "next-page"})
        return {"links": links, "reviews": page}


def _review(name: str, number: int, at: str, domain: str) -> dict[str, Any]:
    return {
        "id": name, "stars": number % 5 + 1, "title": f"Order {number}", "text": TEXTS[number % 5],
        "language": LANGUAGES[number % 5], "createdAt": at, "experiencedAt": at, "updatedAt": None,
        "numberOfLikes": number % 4, "isVerified": number % 3 > 0, "status": "active",
        "reviewVerificationLevel": "invited" if number % 3 else "not-verified",
        "countsTowardsTrustScore": True, "companyReply": None,
        "consumer": {
            "id": f"66{number:022x}", "displayName": f"Ada {number}", "displayLocation": "Lyon, FR",
            "numberOfReviews": 3, "links": [],
        },
        "businessUnit": {"id": UNIT, "identifyingName": domain, "displayName": "Example Shop", "links": []},
        "location": None, "reportData": None, "complianceLabels": [], "links": [],
    }  # fmt: skip


def main() -> None:
    parser = arguments(f"A local Trustpilot with made-up reviews. Its key is {KEY}.")
    parser.add_argument("--reviews", type=int, default=5_000)
    parser.add_argument("--domain", default="example.com")
    parser.add_argument("--until", type=int, default=int(time.time()), help="epoch seconds of the newest review")
    chosen = parser.parse_args()
    serve(TrustpilotFake(port=chosen.port, domain=chosen.domain, reviews=chosen.reviews, until=chosen.until))


if __name__ == "__main__":
    main()
