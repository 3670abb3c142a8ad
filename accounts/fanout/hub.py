"""Who listens in this process, and the handing-out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from accounts.fanout.mailbox import Mailbox, Sent


class Feed(Protocol):
    """Where messages come from: the bus of this process, or Redis."""

    async def open(self, team: str) -> None: ...
    async def close(self, team: str) -> None: ...
    async def stop(self) -> None: ...
    async def since(self, team: str, seq: int) -> list[Sent] | None: ...
    def position(self, team: str) -> int: ...


MakeFeed = Callable[[Callable[[str, Sent], None], Callable[[str], None]], Feed]


class Hub:
    """The open pages of one event loop, by team. The first page of a team opens the feed, the last closes it."""

    def __init__(self, make_feed: MakeFeed) -> None:
        self._pages: dict[str, set[Mailbox]] = {}
        self._feed = make_feed(self._deliver, self._lost)
        self._turn = asyncio.Lock()

    async def join(self, team: str, mailbox: Mailbox) -> int:
        """Hand this team's messages to the mailbox from now on; answers the number of the newest one."""
        async with self._turn:
            pages = self._pages.setdefault(team, set())
            if not pages:
                await self._feed.open(team)
            pages.add(mailbox)
            mailbox.seen = self._feed.position(team)
        return mailbox.seen

    async def leave(self, team: str, mailbox: Mailbox) -> None:
        """The page is gone."""
        async with self._turn:
            pages = self._pages.get(team, set())
            pages.discard(mailbox)
            if not pages and self._pages.pop(team, None) is not None:
                await self._feed.close(team)

    async def replay(self, team: str, mailbox: Mailbox, seq: int) -> None:
        """Send again what came after number ``seq``, or ask the page to read the rows."""
        missed = await self._feed.since(team, seq)
        if missed is None:
            mailbox.lose()
        else:
            mailbox.replay(missed)

    async def stop(self) -> None:
        """Let go of the feed."""
        await self._feed.stop()

    def _deliver(self, team: str, sent: Sent) -> None:
        for mailbox in self._pages.get(team, ()):
            mailbox.put(sent)

    def _lost(self, team: str) -> None:
        for mailbox in self._pages.get(team, ()):
            mailbox.lose()
