"""Items of ``POST /ingest/documents``: texts that people wrote.

``{"id", "text", "created_at", "rating", "scale", "title", "author", "language", "url", "kind"}``.
``scale`` says what a rating means: ``1-5``, ``0-10``, ``0-100`` … or ``thumbs`` with "up" and "down".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sources.push.fields import ItemError, instant, known_names, number, text

_NAMES = ("id", "text", "created_at", "rating", "scale", "title", "author", "language", "url", "kind")
_SCALE = re.compile(r"(-?\d{1,6})-(-?\d{1,6})", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,3}", re.ASCII)
_KIND = re.compile(r"[a-z][a-z_]{0,29}", re.ASCII)
_THUMBS = {"up": 1.0, "down": 0.0, "1": 1.0, "0": 0.0, "true": 1.0, "false": 0.0}


def record(item: Mapping[str, Any]) -> dict[str, Any]:
    """The checked document. Raises ItemError."""
    known_names(item, _NAMES)
    scale = text(item, "scale", 20)
    rating = _rating(item.get("rating"), scale)
    return {
        "id": text(item, "id", 200, required=True),
        "text": text(item, "text", 50_000, required=rating is None),
        "created_at": instant(item.get("created_at"), "created_at"),
        "rating": rating,
        "scale": scale if rating is not None else "",
        "title": text(item, "title", 500),
        "author": text(item, "author", 200),
        "language": _shaped(text(item, "language", 35), "language", _LANGUAGE, "A language looks like de or pt-BR."),
        "url": _url(text(item, "url", 2000)),
        "kind": _shaped(text(item, "kind", 30), "kind", _KIND, "Small letters and _, like review.") or "review",
    }


def normalised(rating: str, scale: str) -> float:
    """An accepted rating from 0 to 1: its place between the ends of its scale."""
    if scale == "thumbs":
        return _THUMBS[rating]
    low, high = _ends(scale)
    return (float(rating) - low) / (high - low)


def _rating(value: Any, scale: str) -> str | None:
    """The rating as it was sent, as text, once it is known to lie on its scale."""
    if value is None:
        return None
    if not scale:
        raise ItemError("missing", "scale", "A rating needs its scale, like 1-5, 0-100 or thumbs.")
    if scale == "thumbs":
        said = str(value).lower() if isinstance(value, str | bool | int) else ""
        if said not in _THUMBS:
            raise ItemError("bad_rating", "rating", "On the scale thumbs a rating is “up” or “down”.")
        return "up" if _THUMBS[said] else "down"
    low, high = _ends(scale)
    given = number(value, "rating", 1e7)
    if not low <= given <= high:
        raise ItemError("out_of_range", "rating", f"The rating lies outside of its scale {scale}.")
    return f"{given:.10g}"


def _ends(scale: str) -> tuple[int, int]:
    found = _SCALE.fullmatch(scale)
    if not found or int(found[1]) >= int(found[2]):
        raise ItemError("bad_scale", "scale", "A scale is its lowest and highest rating, like 1-5, or thumbs.")
    return int(found[1]), int(found[2])


def _shaped(value: str, name: str, shape: re.Pattern[str], message: str) -> str:
    if value and not shape.fullmatch(value):
        raise ItemError(f"bad_{name}", name, message)
    return value


def _url(value: str) -> str:
    """A web address or nothing: it is shown as a link, so no other scheme may pass."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s\x00-\x1f\\]", value)
    except ValueError:
        good = False
    if value and not good:
        raise ItemError("bad_url", "url", "An address starts with http:// or https://.")
    return value
