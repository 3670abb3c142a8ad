"""How often somebody asked within a sliding window: counted in Redis for all processes, or in the memory of one.

The window slides as in the library ``limits``: the count of the window before, weighted by how much of it
is still in sight, and the count of this one. A refused request is not counted.
"""

from __future__ import annotations

import functools
import hashlib
import math
import threading
import time
from collections import deque
from typing import Any, Final, NamedTuple, Protocol

import redis
from django.conf import settings
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import NoScriptError
from redis.exceptions import TimeoutError as Late

PREFIX: Final = "LIMITS"
#: one round trip: shift the windows where one is over, count if there is room, tell where both stand
_COUNT: Final = """
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local left = redis.call('PTTL', KEYS[2])
if left > 0 and left < window then
  redis.call('RENAME', KEYS[2], KEYS[1])
  left = left + window
  redis.call('SET', KEYS[2], 0, 'PX', left)
end
local count = tonumber(redis.call('GET', KEYS[2]) or 0)
local before = tonumber(redis.call('GET', KEYS[1]) or 0)
local before_left = before > 0 and math.max(redis.call('PTTL', KEYS[1]), 0) or 0
local allowed = math.floor(before * before_left / window) + count + 1 <= limit
if allowed and left > 0 then
  count = redis.call('INCR', KEYS[2])
elseif allowed then
  count, left = 1, window * 2
  redis.call('SET', KEYS[2], 1, 'PX', left)
end
return redis.status_reply(table.concat({allowed and 1 or 0, before, before_left, count, math.max(left, 0)}, ' '))
"""
_SHA: Final = hashlib.sha1(_COUNT.encode(), usedforsecurity=False).hexdigest()


class Usage(NamedTuple):
    """Whether the request was counted, and where the two windows stand; times in seconds."""

    allowed: bool
    before: int
    before_left: float
    now: int
    left: float

    def remaining(self, limit: int, window: int) -> int:
        """How many more requests would pass now."""
        return max(0, limit - math.floor(self.before * self.before_left / window + self.now))

    def reset(self, window: int) -> float:
        """Seconds until a request is given back; 0 when none was counted."""
        waits = []
        if self.before:
            waits.append(self.before_left % (window / self.before))
        if self.now:
            waits.append(self.left % window)
        return min(waits, default=0.0)


class Counter(Protocol):
    """Counts one request of ``key`` against ``limit`` per ``window`` seconds, if there is room for it."""

    def count(self, key: str, limit: int, window: int) -> Usage: ...

    def forget(self) -> None: ...


class SharedCounter:
    """In Redis: one script, one round trip, over connections that are kept for the next who counts.

    The script goes over the bare connection: the client's own way to a script costs several times the trip.
    """

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)
        self._free: deque[Any] = deque()

    def count(self, key: str, limit: int, window: int) -> Usage:
        current = f"{PREFIX}:{{{key}}}"
        words = ("2", f"{current}/-1", current, str(limit), str(window * 1000))
        try:
            found = self._ask(_packed("EVALSHA", _SHA, *words))
        except NoScriptError:
            found = self._ask(_packed("EVAL", _COUNT, *words))
        allowed, before, before_left, count, left = map(int, found.split())
        return Usage(allowed == 1, before, before_left / 1000, count, left / 1000)

    def forget(self) -> None:
        keys = list(self._client.scan_iter(f"{PREFIX}:*", count=1000))
        if keys:
            self._client.delete(*keys)

    def _ask(self, command: bytes) -> bytes:
        try:
            return self._once(command)
        except (Unreachable, Late):
            # kept connections may have been closed by the other side long ago: once more over a new one
            self._free.clear()
            return self._once(command)

    def _once(self, command: bytes) -> bytes:
        try:
            connection = self._free.pop()
        except IndexError:
            connection = self._client.connection_pool.make_connection()
        try:
            # both close the connection when they are interrupted, so that nobody reads the rest of an old answer
            connection.send_packed_command([command])
            found = bytes(connection.read_response())
        except NoScriptError:
            self._free.append(connection)
            raise
        self._free.append(connection)
        return found


def _packed(*words: str) -> bytes:
    """A command as it goes over the wire."""
    parts = [f"*{len(words)}\r\n".encode()]
    for word in words:
        raw = word.encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(raw), raw))
    return b"".join(parts)


class OwnCounter:
    """In the memory of this process, windows beginning at whole multiples of their length."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: number of the window, its count, the count of the one before, when all of it is out of sight
        self._kept: dict[tuple[str, int], tuple[int, int, int, float]] = {}
        self._sweep_at = 1_000

    def count(self, key: str, limit: int, window: int) -> Usage:
        now = time.time()
        number, into = divmod(now, window)
        with self._lock:
            kept, count, before, _ = self._kept.get((key, window), (-1, 0, 0, 0.0))
            if kept != number:
                count, before = 0, count if kept == number - 1 else 0
            before_left = window - into if before else 0.0
            allowed = math.floor(before * before_left / window) + count + 1 <= limit
            count += allowed
            self._kept[key, window] = (int(number), count, before, (number + 2) * window)
            if len(self._kept) >= self._sweep_at:
                self._sweep(now)
        return Usage(allowed, before, before_left, count, 2 * window - into)

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()

    def _sweep(self, now: float) -> None:
        self._kept = {key: kept for key, kept in self._kept.items() if kept[3] > now}
        self._sweep_at = max(1_000, 2 * len(self._kept))


@functools.cache
def counter() -> Counter:
    """The counter of this process."""
    return SharedCounter(settings.REDIS_URL) if settings.REDIS_URL else OwnCounter()
