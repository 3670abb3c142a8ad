"""Posts of communities, newest first, and posts that are watched by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sources.connectors._base import Batch
from sources.connectors.reddit.refusals import Unreadable
from sources.connectors.reddit.walk import Walk

if TYPE_CHECKING:
    from sources.connectors.reddit.targets import Target


class Posts(Walk):
    """The posts of every target. Their comments are a stream of their own."""

    unit = "posts"
    _shown: set[str] | None = None

    def _read(self, target: Target) -> Iterator[Batch]:
        if target.kind == "post":
            if self._shown is None:
                watched = [f"t3_{one.name}" for one in self.targets if one.kind == "post"]
                batch, self._shown = self._by_name(watched)
                yield batch
            if f"t3_{target.name}" not in self._shown:
                raise Unreadable("Reddit shows no such post.")
            return
        listing = self._listing(target)
        while not listing.is_over:
            batch = self._batch(listing.turn(self._floor(target)))
            self._end_of(target, listing)
            yield self._told(batch)
