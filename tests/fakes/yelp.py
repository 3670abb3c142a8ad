"""A local Yelp: business details and three excerpts, with Yelp's errors and limit headers.

Wire format: https://docs.developer.yelp.com/reference/v3_business_info and ``v3_business_reviews``.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from tests.fakes._server import Answer, FakeServer, Request, arguments, json_answer, serve

ID = "W8UK02sxAG4O7l-t1ubbwV"
ALIAS = "café-zum-test-berlin-2"
KEY = "made-up-key-0123456789"
RESET = "2026-11-21T00:00:00+00:00"
PREFIX = "/v3/businesses/"


def review(number: int, **changed: Any) -> dict[str, Any]:
    """A made-up review in Yelp's shape."""
    link = (
        f"https://www.yelp.com/biz/caf%C3%A9-zum-test-berlin-2?adjust_creative=app&hrid=review-{number}&utm_source=app"
    )
    return {
        "id": f"review-{number}",
        "url": link,
        "text": f"Visit number {number}: the cake was good and the…",
        "rating": 1 + number % 5,
        "time_created": f"2026-11-{number:02} 00:22:50",
        "user": {
            "id": f"user-{number}",
            "profile_url": "https://x.example",
            "image_url": None,
            "name": f"Ella {number}.",
        },
    } | changed


class YelpFake(FakeServer):
    """One business. ``refusals`` waits for the next requests: (status, code, more headers).

    ``moved`` maps old ids to new ones; ``redirects`` says whether Yelp names the new address in a header.
    ``odd`` holds bodies of another shape for the next lists of reviews.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.reviews = [review(number) for number in range(1, 6)]
        self.business: dict[str, Any] = {
            "id": ID, "alias": ALIAS, "name": "Café zum Test", "rating": 4.5, "review_count": 238, "is_closed": False,
            "url": "https://www.yelp.com/biz/caf%C3%A9-zum-test-berlin-2", "location": {"city": "Berlin"},
        }  # fmt: skip
        self.left = 300
        self.refusals: list[tuple[int, str, dict[str, str]]] = []
        self.moved: dict[str, str] = {}
        self.redirects = True
        self.odd: list[Any] = []

    def answer(self, request: Request) -> Answer:
        name, _, what = request.path.removeprefix(PREFIX).partition("/")
        if not request.path.startswith(PREFIX) or what not in ("", "reviews"):
            return refusal(404, "NOT_FOUND")
        sent = sent_key(request)
        if sent != f"Bearer {KEY}":
            return refusal(401, "TOKEN_INVALID") if sent else refusal(400, "TOKEN_MISSING")
        if self.refusals:
            status, code, headers = self.refusals.pop(0)
            return refusal(status, code, headers)
        return self._good(unquote(name), what, request)

    def _good(self, name: str, what: str, request: Request) -> Answer:
        if name in self.moved:
            to = self.moved[name]
            place = {"Location": self.url + PREFIX + to} if self.redirects else {}
            return refusal(301, "BUSINESS_MIGRATED", place, new_business_id=to)
        if name not in (self.business["id"], self.business["alias"]):
            return refusal(404, "BUSINESS_NOT_FOUND")
        if not what:
            return self._counted(self.business)
        if request.query.get("locale") == "xx_XX":
            return refusal(400, "VALIDATION_ERROR", field="locale")
        if self.odd:
            return self._counted(self.odd.pop(0))
        shown = self.reviews[::-1] if request.query.get("sort_by") == "newest" else self.reviews
        body = {"total": self.business["review_count"], "possible_languages": ["en"], "reviews": shown[:3]}
        return self._counted(body)

    def _counted(self, body: Any) -> Answer:
        self.left -= 1
        limits = {
            "RateLimit-DailyLimit": "300.0",
            "RateLimit-Remaining": f"{self.left}.0",
            "RateLimit-ResetTime": RESET,
        }
        return json_answer(body, **limits)


def sent_key(request: Request) -> str:
    """The header that carries the key; its name may come in any case."""
    return next((value for name, value in request.headers.items() if name.lower() == "authorization"), "")


def refusal(status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    """An error as Yelp writes it."""
    error = {"code": code, "description": f"Made up: {code.lower().replace('_', ' ')}.", **more}
    return Answer(json.dumps({"error": error}).encode(), status, headers or {})


def main() -> None:
    chosen = arguments("A local Yelp with one made-up business.").parse_args()
    serve(YelpFake(port=chosen.port))


if __name__ == "__main__":
    main()
