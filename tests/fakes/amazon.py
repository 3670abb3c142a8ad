"""A local Amazon: product pages of three marketplaces with robots.txt, robot page and sign-in, and a reviews API.

``python -m tests.fakes.amazon --port 9040 --market de`` serves one for demos. The pages keep the hooks, the classes
and the traps of the real ones: stars inside the title, “Read more” inside the text, machine translations.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import escape
from typing import Any, Literal
from urllib.parse import quote

from tests.fakes._server import Answer, FakeServer, Request, arguments, json_answer, serve

ASIN = "B0ABCDEFGH"
KEY = "reviews-key-77aa"
NEWEST = date(2026, 11, 18)
ROBOTS = """User-agent: *
Disallow: /product-reviews/
Disallow: /gp/customer-reviews/
Disallow: /dp/product-availability/
Disallow: /*/dp/shipping

User-agent: SomeCrawler
Disallow: /
"""
_EN = "January February March April May June July August September October November December"
_DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"


@dataclass(frozen=True)
class Words:
    """What a marketplace writes around numbers and days."""

    language: str
    title: str
    stars: Callable[[float], str]
    day: Callable[[date], str]
    ratings: Callable[[int], str]
    helpful: Callable[[int], str]
    abroad: str
    more: str = "Read more"


def _comma(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


MARKETS = {
    "com": Words(
        "en-US", "Kettle, 1.7 l & steel",
        lambda value: f"{value:.1f} out of 5 stars",
        lambda at: f"Reviewed in the United States on {_EN.split()[at.month - 1]} {at.day}, {at.year}",
        lambda total: f"{total:,} global ratings",
        lambda votes: "One person found this helpful" if votes == 1 else f"{votes:,} people found this helpful",
        "Reviewed in Germany on 3 October 2026",
    ),
    "de": Words(
        "de-DE", "Wasserkocher, 1,7 l & Edelstahl",
        lambda value: f"{_comma(value)} von 5 Sternen",
        lambda at: f"Bewertet in Deutschland am {at.day}. {_DE.split()[at.month - 1]} {at.year}",
        lambda total: f"{total:,} globale Bewertungen".replace(",", "."),
        lambda votes: "Eine Person fand diese Informationen hilfreich" if votes == 1
        else f"{votes:,} Personen fanden diese Informationen hilfreich".replace(",", "."),
        "Bewertet in Frankreich am 3. Oktober 2026", "Mehr lesen",
    ),
    "co.jp": Words(
        "ja-JP", "電気ケトル 1.7L",
        lambda value: f"5つ星のうち{value:.1f}",
        lambda at: f"{at.year}年{at.month}月{at.day}日に日本でレビュー済み",
        lambda total: f"{total:,}件のグローバル評価",
        lambda votes: f"{votes:,}人のお客様がこれが役に立ったと考えています",
        "2026年10月3日にアメリカ合衆国でレビュー済み", "続きを読む",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Review:
    """One made-up review. ``dated`` stands in place of the day in the marketplace's words."""

    id: str
    at: date
    stars: int
    title: str
    text: str
    author: str
    verified: bool = True
    vine: bool = False
    helpful: int = 0
    foreign: bool = False
    dated: str = ""


class AmazonFake(FakeServer):
    """One product of one marketplace, whose page shows the first ten of ``everything``.

    ``mode`` is what the page answers, ``robots`` the robots file (None for a 404), ``markup`` the age of the page,
    ``extra`` more HTML in its head. The reviews API gives ``size`` a page: ``paging`` chooses how it tells the
    next one, ``stuck`` answers every page from that number on with the same, ``order`` changes the order.
    """

    def __init__(self, port: int = 0, *, market: str = "com", reviews: int = 13) -> None:
        self.market, self.words = market, MARKETS[market]
        self.everything = {one.id: one for one in (_review(number) for number in range(reviews))}
        self.rating: float | None = 4.6
        self.total: int | None = 12_345
        self.mode: Literal["page", "captcha", "captcha503", "signin", "waf", "home", "bare", "moved", "gone"] = "page"
        self.robots: str | None = ROBOTS
        self.markup: Literal["old", "new"] = "old"
        self.extra = ""
        self.size, self.stuck, self.paid = 10, 0, True
        self.paging: Literal["next_page", "total_pages", "both", "none"] = "both"
        self.order: Callable[[Review], Any] | None = None
        super().__init__(port)

    def change(self, name: str, **fields: Any) -> None:
        """The author changes a review, or it gets votes."""
        self.everything[name] = replace(self.everything[name], **fields)

    def add(self, at: date, **fields: Any) -> str:
        """A new review; its id. The page shows it first."""
        one = replace(_review(len(self.everything)), at=at, **fields)
        self.everything = {one.id: one, **self.everything}
        return one.id

    def answer(self, request: Request) -> Answer:
        if request.path == "/robots.txt":
            return _page("", 404) if self.robots is None else Answer(self.robots.encode(), kind="text/plain")
        if request.path == "/reviews":
            return self._api(request)
        if request.path == "/ap/signin":
            return _page("<form name='signIn' action='/ap/signin'><input type='email' name='email'></form>")
        if request.path in (f"/dp/{ASIN}", f"/Kettle/dp/{ASIN}", "/dp/B0ANOTHER1"):
            return self._product(request)
        return _page("<!-- dogs of amazon --><img alt='Dogs of Amazon'>Looking for something?", 404)

    def _product(self, request: Request) -> Answer:
        match self.mode if request.path == f"/dp/{ASIN}" else "page":
            case "captcha":
                return _page(_CAPTCHA)
            case "captcha503":
                return _page(_CAPTCHA, 503)
            case "waf":
                return replace(_page("", 202), headers={"x-amzn-waf-action": "challenge"})
            case "signin":
                return Answer(b"", 302, {"Location": f"/ap/signin?openid.return_to={quote(request.path)}"})
            case "moved":
                return Answer(b"", 302, {"Location": "/dp/B0ANOTHER1?th=1&psc=1"})
            case "home":
                return _page("<div id='nav-logo'>Amazon</div><div id='gw-layout'></div>")
            case "gone":
                return _page("<!-- dogs of amazon -->Looking for something?", 404)
            case "bare":
                return _page(f"<span id='productTitle'> {escape(self.words.title)} </span>{self._totals()}")
        cards = [self._card(one) for one in list(self.everything.values())[:10]]
        head = f"<html lang='{self.words.language}'><head>{self.extra}</head><body>"
        title = f"<h1 id='title'><span id='productTitle'>  {escape(self.words.title)}\n </span></h1>"
        medley = f"<div id='reviewsMedley'><ul id='cm-cr-dp-review-list'>{''.join(cards)}</ul></div>"
        return _page(f"{head}{title}{self._totals()}{medley}<script>var x = '<li data-hook=review>';</script></body>")

    def _totals(self) -> str:
        found = ""
        if self.rating is not None:
            said = self.words.stars(self.rating)
            found += f"<i data-hook='average-star-rating'><span class='a-icon-alt'>{said}</span></i>"
            found += f"<span data-hook='rating-out-of-text' class='a-size-medium'>{said}</span>"
        if self.total is not None:
            found += f"<div><span data-hook='total-review-count'>{self.words.ratings(self.total)}</span></div>"
        return found

    def _card(self, one: Review) -> str:
        return _new_card(one, self.words) if self.markup == "new" else _old_card(one, self.words)

    def _api(self, request: Request) -> Answer:
        sent = {name.lower(): value for name, value in request.headers.items()}.get("authorization")
        if sent != f"Bearer {KEY}":
            return json_answer({"error": "invalid key"}, 401)
        if not self.paid:
            return json_answer({"error": "payment required"}, 402)
        if request.query.get("asin") != ASIN or request.query.get("domain") != f"amazon.{self.market}":
            return json_answer({"error": "unknown product"}, 404)
        page = int(request.query.get("page", 1))
        shown = min(page, self.stuck) if self.stuck else page
        order = self.order or (lambda one: (-one.at.toordinal(), one.id))
        found = sorted(self.everything.values(), key=order)
        pages = -(-len(found) // self.size)
        return json_answer({
            "reviews": [api_review(one, self.words) for one in found[(shown - 1) * self.size : shown * self.size]],
            "pagination": self._pagination(page, page + 1 if self.stuck else pages),
        })  # fmt: skip

    def _pagination(self, page: int, pages: int) -> dict[str, Any]:
        told: dict[str, Any] = {"current_page": page}
        if self.paging in ("next_page", "both"):
            told["next_page"] = page + 1 if page < pages else None
        if self.paging in ("total_pages", "both"):
            told["total_pages"] = pages
        return told


def api_review(one: Review, words: Words) -> dict[str, Any]:
    """A review in the shape of the reviews API."""
    return {
        "id": one.id, "title": one.title, "body": one.text, "rating": one.stars,
        "date": {"raw": one.dated or words.day(one.at), "utc": f"{one.at}T00:00:00.000Z"},
        "verified_purchase": one.verified, "helpful_votes": one.helpful,
        "profile": {"name": one.author, "link": "https://www.amazon.com/gp/profile/amzn1.account.XYZ"},
    }  # fmt: skip


_CAPTCHA = """<!-- To discuss automated access to Amazon data please contact api-services-support@amazon.com. -->
<h4>Enter the characters you see below</h4>
<form method="get" action="/errors/validateCaptcha"><input id="captchacharacters" name="field-keywords"></form>"""


def _page(body: str, status: int = 200) -> Answer:
    return Answer(f"<!doctype html>{body}".encode(), status, kind="text/html;charset=UTF-8")


def _review(number: int) -> Review:
    return Review(
        id=f"R{number:03}ABCDEFGHIJ", at=NEWEST - timedelta(days=3 * number), stars=number % 5 + 1,
        title=f"Title {number}", text=f"Text {number}: boils fast.\nQuiet, too.", author=f"Ada {number}",
        verified=number % 3 > 0, vine=number % 7 == 1, helpful=(0, 1, 1234)[number % 3],
    )  # fmt: skip


def _old_card(one: Review, words: Words) -> str:
    hook = "cmps-review-star-rating" if one.foreign else "review-star-rating"
    said = f'<span class="a-icon-alt">{words.stars(one.stars)}</span>'
    star = f'<i data-hook="{hook}" class="a-icon a-icon-star a-star-{one.stars}">{said}</i>'
    title, text = escape(one.title), escape(one.text).replace("\n", "<br><br>")
    if one.foreign:
        inner = f'<span class="cr-original-review-content">{{}}</span>{_TRANSLATION}'
        heading = f'{star}<span data-hook="review-title">{inner.format(title)}</span>'
        body = inner.format(text)
    else:
        link = f"/gp/customer-reviews/{one.id}/ref=cm_cr_dp_d_rvw_ttl?ie=UTF8"
        inner = f'{star}<span class="a-letter-space"></span><span>{title}</span>'
        heading = f'<a data-hook="review-title" href="{link}">{inner}</a>'
        body = f"<span>{text}</span>"
    kind = "customer_review_foreign" if one.foreign else "customer_review"
    return f"""<li id="{one.id}" data-hook="review" class="review aok-relative"><div id="{kind}-{one.id}">
<div class="a-profile"><span class="a-profile-name">{escape(one.author)}</span></div>{heading}
<span data-hook="review-date" class="a-size-base">{one.dated or words.day(one.at)}</span>{_badges(one)}
<div data-hook="review-body" class="a-expander-container"><div data-hook="review-collapsed" class="a-expander-content">
<div class="video-block"><span>The media could not be loaded.</span></div>{body}</div>
<div class="a-expander-header"><a><span class="a-expander-prompt">{words.more}</span></a></div></div>
{_votes(one, words)}</div></li>"""


def _new_card(one: Review, words: Words) -> str:
    said = words.stars(one.stars)
    return f"""<div data-hook="reviewContainer" id="{one.id}"><div data-hook="review">
<i data-hook="review-star-rating" class="a-icon-star a-star-{one.stars}"><span class="a-icon-alt">{said}</span></i>
<span class="a-profile-name">{escape(one.author)}</span><a><h5 data-hook="reviewTitle">{escape(one.title)}</h5></a>
<div data-hook="review-by-line"><span data-hook="review-date">{one.dated or words.day(one.at)}</span></div>
<div data-hook="review-badges">{_badges(one)}</div><div data-hook="reviewText">
<div class="a-teaser-describedby-collapsed a-hidden">Brief content visible, double tap to read full content.</div>
<div data-hook="reviewRichContentContainer"><p>{escape(one.text).replace(chr(10), "</p><p>")}</p></div>
</div>{_votes(one, words)}</div></div>"""


_TRANSLATION = '<span class="cr-translated-review-content aok-hidden">Translated by a machine</span>'


def _badges(one: Review) -> str:
    verified = '<span data-hook="avp-badge" class="a-text-bold">Verified Purchase</span>' if one.verified else ""
    return verified + ('<span data-hook="vine-badge">Vine Voice</span>' if one.vine else "")


def _votes(one: Review, words: Words) -> str:
    return f'<span data-hook="helpful-vote-statement">{words.helpful(one.helpful)}</span>' if one.helpful else ""


def linked(**told: Any) -> str:
    """The script element that carries a product's totals as linked data."""
    product = {"@context": "https://schema.org", "@type": "Product", "aggregateRating": told}
    return f'<script type="application/ld+json">{json.dumps({"@graph": [{"@type": "WebPage"}, product]})}</script>'


def main() -> None:
    parser = arguments(f"A local Amazon with one product, {ASIN}. The key of its reviews API (/reviews) is {KEY}.")
    parser.add_argument("--market", choices=list(MARKETS), default="com")
    parser.add_argument("--reviews", type=int, default=200)
    chosen = parser.parse_args()
    serve(AmazonFake(chosen.port, market=chosen.market, reviews=chosen.reviews))


if __name__ == "__main__":
    main()
