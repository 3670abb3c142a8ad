"""Amazon: what customers write about one product, as far as Amazon shows it without signing in.

Amazon has no API for reviews. The public product page shows the first few; a provider's reviews API may give all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import BadAnswer
from livinglytics.lib.weblinks import Weblink
from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    Metric,
    Progress,
    Raw,
    Recognised,
    Rejected,
    State,
    Stream,
    Unread,
    connectors,
    option,
)
from sources.connectors.amazon.listing import Listing
from sources.connectors.amazon.page import Page
from sources.connectors.amazon.products import EXAMPLE, HOSTS, MARKETPLACES, Product, at, invalid, named, wanted
from sources.connectors.amazon.provider import Provider
from sources.connectors.amazon.site import Site
from sources.connectors.amazon.texts import Found, Shelf, document, sent
from sources.records import MetricPoint, Record

#: number of a reading -> the metric it is
POINTS: Final = {"rating": "amazon.rating", "total": "amazon.total_reviews"}
#: seconds that a check may wait before it asks for the page
_SOON: Final = 3.0


@dataclass(frozen=True)
class AmazonConfig:
    """``product``: an address or an ASIN; ``marketplace``: of an ASIN alone; ``way``: ``page`` or ``provider``."""

    product: str = option(
        "Product", placeholder=EXAMPLE, help="The address of its page at Amazon, or its ASIN (a book's ISBN-10)."
    )
    marketplace: str = option(
        "Marketplace",
        default="com",
        kind="choice",
        choices=tuple((one, f"amazon.{one}") for one in MARKETPLACES),
        help="For an ASIN alone. An address names its marketplace itself.",
    )
    way: str = option(
        "Where to read",
        default="page",
        kind="choice",
        choices=(
            ("page", "The public product page: the 8 to 13 reviews shown first"),
            ("provider", "A reviews API of a provider, with a key of your own"),
        ),
        help="Amazon has no API for reviews. Read Amazon's terms of use before you choose its page.",
    )
    provider_address: str = option(
        "Address of the reviews API",
        default="",
        kind="url",
        group="Reviews API",
        placeholder="https://reviews.example.com/amazon",
        help="It has to answer in the shape that the documentation of this connector describes.",
    )
    api_key: str = option(
        "Key of the reviews API",
        default="",
        kind="secret",
        group="Reviews API",
        help="It is sent in the header “Authorization: Bearer …”. Leave it empty where none is needed.",
    )
    authors: bool = option(
        "Keep the names that authors show", default=False, kind="boolean", help="Changing this reads everything again."
    )

    def wanted(self) -> Product:
        """The product. Raises Invalid that names the setting at fault."""
        return wanted(self.product, self.marketplace)

    def shelf(self, ctx: Context) -> Shelf:
        """Where the reviews that are read now are put."""
        return Shelf(self.wanted(), ctx.zone, ctx.now(), self.authors)

    def provider(self, ctx: Context) -> Provider:
        """The reviews API for the product. Raises Invalid that names the setting at fault."""
        address, key = self.provider_address.strip(), self.api_key.strip()
        if not address:
            raise invalid("provider_address", "Enter the address of the reviews API, or choose the product page.")
        if key and not re.fullmatch(r"[\x21-\x7e]+", key):
            raise invalid("api_key", "This is not a key. Copy it from the provider of the reviews API.")
        return Provider(ctx, address, key, self.wanted())


_SHOWN = Stream(
    "reviews",
    "Reviews shown by Amazon",
    "documents",
    "The 8 to 13 reviews that Amazon shows first, never all; distinct ones are collected over time. Judge the "
    "product by the totals.",
)
_TOTALS = Stream("summary", "Totals by Amazon", "metrics", "One reading a day, from the day of connecting on.")
_LISTED = Stream(
    "reviews",
    "Reviews",
    "documents",
    "What the reviews API gives, newest first; those of the last 30 days are read again. Whether that is all of "
    "them, only its provider knows.",
)


@connectors.add
class Amazon(Connector):
    """The reviews of one product in one marketplace as documents, and Amazon's own totals once a day."""

    key = "amazon"
    label = "Amazon"
    summary = "What customers write about a product: the reviews Amazon shows first, or all that a reviews API gives."
    category = "reviews"
    icon = "shopping-cart"
    config = AmazonConfig
    streams = (_SHOWN, _TOTALS)
    metrics = (
        Metric(
            POINTS["rating"],
            "Average rating on Amazon",
            "last",
            "rating",
            direction="up",
            decimals=1,
            description="From 1 to 5 stars over all ratings, as Amazon shows it on the day: it weighs them, which "
            "is no plain mean.",
        ),
        Metric(
            POINTS["total"],
            "Ratings on Amazon",
            "last",
            direction="up",
            description="All ratings that Amazon counts for the product, with or without a text, as read on the day.",
        ),
    )
    hosts = HOSTS
    platform = "amazon"
    budget = "20/minute"

    def recognise(self, link: Weblink) -> Recognised | Unread | None:
        """A product's address in any of its spellings. The marketplace is part of what a product is."""
        found = at(link)
        if not isinstance(found, Product):
            return found
        return Recognised("product", found.key, found.url, {"product": found.url})

    def named(self, text: str) -> Recognised | None:
        """An ASIN means the product in the marketplace amazon.com."""
        found = named(text)
        return Recognised("product", found.key, found.url, {"product": found.url}) if found else None

    def streams_for(self, config: AmazonConfig) -> tuple[Stream, ...]:
        """A reviews API tells no totals."""
        return (_LISTED,) if config.way == "provider" else self.streams

    def metrics_for(self, config: AmazonConfig) -> tuple[Metric, ...]:
        """The totals, where they are read."""
        return () if config.way == "provider" else self.metrics

    def check(self, ctx: Context, config: AmazonConfig) -> Checked:
        """One page: does it belong to a product, and can its reviews be read?"""
        product, shelf = config.wanted(), config.shelf(ctx)
        if config.way == "provider":
            found = [sent(one) for one in config.provider(ctx).page(1).reviews]
            if found and not any(isinstance(shelf.row(one), Raw) for one in found):
                message = "None of the reviews that this API sent has an id and a day. Compare with the documentation."
                return Checked(False, message, "provider_address")
            name = f"{product.asin} on amazon.{product.marketplace}"
            return Checked(True, f"Found {name}: {len(found)} reviews on the first page.", identity=name)
        site = Site(ctx, product)
        page = _whole(site.page(_SOON))
        shown = len({one.id for one in page.reviews()})
        details: dict[str, Any] = {"reviews": page.total, "shown": shown, "product": product.key}
        if site.led:
            details["warnings"] = [_led(site)]
        name = page.title or product.asin
        return Checked(True, f"Found {name}. Amazon shows {shown} reviews on its page.", "", name, details)

    def read(self, ctx: Context, config: AmazonConfig, stream: str, state: State) -> Iterator[Batch]:
        """``reviews``: the page's, with no state, or a provider's, see ``Listing``. ``summary``: one raw a day."""
        shelf = config.shelf(ctx)
        if config.way == "provider":
            yield from Listing(config.provider(ctx), shelf, state).batches()
            return
        site = Site(ctx, shelf.product)
        page = site.page()
        batch = _reading(ctx, page) if stream == "summary" else _shown(shelf, _whole(page).reviews())
        yield replace(batch, warnings=(*batch.warnings, _led(site))) if site.led else batch

    def map(self, stream: str, raw: Any, config: AmazonConfig) -> list[Record]:
        """A review as a Document, or a reading of the totals as its points."""
        if stream == "reviews":
            return [document(raw, authors=config.authors)]
        day = date.fromisoformat(raw["day"])
        return [MetricPoint(key, day, raw[name]) for name, key in POINTS.items() if raw[name] is not None]


