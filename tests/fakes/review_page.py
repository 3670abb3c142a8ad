"""A local website whose pages carry reviews as JSON-LD, in the three ways such pages are commonly made.

``python -m tests.fakes.review_page --port 9040 --reviews 40`` serves one for demos: ``/product/lamp`` lists
reviews within a Product, ``/graph/kettle`` beside it in one ``@graph``, ``/local/bakery`` has a single review
object. Lists go on over ``?page=2`` with ``rel="next"``; pages have an ETag and answer 304.
"""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tests.fakes._server import Answer, FakeServer, Request, arguments, serve

Dialect = Literal["product", "graph", "local"]
UNTIL = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TEXTS = (
    "Warm light, and it does not flicker.",
    "Tom &amp; I waited three weeks.<br />No answer &quot;so far&quot;.",
    "Très bon accueil 👍 je recommande.",
    "対応が早い。",
    "Schön, aber teuer: 5 < 6 & I <3 it",
)
#: the same as a person reads them
READ = (
    "Warm light, and it does not flicker.",
    'Tom & I waited three weeks.\nNo answer "so far".',
    "Très bon accueil 👍 je recommande.",
    "対応が早い。",
    "Schön, aber teuer: 5 < 6 & I <3 it",
)
ROBOTS = "User-agent: *\nDisallow: /checkout\n"


@dataclass
class Item:
    """What a page is about. ``reviews`` are schema.org objects, newest first; change them to change history.

    ``total``: what ``aggregateRating`` says, None for none. ``more``: other HTML in the page's body.
    """

    name: str
    dialect: Dialect
    reviews: list[dict[str, Any]] = field(default_factory=list)
    size: int = 10
    total: dict[str, Any] | None = None
    more: str = ""


class ReviewPageFake(FakeServer):
    """``items`` by path. ``robots`` is the text of robots.txt, None for a host without one.

    ``other``: answers by path (with ``?page=`` where there is one) instead of the usual page; ``validators``:
    whether pages have an ETag and a date; ``endless``: every page names a next one, ``stuck`` that page itself.
    """

    def __init__(self, *, port: int = 0, reviews: int = 24) -> None:
        self.robots: str | None = ROBOTS
        self.other: dict[str, Answer] = {}
        self.validators, self.endless, self.stuck = True, False, False
        self.items = {
            "/product/lamp": Item("Lamp", "product", total={"ratingValue": 4.5, "reviewCount": reviews}),
            "/graph/kettle": Item("Kettle", "graph", total={"ratingValue": "4,2", "ratingCount": "1,310"}),
            "/local/bakery": Item("Bäckerei Krümel", "local", total={"ratingValue": "4.8", "reviewCount": "96"}),
        }
        for path, item in self.items.items():
            for number in range(1 if item.dialect == "local" else reviews):
                self.add(path, at=UNTIL - timedelta(hours=9 * (reviews - number)))
        super().__init__(port)

    def add(self, path: str, *, at: datetime, **fields: Any) -> dict[str, Any]:
        """A new review on top of the list; fields of None are left out."""
        item = self.items[path]
        made = {**_review(item.dialect, len(item.reviews), at), **fields}
        item.reviews.insert(0, {name: value for name, value in made.items() if value is not None})
        return item.reviews[0]

    def address(self, path: str) -> str:
        return f"{self.url}{path}"

    def answer(self, request: Request) -> Answer:
        number = int(request.query.get("page", "1"))
        key = request.path + (f"?page={number}" if "page" in request.query else "")
        if key in self.other:
            return self.other[key]
        if request.path == "/robots.txt":
            return _page("Not found", status=404) if self.robots is None else _text(self.robots)
        item = self.items.get(request.path)
        if item is None:
            return _page("<h1>Not found</h1>", status=404)
        return self._conditional(request, self._list(request.path, item, number))

    def _conditional(self, request: Request, found: Answer) -> Answer:
        if not self.validators:
            return found
        tag = f'W/"{hashlib.sha256(found.body).hexdigest()[:16]}"'
        headers = {"ETag": tag, "Cache-Control": "max-age=0"}
        if request.headers.get("If-None-Match", request.headers.get("if-none-match")) == tag:
            return Answer(b"", 304, headers, found.kind)
        return Answer(found.body, 200, headers, found.kind)

    def _list(self, path: str, item: Item, number: int) -> Answer:
        shown = item.reviews[(number - 1) * item.size : number * item.size]
        links = ""
        if self.endless or self.stuck or number * item.size < len(item.reviews):
            following = number if self.stuck and number > 1 else number + 1
            links = f'<a class="pager" title="Older > more" rel="nofollow next" href="{path}?page={following}">Next</a>'
        blocks = [_BREADCRUMBS, *_DIALECTS[item.dialect](item, shown, self.address(path))]
        return page(blocks, body=f"<h1>{html.escape(item.name)}</h1>{item.more}{links}")


