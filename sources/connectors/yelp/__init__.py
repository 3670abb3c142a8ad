"""One business on Yelp, by the Places API: the excerpts it gives of reviews, and its totals.

Yelp keeps no history: every run reads what stands there now, so no stream needs a state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from livinglytics.lib.buckets import local_day, zone_info
from livinglytics.lib.errors import Invalid
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
from sources.connectors._values import number, words
from sources.connectors.yelp.places import HOSTS, SITE, named, place, recognise
from sources.connectors.yelp.service import Service
from sources.connectors.yelp.texts import document, raw
from sources.records import MetricPoint, Record

#: the number in Yelp's answer -> the most it can be
TOTALS = {"review_count": 10**9, "rating": 5}


@dataclass(frozen=True)
class YelpConfig:
    """``business``: alias, id or address; ``locale``: whose reviews; ``zone``: where the business is."""

    api_key: str = option("API key", kind="secret", help="From “Manage App” at Yelp. It needs one of Yelp's plans.")
    business: str = option(
        "Business", help="The address of its page on Yelp, its alias or its id.", placeholder=f"{SITE}/biz/some-cafe"
    )
    locale: str = option(
        "Locale", default="en_US", placeholder="en_US", help="Yelp gives reviews of one language only, like de_DE."
    )
    zone: str = option(
        "Time zone of the business",
        default="",
        placeholder="Europe/Berlin",
        help="Yelp tells local times without a zone. Empty means the team's time zone.",
    )

    def wanted(self) -> str:
        """Alias or id of the business. Raises Invalid that names the field at fault."""
        if not re.fullmatch(r"[\x21-\x7e]+", self.api_key.strip()):
            raise _invalid("api_key", "This is not an API key. Copy it from “Manage App” at Yelp.")
        if not re.fullmatch(r"[a-z]{2,3}_[A-Z]{2}", self.locale.strip()):
            raise _invalid("locale", "This is not a locale. It looks like en_US or de_DE.")
        if self.zone.strip():
            try:
                zone_info(self.zone.strip())
            except Invalid as error:
                raise _invalid("zone", error.message) from None
        return place(self.business)


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, details={field: [message]})


@connectors.add
class Yelp(Connector):
    """The newest excerpts as documents, and Yelp's own totals once a day."""

    key = "yelp"
    label = "Yelp"
    summary = "Rating, number of reviews and the newest excerpts for one business."
    category = "reviews"
    icon = "store"
    platform = "yelp"
    config = YelpConfig
    streams = (
        Stream(
            "reviews",
            "Review excerpts",
            "documents",
            "Yelp gives three excerpts of about 160 characters only, never all reviews, so don't judge all by them. "
            "Yelp's terms allow keeping them for 24 hours; nothing here deletes them by itself.",
        ),
        Stream("summary", "Totals by Yelp", "metrics", "One reading a day, from the day of connecting on."),
    )
    metrics = (
        Metric(
            "yelp.review_count",
            "Reviews on Yelp",
            "last",
            direction="up",
            description="All reviews that Yelp counts for the business, as read on the day.",
        ),
        Metric(
            "yelp.rating",
            "Average rating on Yelp",
            "last",
            "rating",
            direction="up",
            decimals=1,
            description="From 1 to 5 stars, as Yelp shows it on the day: rounded, and over the reviews it recommends.",
        ),
    )
    hosts = HOSTS

    def recognise(self, link: Weblink) -> Recognised | Unread | None:
        """A business by its page in any country."""
        return recognise(link)

    def named(self, text: str) -> Recognised | None:
        """A business by its alias or id."""
        return named(text)

    def check(self, ctx: Context, config: YelpConfig) -> Checked:
        """Two requests: does Yelp know the business, and may the key read its reviews?"""
        name = config.wanted()
        service = Service(ctx, config.api_key.strip())
        found = service.business(name)
        service.reviews(words(found["id"]), config.locale.strip())
        identity = words(found.get("name"))[:200] or name
        details = {"reviews": found.get("review_count"), **service.quota}
        return Checked(True, f"Found {identity}.", identity=identity, details=details)

    def read(self, ctx: Context, config: YelpConfig, stream: str, state: State) -> Iterator[Batch]:
        """One batch with what stands at Yelp now. The business is looked up first, because it may have moved."""
        name = config.wanted()
        service = Service(ctx, config.api_key.strip())
        business = service.business(name)
        if stream == "summary":
            yield _totals(ctx, business, service)
            return
        zone = config.zone.strip() or ctx.zone
        found = [raw(one, zone) for one in service.reviews(words(business["id"]), config.locale.strip())]
        raws = {one.external_id: one for one in found if isinstance(one, Raw)}
        rejected = tuple(one for one in found if isinstance(one, Rejected))
        progress = Progress(len(raws), len(raws), "reviews")
        yield Batch(tuple(raws.values()), {}, progress, rejected=rejected, quota=service.quota)

    def map(self, stream: str, raw: Any, config: YelpConfig) -> list[Record]:
        """A review as a Document, or a reading of the totals as its points."""
        if stream == "reviews":
            return [document(raw)]
        day = date.fromisoformat(raw["day"])
        return [MetricPoint(f"yelp.{name}", day, raw[name]) for name in TOTALS if raw[name] is not None]


def _totals(ctx: Context, business: dict[str, Any], service: Service) -> Batch:
    """The reading of the team's day. A business without reviews has no rating, which is not a rating of zero."""
    now = ctx.now()
    totals = {name: number(business.get(name), 0, most) for name, most in TOTALS.items()}
    if totals["review_count"] is None:
        return Batch((), {}, warnings=("Yelp sent no totals this time.",), quota=service.quota)
    if not totals["review_count"] or not totals["rating"]:
        totals["rating"] = None
    day = local_day(now, ctx.zone).isoformat()
    return Batch((Raw(day, {"day": day, **totals}, now),), {}, Progress(1, 1, "readings"), quota=service.quota)
