"""A review as it is kept, and as a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Raw, Rejected
from sources.connectors._values import instant, prose, thing, whole, words
from sources.records import Document

#: what is kept of a review; ids and whereabouts of its author are not among it
_KEPT = (
    *("id", "stars", "title", "text", "language", "createdAt", "updatedAt", "experiencedAt", "isVerified"),
    *("reviewVerificationLevel", "numberOfLikes", "status", "countsTowardsTrustScore", "companyReply"),
)


def row(review: Any) -> Raw | Rejected:
    """One review to keep, or why it cannot be kept."""
    review = thing(review)
    name = words(review.get("id"))[:200]
    author = words(thing(review.get("consumer")).get("displayName"))[:200]
    payload = {key: review[key] for key in _KEPT if key in review} | {"author": author}
    if not name:
        return Rejected("", "Trustpilot sent a review without an id.", payload)
    written = instant(review.get("createdAt"))
    if written is None:
        return Rejected(name, "Trustpilot sent a review without a readable time.", payload)
    # Without the reply's times: a reply that is taken back would make the review look older than it was.
    return Raw(name, payload, instant(review.get("updatedAt")) or written)


def document(raw: Mapping[str, Any]) -> Document:
    """A kept review as a Document: one star is 0.0, five are 1.0."""
    created = instant(raw.get("createdAt"))
    if created is None:
        raise BadAnswer("Trustpilot sent a review without a readable time.")
    name, stars = words(raw["id"])[:200], whole(raw.get("stars"), most=5) or None
    return Document(
        external_id=name,
        title=words(raw.get("title")),
        text=prose(raw.get("text")),
        created_at=created,
        updated_at=instant(raw.get("updatedAt")) or created,
        author=words(raw.get("author")),
        language=words(raw.get("language")),
        rating=None if stars is None else (stars - 1) / 4,
        rating_original="" if stars is None else str(stars),
        rating_scale="1-5",
        url=f"https://www.trustpilot.com/reviews/{name}" if name.isascii() and name.isalnum() else "",
        extra=_extra(raw),
    )


def _extra(raw: Mapping[str, Any]) -> dict[str, Any]:
    experienced = instant(raw.get("experiencedAt"))
    counts = raw.get("countsTowardsTrustScore")
    extra: dict[str, Any] = {
        "platform": "trustpilot",
        "verified": raw.get("isVerified") is True,
        "verification": words(raw.get("reviewVerificationLevel")),
        "likes": whole(raw.get("numberOfLikes")),
        "status": words(raw.get("status")),
        "counts_towards_score": counts if isinstance(counts, bool) else None,
        "experienced_at": experienced.isoformat() if experienced else None,
    }
    reply = thing(raw.get("companyReply"))
    if text := prose(reply.get("text")):
        answered = instant(reply.get("updatedAt")) or instant(reply.get("createdAt"))
        extra["company_reply"] = text
        extra["answered_at"] = answered.isoformat() if answered else None
    return extra
