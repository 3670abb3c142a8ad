"""A review as Google gives it, as a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Raw, Rejected
from sources.connectors._values import instant, number, prose, thing, words
from sources.connectors.google_places.places import on_google
from sources.records import Document


def raw(review: Any) -> Raw | Rejected:
    """One review of the answer, or why it is set aside. What changes by itself (“a week ago”) is left out."""
    key = _key(review)
    if not 0 < len(key) <= 200:
        return Rejected(key[:200], "Google sent a review without a usable id.", review)
    if instant(review.get("publishTime")) is None:
        return Rejected(key, "Google sent a review without a readable time.", review)
    return Raw(key, {name: value for name, value in review.items() if name != "relativePublishTimeDescription"})


def document(review: Mapping[str, Any]) -> Document:
    """A stored review as a Document. One to five stars become 0 to 1, the language it was written in comes first."""
    at = instant(review.get("publishTime"))
    if at is None:
        raise BadAnswer("Google sent a review without a readable time.")
    original, shown = thing(review.get("originalText")), thing(review.get("text"))
    written = original if prose(original.get("text")) else shown
    stars = number(review.get("rating"), 1, 5)
    link, author = review.get("googleMapsUri"), thing(review.get("authorAttribution"))
    profile = author.get("uri")
    return Document(
        external_id=_key(review),
        text=prose(written.get("text")),
        created_at=at,
        author=words(author.get("displayName"))[:200],
        language=words(written.get("languageCode"))[:20],
        rating=None if stars is None else (stars - 1) / 4,
        rating_original="" if stars is None else f"{stars:g}",
        rating_scale="" if stars is None else "1-5",
        url=str(link) if on_google(link) else "",
        extra={"platform": "google", "author_url": str(profile) if on_google(profile) else ""},
    )


def _key(review: Any) -> str:
    """``places/…/reviews/Ci9`` without the place, whose id can change."""
    return words(thing(review).get("name")).rpartition("/reviews/")[2]
