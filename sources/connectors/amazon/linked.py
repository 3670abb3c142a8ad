"""A product's totals in the linked data (JSON-LD) of a page, where the page itself does not tell them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from livinglytics.lib.linked_data import kinds, linked_data, things
from sources.connectors._values import number, whole


@dataclass(frozen=True, slots=True)
class Totals:
    """Average from 1 to 5 and number of ratings; None where they are not told."""

    rating: float | None = None
    total: int | None = None


def totals(page: str) -> Totals:
    """The totals of the first product on the page that has any."""
    for node in linked_data(page).nodes():
        told = next(iter(things(node.thing.get("aggregateRating"))), None)
        if told and "Product" in kinds(node.thing):
            return _totals(told)
    return Totals()


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
