"""Trustpilot's public API (v1): a company by its domain, and its reviews page by page.

The format is that of https://developers.trustpilot.com/business-units-api-(public): a review page
is ``{"links": [{"rel": "next-page", …}], "reviews": […]}``, a company has ``numberOfReviews`` and ``score``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livinglytics.lib.errors import BadAnswer, BadCredentials, NotFound
from sources.connectors._values import number, thing, whole, words

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from livinglytics.lib.errors import ProductError
    from sources.connectors._base import Context

API = "https://api.trustpilot.com"
PAGE_SIZE = 100
#: seconds between two requests: Trustpilot advises at most 833 in five minutes and 10,000 in an hour
PACE = 0.37


@dataclass(frozen=True, slots=True)
class Unit:
    """A company as Trustpilot knows it. ``total`` and ``score`` are None where it does not tell them."""

    id: str
    name: str
    domain: str
    total: int | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of reviews. ``more``: whether there may be another one."""

    reviews: list[Any]
    more: bool


class Service:
    """Asks for one domain with one key, no faster than Trustpilot advises."""

    def __init__(self, ctx: Context, key: str, domain: str) -> None:
        self.ctx, self.domain = ctx, domain
        self._key = key
        self._asked = False

    def unit(self) -> Unit:
        """The company of the domain. Raises NotFound that names the field where there is none."""
        return self._unit(self._ask("find", name=self.domain))

    def totals(self, unit: str) -> Unit:
        """The company with its numbers, which the search by domain need not tell."""
        return self._unit(self._ask(unit))

    def reviews(self, unit: str, page: int) -> Page:
        """One page, newest first. Only the number of the page is counted on; no link is followed."""
        body = self._ask(f"{unit}/reviews", page=page, perPage=PAGE_SIZE, orderBy="createdat.desc")
        reviews = body.get("reviews")
        if not isinstance(reviews, list):
            raise BadAnswer("Trustpilot sent an answer without reviews. If it stays, its service has changed.")
        links = body.get("links")
        linked = isinstance(links, list) and any(thing(one).get("rel") == "next-page" for one in links)
        return Page(reviews, bool(reviews) and (linked or len(reviews) >= PAGE_SIZE))

    def _ask(self, path: str, **params: Any) -> dict[str, Any]:
        if self._asked:
            self.ctx.pause(PACE)
        self._asked = True
        answer = self.ctx.http.get(
            f"{self.ctx.base_url(API)}/v1/business-units/{path}",
            params=params,
            headers={"apikey": self._key, "Accept": "application/json"},
            classify=self._meaning,
        )
        return thing(answer.json())

    def _unit(self, body: dict[str, Any]) -> Unit:
        name = words(body.get("id"))
        if not (name.isascii() and name.isalnum()):
            raise BadAnswer("Trustpilot sent no company. If it stays, its service has changed.")
        return Unit(
            id=name,
            name=words(body.get("displayName"))[:200] or self.domain,
            domain=words(thing(body.get("name")).get("identifying")) or self.domain,
            total=whole(thing(body.get("numberOfReviews")).get("total")),
            score=number(thing(body.get("score")).get("trustScore"), 1, 5),
        )

    def _meaning(self, answer: Answer) -> ProductError | None:
        """A refusal as an error that names the setting at fault; None for the usual one of its status."""
        if answer.status == 401:
            return _key("Trustpilot does not take this API key. Copy it again from your Trustpilot account.")
        if answer.status == 403 and answer.retry_after is None:
            return _key("Trustpilot does not let this API key read reviews. Check what the key is allowed to do.")
        if answer.status == 404:
            message = f"Trustpilot knows no company at {self.domain}. Try it with or without www."
            return NotFound(message, details={"domain": [message]})
        return None


def _key(message: str) -> BadCredentials:
    return BadCredentials(message, details={"api_key": [message]})
