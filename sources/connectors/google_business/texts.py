"""A review as it is kept, and as a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Raw, Rejected
from sources.connectors._values import instant, prose, thing, words
from sources.records import Document

STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
_KEPT = ("reviewId", "starRating", "comment", "createTime", "updateTime")
#: the translation stands first, or after what the author wrote
_TRANSLATED_FIRST = re.compile(r"\(Translated by Google\).*?\n[ \t]*\(Original\)\s*(?P<original>.+)", re.DOTALL)
_TRANSLATED_LAST = re.compile(r"(?P<original>.+?)\n[ \t]*\(Translated by Google\)\s.+", re.DOTALL)


def row(review: Any, *, authors: bool) -> Raw | Rejected:
    """One review to keep, or why it cannot be kept. Who wrote it is kept with ``authors`` only."""
    review = thing(review)
    name, reviewer = words(review.get("reviewId")), thing(review.get("reviewer"))
    payload = {key: review[key] for key in _KEPT if key in review}
    if reply := thing(review.get("reviewReply")):
        payload["reviewReply"] = {key: reply[key] for key in ("comment", "updateTime") if key in reply}
    if authors and reviewer.get("isAnonymous") is not True:
        payload["author"] = words(reviewer.get("displayName"))[:200]
    if not 0 < len(name) <= 200:
        return Rejected(name[:200], "Google sent a review without a usable id.", payload)
    if instant(review.get("createTime")) is None:
        return Rejected(name, "Google sent a review without a readable time.", payload)
    return Raw(name, payload, changed(review))


def changed(review: Any) -> datetime | None:
    """When a review or the reply to it changed last."""
    return instant(thing(review).get("updateTime")) or instant(thing(review).get("createTime"))


def original(comment: Any) -> str:
    """What the author wrote, without Google's translation of it."""
    text = prose(comment)
    found = _TRANSLATED_FIRST.fullmatch(text) or _TRANSLATED_LAST.fullmatch(text)
    return found["original"].strip() if found else text


def document(raw: Mapping[str, Any]) -> Document:
    """A kept review as a Document: one star is 0.0, five are 1.0."""
    created = instant(raw.get("createTime"))
    if created is None:
        raise BadAnswer("Google sent a review without a readable time.")
    text, stars = original(raw.get("comment")), STARS.get(words(raw.get("starRating")))
    extra: dict[str, Any] = {"platform": "google", "translated": text != prose(raw.get("comment"))}
    reply = thing(raw.get("reviewReply"))
    if answer := original(reply.get("comment")):
        answered = instant(reply.get("updateTime"))
        extra |= {"company_reply": answer, "answered_at": answered.isoformat() if answered else None}
    return Document(
        external_id=words(raw["reviewId"]),
        text=text,
        created_at=created,
        updated_at=changed(raw),
        author=words(raw.get("author")),
        rating=None if stars is None else (stars - 1) / 4,
        rating_original="" if stars is None else str(stars),
        rating_scale="" if stars is None else "1-5",
        extra=extra,
    )
