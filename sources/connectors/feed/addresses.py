"""What people paste: the addresses of feeds, one per line. Pure, nothing is fetched."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from livinglytics.lib.errors import Invalid

MOST_FEEDS = 20
_LONGEST = 2_000
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed as it was entered: ``number`` counts from 1, ``address`` has a scheme and no fragment."""

    number: int
    address: str

    @property
    def key(self) -> str:
        """The key of its stream: another address is another stream, another place in the list is not."""
        return f"entries-{print_of(self.address)[:12]}"

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def name(self) -> str:
        """Host and path, for people: what follows the ``?`` may be a key."""
        parts = urlsplit(self.address)
        return f"{parts.netloc}{parts.path.rstrip('/')}"[:_LONGEST_NAME]

    @property
    def label(self) -> str:
        """As ``name``, with its place in the list: two feeds may differ only behind the ``?``."""
        return f"Feed {self.number} ({self.name})"


def print_of(text: str) -> str:
    """A short sign that stands for a text without telling it."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def feeds(lines: Iterable[str] | str) -> tuple[Feed, ...]:
    """Each feed once, in the order entered. Raises Invalid that names the field ``addresses``."""
    given = lines.splitlines() if isinstance(lines, str) else lines
    found = list(dict.fromkeys(_address(line) for line in given if line.strip()))
    if not found:
        raise invalid("Enter the address of at least one feed, like https://example.com/feed.xml.")
    if len(found) > MOST_FEEDS:
        raise invalid(f"One source reads at most {MOST_FEEDS} feeds. Connect the others as another.")
    return tuple(Feed(number, address) for number, address in enumerate(found, 1))


def invalid(message: str) -> Invalid:
    return Invalid(message, details={"addresses": [message]})


def _address(line: str) -> str:
    text = line.strip().strip("<>\"'")
    text = re.sub(r"^feed:(?=https?://)", "", text, flags=re.IGNORECASE)
    text = re.sub(r"^feed:(?://)?", "http://", text, flags=re.IGNORECASE)
    named = re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE)
    parts = _parts(text if named or "." not in text.partition("/")[0] else f"https://{text}")
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or len(text) > _LONGEST:
        shown = text.partition("?")[0][:_LONGEST_NAME]
        raise invalid(f"“{shown}” is not the address of a feed. It looks like https://example.com/feed.xml.")
    if "@" in parts.netloc:
        raise invalid("A feed behind a name and a password can't be read. Enter an address without them.")
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path or "/", parts.query, ""))


def _parts(text: str) -> SplitResult | None:
    if re.search(r"[\s\\\x00-\x1f]", text):
        return None
    try:
        parts = urlsplit(text)
        return parts if parts.port != 0 else None
    except ValueError:
        return None
