"""Reviews and ratings in the JSON-LD of a page, by the words of schema.org. Pure, no network."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from livinglytics.lib.hypertext import plain
from livinglytics.lib.linked_data import (
    LinkedData,
    Node,
    Thing,
    each,
    is_reference,
    kinds,
    name,
    text,
    things,
)
from sources.connectors.review_page.ratings import count, rating

REVIEWS = frozenset({"Review", "UserReview", "CriticReview", "EmployerReview", "Recommendation"})
#: an average of these stands for a shop or a site, not for what the page is about
_AROUND = frozenset(
    (
        *("Organization", "Corporation", "OnlineStore", "Person", "WebSite", "WebPage", "CollectionPage", "FAQPage"),
        *("BreadcrumbList", "ImageObject", "ItemList", "SearchAction"),
    )
)
_VIA = ("review", "reviews")
#: a fragment that names one review for good; ``#review-1`` is only its place on the page
_TELLING = re.compile(r"\d{4}|[0-9a-f]{8}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """One review of a page: ``key`` knows it again, ``kept`` is what is kept of it, ``author`` who wrote it."""

    key: str
    kept: dict[str, Any]
    author: str


@dataclass(frozen=True, slots=True)
class Totals:
    """What a page says about all reviews of its item; None for what it does not say.

    ``stars``: the average from 1 to 5, other scales put on it; ``ratings``: how many it is made of.
    ``others``: how many more items of the page have an average of their own.
    """

    item: str = ""
    stars: float | None = None
    reviews: int | None = None
    ratings: int | None = None
    others: int = 0

    @property
    def told(self) -> bool:
        """Is there anything to store?"""
        return self.stars is not None or self.reviews is not None


NO_TOTALS = Totals()


def reviews(data: LinkedData, url: str) -> list[Found]:
    """Every review of the page at ``url`` once, in order. Where two share an id or address, it names neither."""
    owners = _owners(data)
    made = [_review(data, node, owners, url) for node in _review_nodes(data)]
    named = Counter(key for key, _ in {(key, hashed): None for key, hashed, _, _ in made if key})
    found: dict[str, Found] = {}
    for key, hashed, kept, author in made:
        key = key if key and named[key] == 1 else hashed
        found.setdefault(key, Found(key, kept, author))
    return list(found.values())


def totals(data: LinkedData) -> Totals:
    """The page's own average and counts, of the item that the page is about."""
    rated = list(_rated(data))
    if not rated:
        return NO_TOTALS
    ranked = sorted(rated, key=lambda pair: (not _has_reviews(pair[0]), bool(kinds(pair[0]) & _AROUND)))
    item, told = ranked[0]
    listed, counted = count(told.get("reviewCount")), count(told.get("ratingCount"))
    stars = rating(told).share
    return Totals(
        item=plain(name(item.get("name")))[:200],
        stars=None if stars is None else round(1 + 4 * stars, 4),
        reviews=counted if listed is None else listed,
        ratings=listed if counted is None else counted,
        others=len(rated) - 1,
    )


def about_something(data: LinkedData) -> bool:
    """Is there an item that people could review, though nobody has?"""
    return any(kinds(one) - _AROUND - REVIEWS for one in data.objects)


def _rated(data: LinkedData) -> Iterator[tuple[Thing, Thing]]:
    """Items and their averages; a ``Review`` has none of its own."""
    for node in data.nodes():
        for one in things(node.thing.get("aggregateRating")):
            told = data.resolve(one)
            if not is_reference(told):
                yield node.thing, told
        if "AggregateRating" in kinds(node.thing) and node.parent is None and "itemReviewed" in node.thing:
            yield data.resolve(node.thing["itemReviewed"]), node.thing


def _has_reviews(item: Thing) -> bool:
    return any(things(item.get(via)) for via in _VIA)


def _review_nodes(data: LinkedData) -> Iterator[Node]:
    for node in data.nodes():
        if is_reference(node.thing):
            continue
        bare = node.via in _VIA and not kinds(node.thing)
        if kinds(node.thing) & REVIEWS or (bare and node.thing.keys() & {"reviewBody", "reviewRating", "description"}):
            yield node


def _owners(data: LinkedData) -> dict[str, Thing]:
    """Id of a review -> the item that points to it."""
    found: dict[str, Thing] = {}
    for node in data.nodes():
        for via in _VIA:
            for one in things(node.thing.get(via)):
                if is_reference(one):
                    found.setdefault(str(one["@id"]), node.thing)
    return found


