"""The bus between processes: one Redis channel per team, with a number and a short memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

import redis
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from accounts.fanout.local import RING, after, first_number
from accounts.fanout.mailbox import Sent

log = logging.getLogger("livinglytics.live")

#: number, remember and publish in one step, so that numbers reach every process in order
PUBLISH: Final = """
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SET', KEYS[1], ARGV[1]) end
local seq = string.format('%.0f', redis.call('INCR', KEYS[1]))
local whole = seq .. ARGV[2] .. '{"seq":' .. seq .. ',' .. ARGV[3]
redis.call('RPUSH', KEYS[2], whole)
redis.call('LTRIM', KEYS[2], -tonumber(ARGV[4]), -1)
redis.call('EXPIRE', KEYS[1], 86400)
redis.call('EXPIRE', KEYS[2], 3600)
redis.call('PUBLISH', KEYS[3], whole)
return seq
"""
_IDLE: Final = "ll:live:idle"


def names(team: str) -> tuple[str, str, str]:
    """The team's counter, memory and channel; the braces keep them on one server of a cluster."""
    base = f"ll:live:{{{team}}}"
    return f"{base}:seq", f"{base}:ring", base


def parse(payload: bytes) -> Sent:
    """A message as it travels: number, key and topic on the first line, then the JSON."""
    head, _, text = payload.decode().partition("\n")
    seq, key, topic = head.split("\x1f")
    return Sent(int(seq), key, topic, text)


class SharedBus:
    """The publishing side, for any thread of any process."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        self._publish = self._redis.register_script(PUBLISH)

    def publish(self, team: str, *, key: str, topic: str, body: str) -> None:
        """Send the message; when Redis is away it is lost and pages catch up from the rows."""
        head = f"\x1f{key}\x1f{topic}\n"
        try:
            self._publish(keys=names(team), args=[first_number(), head, body[1:], RING])
        except RedisError as error:
            log.warning("A live message was not sent: %s", error)


class SharedFeed:
    """The receiving side of one process: a single connection that subscribes to the teams with open pages.

    Numbers without gaps tell when something was missed; it is then read from the team's memory, and
    when that no longer reaches back far enough, ``lost`` is called.
    """

    def __init__(self, url: str, deliver: Callable[[str, Sent], None], lost: Callable[[str], None]) -> None:
        self._redis: Any = redis.asyncio.Redis.from_url(
            url, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0), health_check_interval=0
        )
        self._deliver = deliver
        self._lost = lost
        self._positions: dict[str, int] = {}
        self._pubsub: Any = None
        self._reader: asyncio.Task[None] | None = None

    async def open(self, team: str) -> None:
        """Begin to receive the team's messages."""
        try:
            self._positions[team] = await self._number(team)
            if self._reader is None:
                await self._connect()
                self._reader = asyncio.create_task(self._read(), name="live-feed")
            elif self._pubsub is not None:
                await self._pubsub.subscribe(names(team)[2])
        except (RedisError, OSError) as error:
            self._positions.setdefault(team, 0)
            log.warning("Live updates wait for Redis: %s", error)
            self._reader = self._reader or asyncio.create_task(self._read(), name="live-feed")

    async def close(self, team: str) -> None:
        """Stop receiving the team's messages."""
        self._positions.pop(team, None)
        if self._pubsub is not None:
            try:
                await self._pubsub.unsubscribe(names(team)[2])
            except (RedisError, OSError):
                self._pubsub = None

    async def stop(self) -> None:
        """End the connection."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])
        await self._redis.aclose()

    def position(self, team: str) -> int:
        return self._positions.get(team, 0)

    async def since(self, team: str, seq: int) -> list[Sent] | None:
        """The messages after number ``seq``, or None when some of them are gone or Redis is away."""
        try:
            return await self._since(team, seq)
        except (RedisError, OSError):
            return None

    async def _since(self, team: str, seq: int) -> list[Sent] | None:
        counter, ring, _ = names(team)
        async with self._redis.pipeline(transaction=True) as pipe:
            newest, payloads = await pipe.get(counter).lrange(ring, 0, -1).execute()
        return after([parse(payload) for payload in payloads], seq, newest=int(newest or 0))

    async def _number(self, team: str) -> int:
        counter = names(team)[0]
        await self._redis.set(counter, first_number(), nx=True, ex=86_400)
        return int(await self._redis.get(counter) or 0)

    async def _connect(self) -> None:
        # the idle channel keeps the connection subscribed when no page is open
        self._pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
        await self._pubsub.subscribe(_IDLE, *(names(team)[2] for team in self._positions))

    async def _read(self) -> None:
        pause = 0.1
        while True:
            try:
                if self._pubsub is None:
                    await self._connect()
                    for team in list(self._positions):
                        await self._catch_up(team)
                message = await self._pubsub.get_message(timeout=30)
                if message and message["type"] == "message":
                    await self._arrived(message["channel"].decode()[len("ll:live:{") : -1], parse(message["data"]))
                pause = 0.1
            except (RedisError, OSError) as error:
                log.warning("Live updates wait for Redis: %s", error)
                self._pubsub = None
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)

    async def _arrived(self, team: str, sent: Sent) -> None:
        position = self._positions.get(team)
        if position is None:
            return
        if sent.seq > position + 1:
            await self._catch_up(team)
        if sent.seq > self._positions.get(team, sent.seq):
            self._hand_on(team, sent)

    async def _catch_up(self, team: str) -> None:
        missed = await self._since(team, self._positions.get(team, 0))
        if missed is None:
            self._lost(team)
            return
        for sent in missed:
            self._hand_on(team, sent)

    def _hand_on(self, team: str, sent: Sent) -> None:
        if team in self._positions:
            self._positions[team] = sent.seq
            self._deliver(team, sent)
