"""Asking the server of one feed: only for what is new, page after page, and never in a hurry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livinglytics.lib.errors import BadAnswer, NotFound, ProductError, RateLimited, Terminal, Transient
from sources.connectors.feed.parsing import Page, page_of

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from sources.connectors._base import Context
    from sources.connectors.feed.addresses import Feed

#: seconds between two requests to one host
PACE = 1.0
#: seconds to leave a server alone that asks for it and names no time
USUAL_WAIT = 300.0
_ACCEPT = "application/atom+xml, application/rss+xml, application/rdf+xml, application/xml;q=0.9, */*;q=0.5"


class Gone(Terminal):
    """The server says that there is no feed any more, and never will be again."""

    code = "feed.gone"
    status = 410


class Refused(Terminal):
    """The server does not give this feed to programs, or not without signing in."""

    code = "feed.refused"
    status = 403


class Later(Transient):
    """One of several feeds has to wait; the others are read meanwhile. ``retry_after`` in seconds."""

    code = "feed.later"


@dataclass(frozen=True, slots=True)
class Fetched:
    """One page, the address that answered in the end, and by what to ask for changes (ETag, Last-Modified)."""

    page: Page
    url: str
    marks: dict[str, str]


class Service:
    """Asks for one feed.

    ``alone``: it is the only feed of its source, so a limit may pause the whole run. ``follows``: its host was
    asked just before, for another feed. Every error names the feed and the field ``addresses``.
    """

    def __init__(self, ctx: Context, feed: Feed, *, alone: bool = True, follows: bool = False) -> None:
        self.ctx, self.feed = ctx, feed
        self._alone, self._asked = alone, follows

    def first(self, marks: Mapping[str, str]) -> Fetched | None:
        """The feed as it is now; None where nothing changed since it had these marks."""
        wanted = {"If-None-Match": marks.get("etag"), "If-Modified-Since": marks.get("modified")}
        sent = {name: value for name, value in wanted.items() if value}
        return self._page(self.feed.address, sent) if sent else self.page(self.feed.address)

    def page(self, url: str) -> Fetched:
        """A page of it, whatever was read before."""
        found = self._page(url, {})
        if found is None:
            raise self.named(BadAnswer("The server says that nothing changed, without having been asked."))
        return found

    def named(self, error: ProductError) -> ProductError:
        """The error with the name of the feed; a limit becomes Later where other feeds are still to be read."""
        message = f"{self.feed.label}: {error.message}"
        if isinstance(error, RateLimited) and not self._alone:
            wait = USUAL_WAIT if error.retry_after is None else error.retry_after
            return Later(message, retry_after=wait, details={"addresses": [message]})
        error.message = message
        error.details.setdefault("addresses", [message])
        return error

    def _page(self, url: str, headers: Mapping[str, str]) -> Fetched | None:
        try:
            if self._asked:
                self.ctx.pause(PACE)
            self._asked = True
            answer = self.ctx.http.get(url, headers={"Accept": _ACCEPT, **headers}, classify=_meaning)
            return None if answer.status == 304 else Fetched(page_of(answer), answer.url, _marks(answer))
        except ProductError as error:
            raise self.named(error) from error.__cause__


def _meaning(answer: Answer) -> ProductError | None:
    """A refusal in words of feeds; None for the usual one of its status."""
    if answer.status == 410:
        return Gone("The site has taken this feed down for good (410). Take it off the list.")
    if answer.status == 404:
        return NotFound("There is no feed at this address (404). Look on the site where it is now.")
    if answer.status in (401, 403) and answer.retry_after is None:
        return Refused(f"The site does not give this feed to us ({answer.status}). Only public feeds can be read.")
    return None


def _marks(answer: Answer) -> dict[str, str]:
    """What the server wants to be told next time; nothing that could not be sent again."""
    given = {"etag": answer.headers.get("etag", ""), "modified": answer.headers.get("last-modified", "")}
    return {name: text for name, text in given.items() if re.fullmatch(r"[\x20-\x7e]{1,300}", text)}
