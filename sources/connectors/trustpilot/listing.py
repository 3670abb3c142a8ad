"""One pass down a company's reviews, newest first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Batch, Progress, Raw, Rejected, State
from sources.connectors._values import instant, thing, whole
from sources.connectors.trustpilot.texts import row

if TYPE_CHECKING:
    from sources.connectors._base import Context
    from sources.connectors.trustpilot.service import Page, Service

STATE_VERSION = 1
#: the list is ordered by day of writing, so edits and replies are only found by reading again
LOOKBACK = timedelta(days=30)


class Listing:
    """Reads from the newest review to a month before the last complete pass, or to the end.

    State: ``cursor`` newest review of the last complete pass; ``signpost`` the same of this pass;
    ``page`` the next page of this pass, ``last`` the print of the one before, ``done`` a count. Another
    company starts from nothing. New reviews move the pages down, so a pass that is resumed may
    read some again, and never skips one because of them.
    """

    def __init__(self, ctx: Context, service: Service, state: State) -> None:
        self.service = service
        self.now: datetime = ctx.now()
        self.warnings: list[str] = []
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == service.domain else {}
        self.cursor = instant(kept.get("cursor"))
        if self.cursor and self.cursor > self.now:
            self.cursor = self.now
            self.warnings.append("The time of the last reading lay in the future and was set to now.")
        self.page = whole(kept.get("page")) or 1
        self.signpost, self.last = instant(kept.get("signpost")), str(kept.get("last") or "")
        self.done = whole(kept.get("done")) or 0
        self.known: set[str] = set()
        self.seen = {self.last}

    def batches(self) -> Iterator[Batch]:
        """Page after page, each with the place to go on from. Raises BadAnswer when the list ends early."""
        unit = self.service.unit()
        total = unit.total if self.cursor is None else None
        while True:
            page = self.service.reviews(unit.id, self.page)
            mark = _print(page)
            if page.reviews and mark in self.seen:
                yield Batch((), self._state(self.cursor), self._progress(total), warnings=self._told())
                # not Transient: the list starts anew, and a page in between would let it be tried for ever
                raise BadAnswer("Trustpilot sent the same page twice, so older reviews are asked for next time.")
            raws, rejected = self._rows(page)
            self.last = mark
            self.seen.add(mark)
            self.page += 1
            ended = not page.more or self._below_floor(page)
            state = self._state(self.signpost or self.cursor) if ended else self._place()
            yield Batch(raws, state, self._progress(total), rejected=rejected, warnings=self._told())
            if ended:
                return

    def _rows(self, page: Page) -> tuple[tuple[Raw, ...], tuple[Rejected, ...]]:
        """What is new on the page in this pass; a review that moved down from the page before is not."""
        found = {one.external_id: one for one in map(row, page.reviews)}
        fresh = [one for key, one in found.items() if key not in self.known]
        self.known = set(found)
        self.done += len(fresh)
        if self.signpost is None and (times := _written(page)):
            self.signpost = min(max(times), self.now)
        raws = tuple(one for one in fresh if isinstance(one, Raw))
        return raws, tuple(one for one in fresh if isinstance(one, Rejected))

    def _below_floor(self, page: Page) -> bool:
        """Was the whole page read and looked through again by earlier passes?"""
        times = _written(page)
        return self.cursor is not None and bool(times) and max(times) < self.cursor - LOOKBACK

    def _state(self, cursor: datetime | None) -> State:
        return {"v": STATE_VERSION, "scope": self.service.domain, "cursor": cursor.isoformat() if cursor else None}

    def _place(self) -> State:
        signpost = self.signpost.isoformat() if self.signpost else None
        place = {"page": self.page, "signpost": signpost, "last": self.last, "done": self.done}
        return {**self._state(self.cursor), **place}

    def _progress(self, total: int | None) -> Progress:
        return Progress(self.done, total, "reviews")

    def _told(self) -> tuple[str, ...]:
        told, self.warnings = tuple(self.warnings), []
        return told


def _written(page: Page) -> list[datetime]:
    times = (instant(thing(one).get("createdAt")) for one in page.reviews)
    return [one for one in times if one]


def _print(page: Page) -> str:
    """A short sign by which the same page is known again, also after a restart."""
    names: list[Any] = [thing(one).get("id") for one in page.reviews]
    return hashlib.sha256(repr(names).encode("utf-8", "replace")).hexdigest()[:16]
