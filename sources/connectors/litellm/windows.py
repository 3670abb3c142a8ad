"""A span of time, read whole: its pages, each call once, and nothing missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from livinglytics.lib.errors import BadAnswer
from sources.connectors.litellm.calls import Tally, name_of, read, sample
from sources.connectors.litellm.service import SmallerPage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sources.connectors._base import Context
    from sources.connectors.litellm.service import Page, Service

SECOND = timedelta(seconds=1)
#: a call is stored when it ends, and in batches: what is older than this holds still
LATE = timedelta(minutes=30)
_READINGS = 3


@dataclass(slots=True)
class Window:
    """The calls begun from ``start`` up to, but not including, ``end``.

    ``seen``: the names of all that came; ``bad``: rows that can't be read; ``capped``: the proxy did not say how many
    there are; ``totals``: how many it said, page by page.
    """

    start: datetime
    end: datetime
    tally: Tally = field(default_factory=Tally)
    seen: set[str] = field(default_factory=set)
    bad: list[Any] = field(default_factory=list)
    capped: bool = False
    totals: list[int] = field(default_factory=list)

    def take(self, page: Page, split: str) -> None:
        """Count the page's calls that were not seen before. Raises BadAnswer for calls of another time."""
        self.totals.append(page.total)
        before = len(self.seen)
        for row in page.rows:
            name = name_of(row) or repr(row)
            if name in self.seen:
                continue
            self.seen.add(name)
            call = read(row, split)
            if call is None:
                self.bad.append(sample(row))
            elif self.start <= call.at < self.end:
                self.tally.add(call.key, call.amounts)
            elif not self.start - SECOND <= call.at <= self.end + SECOND:
                raise BadAnswer("The proxy sent calls of another time than it was asked for. Update LiteLLM.")
        if self.capped and page.rows and len(self.seen) == before:
            raise BadAnswer("The proxy sent the same page of calls twice, so the list has no end. Update LiteLLM.")

    def whole(self, *, still: bool) -> bool:
        """Did all calls come? ``still``: none can have come meanwhile, so each page has to tell the same total."""
        if still and not self.capped:
            return set(self.totals) == {len(self.seen)}
        return len(self.seen) >= self.totals[0]


class Windows:
    """Reads spans of one proxy."""

    def __init__(self, ctx: Context, service: Service, split: str) -> None:
        self.ctx, self.service, self.split = ctx, service, split

    def read(self, start: datetime, end: datetime) -> Window | None:
        """The window; None where it holds too many calls to be read at once and can be made smaller.

        Raises BadAnswer where the list is never the same for all its pages. Not Transient: windows read before
        would let it be tried for ever.
        """
        still = end + LATE <= self.ctx.now()
        for _ in range(_READINGS):
            window = Window(start, end)
            try:
                for page in self._pages(window):
                    if page is None:
                        return None
                    window.take(page, self.split)
            except SmallerPage:
                return self.read(start, end)
            if window.whole(still=still):
                return window
        raise BadAnswer(
            f"The list of calls from {start:%Y-%m-%d %H:%M:%S} UTC on does not match the number that the proxy tells, "
            "or changes while it is read. It is read again with the next run."
        )

    def _pages(self, window: Window) -> Iterator[Page | None]:
        """Page after page, to the last one by the total, or where that is not told, to one that is not full."""
        number, size, total = 1, self.service.size, 0
        while number == 1 or window.capped or (number - 1) * size < total:
            page = self.service.page(window.start, window.end, number)
            if number == 1:
                splits = window.end - window.start > SECOND
                yield None if splits and (page.capped or page.total > self.service.most) else page
                window.capped = page.capped
            else:
                yield page
            number, total = number + 1, page.total
            if len(page.rows) < size:
                return
