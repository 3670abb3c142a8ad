"""The reviews of all pages, list by list."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from livinglytics.lib.errors import BadAnswer, ProductError
from sources.connectors._base import Raw
from sources.connectors.review_page.addresses import Address, mark, shown
from sources.connectors.review_page.linked import about_something
from sources.connectors.review_page.memory import Memory, Place
from sources.connectors.review_page.page import Page
from sources.connectors.review_page.texts import row
from sources.connectors.review_page.walk import Content, Walk

if TYPE_CHECKING:
    from sources.connectors._base import Context


class Reviews(Walk):
    """Every review of every page as a row, each once in a run."""

    def __init__(
        self, ctx: Context, addresses: tuple[Address, ...], memory: Memory, *, pages: int, authors: bool
    ) -> None:
        super().__init__(ctx, addresses, memory)
        self.pages, self.authors = pages, authors
        self.seen: set[str] = set()
        self.of_address: tuple[str, set[str]] = ("", set())

    def content(self, address: Address, place: Place) -> Content:
        """The reviews of the page that were not seen in this run. Raises BadAnswer where a page should have some."""
        found = Content()
        first = place.read == 0
        try:
            page, entry = self.fetch(place.next)
            if first:
                self.visits.run.totals[address.url] = page.totals if page else entry.totals
            if page is None:
                self._go_on(place, (entry.next, ""), found)
                return found
            self._insist(page, place, found)
        except ProductError as error:
            if first:
                self.visits.run.totals[address.url] = copy.copy(error)
            raise
        stop = self._take(page, address, place, found)
        self._go_on(place, page.next, found, stop=stop)
        following = found.place.next if found.place else ""
        self.memory.note(place.next, page, following, whole_read=not found.rejected and not page.data.problems)
        return found

    def _insist(self, page: Page, place: Place, found: Content) -> None:
        """A page with nothing to read is an error where it is named, and where what it has is broken."""
        if page.reviews or (place.read == 0 and page.totals.told):
            return
        if page.data.problems or (place.read == 0 and not about_something(page.data)):
            raise nothing(page, place.next)
        if place.read == 0:
            found.warnings.append(f"{shown(place.next)} shows no reviews at present.")

    def _take(self, page: Page, address: Address, place: Place, found: Content) -> str:
        """Put the page's rows into ``found``; why a further page of the address is not worth asking for."""
        if self.of_address[0] != address.mark:
            self.of_address = (address.mark, set())
        here, names = self.of_address[1], {one.key for one in page.reviews}
        repeated = bool(names) and names <= here
        here |= names
        for one in page.reviews:
            if one.key in self.seen:
                continue
            self.seen.add(one.key)
            kept = row(one, address=address.url, zone=self.ctx.zone, now=self.ctx.now(), authors=self.authors)
            (found.raws if isinstance(kept, Raw) else found.rejected).append(kept)  # type: ignore[arg-type]
        found.warnings += [f"{shown(place.next)}: {one}" for one in page.data.problems]
        if repeated:
            return "repeats the reviews of the pages before it"
        return "" if names or place.read == 0 else "carries no reviews that programs can read"

    def _go_on(self, place: Place, following: tuple[str, str], found: Content, *, stop: str = "") -> None:
        """Where to go on, if anywhere; what ends the list early without being its end is told."""
        url, elsewhere = following
        here, read = shown(place.next), place.read + 1
        trail = (*place.trail, mark(place.next))
        if self.pages <= 1 or (not url and not elsewhere):
            return
        if url and mark(url) in trail:
            found.warnings.append(f"{here} names a page that was read before as its next one, so the list ends there.")
        elif elsewhere:
            found.warnings.append(f"The list of {here} goes on at {elsewhere}, another host, and was not followed.")
        elif stop:
            found.warnings.append(f"{here} {stop}, so its next page was not read.")
        elif read >= self.pages:
            found.warnings.append(f"The list goes on after {here}; {self.pages} pages of it are read, as set.")
        else:
            found.place = Place(url, read, trail)


def nothing(page: Page | None, url: str) -> BadAnswer:
    """Why a page without reviews is none that can be read."""
    broken = f" {' '.join(page.data.problems[:2])}" if page and page.data.problems else ""
    message = (
        f"{shown(url)} carries no reviews that programs can read (schema.org reviews as JSON-LD).{broken} "
        "Enter a page that does, or import a file instead."
    )
    return BadAnswer(message, details={"addresses": [message]})
