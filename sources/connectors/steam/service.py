"""The review service: one request, one answer, and a review as a document."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from livinglytics.lib.errors import BadAnswer, NotFound
from sources.connectors._values import whole
from sources.connectors.steam.text import TAGS, plain
from sources.records import Document

if TYPE_CHECKING:
    from sources.connectors._base import Context

API = "https://api.steampowered.com"
FIRST_PAGE, PAGE_SIZE = "*", 100


@dataclass(frozen=True, slots=True)
class Question:
    """Which reviews are asked for: all kinds, newest change first."""

    app: int
    languages: tuple[str, ...]

    def json(self, cursor: str, size: int) -> str:
        """The question as the service wants it. Its own defaults would leave most reviews out."""
        wanted = {
            "appid": self.app,
            "languages": list(self.languages),
            "filter": 2,
            "review_type": 0,
            "purchase_type": 1,
            "filter_offtopic_activity": False,
            "num_per_page": size,
            "cursor": cursor,
        }
        return json.dumps(wanted)


@dataclass(frozen=True, slots=True)
class Answer:
    """One page. ``known`` is false where Steam answers with nothing at all: it has no such app."""

    reviews: list[Any]
    cursor: str
    total: int
    summary: Mapping[str, Any]
    known: bool


def ask(ctx: Context, question: Question, cursor: str = FIRST_PAGE, size: int = PAGE_SIZE) -> Answer:
    """One page of reviews. Raises what ``ctx.http`` raises, and BadAnswer for another shape."""
    url = ctx.base_url(API) + "/IUserReviewsService/GetAppReviews/v1/"
    body = ctx.http.get_json(url, params={"input_json": question.json(cursor, size)})
    inner = body.get("response") if isinstance(body, dict) else None
    reviews = (inner.get("reviews") or []) if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or not isinstance(reviews, list):
        raise BadAnswer("Steam sent an answer without reviews. If it stays, the review service has changed.")
    summary = inner.get("query_summary")
    return Answer(
        reviews=reviews,
        cursor=str(inner.get("cursor") or ""),
        total=whole(inner.get("total_matching")) or 0,
        summary=summary if isinstance(summary, dict) else {},
        known=bool(inner),
    )


def unknown(app: int) -> NotFound:
    """What to tell where Steam has no such app."""
    message = f"Steam knows no app {app}. Check the number or paste the store address."
    return NotFound(message, details={"app": [message]})


#: no review is written after the year 2242, and not every platform can count further
_LATEST = 2**33 - 1


def moment(value: Any) -> datetime | None:
    """An instant from epoch seconds; None for nothing or 0."""
    seconds = whole(value, _LATEST)
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def document(raw: Mapping[str, Any], app: int) -> Document:
    """A review as a Document: thumbs up is 1.0, down is 0.0, and nobody is named in full."""
    created = moment(raw.get("timestamp_created"))
    if created is None:
        raise BadAnswer("Steam sent a review without a readable time.")
    author = _object(raw.get("author"))
    player = str(author.get("steamid") or "")
    language, up = str(raw.get("language") or ""), raw.get("voted_up")
    return Document(
        external_id=str(raw["recommendationid"]),
        text=plain(str(raw.get("review") or "")),
        created_at=created,
        updated_at=moment(raw.get("timestamp_updated")) or created,
        author=f"player …{player[-4:]}" if player else "",
        language=TAGS.get(language, language),
        rating=None if up is None else float(bool(up)),
        rating_original="" if up is None else "up" if up else "down",
        rating_scale="thumbs",
        url=f"https://steamcommunity.com/profiles/{player}/recommended/{app}/" if player.isdigit() else "",
        extra=_extra(raw, author),
    )


def _extra(raw: Mapping[str, Any], author: Mapping[str, Any]) -> dict[str, Any]:
    extra: dict[str, Any] = {
        "platform": "steam",
        "steam_language": str(raw.get("language") or ""),
        "playtime_at_review_min": _count(author.get("playtime_at_review")),
        "playtime_total_min": _count(author.get("playtime_forever")),
        "votes_up": _count(raw.get("votes_up")),
        "votes_funny": _count(raw.get("votes_funny")),
        "comments": _count(raw.get("comment_count")),
        "helpfulness": _score(raw.get("weighted_vote_score")),
        "steam_purchase": bool(raw.get("steam_purchase")),
        "received_for_free": bool(raw.get("received_for_free")),
        "refunded": bool(raw.get("refunded")),
        "early_access": bool(raw.get("written_during_early_access")),
        "steam_deck": bool(raw.get("primarily_steam_deck")),
    }
    if raw.get("developer_response"):
        answered = moment(raw.get("timestamp_dev_responded"))
        extra["developer_response"] = plain(str(raw["developer_response"]))
        extra["answered_at"] = answered.isoformat() if answered else None
    return extra


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int | None:
    """A counter; those that fell below zero come as numbers near 2^32 and mean nothing."""
    number = whole(value)
    return number if number is not None and number < 2**31 else None


def _score(value: Any) -> float | None:
    """Steam's helpfulness from 0 to 1, a string or a number in its answers."""
    try:
        score = float(value)
    except (TypeError, ValueError):
        return None
    return min(max(score, 0.0), 1.0) if math.isfinite(score) else None
