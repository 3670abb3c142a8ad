"""One pass over a feed: what it holds now, and at first its older pages too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import BadAnswer, ProductError, Terminal
from sources.connectors._base import Batch, Progress, Raw, Rejected, State
from sources.connectors._values import instant, thing, whole, words
from sources.connectors.feed.addresses import print_of
from sources.connectors.feed.dates import moment
from sources.connectors.feed.texts import IN_FUTURE, NO_DATE, reading_of, row

if TYPE_CHECKING:
    from sources.connectors._base import Context
    from sources.connectors.feed.parsing import Page
    from sources.connectors.feed.service import Fetched, Service

Rows = Sequence[Raw | Rejected]

STATE_VERSION = 1
MOST_PAGES = 50
#: so many runs find an older page that can't be read before the older pages are given up
MOST_TRIES = 3
#: bad entries of a page that are set aside one by one; of more, only the number is told
MOST_REJECTED = 5
#: a first pass that was left for longer than this begins anew: its pages have moved too far
_PATIENCE = timedelta(hours=12)
_LONGEST_PLACE = 500
_SECRET = re.compile(r"[?&;][^=&;]*(?:key|token|secret|auth|sig|pass|sess|sid|cred|code|user)[^=&;]*=", re.IGNORECASE)


class Undated(Terminal):
    """No entry says when it was written, so none falls on a day."""

    code = "feed.undated"
    status = 422
    message = "None of its entries says when it was written, so they can't be counted by day. Take it off the list."


class Walk:
    """Reads the newest page, and on the first pass follows the older ones that the feed names.

    State: ``marks`` by which the server knows what was read (ETag, Last-Modified), kept once the first pass is
    over (``whole``); until then ``page`` and ``next`` say where it stands and ``at`` since when. Another
    address, first day or wish for authors starts from nothing. The newest page is read again before a first
    pass goes on, so that an older page that fails never keeps new entries out.
    """

    def __init__(self, ctx: Context, service: Service, state: State, *, since: date | None, authors: bool) -> None:
        self.ctx, self.service, self.since, self.authors = ctx, service, since, authors
        self.now: datetime = ctx.now()
        self.scope = print_of(repr([service.feed.address, str(since or ""), authors]))
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        self.whole = kept.get("whole") is True
        self.marks = _usable(thing(kept.get("marks")), self.now) if self.whole else {}
        began = instant(kept.get("at"))
        fresh = began is not None and self.now - _PATIENCE <= began <= self.now
        self.began = began if began and fresh else self.now
        self.place = (whole(kept.get("page")) or 0, words(kept.get("next"))) if fresh else (0, "")
        self.tries = (whole(kept.get("tries")) or 0) if fresh else 0
        self.done = 0
        self.seen: set[str] = set()
        self.warnings: list[str] = []
        self.trouble: ProductError | None = None

    def batches(self) -> Iterator[Batch]:
        """Page after page, each with the place to go on from. Raises what keeps the rest from being read."""
        fetched = self.service.first(self.marks)
        if fetched is None:
            yield Batch((), self._ended(), self._progress("nothing new"))
            return
        self.marks = fetched.marks
        reading = reading_of(self.service.feed, fetched.page.about, authors=self.authors, now=self.now)
        found, number = [row(one, reading) for one in fetched.page.entries], 1
        if undated(found):
            raise self.service.named(Undated())
        while True:
            following, number = self._turn(fetched, found, number)
            yield self._batch(fetched, found, self._place(number, following, fetched.url))
            if self.trouble is not None:
                raise self.service.named(self.trouble)
            if not following:
                return
            try:
                fetched = self.service.page(following)
            except Terminal as error:
                yield Batch((), self._after(error, self._place(number, following, fetched.url)), self._progress())
                raise
            self.tries = 0
            found = [row(one, reading) for one in fetched.page.entries]

    def _turn(self, fetched: Fetched, found: Rows, number: int) -> tuple[str, int]:
        """The next page and its number; after the newest one, the page where the last run stopped."""
        if any(isinstance(one, Rejected) and one.reason == IN_FUTURE for one in found):
            self.marks = {}  # it is due once its day has come, also if nothing else changes
        following = "" if self.whole else self._following(fetched, found, number)
        page, reference = self.place
        if following and number == 1 and reference:
            return urljoin(fetched.url, reference), max(page, 2)
        return following, number + 1

    def _batch(self, fetched: Fetched, found: Rows, state: State) -> Batch:
        raws, rejected = self._rows(fetched.page, found)
        return Batch(raws, state, self._progress(), rejected=rejected, warnings=self._told())

    def _rows(self, page: Page, found: Rows) -> tuple[tuple[Raw, ...], tuple[Rejected, ...]]:
        """The entries of a page from the first day on, and those that can't be kept."""
        bad = [one for one in found if isinstance(one, Rejected)]
        raws: dict[str, Raw] = {}
        shared = 0
        for one in found:
            if isinstance(one, Raw) and not self._too_old(one):
                before = raws.get(one.external_id)
                shared += before is not None and before.payload["url"] != one.payload["url"]
                if before is None or not _older(one, before):
                    raws[one.external_id] = one
        self._warn(page, bad=len(bad), shared=shared)
        self.done += len(raws)
        return tuple(raws.values()), tuple(bad[:MOST_REJECTED])

    def _warn(self, page: Page, *, bad: int, shared: int) -> None:
        label = self.service.feed.label
        if page.broken:
            self.warnings.append(f"{label} is not well-formed. What could be read of it was taken.")
        if bad > MOST_REJECTED:
            self.warnings.append(f"{label}: {bad} entries without a usable date were left out; some of them are shown.")
        if shared:
            self.warnings.append(f"{label}: entries that share an id were taken for one ({shared} too many).")

    def _too_old(self, one: Raw) -> bool:
        written = instant(one.payload["created"])
        return self.since is not None and written is not None and local_day(written, self.ctx.zone) < self.since

    def _following(self, fetched: Fetched, found: Rows, number: int) -> str:
        """The next older page; empty at the end, and where it may not or need not be read."""
        url, label = fetched.page.following, self.service.feed.label
        sign = print_of(repr([one.get("id") or one.get("link") or one.get("title") for one in fetched.page.entries]))
        repeated = url in self.seen or url == fetched.url or (bool(fetched.page.entries) and sign in self.seen)
        self.seen |= {sign, fetched.url, self.service.feed.address}
        if not url or self._below(found):
            return ""
        if urlsplit(url).scheme not in ("http", "https") or urlsplit(url).netloc.lower() != _host(fetched.url):
            self.warnings.append(f"{label} has older pages on another host, which are not followed.")
            return ""
        if repeated:
            self.trouble = BadAnswer("Its older pages go in a ring. Those read so far are kept.")
            return ""
        if number >= MOST_PAGES:
            self.warnings.append(f"{label} has more pages. The newest {MOST_PAGES} were read.")
            return ""
        return url

    def _below(self, found: Rows) -> bool:
        """Is everything on the page older than the first day?"""
        dated = [one for one in found if isinstance(one, Raw)]
        return bool(dated) and all(self._too_old(one) for one in dated)

    def _after(self, error: Terminal, place: State) -> State:
        """Where the next run goes on after an older page failed: there again, or nowhere, so that it does not stop."""
        self.tries += 1
        again = isinstance(error, BadAnswer) and self.tries < MOST_TRIES
        return {**place, "tries": self.tries} if again else self._ended()

    def _ended(self) -> State:
        return {"v": STATE_VERSION, "scope": self.scope, "whole": True, "marks": dict(self.marks)}

    def _place(self, page: int, following: str, url: str) -> State:
        """Where to go on from: the page after the one at ``url``, or its changes where none follows."""
        if not following:
            return self._ended()
        place = {"page": page, "next": self._reference(following, url), "at": self.began.isoformat()}
        tries = {"tries": self.tries} if self.tries else {}
        return {"v": STATE_VERSION, "scope": self.scope, **place, **tries}

    def _reference(self, following: str, url: str) -> str:
        """The next page without what is known anyway; empty where it may hold a secret: then it is found again."""
        parts = urlsplit(following)
        path = "" if parts.path == urlsplit(url).path and parts.query else parts.path
        reference = f"{path}?{parts.query}" if parts.query else path
        own = [value for _, value in parse_qsl(urlsplit(self.service.feed.address).query) if len(value) >= 12]
        kept = len(reference) <= _LONGEST_PLACE and not _SECRET.search(reference)
        return reference if kept and not any(value in dict(parse_qsl(parts.query)).values() for value in own) else ""

    def _progress(self, message: str = "") -> Progress:
        return Progress(self.done, None, "entries", message=message)

    def _told(self) -> tuple[str, ...]:
        told, self.warnings = tuple(self.warnings), []
        return told


def undated(found: Rows) -> bool:
    """Are there entries, and has not one of them a date?"""
    return bool(found) and all(isinstance(one, Rejected) and one.reason == NO_DATE for one in found)


def _older(one: Raw, other: Raw) -> bool:
    return one.updated_at is not None and other.updated_at is not None and one.updated_at < other.updated_at


def _usable(marks: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """The marks as they were kept, without a time of change that lies in the future: it would hide what is new."""
    found = {name: text for name in ("etag", "modified") if (text := words(marks.get(name)))}
    changed = moment(found.get("modified"))
    if "modified" in found and (changed is None or changed[0] > now):
        del found["modified"]
    return found


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