def _review(
    data: LinkedData, node: Node, owners: Mapping[str, Thing], url: str
) -> tuple[str, str, dict[str, Any], str]:
    """Its own name if it has a good one, the hash of its content, what is kept of it, and its author."""
    thing = node.thing
    item = data.resolve(thing.get("itemReviewed"))
    if not item or is_reference(item):
        item = owners.get(text(thing.get("@id"))) or (node.parent.thing if node.parent and node.via in _VIA else item)
    authors = [plain(name(data.resolve(one) if isinstance(one, dict) else one)) for one in each(thing.get("author"))]
    publisher = thing.get("publisher")
    stars = next((data.resolve(one) if isinstance(one, dict) else one for one in each(thing.get("reviewRating"))), None)
    kept: dict[str, Any] = {
        "title": text(thing.get("name")) or text(thing.get("headline")),
        "text": text(thing.get("reviewBody")) or text(thing.get("description")) or text(thing.get("text")),
        "published": text(thing.get("datePublished")) or text(thing.get("dateCreated")),
        "modified": text(thing.get("dateModified")),
        "rating": rating(stars).told(),
        "language": _language(thing),
        "publisher": plain(name(data.resolve(publisher) if isinstance(publisher, dict) else publisher))[:200],
        "item": plain(name(item.get("name")))[:200],
        "url": _address(url, _pointer(thing.get("url"))),
    }
    author = ", ".join(one for one in authors if one)[:200]
    return _name(thing, item, url), _hash(kept, author), {key: one for key, one in kept.items() if one}, author


def _language(thing: Thing) -> str:
    """``de``, also of a ``Language`` object, or of the text itself."""
    inside = (text(one.get("alternateName")) or text(one.get("name")) for one in things(thing.get("inLanguage")))
    body = (text(one.get("@language")) for one in things(thing.get("reviewBody")))
    return (text(thing.get("inLanguage")) or next((one for one in (*inside, *body) if one), ""))[:35]


def _hash(kept: Mapping[str, Any], author: str) -> str:
    """The identity of a review without a name of its own: author, day, title and text as they are read."""
    who = hashlib.sha256(author.casefold().encode()).hexdigest()
    parts = (who, kept["published"][:10], plain(kept["title"]), plain(kept["text"]))
    return "h:" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:40]


def _name(thing: Thing, item: Thing, url: str) -> str:
    """The review's ``@id`` or address if it can name this one review for good, else nothing."""
    for given in (_pointer(thing.get("@id")), _pointer(thing.get("url"))):
        if given.startswith("_:") or not given:
            continue
        if re.match(r"[a-z][a-z0-9+.-]*:", given, re.IGNORECASE) and not given.lower().startswith("http"):
            return _short(given)
        full = _address(url, given)
        its = [_address(url, _pointer(item.get(one))).rstrip("/") for one in ("@id", "url")]
        if full and _names_one(full, url) and full.rstrip("/") not in its:
            page, mark = urldefrag(full)
            own = mark and urlsplit(page).path == urlsplit(url).path
            return _short(f"{page.partition('?')[0]}#{mark}" if own else full)
    return ""


def _short(key: str) -> str:
    """As long as a stored id may be; a longer one ends in the hash of the whole."""
    return key if len(key) <= 200 else f"{key[:150]}:{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def _names_one(full: str, url: str) -> bool:
    """Not the page itself, nor a mere place on it."""
    page, mark = urldefrag(full)
    there, here = urlsplit(page), urlsplit(url)
    if (there.hostname, there.path.rstrip("/")) != (here.hostname, here.path.rstrip("/")):
        return bool(there.path.strip("/") or there.query or _TELLING.search(mark))
    return bool(_TELLING.search(mark)) or (bool(there.query) and there.query != here.query)


def _pointer(value: Any) -> str:
    """The first text among the values; a number is no address."""
    return next((one.strip() for one in each(value) if isinstance(one, str)), "")


def _address(url: str, given: str) -> str:
    """A web address in full; empty for anything else."""
    try:
        full = urljoin(url, given) if given else ""
        return full if urlsplit(full).scheme in ("http", "https") and len(full) <= 1_000 else ""
    except ValueError:
        return ""
