"""A product's totals in the linked data (JSON-LD) of a page, where the page itself does not tell them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser

from sources.connectors._values import number, thing, whole

_DEEPEST: Final = 6


@dataclass(frozen=True, slots=True)
class Totals:
    """Average from 1 to 5 and number of ratings; None where they are not told."""

    rating: float | None = None
    total: int | None = None


def totals(tree: LexborHTMLParser) -> Totals:
    """The totals of the first product on the page that has any. What is no JSON is passed over."""
    for script in tree.css('script[type="application/ld+json"]'):
        try:
            body = json.loads(script.text())
        except (ValueError, RecursionError):
            continue
        for one in _things(body, _DEEPEST):
            told = thing(one.get("aggregateRating"))
            if "Product" in _kinds(one) and told:
                return _totals(told)
    return Totals()


def _things(value: Any, deep: int) -> Iterator[dict[str, Any]]:
    """All objects in lists, graphs and lists of graphs."""
    if isinstance(value, list) and deep:
        for one in value:
            yield from _things(one, deep - 1)
    elif isinstance(value, dict):
        yield value
        yield from _things(value.get("@graph"), deep - 1) if deep else ()


def _kinds(one: dict[str, Any]) -> list[Any]:
    kind = one.get("@type")
    return kind if isinstance(kind, list) else [kind]


def _totals(told: dict[str, Any]) -> Totals:
    best = _figure(told.get("bestRating", 5))
    rating = number(_figure(told.get("ratingValue")), 1, 5) if best == 5 else None
    counted = whole(told.get("ratingCount"))
    return Totals(rating, whole(told.get("reviewCount")) if counted is None else counted)


def _figure(value: Any) -> Any:
    """A number that may be written as a text, also with a comma."""
    try:
        return float(value.replace(",", ".")) if isinstance(value, str) else value
    except ValueError:
        return None
