"""The round a process makes over its open sockets: is everybody still allowed in?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final

from django.db import DatabaseError

log = logging.getLogger("livinglytics.live")

#: an ended membership or a disabled user is out within this and the time of a few queries; a revoked token
#: within this and the seconds that ``accounts.identity`` remembers
EVERY_SECONDS: Final = 1.5


class Rounds:
    """Asks about all guests at once, and shows out those whose pass has ended.

    ``ask`` gets the distinct passes of everybody inside and answers those that have ended.
    """

    def __init__(self, ask: Callable[[set[Any]], Awaitable[set[Any]]], *, every: float = EVERY_SECONDS) -> None:
        self._ask = ask
        self._every = every
        self._guests: dict[Callable[[], Awaitable[None]], Hashable] = {}
        self._walk: asyncio.Task[None] | None = None

    def add(self, show_out: Callable[[], Awaitable[None]], passed: Hashable) -> None:
        """``show_out`` is called once, when ``passed`` has ended."""
        self._guests[show_out] = passed
        if self._walk is None or self._walk.done():
            self._walk = asyncio.create_task(self._go_round(), name="live-rounds")

    def drop(self, show_out: Callable[[], Awaitable[None]]) -> None:
        """The guest has left."""
        self._guests.pop(show_out, None)

    async def _go_round(self) -> None:
        while self._guests:
            await asyncio.sleep(self._every)
            try:
                ended = await self._ask(set(self._guests.values()))
            except DatabaseError as error:
                log.warning("Memberships of open sockets could not be checked: %s", error)
                continue
            for show_out, passed in list(self._guests.items()):
                if passed in ended:
                    self.drop(show_out)
                    await show_out()
