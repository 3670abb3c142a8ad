"""A comment as it is kept, and as a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Raw, Rejected
from sources.connectors._values import instant, thing, whole
from sources.records import Document, Tombstone

#: who wrote it: not even kept unless somebody asks for it
_AUTHOR = {"authorDisplayName", "authorChannelId", "authorChannelUrl", "authorProfileImageUrl"}
#: differs from question to question without meaning anything, or says the same twice
_NOISE = {"canRate", "viewerRating", "imageUrl", "textOriginal", "videoId"}
_LONGEST_ID = 200


def row(comment: Any, video: str, *, authors: bool, replies: int | None = None) -> Raw | Rejected:
    """One comment to keep. ``replies``: how many a first comment of a thread has."""
    comment = thing(comment)
    snippet = thing(comment.get("snippet"))
    name = str(comment.get("id") or "")[:_LONGEST_ID]
    dropped = _NOISE if authors else _NOISE | _AUTHOR
    kept = {key: value for key, value in snippet.items() if key not in dropped}
    payload: dict[str, Any] = {"id": name, "video": video, "snippet": kept}
    if replies is not None:
        payload["replies"] = replies
    if not name:
        return Rejected("", "YouTube sent a comment without an id.", payload)
    written = instant(snippet.get("publishedAt"))
    if written is None:
        return Rejected(name, "YouTube sent a comment without a readable time.", payload)
    return Raw(name, payload, instant(snippet.get("updatedAt")) or written)


def withdrawn(name: str) -> Raw:
    """What is kept of a comment that YouTube says is gone."""
    return Raw(name, {"id": name, "gone": True})


def record(raw: Mapping[str, Any], *, authors: bool) -> Document | Tombstone:
    """A kept comment as a Document, or a Tombstone where YouTube says it is gone."""
    name = str(raw["id"])
    if raw.get("gone"):
        return Tombstone(name)
    snippet = thing(raw.get("snippet"))
    written = instant(snippet.get("publishedAt"))
    if written is None:
        raise BadAnswer("YouTube sent a comment without a readable time.")
    video = str(raw.get("video") or "")
    extra: dict[str, Any] = {
        "platform": "youtube",
        "video": video,
        "parent": str(snippet.get("parentId") or ""),
        "likes": whole(snippet.get("likeCount")),
    }
    if "replies" in raw:
        extra["replies"] = whole(raw["replies"])
    return Document(
        external_id=name,
        kind="comment",
        text=str(snippet.get("textDisplay") or ""),
        author=str(snippet.get("authorDisplayName") or "") if authors else "",
        created_at=written,
        updated_at=instant(snippet.get("updatedAt")) or written,
        url=f"https://www.youtube.com/watch?v={video}&lc={name}",
        extra=extra,
    )