def _shown(shelf: Shelf, found: Iterator[Found]) -> Batch:
    """What stands on the page now. One that is no longer shown isn't gone, so it stays."""
    rows = [shelf.row(one) for one in found]
    raws = {one.external_id: one for one in rows if isinstance(one, Raw)}
    rejected = tuple(one for one in rows if isinstance(one, Rejected))
    return Batch(tuple(raws.values()), {}, Progress(len(raws), len(raws), "reviews"), rejected=rejected)


def _reading(ctx: Context, page: Page) -> Batch:
    """The totals on the team's day. What Amazon leaves out is missing, not zero."""
    told = {"rating": page.rating, "total": page.total}
    if page.total == 0:
        told["rating"] = None
    if not any(value is not None for value in told.values()):
        return Batch((), {}, warnings=("Amazon showed no totals this time.",))
    now = ctx.now()
    day = local_day(now, ctx.zone).isoformat()
    return Batch((Raw(day, {"day": day, **told}, now),), {}, Progress(1, 1, "readings"))


def _whole(page: Page) -> Page:
    """The page, unless its reviews were left out: an empty list would look like no reviews."""
    if page.left_out:
        raise BadAnswer(
            "Amazon sent the page without its reviews. They are asked for again next time. If it stays, import them "
            "from a file, or use a reviews API."
        )
    return page


def _led(site: Site) -> str:
    return f"Amazon shows the page of {site.led} in place of {site.product.asin}: variants share their reviews."
