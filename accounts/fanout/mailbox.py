"""The short queue between a process and one open page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

#: what a page is sent when it has missed something: read the rows again
RESYNC: Final = '{{"type":"resync","seq":{seq}}}'
CAPACITY: Final = 1_000


@dataclass(frozen=True, slots=True)
class Sent:
    """One message, numbered and encoded, on its way to every page that asked for its topic.

    A later message of the same ``key`` replaces an earlier one that is still waiting;
    a message without a key is never replaced. ``text`` is the finished JSON.
    """

    seq: int
    key: str
    topic: str
    text: str


@dataclass(eq=False)
class Mailbox:
    """Messages that wait to be written to one socket, in order of their numbers.

    Holds at most ``capacity`` messages. When a page reads too slowly even for that, everything
    waiting is thrown away and the page is told to read the rows again: nothing is lost silently.
    """

    capacity: int = CAPACITY
    topics: set[str] = field(default_factory=set)
    seen: int = 0
    _waiting: dict[int, Sent] = field(default_factory=dict)
    _newest: dict[str, int] = field(default_factory=dict)
    _resync: bool = False
    _filled: asyncio.Event = field(default_factory=asyncio.Event)

    def wants(self, topic: str) -> bool:
        """``jobs:17`` is wanted by who asked for it, for ``jobs:*`` or for ``*``."""
        return topic in self.topics or f"{topic.partition(':')[0]}:*" in self.topics or "*" in self.topics

    def put(self, sent: Sent) -> None:
        """Queue a live message; numbers at or below the last one seen are repeats."""
        if sent.seq <= self.seen:
            return
        self.seen = sent.seq
        if self.wants(sent.topic):
            self._add(sent)
            self._filled.set()

    def replay(self, missed: Iterable[Sent]) -> None:
        """Queue old messages again, before the newer ones that already wait."""
        for sent in missed:
            self.seen = max(self.seen, sent.seq)
            if sent.seq not in self._waiting and self.wants(sent.topic):
                self._waiting[sent.seq] = sent
        again = [self._waiting[seq] for seq in sorted(self._waiting)]
        self._waiting.clear()
        self._newest.clear()
        for sent in again:
            self._add(sent)
        self._filled.set()

    def lose(self) -> None:
        """Something was missed for good: forget what waits and ask the page to read again."""
        self._waiting.clear()
        self._newest.clear()
        self._resync = True
        self._filled.set()

    async def drain(self) -> list[str]:
        """Wait for messages, then take all of them."""
        await self._filled.wait()
        self._filled.clear()
        texts = [RESYNC.format(seq=self.seen)] if self._resync else []
        texts += [sent.text for sent in self._waiting.values()]
        self._waiting.clear()
        self._newest.clear()
        self._resync = False
        return texts

    def _add(self, sent: Sent) -> None:
        if sent.key:
            older = self._newest.get(sent.key)
            if older is not None:
                self._waiting.pop(older, None)
            self._newest[sent.key] = sent.seq
        if len(self._waiting) >= self.capacity:
            self.lose()
        else:
            self._waiting[sent.seq] = sent
