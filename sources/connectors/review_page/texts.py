"""A review as it is kept, and as a document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from livinglytics.lib.errors import BadAnswer
from livinglytics.lib.hypertext import plain
from sources.connectors._base import Raw, Rejected
from sources.connectors._values import instant, number, prose, thing, words
from sources.connectors.review_page.dates import problem, written
from sources.connectors.review_page.linked import Found
from sources.connectors.review_page.ratings import Rating
from sources.records import Document


def row(found: Found, *, address: str, zone: str, now: datetime, authors: bool) -> Raw | Rejected:
    """One review to keep, or why it is set aside. ``address`` stands in where it has none of its own."""
    day, modified = found.kept.get("published", ""), written(found.kept.get("modified", ""), zone)
    at = written(day, zone)
    payload = {**found.kept, "key": found.key, "url": found.kept.get("url") or address}
    payload.pop("modified", None)
    if authors and found.author:
        payload["author"] = found.author
    reason = problem(day, at, now)
    if not reason and not found.kept.keys() & {"title", "text", "rating"}:
        reason = "The page gives neither a text nor a rating for this review."
    if reason or at is None:
        return Rejected(found.key, reason, payload)
    payload["at"] = at.isoformat()
    if modified and modified >= at:
        payload["modified_at"] = modified.isoformat()
    return Raw(found.key, payload)


def document(raw: Mapping[str, Any]) -> Document:
    """A kept review as a Document."""
    at = instant(raw.get("at"))
    if at is None:
        raise BadAnswer("This review has no readable date.")
    given = thing(raw.get("rating"))
    value, worst, best = (number(given.get(one), -1e6, 1e6) for one in ("value", "worst", "best"))
    stars = Rating(value, worst, best)
    share = stars.share
    url = words(raw.get("url"))
    return Document(
        external_id=str(raw["key"]),
        title=words(plain(prose(raw.get("title")))),
        text=plain(prose(raw.get("text"))),
        created_at=at,
        updated_at=instant(raw.get("modified_at")),
        author=words(raw.get("author")),
        language=words(raw.get("language")),
        rating=None if share is None else round(share, 6),
        rating_original="" if value is None else f"{value:g}",
        rating_scale=stars.scale,
        url=url,
        extra={
            "platform": "web",
            "site": urlsplit(url).hostname or "",
            "item": words(raw.get("item")),
            "publisher": words(raw.get("publisher")),
            "published": words(raw.get("published")),
        },
    )
