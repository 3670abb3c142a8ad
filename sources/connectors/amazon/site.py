"""Amazon's public product page: asked for once, as its robots.txt allows, and what a refusal means.

Nothing is tried to get past a refusal: no other names, no cookies, no signing in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from protego import Protego

from livinglytics.lib.errors import BadAnswer, NotFound, Terminal
from sources.connectors.amazon.page import Page
from sources.connectors.amazon.products import LANGUAGES, Product, asin_in

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from livinglytics.lib.errors import ProductError
    from sources.connectors._base import Context

AGENT: Final = "LivingLytics"
#: seconds before the page is asked for, or as many as robots.txt asks for, up to the most that a run may wait
PACE: Final = 2.0
LONGEST: Final = 60.0
_INSTEAD: Final = "Import the reviews from a file, or use a reviews API."
_OTHER: Final = "Amazon sent a page that is not a product's. Open the product's address in a browser and look."
_SIGN_IN = re.compile(r"/(?:ap/(?:signin|register|cvf)|gp/sign-in)")
_ROBOT = re.compile(rb"/errors(?:_page)?/validateCaptcha|opfcaptcha|api-services-support@amazon|awswaf", re.IGNORECASE)


class Refused(Terminal):
    """Amazon does not let this page be read, whatever the settings."""

    code = "amazon.refused"
    status = 403


class Site:
    """One product's page. ``led``: the ASIN of the product that Amazon showed instead, or nothing."""

    def __init__(self, ctx: Context, product: Product) -> None:
        self.ctx, self.product = ctx, product
        self._base = ctx.base_url(product.site).rstrip("/")
        self.led = ""

    def page(self, longest: float = LONGEST) -> Page:
        """The page as it is now. ``longest``: seconds to wait at most before it is asked for.

        Raises Refused, NotFound that names the product, BadAnswer for another page than a product's.
        """
        self.ctx.pause(min(self._pace(), longest))
        language = LANGUAGES.get(self.product.marketplace, "en")
        answer = self.ctx.http.get(
            f"{self._base}/dp/{self.product.asin}",
            headers={"Accept": "text/html", "Accept-Language": f"{language},en;q=0.5"},
            classify=self._meaning,
        )
        _admit(answer)
        led = urlsplit(answer.url)
        if led.netloc != urlsplit(self._base).netloc:
            raise BadAnswer("Amazon led to another site. Open the product in a browser and paste its new address.")
        page = Page(answer.text())
        if not page.is_product:
            raise _blocked() if _is_robot_page(answer) else BadAnswer(_OTHER)
        shown = asin_in(led.path)
        self.led = shown if shown != self.product.asin else ""
        return page

    def _pace(self) -> float:
        """Seconds to wait before the page. Raises Refused where robots.txt forbids it; without one all is allowed."""
        try:
            answer = self.ctx.http.get(f"{self._base}/robots.txt", classify=_without_robots)
        except NotFound:
            return PACE
        _admit(answer)
        if _is_robot_page(answer):
            raise _blocked()
        rules = Protego.parse(answer.text()[:500_000])
        if not rules.can_fetch(self.product.url, AGENT):
            raise Refused(f"Amazon's robots.txt asks programs not to read this page. {_INSTEAD}")
        return max(PACE, rules.crawl_delay(AGENT) or 0.0)

    def _meaning(self, answer: Answer) -> ProductError | None:
        """A refusal as an error; None for the usual one of its status."""
        market = self.product.marketplace
        if answer.status in (404, 410):
            message = f"There is no such product in this marketplace: {self.product.asin} at amazon.{market}."
            return NotFound(message, details={"product": [message]})
        if answer.status in (401, 403, 405) or _is_robot_page(answer):
            return _blocked()
        return None


def _admit(answer: Answer) -> None:
    if _SIGN_IN.search(urlsplit(answer.url).path):
        raise Refused(f"Amazon does not show this page without signing in. {_INSTEAD}")
    if "x-amzn-waf-action" in answer.headers or answer.status == 202:
        raise _blocked()


def _without_robots(answer: Answer) -> ProductError | None:
    """A robots.txt that is not there or not shown forbids nothing (RFC 9309); one that fails is asked for later."""
    if _is_robot_page(answer):
        return _blocked()
    return NotFound() if 400 <= answer.status < 500 and answer.status != 429 else None


def _is_robot_page(answer: Answer) -> bool:
    return "x-amzn-waf-action" in answer.headers or _ROBOT.search(answer.body) is not None


def _blocked() -> Refused:
    return Refused(f"Amazon does not let programs read this page now. {_INSTEAD}")
