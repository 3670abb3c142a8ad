"""A post or comment as it is kept, and as a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Raw, Rejected
from sources.connectors._values import number, prose, thing, whole, words
from sources.connectors.reddit.targets import SITE
from sources.records import Document, Tombstone

#: what is kept of each kind: nothing that tells who wrote it, unless it is asked for
_KEPT: Final = {
    "t1": ("subreddit", "link_id", "parent_id", "body", "created_utc", "edited", "score", "score_hidden"),
    "t3": (
        *("subreddit", "title", "selftext", "url", "is_self", "created_utc", "edited", "score", "hide_score"),
        *("num_comments", "over_18", "link_flair_text"),
    ),
}
ID: Final = re.compile(r"[a-z0-9]{1,12}", re.ASCII)
_FULL: Final = re.compile(r"t[13]_[a-z0-9]{1,12}", re.ASCII)
_GONE: Final = re.compile(r"\[ ?(?:deleted|removed)(?: by (?:user|moderator|reddit)\b[^\]]*)? ?\]", re.IGNORECASE)
_LATEST: Final = 2**33


def name_of(one: Mapping[str, Any]) -> str:
    """``t3_1abcd`` of a post, ``t1_…`` of a comment; empty for anything else."""
    kind, name = one.get("kind"), thing(one.get("data")).get("id")
    full = f"{kind}_{name}" if isinstance(kind, str) and isinstance(name, str) else ""
    return full if _FULL.fullmatch(full) else ""


def written_at(one: Mapping[str, Any]) -> int | None:
    """When it was written, in seconds since 1970; None where that can't be read."""
    found = number(thing(one.get("data")).get("created_utc"), 0, _LATEST)
    return None if found is None else int(found)


def row(one: Mapping[str, Any], *, authors: bool) -> Raw | Rejected:
    """A post or comment to keep; of one that is deleted or removed only that it is gone."""
    name, data = name_of(one), thing(one.get("data"))
    if not name:
        return Rejected("", "Reddit sent a post or comment without an id.")
    if _is_gone(data):
        return Raw(name, {"name": name, "gone": True})
    kept = {key: data[key] for key in _KEPT[name[:2]] if key in data}
    if authors:
        kept["author"] = data.get("author")
    payload = {"name": name, **kept}
    written = written_at(one)
    if written is None:
        return Rejected(name, "Reddit sent a post or comment without a readable time.", payload)
    return Raw(name, payload, _moment(data.get("edited")) or _moment(written))


def record(raw: Mapping[str, Any], *, authors: bool) -> Document | Tombstone:
    """A kept post or comment as a Document, or a Tombstone where Reddit says it is gone."""
    name = str(raw["name"])
    if raw.get("gone"):
        return Tombstone(name)
    written = _moment(raw.get("created_utc"))
    if written is None:
        raise BadAnswer("Reddit sent a post or comment without a readable time.")
    is_post = name.startswith("t3_")
    return Document(
        external_id=name,
        kind="post" if is_post else "comment",
        title=words(raw.get("title")) if is_post else "",
        text=prose(raw.get("selftext" if is_post else "body")),
        author=words(raw.get("author")) if authors else "",
        created_at=written,
        updated_at=_moment(raw.get("edited")) or written,
        url=_address(raw, name),
        extra=_of_post(raw) if is_post else _of_comment(raw),
    )


def shown_score(data: Mapping[str, Any]) -> int | None:
    """Votes up minus votes down; None where Reddit hides it or sends no number."""
    found = data.get("score")
    if data.get("hide_score") is True or data.get("score_hidden") is True or isinstance(found, bool):
        return None
    return found if isinstance(found, int) and abs(found) < 10**15 else None


def community(data: Mapping[str, Any]) -> str:
    """The community's name; empty for a profile, whose name is that of a person."""
    name = words(data.get("subreddit"))
    return "" if name.lower().startswith("u_") else name[:50]


def _is_gone(data: Mapping[str, Any]) -> bool:
    texts = (data.get("author"), data.get("body"), data.get("selftext"))
    said = any(isinstance(one, str) and _GONE.fullmatch(one.strip()) for one in texts)
    return said or bool(data.get("removed_by_category"))


def _of_post(raw: Mapping[str, Any]) -> dict[str, Any]:
    link = raw.get("url") if raw.get("is_self") is False else None
    return {
        "platform": "reddit",
        "community": community(raw),
        "score": shown_score(raw),
        "comments": whole(raw.get("num_comments")),
        "flair": words(raw.get("link_flair_text"))[:100],
        "adult": raw.get("over_18") is True,
        "link": words(link)[:600] if words(link).startswith(("https://", "http://")) else "",
    }


def _of_comment(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "platform": "reddit",
        "community": community(raw),
        "post": _full(raw.get("link_id")),
        "parent": _full(raw.get("parent_id")),
        "score": shown_score(raw),
    }


def _address(raw: Mapping[str, Any], name: str) -> str:
    """Made here: Reddit's own would tell the person's name where somebody writes on a profile."""
    within = f"/r/{community(raw)}" if re.fullmatch(r"\w{2,21}", community(raw), re.ASCII) else ""
    if name.startswith("t3_"):
        return f"{SITE}{within}/comments/{name[3:]}/"
    post = _full(raw.get("link_id"))
    return f"{SITE}{within}/comments/{post[3:]}/_/{name[3:]}/" if post else ""


def _full(value: Any) -> str:
    return value if isinstance(value, str) and _FULL.fullmatch(value) else ""


def _moment(value: Any) -> datetime | None:
    """Seconds since 1970; ``edited`` is false where nobody edited it."""
    found = number(value, 0, _LATEST)
    return None if found is None else datetime.fromtimestamp(int(found), UTC)
