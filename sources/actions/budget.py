"""How often a run may ask: what all workers together may ask with one key, and what a project allows itself."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import limits
from redis.exceptions import RedisError

from accounts.counting import counter
from livinglytics.lib import clock
from livinglytics.lib.errors import RateLimited
from sources.connectors._base import Connector

log = logging.getLogger("livinglytics.jobs")
DAY: Final = 86_400
#: a wait that is longer is not sat out: the job is put back until its time has come
_LONGEST: Final = 60.0
_LEAST: Final = 0.05


@dataclass(frozen=True, slots=True)
class Share:
    """So many requests in so many seconds, counted under one key by all processes. ``spent``: what is said then."""

    key: str
    most: int
    seconds: int
    spent: str


@dataclass(slots=True)
class Budget:
    """Called before every request: counts it, waits while there is no room, keeps a distance between two.

    ``pause`` waits up to a minute and may raise to cancel. Raises RateLimited for a longer wait.
    """

    shares: tuple[Share, ...] = ()
    delay: float = 0.0
    pause: Callable[[float], None] = clock.sleep
    requests: int = 0
    _last: float = field(default=0.0, repr=False)
    _told: int = field(default=0, repr=False)

    def __call__(self) -> None:
        for share in self.shares:
            self._take(share)
        gap = self._last + self.delay - clock.monotonic()
        if self.delay and self._last and gap > 0:
            self.pause(gap)
        self._last = clock.monotonic()
        self.requests += 1

    def fresh(self) -> int:
        """Requests since this was asked last."""
        found, self._told = self.requests - self._told, self.requests
        return found

    def _take(self, share: Share) -> None:
        while True:
            try:
                usage = counter().count(share.key, share.most, share.seconds)
            except RedisError:
                log.warning("The budget can't be counted just now; the request passes.", exc_info=True)
                return
            if usage.allowed:
                return
            wait = max(_LEAST, usage.reset(share.seconds))
            if wait > _LONGEST:
                raise RateLimited(share.spent, retry_after=wait)
            self.pause(wait)


def budget_of(
    connector: Connector, secrets: Mapping[str, str], pause: Callable[[float], None], options: Mapping[str, object]
) -> Budget:
    """The budget of one run. ``options``: ``delay`` in seconds, ``requests_a_day`` of the ``project``."""
    delay, a_day, project = options.get("delay"), options.get("requests_a_day"), options.get("project")
    shares = _of_key(connector, secrets)
    if isinstance(a_day, int) and project:
        spent = f"The {a_day} requests a day that this project allows itself are used up. It goes on by itself."
        shares = (*shares, Share(f"project/{project}", a_day, DAY, spent))
    return Budget(shares, float(delay) if isinstance(delay, int | float) else 0.0, pause)


def _of_key(connector: Connector, secrets: Mapping[str, str]) -> tuple[Share, ...]:
    """What the connector says it may ask with one key; ``GITHUB_BUDGET=1000/hour`` says it for an installation."""
    name = f"{connector.key.upper()}_BUDGET"
    declared = os.environ.get(name, "").strip() or connector.budget
    found = []
    for text in declared.split(";") if declared else []:
        try:
            rate = limits.parse(text.strip())
        except ValueError:
            log.error("%s is no limit: %s. Write it like 1000/hour.", name, text)
            continue
        spent = f"The {rate.amount} requests that {connector.label} may be asked are used up. It goes on by itself."
        key = f"key/{_fingerprint(connector.key, secrets)}/{text.strip()}"
        found.append(Share(key, rate.amount, rate.get_expiry(), spent))
    return tuple(found)


def _fingerprint(kind: str, secrets: Mapping[str, str]) -> str:
    """The same for two sources with one key. Without any, the installation's address is what a service counts by."""
    if not secrets:
        return kind
    text = "\x00".join(f"{name}\x01{secrets[name]}" for name in sorted(secrets))
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
