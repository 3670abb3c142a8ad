"""Trustpilot: a company's public reviews, and the totals that Trustpilot itself shows.

By the public API (v1) with an API key. Reviews that Trustpilot takes down vanish without a sign,
so they stay here until somebody removes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from livinglytics.lib.buckets import local_day
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
    State,
    Stream,
    Unread,
    connectors,
    option,
)
from sources.connectors.trustpilot.listing import Listing
from sources.connectors.trustpilot.service import Service
from sources.connectors.trustpilot.target import HOSTS, domain_of, named, recognise
from sources.connectors.trustpilot.texts import document
from sources.records import MetricPoint, Record

#: field of a reading -> the metric it is
POINTS = {"total": "trustpilot.total_reviews", "score": "trustpilot.trust_score"}


@dataclass(frozen=True)
class TrustpilotConfig:
    """``domain``: the company's website as Trustpilot spells it, or its page there."""

    api_key: str = option("API key", kind="secret", help="From your Trustpilot account, under Integrations, API.")
    domain: str = option(
        "Website",
        placeholder="example.com",
        help="The domain exactly as in the address of the company's page on Trustpilot, or that address. With and "
        "without www. are two companies there.",
    )

    def service(self, ctx: Context) -> Service:
        """The API for this company. Raises Invalid that names the field at fault."""
        key = self.api_key.strip()
        if not re.fullmatch(r"[\x21-\x7e]+", key):
            message = "This is not an API key. Copy it from your Trustpilot account."
            raise Invalid(message, details={"api_key": [message]})
        return Service(ctx, key, domain_of(self.domain))


@connectors.add
class Trustpilot(Connector):
    """Every public review as a document, and Trustpilot's own totals once a day."""

    key = "trustpilot"
    label = "Trustpilot"
    summary = "What customers write about a company, with its TrustScore."
    category = "reviews"
    icon = "star"
    platform = "trustpilot"
    config = TrustpilotConfig
    streams = (
        Stream("reviews", "Reviews", "documents", "Newest first; those of the last 30 days are read again."),
        Stream("summary", "Totals by Trustpilot", "metrics", "One reading a day, from the day of connecting on."),
    )
    metrics = (
        Metric(
            "trustpilot.total_reviews",
            "Reviews on Trustpilot",
            "last",
            direction="up",
            description="All reviews that Trustpilot counts for the company, as read on the day.",
        ),
        Metric(
            "trustpilot.trust_score",
            "TrustScore",
            "last",
            direction="up",
            description="Trustpilot's own score of the company from 1 to 5, as read on the day.",
            decimals=1,
        ),
    )
    hosts = HOSTS
    budget = "660/5 minutes; 8000/hour"

    def recognise(self, link: Weblink) -> Recognised | Unread | None:
        """A company by its page."""
        return recognise(link)

    def named(self, text: str) -> Recognised | None:
        """A company by its website's domain."""
        return named(text)

    def check(self, ctx: Context, config: TrustpilotConfig) -> Checked:
        """Whether the key works and may read reviews, and whether Trustpilot knows the company."""
        service = config.service(ctx)
        unit = service.unit()
        service.reviews(unit.id, 1)
        details: dict[str, Any] = {"domain": unit.domain, "reviews": unit.total}
        if unit.domain.lower() != service.domain.lower():
            details["warnings"] = [f"Trustpilot lists this company as {unit.domain}."]
        found = f"Found {unit.name}." if unit.total is None else f"Found {unit.total} reviews."
        return Checked(True, found, identity=unit.name, details=details)

    def read(self, ctx: Context, config: TrustpilotConfig, stream: str, state: State) -> Iterator[Batch]:
        """``reviews``: see ``Listing``. ``summary``: one raw per day of the team; its state stays empty."""
        service = config.service(ctx)
        if stream == "reviews":
            yield from Listing(ctx, service, state).batches()
            return
        unit = service.totals(service.unit().id)
        known = {"total": unit.total, "score": unit.score if unit.total else None}
        if unit.total is None:
            yield Batch((), {}, warnings=("Trustpilot sent no totals this time.",))
            return
        now = ctx.now()
        day = local_day(now, ctx.zone).isoformat()
        yield Batch((Raw(day, {"day": day, **known}, now),), {}, Progress(1, 1, "readings"))

    def map(self, stream: str, raw: Any, config: TrustpilotConfig) -> list[Record]:
        """A review as a Document, or a reading as points; a company without reviews has no score yet."""
        if stream == "reviews":
            return [document(raw)]
        day = date.fromisoformat(raw["day"])
        return [MetricPoint(key, day, raw[name]) for name, key in POINTS.items() if raw.get(name) is not None]
