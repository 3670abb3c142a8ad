"""One place on Google Maps, by the Places API (New): the reviews it gives, and its totals.

Google keeps no history here: every run reads what stands there now, so no stream needs a state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import BadAnswer, Invalid
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
from sources.connectors._values import number, thing, words
from sources.connectors.google_places.places import named, place, recognise
from sources.connectors.google_places.service import Service
from sources.connectors.google_places.texts import document, raw
from sources.records import MetricPoint, Record

#: metric -> (Google's name for it, the least and the most it can be)
TOTALS = {"rating_count": ("userRatingCount", 0, 10**9), "rating": ("rating", 1, 5)}


@dataclass(frozen=True)
class GooglePlacesConfig:
    """``place``: a place id, or a link that carries one."""

    api_key: str = option(
        "API key", kind="secret", help="From the Google Cloud console, of a project with “Places API (New)”."
    )
    place: str = option(
        "Place",
        help="Its place id, or a link to Google Maps that carries one.",
        placeholder="ChIJN1t_tDeuEmsRUsoyG83frY4",
    )

    def wanted(self) -> str:
        """The place id. Raises Invalid that names the field at fault."""
        if not re.fullmatch(r"[\x21-\x7e]+", self.api_key.strip()):
            message = "This is not an API key. Copy it from “Credentials” in the Google Cloud console."
            raise Invalid(message, details={"api_key": [message]})
        return place(self.place)


@connectors.add
class GooglePlaces(Connector):
    """The reviews that Google shows as documents, and its own totals once a day."""

    key = "google_places"
    label = "Google Places"
    summary = "Rating, number of ratings and the reviews Google shows for one place."
    category = "reviews"
    icon = "map-pin"
    platform = "google"
    config = GooglePlacesConfig
    streams = (
        Stream(
            "reviews",
            "Reviews shown by Google",
            "documents",
            "Google gives at most five reviews, the ones it finds most relevant, never all, so don't judge all by "
            "them. Google's terms limit how long they may be kept; nothing here deletes them by itself.",
        ),
        Stream("summary", "Totals by Google", "metrics", "One reading a day, from the day of connecting on."),
    )
    metrics = (
        Metric(
            "google_places.rating_count",
            "Ratings on Google",
            "last",
            direction="up",
            description="All ratings that Google counts for the place, with or without a text, as read on the day.",
        ),
        Metric(
            "google_places.rating",
            "Average rating on Google",
            "last",
            "rating",
            direction="up",
            decimals=1,
            description="From 1 to 5 stars over all ratings, as Google shows it on the day.",
        ),
    )
    hosts = ("places.googleapis.com",)

    def recognise(self, link: Weblink) -> Recognised | Unread | None:
        """A place, where the link carries its place id."""
        return recognise(link)

    def named(self, text: str) -> Recognised | None:
        """A place by its place id."""
        return named(text)

    def check(self, ctx: Context, config: GooglePlacesConfig) -> Checked:
        """One request for the name only, which costs less than reviews: does Google take key and place?"""
        place_id = config.wanted()
        found = Service(ctx, config.api_key.strip()).place(place_id, "displayName")
        identity = words(thing(found.get("displayName")).get("text"))[:200] or place_id
        return Checked(True, f"Found {identity}.", identity=identity)

    def read(self, ctx: Context, config: GooglePlacesConfig, stream: str, state: State) -> Iterator[Batch]:
        """One batch with what stands at Google now. A review no longer shown isn't gone, so it stays."""
        place_id = config.wanted()
        service = Service(ctx, config.api_key.strip())
        if stream == "summary":
            yield _totals(ctx, service.place(place_id, *(name for name, _, _ in TOTALS.values())))
            return
        reviews = service.place(place_id, "reviews").get("reviews", [])  # absent where a place has none
        if not isinstance(reviews, list):
            raise BadAnswer("Google sent no list of reviews. If it stays, its service has changed.")
        found = [raw(one) for one in reviews]
        raws = {one.external_id: one for one in found if isinstance(one, Raw)}
        rejected = tuple(one for one in found if isinstance(one, Rejected))
        yield Batch(tuple(raws.values()), {}, Progress(len(raws), len(raws), "reviews"), rejected=rejected)

    def map(self, stream: str, raw: Any, config: GooglePlacesConfig) -> list[Record]:
        """A review as a Document, or a reading of the totals as its points."""
        if stream == "reviews":
            return [document(raw)]
        day = date.fromisoformat(raw["day"])
        return [MetricPoint(f"google_places.{name}", day, raw[name]) for name in TOTALS if raw[name] is not None]


def _totals(ctx: Context, found: dict[str, Any]) -> Batch:
    """The reading of the team's day. What Google leaves out is missing, not zero."""
    now = ctx.now()
    totals: dict[str, float | None] = {}
    for metric, (name, least, most) in TOTALS.items():
        totals[metric] = number(found.get(name), least, most)
    if not any(value is not None for value in totals.values()):
        return Batch((), {}, warnings=("Google sent no totals this time.",))
    day = local_day(now, ctx.zone).isoformat()
    return Batch((Raw(day, {"day": day, **totals}, now),), {}, Progress(1, 1, "readings"))
