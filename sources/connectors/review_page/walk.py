"""One pass over the pages of a source."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from livinglytics.lib.errors import ProductError, RateLimited, Transient
from sources.connectors._base import Batch, Progress, Raw, Rejected, State
from sources.connectors.review_page.addresses import Address, mark, shown
from sources.connectors.review_page.memory import FRESH, Entry, Memory, Place
from sources.connectors.review_page.page import Page
from sources.connectors.review_page.visits import Visits

if TYPE_CHECKING:
    from sources.connectors._base import Context


@dataclass(slots=True)
class Content:
    """What one page brings, and where its list goes on."""

    raws: list[Raw] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    place: Place | None = None


class Walk(ABC):
    """Address after address. One that cannot be read does not keep the others from being read; the pass then
    ends with its error, so that no run counts as a success that has not seen everything.

    A pass that is resumed goes on where it broke off (see ``Memory``).
    """

    def __init__(self, ctx: Context, addresses: tuple[Address, ...], memory: Memory) -> None:
        self.ctx, self.addresses, self.memory = ctx, addresses, memory
        self.visits = Visits(ctx)
        self.failures: dict[str, ProductError] = {}
        #: addresses whose failure another stream of this run has raised already
        self.told: set[str] = set()

    @abstractmethod
    def content(self, address: Address, place: Place) -> Content:
        """The page at ``place``. Raises what keeps it from being read."""

    def batches(self) -> Iterator[Batch]:
        """Page after page, each with the place to go on from."""
        waiting = [one for one in self.addresses if one.mark not in self.memory.done]
        for address in waiting:
            try:
                yield from self._pages(address)
            except ProductError as error:
                self.failures[address.mark] = error
                if not isinstance(error, Transient):
                    self.memory.open.pop(address.mark, None)
        if self.failures or not waiting:
            yield self._last()
        self._raise()

    def _pages(self, address: Address) -> Iterator[Batch]:
        place: Place | None = self.memory.open.get(address.mark) or Place(address.url, 0, ())
        while place is not None:
            content = self.content(address, place)
            place = content.place
            self.memory.read += 1
            if place is None:
                self.memory.open.pop(address.mark, None)
                self.memory.done.append(address.mark)
            else:
                self.memory.open[address.mark] = place
            yield Batch(
                tuple(content.raws),
                self._state(),
                Progress(self.memory.read, None, "pages", message=shown(address.url)),
                rejected=tuple(content.rejected),
                warnings=tuple(content.warnings),
            )

    def fetch(self, url: str) -> tuple[Page | None, Entry]:
        """The page, or None with what is remembered of it where it has not changed."""
        entry = self.memory.pages.get(mark(url), Entry())
        page = self.visits.page(url, entry.headers)
        if page is None:
            self.memory.visited.add(mark(url))
        return page, entry

    def _state(self) -> State:
        over = len(self.memory.done) >= len(self.addresses)
        return self.memory.state(None if over else self._until())

    def _until(self, more: float = 0.0) -> datetime:
        now: datetime = self.ctx.now()
        return now + FRESH + timedelta(seconds=min(more, 86_400.0))

    def _last(self) -> Batch:
        """The end of a pass with failures. One that may pass by itself keeps the place, any other begins anew."""
        error = self._worst()
        state = self.memory.state(None)
        if isinstance(error, Transient):
            state = self.memory.state(self._until(error.retry_after or 0.0))
        lasting = [one.message for one in self.failures.values() if not isinstance(one, Transient)]
        return Batch((), state, warnings=tuple(lasting) if len(lasting) > 1 or self._silent(error) else ())

    def _raise(self) -> None:
        error = self._worst()
        if error is None or self._silent(error):
            return
        others = len(self.failures) - 1
        if others and not isinstance(error, Transient):
            error = copy.copy(error)
            error.message = f"{error.message} {others} more of the pages could not be read: see the warnings."
            error.details = {"addresses": [one.message for one in self.failures.values()]}
        raise error

    def _worst(self) -> ProductError | None:
        """A limit first, for it says when to go on; then what may pass; then the first that needs a person."""
        every = list(self.failures.values())
        passing = next((one for one in every if isinstance(one, Transient)), None)
        return next((one for one in every if isinstance(one, RateLimited)), passing) or next(iter(every), None)

    def _silent(self, error: ProductError | None) -> bool:
        """Was all of it raised in this run before, and is something read besides?"""
        return not isinstance(error, Transient) and self.failures.keys() <= self.told and bool(self.memory.done)
