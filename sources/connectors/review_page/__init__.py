"""Review pages: what people write on public pages that carry their reviews as schema.org JSON-LD.

For shops, places and hosts that have no interface of their own. Pages are read the way a considerate visitor
reads them: by the rules of the host's robots.txt, slowly, and not at all where the host says no.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from livinglytics.lib.weblinks import Weblink
from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    Metric,
    Raw,
    Recognised,
    State,
    Stream,
    connectors,
    option,
)
from sources.connectors.review_page.addresses import Address, addresses, host, shown
from sources.connectors.review_page.memory import Memory
from sources.connectors.review_page.reviews import Reviews, nothing
from sources.connectors.review_page.summary import Summary, points
from sources.connectors.review_page.texts import document, row
from sources.connectors.review_page.visits import Visits
from sources.connectors.review_page.walk import Walk
from sources.records import Record


@dataclass(frozen=True)
class ReviewPageConfig:
    """``pages``: so many of each list are read at most, the first one included."""

    addresses: tuple[str, ...] = option(
        "Pages",
        kind="lines",
        placeholder="https://shop.example/product",
        help="One address per line, at most 50: public pages that carry their reviews for search engines (schema.org, "
        "JSON-LD). Read the site's terms first: not every site allows programs to read it.",
    )
    follow: bool = option(
        "Follow next pages",
        default=True,
        kind="boolean",
        help="Goes on where a page names its next one (rel=next) on the same host. Switch it off where that is another "
        "product or article.",
    )
    pages: int = option(
        "Pages per address", default=10, kind="integer", minimum=1, maximum=100, help="At most so many of one list."
    )
    authors: bool = option(
        "Keep authors' names", default=False, kind="boolean", help="Off: no name of who wrote a review is kept."
    )

    def targets(self) -> tuple[Address, ...]:
        """The pages to read. Raises Invalid that names the field at fault."""
        return addresses(self.addresses)

    def scope(self, zone: str) -> str:
        """A sign of all settings that a state depends on; ``zone`` is where dates without one are read."""
        urls = [one.url for one in self.targets()]
        return hashlib.sha256(repr((urls, self.follow, self.pages, self.authors, zone)).encode()).hexdigest()[:16]


@connectors.add
class ReviewPage(Connector):
    """Every review that a page carries as a document, and the page's own totals once a day."""

    key = "review_page"
    label = "Review page"
    summary = "Reviews on public web pages that carry them for search engines."
    category = "reviews"
    icon = "globe"
    platform = "web"
    config = ReviewPageConfig
    streams = (
        Stream(
            "reviews",
            "Reviews",
            "documents",
            "All that the pages carry now; one that is gone from them stays here. A review without an id or address of "
            "its own is known by its author, date, title and text, so an edited one counts as a new one. One without "
            "a readable date is set aside.",
        ),
        Stream("summary", "Totals by the pages", "metrics", "One reading a day of each page, from connecting on."),
    )
    metrics = (
        Metric(
            "review_page.total_reviews",
            "Reviews on pages",
            "last",
            direction="up",
            description="All reviews that each page counts for its item, as read on the day.",
        ),
        Metric(
            "review_page.rating",
            "Average rating on pages",
            "ratio",
            "rating",
            direction="up",
            description="From 1 to 5 as the pages show it on the day, other scales put on this one. Several pages "
            "weigh by their numbers of ratings.",
            parts=("review_page.stars", "review_page.ratings"),
            decimals=1,
        ),
        Metric(
            "review_page.stars",
            "Stars on pages, added up",
            "last",
            description="Each page's average times its number of ratings: what the average of several is made of.",
        ),
        Metric(
            "review_page.ratings",
            "Ratings behind the averages on pages",
            "last",
            direction="up",
            description="Ratings that each page's average is made of. A page that shows an average without a number "
            "counts as one.",
        ),
    )

    def page(self, link: Weblink) -> Recognised:
        """A page that a person chose to read this way. No address is ever taken for one by itself."""
        return Recognised("page", link.url, link.url, {"addresses": [link.url]})

    def check(self, ctx: Context, config: ReviewPageConfig) -> Checked:
        """Whether the first page may be read and carries reviews. The others are judged by the first run."""
        targets = config.targets()
        first = targets[0].url
        page = Visits(ctx).page(first, {})
        if page is None or not (page.reviews or page.totals.told):
            raise nothing(page, first)
        rows = [row(one, address=first, zone=ctx.zone, now=ctx.now(), authors=False) for one in page.reviews]
        good = sum(isinstance(one, Raw) for one in rows)
        if rows and not good:
            told = f"{shown(first)} carries {len(rows)} reviews, but none with a date that can be read."
            return Checked(False, f"{told} Enter another page, or import a file instead.", "addresses")
        name = page.totals.item or next((one.kept["item"] for one in page.reviews if "item" in one.kept), "")
        more = f" and {len(targets) - 1} more" if len(targets) > 1 else ""
        identity = f"{(name or host(first))[:150]}{more}"
        details = {"reviews": good, "total_reviews": page.totals.reviews, "stars": page.totals.stars}
        warnings = [f"{len(rows) - good} of {len(rows)} reviews cannot be taken."] if good < len(rows) else []
        found = f"Found {good} reviews of {identity}." if rows else f"Found totals of {identity}, but no texts."
        return Checked(
            True, found, identity=identity, details={**details, "warnings": [*warnings, *page.data.problems]}
        )

    def read(self, ctx: Context, config: ReviewPageConfig, stream: str, state: State) -> Iterator[Batch]:
        """``reviews``: see ``Reviews``. ``summary``: see ``Summary``."""
        memory = Memory.of(state, config.scope(ctx.zone), ctx.now())
        walk: Walk = Summary(ctx, config.targets(), memory)
        if stream == "reviews":
            pages = config.pages if config.follow else 1
            walk = Reviews(ctx, config.targets(), memory, pages=pages, authors=config.authors)
        yield from walk.batches()

    def map(self, stream: str, raw: Any, config: ReviewPageConfig) -> list[Record]:
        """A review as a Document, or a reading as its points."""
        if stream == "reviews":
            return [document(raw)]
        return list(points(raw))
