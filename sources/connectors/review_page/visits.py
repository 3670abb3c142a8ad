"""The way to other people's pages, politely: by their rules, slowly, and never against a refusal.

What a host said is remembered for the whole run, so both streams of a source ask for its rules once, keep the
distance between them, and stop where one of them was refused.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from livinglytics.lib.errors import AddressRefused, BadAnswer, NotFound, ProductError, RateLimited, Terminal, TooLarge
from sources.connectors.review_page.addresses import host, origin, shown
from sources.connectors.review_page.linked import Totals
from sources.connectors.review_page.page import Page, gated, page_of
from sources.connectors.review_page.robots import GAP, Rules, down, rules, slowed

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from sources.connectors._base import Context

MOST_BYTES = 5_000_000
MOST_DELAY = 60.0
_IMPORT = "Import a file instead, or take the page off the list."


class Blocked(Terminal):
    """The site does not want programs to read the page."""

    code = "page.blocked"
    status = 409


@dataclass(slots=True)
class Known:
    """What one run knows of a host. ``refused``: why nothing more is asked there."""

    rules: Rules | None = None
    asked: datetime | None = None
    gap: float = GAP
    refused: ProductError | None = None


@dataclass(slots=True)
class Remembered:
    """What one run knows. ``totals``: by address, what its first page said, or why it could not be read."""

    hosts: dict[str, Known] = field(default_factory=dict)
    totals: dict[str, Totals | ProductError] = field(default_factory=dict)


#: a run has one HTTP client; what it knew goes when the client goes
_RUNS: WeakKeyDictionary[Any, Remembered] = WeakKeyDictionary()


class Visits:
    """Asks for pages in one run."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.run = _RUNS.setdefault(ctx.http, Remembered())

    def page(self, url: str, validators: dict[str, str]) -> Page | None:
        """The page; None where the host says that it is what it was when it gave these ``validators``.

        Raises RateLimited and other Transient errors for what may pass, and Terminal errors, which name the
        field ``addresses``, for what a person has to change.
        """
        try:
            return self._page(url, validators)
        except Terminal as error:
            if isinstance(error, AddressRefused):
                what = _PRIVATE if "private" in error.message else "Correct the address."
                error = AddressRefused(f"{shown(url)}: {error.message} {what}")
            error.details.setdefault("addresses", [error.message])
            raise error from None

    def _page(self, url: str, validators: dict[str, str]) -> Page | None:
        known = self._permitted(url, url)
        answer = self._asked(known, url, validators)
        if answer.url != url:
            known = self._arrived(answer.url, url)
        if answer.status == 304 and validators:
            return None
        page = _read(answer, url)
        if page.gated:
            known.refused = _blocked(answer)
            raise _bare(known.refused)
        return page

    def _permitted(self, url: str, named: str) -> Known:
        """The host, if its rules let the page be read. ``named``: the address that a person knows."""
        place = origin(url)
        known = self.run.hosts.setdefault(place, Known())
        if known.refused is not None:
            raise _bare(known.refused)
        if known.rules is None:
            try:
                self._keep_distance(known)
                known.rules = rules(self.ctx.http, place)
                _bearable(known.rules, host(url))
            except ProductError as error:
                known.refused = _bare(error)
                raise
            finally:
                known.asked = self.ctx.now()
        if not known.rules.allow(url):
            where = "" if url == named else f" (it leads to {shown(url)})"
            told = f"{host(url)} asks programs in its robots.txt not to read {shown(named)}{where}."
            raise Terminal(f"{told} {_IMPORT} Where it is a further page, switch “Follow next pages” off.", code=_RULED)
        return known

    def _arrived(self, url: str, named: str) -> Known:
        """A redirect led here, so the rules of this place count too."""
        self.run.hosts.setdefault(origin(url), Known()).asked = self.ctx.now()
        return self._permitted(url, named)

    def _asked(self, known: Known, url: str, validators: dict[str, str]) -> Answer:
        self._keep_distance(known)
        try:
            return self.ctx.http.get(url, headers={"Accept": "text/html", **validators}, classify=_meaning)
        except (RateLimited, Blocked) as error:
            known.refused = _bare(error)
            raise
        except NotFound:
            raise NotFound(f"There is no page at {shown(url)} any more. Correct the address or take it off.") from None
        except TooLarge:
            raise _too_large(url) from None
        finally:
            known.asked, known.gap = self.ctx.now(), known.rules.delay if known.rules else GAP

    def _keep_distance(self, known: Known) -> None:
        if known.asked is not None:
            since = max(0.0, (self.ctx.now() - known.asked).total_seconds())
            if since < known.gap:
                self.ctx.pause(known.gap - since)


_RULED = "page.disallowed"
_PRIVATE = (
    "Enter the address of a page on the public web; a page in a network of your own has to be allowed by the operator "
    "(ALLOWED_PRIVATE_HOSTS)."
)


def _bare(error: ProductError) -> ProductError:
    """The same error without the frames it came through, which would keep the run alive."""
    return copy.copy(error)


def _bearable(found: Rules, place: str) -> None:
    if found.delay > MOST_DELAY:
        told = f"{place} asks programs to wait {found.delay:.0f} seconds between two pages (Crawl-delay)."
        raise Blocked(f"{told} Pages are not read that slowly: more than {MOST_DELAY:.0f} are too many. {_IMPORT}")


def _meaning(answer: Answer) -> ProductError | None:
    """What a refusal says; None for the usual error of its status."""
    if answer.status == 429 or (answer.status == 403 and answer.retry_after is not None):
        return slowed(answer)
    if answer.status in (401, 402, 403, 407, 451) or (answer.status == 503 and gated(answer)):
        return _blocked(answer)
    if answer.status >= 500 or answer.status in (408, 425):
        return down(answer, f"{answer.host} does not work right now ({answer.status}).")
    return None


def _blocked(answer: Answer) -> Blocked:
    why = f"it answers {answer.status}" if answer.status >= 400 else "it asks whether a person is there"
    return Blocked(f"{answer.host} does not let programs read it ({why}). {_IMPORT}")


def _read(answer: Answer, url: str) -> Page:
    if answer.status != 200:
        raise BadAnswer(f"{shown(url)} answered with status {answer.status} instead of a page. Check the address.")
    if answer.content_type != "text/html":
        told = answer.content_type or "something that it does not name"
        raise BadAnswer(f"{shown(url)} is no web page but {told}. Enter the address of a page.")
    if len(answer.body) > MOST_BYTES:
        raise _too_large(url)
    return page_of(answer)


def _too_large(url: str) -> TooLarge:
    return TooLarge(f"{shown(url)} is larger than {MOST_BYTES // 1_000_000} MB, more than is read. {_IMPORT}")
