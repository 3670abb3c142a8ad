"""What is remembered between runs: how far a pass is, and how to ask a page whether it has changed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from sources.connectors._values import instant, number, thing, whole
from sources.connectors.review_page.addresses import MOST, mark
from sources.connectors.review_page.linked import NO_TOTALS, Totals

if TYPE_CHECKING:
    from sources.connectors._base import State
    from sources.connectors.review_page.page import Page

STATE_VERSION = 1
#: so many pages are asked whether they have changed; those beyond are read whole
MOST_PAGES = 200
#: a pass that broke off goes on within this time, else begins anew, so that no page waits for a broken one
FRESH = timedelta(minutes=30)
_LONGEST_WAIT = timedelta(hours=25)
_VALIDATOR = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,119}")
_MARK = re.compile(r"[0-9a-f]{12}")
#: names of parameters that may carry a session or a key: such an address is not stored
_SECRET = re.compile(r"[?&;][^=&]*(?:token|sess|sid|auth|key|sig|secret|pass)[^=&]*=", re.IGNORECASE)
_LONGEST_LINK = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One page as it was last read: its validators, its next page, and its totals."""

    etag: str = ""
    modified: str = ""
    next: str = ""
    totals: Totals = NO_TOTALS

    @property
    def headers(self) -> dict[str, str]:
        """What asks whether the page has changed."""
        both = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in both.items() if value}

    def kept(self) -> list[Any]:
        """As JSON."""
        one = self.totals
        return [self.etag, self.modified, self.next, [one.item, one.stars, one.reviews, one.ratings, one.others]]

    @classmethod
    def of(cls, kept: Any) -> Self | None:
        """Out of JSON; None for anything else."""
        try:
            etag, modified, following, (item, stars, reviews, ratings, others) = kept
            totals = Totals(str(item), number(stars, 1, 5), whole(reviews), whole(ratings), whole(others) or 0)
            return cls(str(etag), str(modified), str(following), totals)
        except (TypeError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Place:
    """Within one address: the page that comes next, how many were read, and the marks of those."""

    next: str
    read: int
    trail: tuple[str, ...]


@dataclass(slots=True)
class Memory:
    """State: ``pages`` entries by mark of their address; ``done`` marks of the addresses that this pass has
    finished, ``open`` the places in the others, ``until`` when these two are forgotten.

    Bound to ``scope``: other settings begin with nothing.
    """

    scope: str
    pages: dict[str, Entry] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    open: dict[str, Place] = field(default_factory=dict)
    read: int = 0
    visited: set[str] = field(default_factory=set)
    resumed: bool = False

    @classmethod
    def of(cls, state: State, scope: str, now: datetime) -> Self:
        """What a state remembers, as far as it is one of ours and its time is not over or far in the future."""
        memory = cls(scope)
        if state.get("v") != STATE_VERSION or state.get("scope") != scope:
            return memory
        for name, kept in list(thing(state.get("pages")).items())[:MOST_PAGES]:
            if (entry := Entry.of(kept)) and _MARK.fullmatch(name):
                memory.pages[name] = entry
        until = instant(state.get("until"))
        if until and now <= until <= now + _LONGEST_WAIT:
            memory.resumed, memory.read = True, whole(state.get("read")) or 0
            done = state.get("done")
            memory.done = [str(one) for one in done][:MOST] if isinstance(done, list) else []
            places = {name: _place(kept) for name, kept in list(thing(state.get("open")).items())[:MOST]}
            memory.open = {name: place for name, place in places.items() if place}
        return memory

    def note(self, url: str, page: Page, following: str, *, whole_read: bool) -> None:
        """Remember a page that was read, and where the pass went on; one that could not be read whole is not."""
        name = mark(url)
        self.visited.add(name)
        self.pages.pop(name, None)
        entry = Entry(_valid(page.etag), _valid(page.modified), following, page.totals)
        if whole_read and entry.headers and storable(entry.next) and len(self.pages) < MOST_PAGES:
            self.pages[name] = replace(entry, totals=_short(entry.totals))

    def state(self, until: datetime | None) -> State:
        """As JSON. ``until`` None: the pass is over."""
        if until is None:
            gone = set() if self.resumed else self.pages.keys() - self.visited
            pages = {name: one.kept() for name, one in self.pages.items() if name not in gone}
            return {"v": STATE_VERSION, "scope": self.scope, "pages": pages}
        places = {name: [one.next, one.read, list(one.trail)] for name, one in self.open.items() if storable(one.next)}
        return {
            "v": STATE_VERSION,
            "scope": self.scope,
            "until": until.isoformat(),
            "done": list(self.done),
            "read": self.read,
            "open": places,
            "pages": {name: one.kept() for name, one in self.pages.items()},
        }


def storable(url: str) -> bool:
    """May this address of a next page be stored?"""
    return len(url) <= _LONGEST_LINK and not _SECRET.search(url)


def _valid(value: str) -> str:
    return value if _VALIDATOR.fullmatch(value) else ""


def _short(totals: Totals) -> Totals:
    return replace(totals, item=totals.item[:80])


def _place(kept: Any) -> Place | None:
    try:
        following, read, trail = kept
        marks = tuple(one for one in trail if isinstance(one, str) and _MARK.fullmatch(one))
        return Place(following, int(read), marks) if isinstance(following, str) and following and read > 0 else None
    except (TypeError, ValueError):
        return None
