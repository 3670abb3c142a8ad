"""A review as Google gives it, as a document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Raw, Rejected
from sources.connectors.google_places.places import on_google
from sources.connectors.google_places.service import thing, words
from sources.records import Document


def raw(review: Any) -> Raw | Rejected:
    """One review of the answer, or why it is set aside. What changes by itself (“a week ago”) is left out."""
    key = _key(review)
    if not 0 < len(key) <= 200:
        return Rejected(key[:200], "Google sent a review without a usable id.", review)
    if _instant(review.get("publishTime")) is None:
        return Rejected(key, "Google sent a review without a readable time.", review)
    return Raw(key, {name: value for name, value in review.items() if name != "relativePublishTimeDescription"})


def document(review: Mapping[str, Any]) -> Document:
    """A stored review as a Document. One to five stars become 0 to 1, the language it was written in comes first."""
    at = _instant(review.get("publishTime"))
    if at is None:
        raise BadAnswer("Google sent a review without a readable time.")
    original, shown = thing(review.get("originalText")), thing(review.get("text"))
    written = original if _text(original.get("text")) else shown
    stars = number(review.get("rating"), most=5)
    rated = stars is not None and stars >= 1
    link, author = review.get("googleMapsUri"), thing(review.get("authorAttribution"))
    profile = author.get("uri")
    return Document(
        external_id=_key(review),
        text=_text(written.get("text")),
        created_at=at,
        author=words(author.get("displayName"))[:200],
        language=words(written.get("languageCode"))[:20],
        rating=(stars - 1) / 4 if rated and stars is not None else None,
        rating_original=f"{stars:g}" if rated else "",
        rating_scale="1-5" if rated else "",
        url=str(link) if on_google(link) else "",
        extra={"platform": "google", "author_url": str(profile) if on_google(profile) else ""},
    )


def number(value: Any, most: float) -> float | None:
    """A number from 0 to ``most``; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= most else None


def _key(review: Any) -> str:
    """``places/…/reviews/Ci9`` without the place, whose id can change."""
    return words(thing(review).get("name")).rpartition("/reviews/")[2]


def _instant(written: Any) -> datetime | None:
    """``2026-11-12T09:30:00.123456789Z``: up to nine digits behind the second."""
    try:
        found = datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    return text.encode("utf-8", "ignore").decode().replace("\x00", "").strip()
