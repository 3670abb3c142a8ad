"""Identifiers that sort by the time they were made."""

from __future__ import annotations

import secrets
import threading
import time
import uuid

_COUNTER_BITS = 12
_COUNTER_LIMIT = 1 << _COUNTER_BITS
#: A clock that steps back further than this is believed; a smaller step keeps the order.
_BELIEVED_STEP_MS = 10_000

_lock = threading.Lock()
_last_ms = 0
_counter = 0


def _next_tick() -> tuple[int, int]:
    global _last_ms, _counter
    with _lock:
        now_ms = time.time_ns() // 1_000_000
        if now_ms > _last_ms or _last_ms - now_ms > _BELIEVED_STEP_MS:
            _last_ms, _counter = now_ms, secrets.randbelow(_COUNTER_LIMIT // 2)
        else:
            _counter += 1
            if _counter == _COUNTER_LIMIT:
                _last_ms, _counter = _last_ms + 1, 0
        return _last_ms, _counter


def uuid7() -> uuid.UUID:
    """A UUID version 7 (RFC 9562): milliseconds, a counter, 62 random bits.

    Ids made in one process are strictly increasing, also within one millisecond.
    """
    milliseconds, counter = _next_tick()
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= counter << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return uuid.UUID(int=value)
