"""The pages a person names, and where a page's links lead. Pure, nothing is fetched."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from livinglytics.lib.errors import Invalid

MOST = 50
LONGEST = 2_000
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PLAIN = "%/:=&?~#+!$,;'@()*[]"


@dataclass(frozen=True, slots=True)
class Address:
    """One page to read: its ``url``, and the ``mark`` by which the state knows it."""

    url: str
    mark: str


def addresses(lines: Iterable[str]) -> tuple[Address, ...]:
    """The pages in the order they were named, each once. Raises Invalid that names the field ``addresses``."""
    urls = list(dict.fromkeys(_page(line) for line in lines if line.strip()))
    if not 1 <= len(urls) <= MOST:
        raise invalid(f"Enter between 1 and {MOST} addresses, one per line. There are {len(urls)}.")
    return tuple(Address(one, mark(one)) for one in urls)


def mark(url: str) -> str:
    """A short sign for an address."""
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:12]


def shown(url: str) -> str:
    """The address as people write it, at most 150 characters long."""
    short = url.partition("://")[2].removeprefix("www.").rstrip("/")
    return short if len(short) <= 150 else f"{short[:136]}…{mark(url)}"


def origin(url: str) -> str:
    """Scheme, host and port: whose robots.txt counts."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def host(url: str) -> str:
    """The host without its port."""
    return urlsplit(url).hostname or ""


def led_to(url: str, base: str, href: str) -> str | None:
    """Where a link on the page ``url`` leads; None for what is no page.

    On the page's own host, it stays with the page's own scheme and port: many a site writes http where it means
    https.
    """
    try:
        parts = urlsplit(quote(urljoin(urljoin(url, base), href), safe=_PLAIN))
        if parts.scheme not in ("http", "https") or not parts.hostname or len(href) > LONGEST:
            return None
        own = urlsplit(url)
        if parts.hostname == own.hostname and parts.port in (None, 80, 443, own.port):
            parts = parts._replace(scheme=own.scheme, netloc=own.netloc)
        return urlunsplit(parts._replace(fragment=""))
    except ValueError:
        return None


def _page(line: str) -> str:
    pasted = line.strip().strip("<>\"'")
    try:
        parts = urlsplit(pasted if _SCHEME.match(pasted) and "://" in pasted else f"https://{pasted}")
        _insist(parts, pasted)
        return _written(parts)
    except ValueError:
        raise _unreadable(pasted) from None


def _written(parts: SplitResult) -> str:
    """The address in one way of writing it."""
    place = re.sub(r":(?:80)?$" if parts.scheme.lower() == "http" else r":(?:443)?$", "", parts.netloc.lower())
    if not place.isascii():
        place = place.encode("idna").decode()
    path = quote(parts.path or "/", safe=_PLAIN)
    return urlunsplit(SplitResult(parts.scheme.lower(), place, path, quote(parts.query, safe=_PLAIN), ""))


def _insist(parts: SplitResult, pasted: str) -> None:
    named = parts.hostname and parts.port != 0
    if parts.scheme.lower() not in ("http", "https") or not named or len(pasted) > LONGEST:
        raise ValueError
    if parts.username is not None or "\\" in pasted or re.search(r"[\s\x00-\x1f]", parts.netloc):
        raise ValueError
    if "." not in parts.netloc and ":" not in parts.netloc:
        raise ValueError


def _unreadable(pasted: str) -> Invalid:
    pasted = pasted.rpartition("@")[2]  # never repeats a password
    return invalid(f"“{pasted[:80]}” is not the address of a web page. It looks like https://example.com/product.")


def invalid(message: str) -> Invalid:
    """A wrong setting, named."""
    return Invalid(message, details={"addresses": [message]})
