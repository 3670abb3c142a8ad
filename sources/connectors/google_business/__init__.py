"""Google Business Profile: all reviews of a location, for who manages it, and Google's own totals.

By the Business Profile APIs, with a signed-in Google account. Reviews that are taken down vanish without a sign,
so they stay here until somebody removes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from livinglytics.lib.buckets import local_day
from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    Metric,
    Progress,
    Raw,
    State,
    Stream,
    connectors,
    option,
)
from sources.connectors._values import words
from sources.connectors.google_business.listing import STATE_VERSION, Listing
from sources.connectors.google_business.places import Location, chosen, full_name
from sources.connectors.google_business.service import HOSTS, Service
from sources.connectors.google_business.texts import document
from sources.records import MetricPoint, Record

SCOPE = "https://www.googleapis.com/auth/business.manage"
#: field of a reading -> the metric it is
POINTS = {"total": "google_business.total_reviews", "rating": "google_business.rating"}


@dataclass(frozen=True)
class GoogleBusinessConfig:
    """``location``: a full name, a number, a part of the business's name, or nothing for the only one."""

    account: str = option(
        "Google account",
        kind="account",
        provider="google",
        scopes=(SCOPE,),
        help="Sign in with an account that manages the business. Google has no right for reading alone; nothing is "
        "ever changed there.",
    )
    location: str = option(
        "Location",
        default="",
        placeholder="accounts/1/locations/2",
        help="A part of its name, its number, or accounts/…/locations/…. Empty where the account has one only.",
    )
    authors: bool = option(
        "Keep authors' names",
        default=False,
        kind="boolean",
        help="Off: nothing about who wrote a review is kept. Changing it reads everything again.",
    )

    def pinned(self, service: Service, state: State) -> State:
        """The location as a state keeps it, so that a name means the same one for ever. Raises Invalid."""
        asked = words(self.location)
        kept = state if state.get("v") == STATE_VERSION and state.get("asked") == asked else {}
        name = full_name(asked) or full_name(kept.get("location")) or self.found(service).name
        return {"v": STATE_VERSION, "asked": asked, "location": name}

    def found(self, service: Service) -> Location:
        """The location at Google, with its title where that can be known. Raises Invalid that names the field."""
        if name := full_name(self.location):
            return Location(name, service.title(name))
        return chosen(self.location, service.locations())


@connectors.add
class GoogleBusiness(Connector):
    """Every review as a document, and Google's own totals once a day."""

    key = "google_business"
    label = "Google Business Profile"
    summary = "All Google reviews of a business that you manage, with its rating."
    category = "reviews"
    icon = "message-square-quote"
    config = GoogleBusinessConfig
    streams = (
        Stream("reviews", "Reviews", "documents", "Newest change first, replies included."),
        Stream("summary", "Totals by Google", "metrics", "One reading a day, from the day of connecting on."),
    )
    metrics = (
        Metric(
            "google_business.total_reviews",
            "Reviews on Google",
            "last",
            direction="up",
            description="All reviews that Google counts for the location, as read on the day.",
        ),
        Metric(
            "google_business.rating",
            "Average rating on Google",
            "last",
            "rating",
            direction="up",
            decimals=1,
            description="From 1 to 5 stars over all reviews of the location, as Google shows it to its owner.",
        ),
    )
    hosts = HOSTS

    def check(self, ctx: Context, config: GoogleBusinessConfig) -> Checked:
        """Whether the account works, which location is meant, and whether its reviews may be read."""
        service = Service(ctx)
        location = config.found(service)
        page = service.reviews(location.name, size=1)
        identity = location.title or location.name
        found = f"Found {identity}." if page.total is None else f"Found {page.total} reviews of {identity}."
        return Checked(True, found, identity=identity, details={"location": location.name, "reviews": page.total})

    def read(self, ctx: Context, config: GoogleBusinessConfig, stream: str, state: State) -> Iterator[Batch]:
        """``reviews``: see ``Listing``. ``summary``: one raw per day of the team."""
        service = Service(ctx)
        pinned = config.pinned(service, state)
        if stream == "reviews":
            yield from Listing(ctx, service, state, pinned=pinned, authors=config.authors).batches()
            return
        page = service.reviews(pinned["location"], size=1)
        if page.total is None and page.rating is None:
            yield Batch((), pinned, warnings=("Google sent no totals this time.",))
            return
        now = ctx.now()
        day = local_day(now, ctx.zone).isoformat()
        payload = {"day": day, "total": page.total, "rating": page.rating}
        yield Batch((Raw(day, payload, now),), pinned, Progress(1, 1, "readings"))

    def map(self, stream: str, raw: Any, config: GoogleBusinessConfig) -> list[Record]:
        """A review as a Document, or a reading as points; what Google did not tell is missing."""
        if stream == "reviews":
            return [document(raw)]
        day = date.fromisoformat(raw["day"])
        return [MetricPoint(key, day, raw[name]) for name, key in POINTS.items() if raw.get(name) is not None]
