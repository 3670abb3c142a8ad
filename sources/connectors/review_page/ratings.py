"""Ratings as pages write them: ``4.5``, ``"4,5"``, ``"4/5"``, ``"80 %"``, with or without a scale. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livinglytics.lib.linked_data import each, text
from sources.connectors._values import whole

_NUMBER = re.compile(r"[+-]?\d{1,6}(?:[.,]\d{1,12})?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:([.,' \u00a0\u202f])\d{3})(?:\1\d{3})*", re.ASCII)
_OF = re.compile(
    rf"({_NUMBER.pattern})\s*(?:(?:/|out of|of|von|sur|de)\s*({_NUMBER.pattern})|(%))?", re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True, slots=True)
class Rating:
    """``value`` on a scale from ``worst`` to ``best``; all None where none can be read."""

    value: float | None = None
    worst: float | None = None
    best: float | None = None

    @property
    def share(self) -> float | None:
        """0 is the worst, 1 the best; None for a value outside of its scale."""
        if self.value is None or self.worst is None or self.best is None:
            return None
        return (self.value - self.worst) / (self.best - self.worst) if self.worst <= self.value <= self.best else None

    @property
    def scale(self) -> str:
        """``1-5``, or nothing where the scale is not known."""
        return "" if self.worst is None or self.best is None else f"{self.worst:g}-{self.best:g}"

    def told(self) -> dict[str, float]:
        """As it is kept: only what there is."""
        every = {"value": self.value, "worst": self.worst, "best": self.best}
        return {key: one for key, one in every.items() if one is not None}


def rating(given: Any) -> Rating:
    """A ``Rating`` object, or a bare number or text.

    Where the page does not say it, the scale is schema.org's: 1 to 5. A value above 5 without a scale keeps
    its value and has no scale.
    """
    thing: Mapping[str, Any] = given if isinstance(given, dict) else {"ratingValue": given}
    found = _OF.fullmatch(next((text(one) for one in each(thing.get("ratingValue"))), ""))
    if not found:
        return Rating()
    value, percent = number(found[1]), bool(found[3])
    best, worst = number(text(thing.get("bestRating"))), number(text(thing.get("worstRating")))
    if best is None:
        best = number(found[2] or "") if found[2] else 100.0 if percent else 5.0
    if worst is None:
        worst = 0.0 if percent else 1.0
    known = best is not None and best > worst
    if value is None or not known or (value > 5 and best == 5):
        return Rating(value)
    return Rating(value, worst, best)


def number(written: str) -> float | None:
    """A number of ordinary size, with a point or a comma; None for anything else."""
    return float(written.replace(",", ".")) if _NUMBER.fullmatch(written) else None


def count(given: Any) -> int | None:
    """A count, also as ``"1,234"``; None for anything else, which is not zero."""
    written = next((text(one) for one in each(given)), "")
    return whole(re.sub(r"\D", "", written, flags=re.ASCII) if _GROUPED.fullmatch(written) else written)
