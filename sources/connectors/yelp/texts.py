"""A review as Yelp gives it, as a document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from livinglytics.lib.buckets import zone_info
from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Raw, Rejected
from sources.connectors._values import number, prose, thing, words
from sources.connectors.yelp.places import on_yelp
from sources.records import Document


def raw(review: Any, zone: str) -> Raw | Rejected:
    """One review of the answer with the zone its time is taken to be in, or why it is set aside."""
    key = words(thing(review).get("id"))[:200]
    if not key:
        return Rejected("", "Yelp sent a review without an id.", review)
    if created(review.get("time_created"), zone) is None:
        return Rejected(key, "Yelp sent a review without a readable time.", review)
    return Raw(key, {"zone": zone, "review": review})


def created(written: Any, zone: str) -> datetime | None:
    """``2026-11-02 00:22:50`` on the clocks of ``zone``: Yelp's times are local and name no zone."""
    try:
        return datetime.strptime(str(written), "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone_info(zone))
    except ValueError:
        return None


def document(payload: Mapping[str, Any]) -> Document:
    """A stored review as a Document. One to five stars become 0 to 1."""
    review, zone = payload["review"], payload["zone"]
    at = created(review.get("time_created"), zone)
    if at is None:
        raise BadAnswer("Yelp sent a review without a readable time.")
    stars = number(review.get("rating"), 1, 5)
    return Document(
        external_id=words(review.get("id"))[:200],
        text=prose(review.get("text")),
        created_at=at,
        author=words(thing(review.get("user")).get("name"))[:200],
        rating=None if stars is None else (stars - 1) / 4,
        rating_original="" if stars is None else f"{stars:g}",
        rating_scale="" if stars is None else "1-5",
        url=_link(review.get("url")),
        extra={"platform": "yelp", "excerpt": True, "written_at": str(review["time_created"]), "assumed_zone": zone},
    )


def _link(address: Any) -> str:
    """The review's address without what tracks the reader; empty for one that leads elsewhere."""
    if not on_yelp(address):
        return ""
    parts = urlsplit(address)
    review = parse_qs(parts.query).get("hrid", [""])[0]
    return f"https://{parts.hostname}{parts.path}" + (f"?hrid={quote(review, safe='')}" if review else "")
