"""Small work on texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

_LONGEST_SLUG = 50
_SPELLED_OUT = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "SS",
        "æ": "ae",
        "Æ": "AE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "&": " and ",
    }
)
_ZERO_WIDTH_JOINER = "\u200d"


def slugify(base: str) -> str:
    """Lower-case ASCII words joined by ``-``, at most 50 characters; may be empty."""
    plain = unicodedata.normalize("NFKD", base.translate(_SPELLED_OUT)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:_LONGEST_SLUG].strip("-")


def slugify_unique(base: str, taken: Container[str]) -> str:
    """A slug that is not in ``taken``: ``acme``, ``acme-2``, ``acme-3`` …; ``item`` when no letter is left."""
    first = slugify(base) or "item"
    slug, number = first, 1
    while slug in taken:
        number += 1
        ending = f"-{number}"
        slug = first[: _LONGEST_SLUG - len(ending)].rstrip("-") + ending
    return slug


def excerpt(text: str, n: int) -> str:
    """At most ``n`` characters on one line, cut between words where possible, ending in ``…`` if cut."""
    line = " ".join(text.split())
    if len(line) <= n:
        return line
    if n < 1:
        return ""
    end = n - 1
    while end > 0 and _joins(line[end - 1], line[end]):
        end -= 1
    space = line.rfind(" ", 0, end + 1)
    if space >= end // 2 and space > 0:
        end = space
    return line[:end].rstrip(" ,;:–-") + "…"


def _joins(before: str, after: str) -> bool:
    """Would a cut here tear one visible character apart?"""
    return (
        bool(unicodedata.combining(after))
        or after in (_ZERO_WIDTH_JOINER, "\ufe0f")
        or before == _ZERO_WIDTH_JOINER
        or "\U0001f3fb" <= after <= "\U0001f3ff"
    )
