"""The kinds of source as the page "Connect a source" shows them."""

from __future__ import annotations

from dataclasses import dataclass

from sources.selectors.catalogue import ConnectorCard, catalogue

_CATEGORIES = (
    ("files", "Files"),
    ("push", "From your own programs"),
    ("reviews", "Reviews"),
    ("web", "Web"),
    ("social", "Social"),
    ("engineering", "Engineering"),
    ("demo", "Just looking"),
)
_NAMED = 3


@dataclass(frozen=True, slots=True)
class KindCard:
    """One kind. ``brings`` says in words what it delivers."""

    card: ConnectorCard
    brings: str


@dataclass(frozen=True, slots=True)
class KindGroup:
    """One category with its kinds, by label."""

    key: str
    title: str
    kinds: tuple[KindCard, ...]


def kinds(search: str = "", *, demo: bool = True) -> list[KindGroup]:
    """Categories with the kinds whose label, summary or numbers contain ``search``; empty ones are left out."""
    wanted = search.strip().lower()
    found = [KindCard(card, brings(card)) for card in catalogue(demo=demo) if wanted in _text(card)]
    groups = [
        KindGroup(key, title, tuple(one for one in found if one.card.category == key)) for key, title in _CATEGORIES
    ]
    return [group for group in groups if group.kinds]


def brings(card: ConnectorCard) -> str:
    """``Reviews, Total reviews and 3 more``"""
    texts = [one.label for one in card.streams if one.record == "documents"]
    labels = [*texts, *(one.label for one in card.metrics)]
    if not card.metrics:
        labels = [one.label for one in card.streams]
    named = labels[:_NAMED]
    more = len(labels) - len(named)
    last = f"{more} more" if more else named.pop() if len(named) > 1 else ""
    return f"{', '.join(named)} and {last}" if last else "".join(named)


def _text(card: ConnectorCard) -> str:
    streams, metrics = [one.label for one in card.streams], [one.label for one in card.metrics]
    return " ".join([card.label, card.key, card.summary, *streams, *metrics]).lower()
