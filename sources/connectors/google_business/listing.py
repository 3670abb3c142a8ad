"""One pass down a location's reviews, newest change first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Batch, Progress, Raw, Rejected, State
from sources.connectors._values import instant, thing, whole, words
from sources.connectors.google_business.places import number_of
from sources.connectors.google_business.refusals import PageEnded
from sources.connectors.google_business.texts import changed, row

if TYPE_CHECKING:
    from sources.connectors._base import Context
    from sources.connectors.google_business.service import Page, Service

STATE_VERSION = 1
LOOKBACK = timedelta(days=1)
#: empty pages in a row after which a list counts as broken
MOST_EMPTY = 5
_ROUND = "Google's list of reviews went round in a circle, so older reviews are asked for next time."


class Listing:
    """Reads from the newest change to a day before the last complete pass, or to the end.

    State: ``cursor`` newest change of the last complete pass; ``signpost`` the same of this pass; ``token`` the next
    page of this pass, ``last`` the print of the one before, ``done`` a count. ``pinned`` goes with every state.
    Another location, or another wish for authors, starts from nothing. What changes while a pass goes on moves to the
    top, above the signpost, so the next pass finds it.
    """

    def __init__(self, ctx: Context, service: Service, state: State, *, pinned: State, authors: bool) -> None:
        self.service, self.pinned, self.authors = service, pinned, authors
        self.location = str(pinned["location"])
        self.scope = [number_of(self.location), authors]
        self.now: datetime = ctx.now()
        self.warnings: list[str] = []
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        self.cursor = instant(kept.get("cursor"))
        if self.cursor and self.cursor > self.now:
            self.cursor = self.now
            self.warnings.append("The time of the last reading lay in the future and was set to now.")
        self._begin(kept)

    def _begin(self, kept: State) -> None:
        """At the place that was kept, or at the top."""
        self.token = words(kept.get("token"))
        self.resumed = bool(self.token)
        place = kept if self.resumed else {}
        self.signpost, last = instant(place.get("signpost")), str(place.get("last") or "")
        self.done, self.last = whole(place.get("done")) or 0, last
        self.known: set[str] = set()
        self.seen, self.tokens, self.empty = {last} - {""}, {self.token}, 0
        self.total: int | None = None

    def batches(self) -> Iterator[Batch]:
        """Page after page, each with the place to go on from. Raises BadAnswer when the list ends early."""
        while True:
            page = self._page()
            mark = _print(page)
            self.empty = 0 if page.reviews else self.empty + 1
            if (page.reviews and mark in self.seen) or self.empty > MOST_EMPTY:
                yield Batch((), self._state(self.cursor), self._progress(), warnings=self._told())
                # not Transient: the list starts anew, and a page in between would let it be tried for ever
                raise BadAnswer(_ROUND)
            raws, rejected = self._rows(page)
            circle = page.next in self.tokens and bool(page.next)
            ended = not page.next or self._below_floor(page)
            self.token, self.last = page.next, mark
            self.seen.add(mark)
            self.tokens.add(page.next)
            if ended:
                self._compare()
                state = self._state(self.signpost or self.cursor)
            else:
                state = self._state(self.cursor) if circle else self._place()
            yield Batch(raws, state, self._progress(), rejected=rejected, warnings=self._told())
            if ended:
                return
            if circle:
                raise BadAnswer(_ROUND)

    def _page(self) -> Page:
        """The next page; from the top, once, where Google forgot the place that a broken run had kept."""
        try:
            page = self.service.reviews(self.location, self.token)
        except PageEnded:
            if not self.resumed:
                raise
            self._begin({})
            page = self.service.reviews(self.location)
        self.resumed = False
        self.total = page.total if page.total is not None else self.total
        if not (self.token or page.reviews or page.next) and self.total:
            raise BadAnswer(f"Google counts {self.total} reviews and sent none. If it stays, its service has changed.")
        return page

    def _rows(self, page: Page) -> tuple[tuple[Raw, ...], tuple[Rejected, ...]]:
        """What is new on the page in this pass; a review that moved down from the page before is not."""
        found = {one.external_id: one for one in (row(each, authors=self.authors) for each in page.reviews)}
        fresh = [one for key, one in found.items() if key not in self.known]
        self.known = set(found)
        self.done += len(fresh)
        if self.signpost is None and (times := _times(page)):
            self.signpost = min(max(times), self.now)
        raws = tuple(one for one in fresh if isinstance(one, Raw))
        return raws, tuple(one for one in fresh if isinstance(one, Rejected))

    def _below_floor(self, page: Page) -> bool:
        """Was the whole page read by earlier passes?"""
        times = _times(page)
        return self.cursor is not None and bool(times) and max(times) < self.cursor - LOOKBACK

    def _compare(self) -> None:
        """Say so where a pass over everything found fewer than Google counts."""
        if self.cursor is None and self.total is not None and self.done < self.total:
            self.warnings.append(f"Google counts {self.total} reviews and listed {self.done}.")

    def _state(self, cursor: datetime | None) -> State:
        own = {"v": STATE_VERSION, "scope": self.scope, "cursor": cursor.isoformat() if cursor else None}
        return {**self.pinned, **own}

    def _place(self) -> State:
        signpost = self.signpost.isoformat() if self.signpost else None
        place = {"token": self.token, "signpost": signpost, "last": self.last, "done": self.done}
        return {**self._state(self.cursor), **place}

    def _progress(self) -> Progress:
        return Progress(self.done, self.total if self.cursor is None else None, "reviews")

    def _told(self) -> tuple[str, ...]:
        told, self.warnings = tuple(self.warnings), []
        return told


def _times(page: Page) -> list[datetime]:
    return [one for one in map(changed, page.reviews) if one]


def _print(page: Page) -> str:
    """A short sign by which the same page is known again, also after a restart."""
    names = [(thing(one).get("reviewId"), thing(one).get("updateTime")) for one in page.reviews]
    return hashlib.sha256(repr(names).encode("utf-8", "replace")).hexdigest()[:16]
