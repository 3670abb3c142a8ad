"""The Places API (formerly Fusion), version 3: one request, one answer, and what a refusal means.

Format: https://docs.developer.yelp.com/reference/v3_business_info and ``v3_business_reviews``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from livinglytics.lib.buckets import day_bounds, local_day
from livinglytics.lib.errors import BadAnswer, BadCredentials, Invalid, NotFound, RateLimited, Terminal
from sources.connectors._values import thing, words

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from livinglytics.lib.errors import ProductError
    from sources.connectors._base import Context

API = "https://api.yelp.com"
_BAD_KEY = {"TOKEN_INVALID", "TOKEN_MISSING", "UNAUTHORIZED_ACCESS_TOKEN"}
_REFUSED = {
    "BUSINESS_NOT_FOUND": "Yelp knows no such business. Paste the address of its page.",
    "BUSINESS_UNAVAILABLE": "Yelp gives nothing out about this business: it is closed, merged or held back.",
}


class Service:
    """Asks with one key, which travels in a header only. ``quota`` is what the last answer said is left."""

    def __init__(self, ctx: Context, key: str) -> None:
        self.ctx = ctx
        self._key = key
        self.quota: dict[str, Any] = {}

    def business(self, name: str) -> dict[str, Any]:
        """Details of a business by alias or id. One that moved to a new id is found under the new one.

        A redirect to it is followed by the client; without one, the new id stands in the body.
        """
        body = self._ask(name)
        moved = thing(body.get("error"))
        if moved.get("code") == "BUSINESS_MIGRATED":
            body = self._ask(words(moved.get("new_business_id")) or name)
        if not words(body.get("id")):
            raise BadAnswer("Yelp sent no business where one was asked for. If it stays, its service has changed.")
        return body

    def reviews(self, business_id: str, locale: str) -> list[Any]:
        """The excerpts of the newest reviews, at most three."""
        params = {"locale": locale, "sort_by": "newest", "limit": 3}
        found = self._ask(business_id, "/reviews", params).get("reviews")
        if not isinstance(found, list):
            raise BadAnswer("Yelp sent no list of reviews. If it stays, its service has changed.")
        return found

    def _ask(self, name: str, what: str = "", params: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.ctx.http.get(
            f"{self.ctx.base_url(API)}/v3/businesses/{quote(name, safe='')}{what}",
            params=params,
            headers={"Authorization": f"Bearer {self._key}", "Accept": "application/json"},
            classify=self._meaning,
        )
        self._count(answer)
        return thing(answer.json())

    def _count(self, answer: Answer) -> None:
        limit, left = (_number(answer.headers.get(f"ratelimit-{name}")) for name in ("dailylimit", "remaining"))
        reset = _instant(answer.headers.get("ratelimit-resettime"))
        told = {"remaining": left, "limit": limit, "resets_at": reset.isoformat() if reset else None}
        self.quota = {name: value for name, value in told.items() if value is not None} or self.quota

    def _meaning(self, answer: Answer) -> ProductError | None:
        """The error that Yelp's own code stands for, or None for the usual one of the status."""
        error = _refusal(answer)
        code = words(error.get("code"))
        if code == "ACCESS_LIMIT_REACHED":
            return self._spent(answer)
        if code == "TOO_MANY_REQUESTS_PER_SECOND":
            wait = 1.0 if answer.retry_after is None else answer.retry_after
            return RateLimited("Yelp asks us to slow down.", retry_after=wait, scope="api.yelp.com")
        if code in _REFUSED:
            return NotFound(_REFUSED[code], details={"business": [_REFUSED[code]]})
        if code in _BAD_KEY or answer.status == 401:
            return _bad_key("Yelp refused the API key. Copy it again from “Manage App” at Yelp.")
        if answer.status == 403 and code:
            return _bad_key("Yelp does not let this API key read that. Check its plan in “Manage App” at Yelp.")
        if code == "VALIDATION_ERROR" and error.get("field") == "locale":
            message = "Yelp does not know this locale. It looks like en_US or de_DE."
            return Invalid(message, details={"locale": [message]})
        return None

    def _spent(self, answer: Answer) -> RateLimited:
        """Wait until the day's requests come anew: at the time that Yelp names, else at midnight UTC."""
        now = self.ctx.now()
        reset = _instant(answer.headers.get("ratelimit-resettime"))
        if reset is None or reset <= now:
            reset = day_bounds(local_day(now, "UTC"), "UTC")[1]
        message = "The requests that Yelp gives this key a day are used up. Reading goes on by itself."
        return RateLimited(message, retry_after=max(1.0, (reset - now).total_seconds()), scope="api.yelp.com")


def _refusal(answer: Answer) -> dict[str, Any]:
    try:
        return thing(thing(answer.json()).get("error"))
    except Terminal:
        return {}


def _bad_key(message: str) -> BadCredentials:
    return BadCredentials(message, details={"api_key": [message]})


def _number(text: str | None) -> int | None:
    """A count in a header, written as 300 or 300.0."""
    whole = (text or "").strip().removesuffix(".0")
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 12 else None


def _instant(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
