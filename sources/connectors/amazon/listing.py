"""One pass down a product's reviews at a provider, newest first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Batch, Progress, Raw, Rejected, State
from sources.connectors._values import thing, whole
from sources.connectors.amazon.texts import Found, sent

if TYPE_CHECKING:
    from sources.connectors.amazon.provider import Listed, Provider
    from sources.connectors.amazon.texts import Shelf

STATE_VERSION: Final = 1
#: the list is ordered by day of writing, so edits are only found by reading again
LOOKBACK: Final = timedelta(days=30)
#: a list that is longer than this has no end in sight
MOST_PAGES: Final = 2_000


class Listing:
    """Reads from the newest review to a month before the last complete pass, or to the end.

    State: ``cursor`` day of the newest review of the last complete pass; ``signpost`` the same of this pass;
    ``page`` the next page of this pass, ``last`` the print of the one before and ``lowest`` its oldest day,
    ``done`` a count. ``mixed``: this pass saw another order, ``was_mixed``: the one before did; then the list
    is read to its end. Other settings start from nothing. The address may hold a key, so the scope is a print
    of it.
    """

    def __init__(self, provider: Provider, shelf: Shelf, state: State) -> None:
        self.provider, self.shelf = provider, shelf
        self.today: date = shelf.now.date()
        self.scope = _short([provider.address, shelf.product.key, shelf.authors])
        self.warnings: list[str] = []
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        self.cursor = _day(kept.get("cursor"))
        if self.cursor and self.cursor > self.today:
            self.cursor = self.today
            self.warnings.append("The day of the last reading lay in the future and was set to today.")
        self.page = whole(kept.get("page"), most=MOST_PAGES) or 1
        place = kept if self.page > 1 else {}
        self.signpost, self.lowest = _day(place.get("signpost")), _day(place.get("lowest"))
        self.mixed, self.was_mixed = place.get("mixed") is True, kept.get("was_mixed") is True
        self.done = whole(place.get("done")) or 0
        self.known: set[str] = set()
        self.last = str(place.get("last") or "")
        self.seen = {self.last}

    def batches(self) -> Iterator[Batch]:
        """Page after page, each with the place to go on from. Raises BadAnswer when the list ends early."""
        while True:
            page = self.provider.page(self.page)
            mark = _print(page)
            if page.reviews and (mark in self.seen or self.page > MOST_PAGES):
                yield Batch((), self._state(self.cursor), self._progress(), warnings=self._told())
                # not Transient: the list starts anew, and a page in between would let it be tried for ever
                raise BadAnswer("The reviews API goes round in its pages, so the list is read from its top next time.")
            self.seen.add(mark)
            raws, rejected, days = self._rows([sent(one) for one in page.reviews])
            ended = page.following is None or self._below_floor(days)
            self.last, self.page = mark, page.following or self.page
            self.lowest = min(days, default=self.lowest)
            state = self._finished() if ended else self._place()
            yield Batch(raws, state, self._progress(), rejected=rejected, warnings=self._told())
            if ended:
                return

    def _rows(self, found: list[Found]) -> tuple[tuple[Raw, ...], tuple[Rejected, ...], list[date]]:
        """What is new on the page in this pass, and the days of all that stands on it in order.

        A review that moved down from the page before is not new.
        """
        rows = {one.id or f"#{place}": (self.shelf.row(one), one) for place, one in enumerate(found)}
        fresh = [row for name, (row, _) in rows.items() if name not in self.known]
        self.known = {one.id for one in found if one.id}
        self.done += len(fresh)
        days = [_written(one) for row, one in rows.values() if isinstance(row, Raw)]
        if self.signpost is None and days:
            self.signpost = min(max(days), self.today)
        raws = tuple(row for row in fresh if isinstance(row, Raw))
        return raws, tuple(row for row in fresh if isinstance(row, Rejected)), days

    def _below_floor(self, days: list[date]) -> bool:
        """Was the whole page read and looked through again by earlier passes? Never where the order is another one."""
        climbs = bool(days) and self.lowest is not None and min(days) > self.lowest
        if not self.mixed and (climbs or days != sorted(days, reverse=True)):
            self.mixed = True
            self.warnings.append("The reviews API does not answer newest first, so every run reads all of its pages.")
        if self.mixed or self.was_mixed or self.cursor is None or not days:
            return False
        return max(days) < self.cursor - LOOKBACK

    def _state(self, cursor: date | None) -> State:
        day = cursor.isoformat() if cursor else None
        return {"v": STATE_VERSION, "scope": self.scope, "cursor": day, "was_mixed": self.was_mixed}

    def _finished(self) -> State:
        return self._state(self.signpost or self.cursor) | {"was_mixed": self.mixed}

    def _place(self) -> State:
        place = {"page": self.page, "last": self.last, "done": self.done, "mixed": self.mixed}
        days = {"signpost": self.signpost, "lowest": self.lowest}
        return {**self._state(self.cursor), **place, **{name: one and one.isoformat() for name, one in days.items()}}

    def _progress(self) -> Progress:
        return Progress(self.done, None, "reviews")

    def _told(self) -> tuple[str, ...]:
        told, self.warnings = tuple(self.warnings), []
        return told


def _written(found: Found) -> date:
    return found.at.date() if isinstance(found.at, datetime) else found.at or date.min


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _print(page: Listed) -> str:
    """A short sign by which the same page is known again, also after a restart."""
    return _short([thing(one).get("id") or one for one in page.reviews])


def _short(value: list[Any]) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "replace")).hexdigest()[:16]
