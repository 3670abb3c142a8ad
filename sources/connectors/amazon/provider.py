"""A reviews API of a provider: one page of reviews in the shape that docs/connectors.md describes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from livinglytics.lib.errors import AddressRefused, BadAnswer, BadCredentials, NotFound, Terminal
from sources.connectors._values import thing, whole
from sources.connectors.amazon.products import Product, invalid

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from livinglytics.lib.errors import ProductError
    from sources.connectors._base import Context

#: seconds between two pages
PACE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Listed:
    """One page as it came. ``following``: the number of the next one, None after the last."""

    reviews: list[Any]
    following: int | None


class Provider:
    """Asks one address for one product. The key travels in a header only."""

    def __init__(self, ctx: Context, address: str, key: str, product: Product) -> None:
        self.ctx, self.address, self.product = ctx, address, product
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._asked = False

    def page(self, number: int) -> Listed:
        """One page, counted from 1. Raises BadAnswer where it is none, or ends the list before its end."""
        if self._asked:
            self.ctx.pause(PACE)
        self._asked = True
        market = self.product.marketplace
        asked = {"asin": self.product.asin, "marketplace": market, "domain": f"amazon.{market}", "page": number}
        try:
            answer = self.ctx.http.get(self.address, params=asked, headers=self._headers, classify=self._meaning)
        except AddressRefused as refused:
            raise invalid("provider_address", refused.message) from None
        body = thing(answer.json())
        reviews = body.get("reviews")
        if not isinstance(reviews, list):
            raise BadAnswer("The reviews API sent no list “reviews”. Compare its answer with the documentation.")
        following = _following(thing(body.get("pagination")), number)
        if following and not reviews:
            raise BadAnswer(
                f"The reviews API sent page {number} empty although it has more. It is asked again next time."
            )
        return Listed(reviews, following)

    def _meaning(self, answer: Answer) -> ProductError | None:
        """A refusal as an error that names the setting at fault; None for the usual one of its status."""
        if answer.status == 401 or (answer.status == 403 and answer.retry_after is None):
            message = "The reviews API does not take this key, or needs one. Copy it again from the provider."
            return BadCredentials(message, details={"api_key": [message]})
        if answer.status == 402:
            return Terminal("The reviews API asks for payment. Look at your plan at the provider.")
        if answer.status in (404, 410):
            message = f"The reviews API knows no product {self.product.asin} at amazon.{self.product.marketplace}."
            return NotFound(f"{message} Check it, and the API's address.", details={"product": [message]})
        return None


def _following(told: dict[str, Any], number: int) -> int | None:
    """The next page by ``next_page``, else by ``total_pages``. One of them has to be there."""
    named, pages = told.get("next_page"), told.get("total_pages")
    if named not in (None, "", False):
        following = whole(named)
        if following is None or following <= number:
            raise BadAnswer(f"The reviews API names no later page as the next one after page {number}.")
        return following
    last = whole(pages)
    if last is None and (pages is not None or "next_page" not in told):
        raise BadAnswer("The reviews API tells neither “next_page” nor “total_pages”, so that no end can be seen.")
    return number + 1 if last is not None and last > number else None
