"""Addresses that people paste, read strictly. Pure, nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

_LONGEST: Final = 4_000
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}")
_AROUND: Final = "<>()[]{}\"'“”‘’«»,;"
_AFTER: Final = _AROUND + ".:!?…"
#: words, and what stands behind an opening sign, such as the address of a Markdown link
_BETWEEN: Final = re.compile(r"\s+|[<>()\[\]{}\"'“”‘’«»](?=[a-z][a-z0-9+.-]{0,20}://)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Weblink:
    """One address in its parts.

    ``scheme`` is http or https, or steam for an order to that client, whose ``host`` has no dot. ``host`` in lower
    case, without user, port and closing dot; ``path`` decoded once; ``query`` the first value of each name; ``url``
    the address without user, usual port and fragment, path and query as they came.
    """

    scheme: str
    host: str
    path: str
    query: Mapping[str, str]
    url: str

    def within(self, *domains: str) -> bool:
        """Is the host one of these domains or below one? ``notamazon.com`` is not below ``amazon.com``."""
        return any(self.host == one or self.host.endswith(f".{one}") for one in domains)

    @property
    def steps(self) -> tuple[str, ...]:
        """The parts of the path that are not empty."""
        return tuple(step for step in self.path.split("/") if step)


def weblinks(pasted: str) -> Iterator[Weblink]:
    """Every address in a text: those that begin with a scheme first, then those where ``https://`` was left out."""
    words = [word.lstrip(_AROUND).rstrip(_AFTER) for word in _BETWEEN.split(pasted[:_LONGEST])]
    for word in sorted(words, key=lambda word: not _SCHEME.match(word)):
        if found := _read(word):
            yield found


def weblink(pasted: str) -> Weblink | None:
    """The first address in a text; None where there is none. ``https://`` may be left out."""
    return next(weblinks(pasted), None)


def _read(word: str) -> Weblink | None:
    if not word or "\\" in word:
        return None
    try:
        parts = urlsplit(word if _SCHEME.match(word) else f"https://{word}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme == "steam" and "." not in host:
        return Weblink(scheme, host, unquote(parts.path), {}, word)
    if scheme not in ("http", "https") or not _HOST.fullmatch(host) or len(host) > 253:
        return None
    place = host if port in (None, 80, 443) else f"{host}:{port}"
    url = urlunsplit(SplitResult(scheme, place, parts.path, parts.query, ""))
    return Weblink(scheme, host, unquote(parts.path), _first_values(parts.query), url)


def _first_values(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=None):
        found.setdefault(name, value)
    return found
