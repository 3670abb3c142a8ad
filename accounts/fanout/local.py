"""The bus inside a single process: any thread publishes, the server's event loop delivers."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from accounts.fanout.mailbox import Sent
from livinglytics.lib import clock

RING: Final = 500
Tap = Callable[[str, Sent], None]


def numbered(seq: int, body: str) -> str:
    """The JSON object ``body`` with its number in front."""
    return f'{{"seq":{seq},{body[1:]}'


def first_number() -> int:
    """Numbers start at the clock, so a restarted process never reuses those that pages remember."""
    return int(clock.now().timestamp() * 1_000)


class LocalBus:
    """Numbers messages per team, keeps the last ``RING`` of each for replay, calls every tap."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rings: dict[str, deque[Sent]] = {}
        self._numbers: dict[str, int] = {}
        self._taps: list[Tap] = []

    def publish(self, team: str, *, key: str, topic: str, body: str) -> None:
        """Number the message and hand it on. Callable from any thread; never waits for a page."""
        with self._lock:
            seq = self._numbers.get(team) or first_number()
            self._numbers[team] = seq = seq + 1
            sent = Sent(seq, key, topic, numbered(seq, body))
            self._rings.setdefault(team, deque(maxlen=RING)).append(sent)
            for tap in self._taps:
                tap(team, sent)

    def position(self, team: str) -> int:
        """The number of the team's newest message."""
        with self._lock:
            return self._numbers.setdefault(team, first_number())

    def since(self, team: str, seq: int) -> list[Sent] | None:
        """The messages after number ``seq``, or None when some of them are gone."""
        with self._lock:
            return after(list(self._rings.get(team, ())), seq, newest=self._numbers.get(team, 0))

    def tap(self, tap: Tap) -> Callable[[], None]:
        """Call ``tap`` for every message, in order; the answer takes it off again."""
        with self._lock:
            self._taps.append(tap)
        return lambda: self._taps.remove(tap)


def after(ring: list[Sent], seq: int, *, newest: int) -> list[Sent] | None:
    """What follows number ``seq`` in the ring; None when the ring no longer reaches back that far."""
    if seq == newest:
        return []
    missed = [sent for sent in ring if sent.seq > seq]
    if seq > newest or not missed or missed[0].seq != seq + 1:
        return None
    return missed


class LocalFeed:
    """The bus as one event loop sees it: messages cross over in batches, one wake-up per batch."""

    def __init__(self, bus: LocalBus, deliver: Tap) -> None:
        self._bus = bus
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._crossing: deque[tuple[str, Sent]] = deque()
        self._called = False
        self._untap = bus.tap(self._arrived)

    async def open(self, team: str) -> None:
        """Nothing to do: the bus brings every team's messages."""

    async def close(self, team: str) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Take no more messages."""
        self._untap()

    def position(self, team: str) -> int:
        return self._bus.position(team)

    async def since(self, team: str, seq: int) -> list[Sent] | None:
        return self._bus.since(team, seq)

    def _arrived(self, team: str, sent: Sent) -> None:
        # runs in the publishing thread, under the bus's lock
        self._crossing.append((team, sent))
        if not self._called and not self._loop.is_closed():
            self._called = True
            self._loop.call_soon_threadsafe(self._flush)

    def _flush(self) -> None:
        self._called = False
        while self._crossing:
            self._deliver(*self._crossing.popleft())
