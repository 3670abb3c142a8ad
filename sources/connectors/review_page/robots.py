"""What a host allows programs to read, by its robots.txt (RFC 9309)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from protego import Protego

from livinglytics.lib.errors import BadAnswer, RateLimited, ServiceDown, Terminal

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from livinglytics.lib.errors import ProductError
    from sources.connectors._base import Http

#: under this name rules may speak of us: the first word of the client's User-Agent
AGENT = "LivingLytics"
#: seconds between two requests to a host, and before one is asked again that did not answer well
GAP = 2.0
#: seconds to wait where a host asks for it without saying how long
USUAL_WAIT = 60.0
_MOST_BYTES = 512_000


class _NoRulesError(Terminal):
    """The host has no robots.txt."""


@dataclass(frozen=True, slots=True)
class Rules:
    """``delay``: seconds between two pages, as the host asks for, and at least ``GAP``."""

    parsed: Protego | None = None
    delay: float = GAP

    def allow(self, url: str) -> bool:
        """May this address be read?"""
        return self.parsed is None or self.parsed.can_fetch(url, AGENT)


def rules(http: Http, origin: str) -> Rules:
    """Ask a host for its rules. A host without any (4xx, or an endless redirect) allows everything.

    Raises Transient where it cannot tell right now: nothing may be read until it can.
    """
    try:
        answer = http.get(f"{origin}/robots.txt", headers={"Accept": "text/plain"}, classify=_meaning)
    except (_NoRulesError, BadAnswer):
        return Rules()
    text = answer.body[:_MOST_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    parsed = Protego.parse(text)
    return Rules(parsed, max(GAP, parsed.crawl_delay(AGENT) or 0.0))


def slowed(answer: Answer) -> RateLimited:
    """429: as long as the host says, else a minute."""
    wait = USUAL_WAIT if answer.retry_after is None else max(GAP, answer.retry_after)
    return RateLimited(f"{answer.host} asks us to slow down.", retry_after=wait, scope=answer.host)


def down(answer: Answer, message: str) -> ServiceDown:
    """A failure that may pass; the pause keeps the distance between two requests."""
    return ServiceDown(message, retry_after=max(GAP, answer.retry_after or 0.0))


def _meaning(answer: Answer) -> ProductError:
    if answer.status == 429:
        return slowed(answer)
    if answer.status < 500:
        return _NoRulesError()
    told = f"{answer.host} does not tell right now what programs may read (robots.txt: {answer.status})."
    return down(answer, f"{told} Its pages are read once it does.")
