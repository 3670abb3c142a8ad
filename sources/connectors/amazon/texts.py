"""A review as it was found, as it is kept, and as a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from livinglytics.lib.buckets import zone_info
from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Raw, Rejected
from sources.connectors._values import instant, number, prose, thing, whole, words
from sources.connectors.amazon.localised import day, stars
from sources.connectors.amazon.products import LANGUAGES, Product
from sources.records import Document

#: Amazon's first reviews are from that year
_FIRST: Final = date(1995, 1, 1)
#: a day that has begun somewhere else already
_AHEAD: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Found:
    """A review in the shape that all ways of reading have in common.

    ``shown``: the day in Amazon's words; ``at``: the day, or the moment where somebody tells one; ``verified`` and
    ``vine`` are None where they are not told; ``foreign``: written in another country's marketplace.
    """

    id: str
    title: str
    text: str
    stars: float | None
    shown: str
    at: date | datetime | None
    verified: bool | None
    vine: bool | None
    helpful: int | None
    foreign: bool
    author: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where reviews are put: the product, the team's zone, the moment of reading, and whether authors are kept."""

    product: Product
    zone: str
    now: datetime
    authors: bool

    def row(self, found: Found) -> Raw | Rejected:
        """The review as it is kept, or why it is set aside."""
        if not found.id:
            return Rejected("", "This review has no id.", self._kept(found))
        if found.at is None:
            shown = f": “{found.shown[:100]}”" if found.shown else ""
            return Rejected(found.id, f"The day of this review cannot be read{shown}.", self._kept(found))
        written = found.at.date() if isinstance(found.at, datetime) else found.at
        if not _FIRST <= written <= self.now.date() + _AHEAD:
            return Rejected(found.id, f"This review cannot have been written on {written}.", self._kept(found))
        return Raw(found.id, self._kept(found))

    def _kept(self, found: Found) -> dict[str, Any]:
        kept: dict[str, Any] = {
            "id": found.id,
            "asin": self.product.asin,
            "marketplace": self.product.marketplace,
            "title": found.title,
            "text": found.text,
            "stars": found.stars,
            "shown": found.shown,
            "at": found.at.isoformat() if found.at else None,
            "zone": self.zone,
            "verified": found.verified,
            "vine": found.vine,
            "helpful": found.helpful,
            "foreign": found.foreign,
        }
        return kept | {"author": found.author} if self.authors else kept


def sent(review: Any) -> Found:
    """A review in the shape that a reviews API answers in (see docs/connectors.md)."""
    review = thing(review)
    told = thing(review.get("date"))
    shown, rating, verified = words(told.get("raw"))[:200], review.get("rating"), review.get("verified_purchase")
    return Found(
        id=words(review.get("id"))[:200],
        title=words(review.get("title")),
        text=prose(review.get("body")),
        stars=stars(rating) if isinstance(rating, str) else number(rating, 1, 5),
        shown=shown,
        at=day(shown) or _moment(told.get("utc")),
        verified=verified if isinstance(verified, bool) else None,
        vine=None,
        helpful=whole(review.get("helpful_votes")),
        foreign=False,
        author=words(thing(review.get("profile")).get("name"))[:150],
    )


def document(raw: Mapping[str, Any], *, authors: bool) -> Document:
    """A kept review as a Document: one star is 0.0, five are 1.0. A day alone is taken for its noon."""
    at = _moment(raw["at"])
    if at is None:
        raise BadAnswer("This review has no readable day.")
    if not isinstance(at, datetime):
        at = datetime.combine(at, time(12), zone_info(raw["zone"])).astimezone(UTC)
    name, rating, market = raw["id"], raw["stars"], raw["marketplace"]
    told = {key: raw[key] for key in ("verified", "vine", "helpful") if raw[key] is not None}
    return Document(
        external_id=name,
        title=raw["title"],
        text=raw["text"],
        created_at=at,
        author=raw.get("author", "") if authors else "",
        language="" if raw["foreign"] else LANGUAGES.get(market, ""),
        rating=None if rating is None else (rating - 1) / 4,
        rating_original="" if rating is None else f"{rating:g}",
        rating_scale="" if rating is None else "1-5",
        url=f"https://www.amazon.{market}/gp/customer-reviews/{name}" if name.isascii() and name.isalnum() else "",
        extra={
            "platform": "amazon",
            "marketplace": market,
            "asin": raw["asin"],
            "foreign": raw["foreign"],
            "shown_date": raw["shown"],
            **told,
        },
    )


def _moment(written: Any) -> date | datetime | None:
    """An ISO 8601 day or moment. Amazon shows days only, so that midnight in UTC means the day, not the moment."""
    try:
        return (
            date.fromisoformat(written) if isinstance(written, str) and len(written) == 10 else _not_midnight(written)
        )
    except ValueError:
        return None


def _not_midnight(written: Any) -> date | datetime | None:
    found = instant(written)
    return found.date() if found and found.time() == time() else found