def page(blocks: list[Any], *, body: str = "", head: str = "") -> Answer:
    """An HTML page with these JSON-LD blocks; texts are taken as they are."""
    scripts = "\n".join(
        f'<script type="application/ld+json">\n{one if isinstance(one, str) else json.dumps(one)}\n</script>'
        for one in blocks
    )
    return _page(body, head=f'{head}<link rel="stylesheet" href="/s.css">\n{scripts}')


def _page(body: str, *, head: str = "", status: int = 200) -> Answer:
    text = (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Shop</title>\n{head}\n'
        '<script>var a = \'<link rel="next" href="/trap">\';</script>\n'
        '<!-- <link rel="next" href="/trap"> -->\n'
        f"</head>\n<body>{body}</body>\n</html>\n"
    )
    return Answer(text.encode(), status, kind="text/html; charset=utf-8")


def _text(text: str) -> Answer:
    return Answer(text.encode(), kind="text/plain; charset=utf-8")


_BREADCRUMBS = {
    "@context": "https://schema.org",
    "@type": "BreadcrumbList",
    "itemListElement": [{"@type": "ListItem", "position": 1, "name": "Home"}],
}


def _product(item: Item, shown: list[dict[str, Any]], url: str) -> list[Any]:
    made = {
        "@context": "https://schema.org/", "@type": "Product", "@id": f"{url}#product", "name": item.name, "url": url,
        "brand": {"@type": "Brand", "name": "Lumen"}, "offers": {"@type": "Offer", "price": "49.00"},
        "review": shown,
    }  # fmt: skip
    return [made | ({"aggregateRating": {"@type": "AggregateRating", **item.total}} if item.total else {})]


def _graph(item: Item, shown: list[dict[str, Any]], url: str) -> list[Any]:
    subject: dict[str, Any] = {"@type": ["Product", "IndividualProduct"], "@id": f"{url}#item", "name": item.name}
    if item.total:
        subject["aggregateRating"] = {"@type": "AggregateRating", **item.total}
    site = {"@type": "WebSite", "@id": "/#site", "name": "Shop", "url": "/"}
    reviews = [{**one, "itemReviewed": {"@id": f"{url}#item"}} for one in shown]
    return [{"@context": "http://schema.org", "@graph": [site, subject, *reviews]}]


def _local(item: Item, shown: list[dict[str, Any]], url: str) -> list[Any]:
    made: dict[str, Any] = {"@context": "https://schema.org", "@type": "Bakery", "name": item.name, "telephone": "1"}
    if shown:
        made["review"] = shown[0]
    return [made | ({"aggregateRating": item.total} if item.total else {})]


_DIALECTS = {"product": _product, "graph": _graph, "local": _local}


def _review(dialect: Dialect, number: int, at: datetime) -> dict[str, Any]:
    stars = number % 5 + 1
    if dialect == "product":  # no id, an author object, a moment
        return {
            "@type": "Review", "name": f"Order {number}", "reviewBody": TEXTS[number % 5],
            "datePublished": at.isoformat(), "author": {"@type": "Person", "name": f"Ada {number}"},
            "reviewRating": {"@type": "Rating", "ratingValue": stars, "bestRating": 5, "worstRating": 1},
        }  # fmt: skip
    if dialect == "graph":  # an id, an author as text, a day, texts for numbers
        return {
            "@type": "http://schema.org/Review", "@id": f"/graph/kettle/reviews/{8_000 + number}",
            "headline": f"Order {number}", "description": TEXTS[number % 5], "datePublished": at.date().isoformat(),
            "author": f"Ada {number}", "inLanguage": {"@type": "Language", "alternateName": "de", "name": "German"},
            "reviewRating": {"ratingValue": f"{stars * 2},0", "bestRating": "10"},
            "publisher": {"@type": "Organization", "name": "Verified Reviews Ltd"},
        }  # fmt: skip
    return {
        "@type": "Review", "author": {"@type": "Person", "name": "Grace"}, "datePublished": f"{at:%Y-%m-%d %H:%M:%S}",
        "reviewBody": TEXTS[0], "reviewRating": {"@type": "Rating", "ratingValue": "5"},
    }  # fmt: skip


def main() -> None:
    parser = arguments("A local website with made-up reviews as JSON-LD.")
    parser.add_argument("--reviews", type=int, default=40)
    chosen = parser.parse_args()
    serve(ReviewPageFake(port=chosen.port, reviews=chosen.reviews))


if __name__ == "__main__":
    main()
