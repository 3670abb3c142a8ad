"""Posts and comments as they are kept, and as documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Raw, Rejected
from sources.connectors._values import instant, prose, thing, whole, words
from sources.records import Document, Tombstone

POST_FIELDS: Final = "id,caption,media_type,media_product_type,permalink,timestamp,like_count,comments_count,shortcode"
COMMENT_FIELDS: Final = "id,text,timestamp,like_count,hidden"
#: who wrote it: not even asked for unless somebody wants it
AUTHOR_FIELD: Final = "username"
_KEPT_OF_POST = set(POST_FIELDS.split(","))
_KEPT_OF_COMMENT = {*COMMENT_FIELDS.split(","), AUTHOR_FIELD}
#: Instagram's kind of post -> what it is called here
FORMATS: Final = {"FEED": "post", "REELS": "reel", "STORY": "story", "AD": "ad"}
_LONGEST_ID = 200


def id_of(thing_at_instagram: Any) -> str:
    """The id, empty where there is none that can be kept."""
    name = words(thing(thing_at_instagram).get("id"))
    return name if len(name) <= _LONGEST_ID else ""


def format_of(post: Mapping[str, Any]) -> str:
    """``post`` or ``reel``; what else Instagram may call it, in small letters."""
    kind = words(post.get("media_product_type")) or "FEED"
    return FORMATS.get(kind, kind.lower()[:40])


def post_row(post: Any) -> Raw | Rejected:
    """One post to keep, or why it can't be kept."""
    kept = {key: value for key, value in thing(post).items() if key in _KEPT_OF_POST}
    return _row("a post", kept)


def comment_row(comment: Any, post: Mapping[str, Any], *, parent: str = "") -> Raw | Rejected:
    """One comment to keep, or the answer to the one that ``parent`` names."""
    kept = {key: value for key, value in thing(comment).items() if key in _KEPT_OF_COMMENT}
    below = {"post": id_of(post), "permalink": words(post.get("permalink"))[:500], "parent": parent}
    return _row("a comment", {**kept, **below})


def _row(what: str, kept: dict[str, Any]) -> Raw | Rejected:
    name = id_of(kept)
    if not name:
        return Rejected("", f"Instagram sent {what} without a usable id.", kept)
    written = instant(kept.get("timestamp"))
    if written is None:
        return Rejected(name, f"Instagram sent {what} without a readable time.", kept)
    return Raw(name, kept, written)


def withdrawn(name: str) -> Raw:
    """What is kept of a post or comment that Instagram says is gone."""
    return Raw(name, {"id": name, "gone": True})


def post_record(raw: Mapping[str, Any]) -> Document | Tombstone:
    """A kept post as a Document: its caption, and what it is."""
    extra = {
        "platform": "instagram",
        "format": format_of(raw),
        "media": words(raw.get("media_type")).lower()[:40],
        "likes": whole(raw.get("like_count")),
        "comments": whole(raw.get("comments_count")),
    }
    return _record(raw, "post", raw.get("caption"), extra)


def comment_record(raw: Mapping[str, Any]) -> Document | Tombstone:
    """A kept comment as a Document."""
    extra = {
        "platform": "instagram",
        "post": str(raw.get("post") or ""),
        "parent": str(raw.get("parent") or ""),
        "likes": whole(raw.get("like_count")),
        "hidden": raw.get("hidden") is True,
    }
    return _record(raw, "comment", raw.get("text"), extra)


def _record(raw: Mapping[str, Any], kind: str, text: Any, extra: dict[str, Any]) -> Document | Tombstone:
    name = str(raw["id"])
    if raw.get("gone"):
        return Tombstone(name)
    written = instant(raw.get("timestamp"))
    if written is None:
        raise BadAnswer(f"Instagram sent a {kind} without a readable time.")
    return Document(
        external_id=name,
        kind=kind,
        text=prose(text),
        author=words(raw.get(AUTHOR_FIELD)),
        created_at=written,
        url=words(raw.get("permalink")),
        extra=extra,
    )
