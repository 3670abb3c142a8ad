"""The socket: says who it is, says what it wants to hear, hears it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import parse_qs

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from accounts import gate, live
from accounts.fanout.mailbox import Mailbox
from accounts.fanout.rounds import Rounds
from livinglytics.lib import clock

MAX_FRAME: Final = 65_536
MAX_PER_SECOND: Final = 50
SECONDS_TO_AUTHENTICATE: Final = 10.0

NOT_SIGNED_IN, NOT_ALLOWED, TOO_MANY, TOO_BIG = 4001, 4003, 4008, 1009
#: fields that narrow a topic to one object
NARROWED: Final = {"project_id": "jobs", "task_id": "tasks"}


class LiveConsumer(AsyncWebsocketConsumer):
    """One open page or program. See ``docs/api.md``, Sockets."""

    channel_layer_alias = "none"

    async def connect(self) -> None:
        """Check the origin, accept, and let in whoever can already be recognised."""
        self.mailbox = Mailbox()
        self.passed: gate.Pass | None = None
        self.tasks: list[asyncio.Task[None]] = []
        self.second, self.heard = 0, 0
        headers = dict(self.scope["headers"])
        query = self.scope["query_string"]
        if not gate.origin_allowed(headers):
            await self.close(NOT_ALLOWED)
            return
        token, subprotocol = gate.offered(self.scope["subprotocols"])
        await self.accept(subprotocol)
        if gate.token_in_address(query):
            text = "Don't put a token into the address: send it in an authenticate message, and make a new one."
            await self._end(NOT_SIGNED_IN, "token_in_url", text)
            return
        self.team = parse_qs(query.decode("latin-1")).get("team", [""])[0]
        self.tasks.append(asyncio.create_task(self._write(), name="live-writer"))
        await self._recognise(token, headers)

    async def _recognise(self, token: str, headers: dict[bytes, bytes]) -> None:
        if token:
            await self._authenticate({"token": token})
            return
        passed = await database_sync_to_async(gate.by_session)(headers, self.team)
        if passed is not None:
            await self._enter(passed)
        else:
            self.tasks.append(asyncio.create_task(self._wait_for_authentication(), name="live-patience"))

    async def disconnect(self, code: int) -> None:
        """Forget the page."""
        await self._leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One message from the page: an object with a ``type`` (or ``action``)."""
        raw = text_data if text_data is not None else bytes_data
        if raw is None or len(raw) > MAX_FRAME:
            await self._end(TOO_BIG, "too_large", f"A message may be at most {MAX_FRAME} bytes.")
            return
        if self._too_fast():
            await self._end(TOO_MANY, "rate_limited", f"At most {MAX_PER_SECOND} messages a second.")
            return
        try:
            message = orjson.loads(raw)
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict):
            await self._error("invalid_json", 'Send a JSON object, for example {"type": "ping"}.')
            return
        await self._act(message)

    async def _act(self, message: dict[str, Any]) -> None:
        kind = str(message.get("type") or message.get("action") or "")
        actions: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "ping": self._ping,
            "authenticate": self._authenticate,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "since": self._since,
        }
        if kind not in actions and kind not in gate.questions():
            known = sorted({*actions, *gate.questions()})
            await self._error("unknown_type", f"Choose a type out of {', '.join(known)}.")
        elif self.passed is None and kind not in {"ping", "authenticate"}:
            await self._error("not_authenticated", 'Send {"type": "authenticate", "token": "…"} first.')
        elif kind in actions:
            await actions[kind](message)
        else:
            await self._say(await database_sync_to_async(gate.answer)(self.passed, message, kind))

    # --- what a page can ask for ----------------------------------------------------------

    async def _ping(self, message: dict[str, Any]) -> None:
        await self._say({"type": "pong", "timestamp": clock.now().isoformat()})

    async def _authenticate(self, message: dict[str, Any]) -> None:
        token, team = str(message.get("token") or ""), str(message.get("team") or self.team)
        passed = await database_sync_to_async(gate.by_token)(token, team) if token else None
        if passed is None:
            await self._end(NOT_SIGNED_IN, "not_authenticated", "The token is unknown, spent or expired.")
        elif self.passed is not None and self.passed.team_id != passed.team_id:
            await self._end(NOT_ALLOWED, "other_team", "Open another socket for another team.")
        else:
            await self._enter(passed)

    async def _subscribe(self, message: dict[str, Any]) -> None:
        wanted = await self._wanted(message)
        if not wanted or self.passed is None:
            return
        if self.passed in await ended_passes({self.passed}):
            await self._show_out()
            return
        self.mailbox.topics |= wanted
        await self._say({"type": "subscribed", **self._echo(message), "seq": self.mailbox.seen})

    async def _unsubscribe(self, message: dict[str, Any]) -> None:
        wanted = await self._wanted(message)
        if wanted:
            self.mailbox.topics -= wanted
            await self._say({"type": "unsubscribed", **self._echo(message)})

    async def _since(self, message: dict[str, Any]) -> None:
        seq = message.get("seq")
        if not isinstance(seq, int) or isinstance(seq, bool):
            await self._error("invalid", "seq must be the number of the last message you have.")
        elif self.passed is not None:
            await live.hub().replay(str(self.passed.team_id), self.mailbox, seq)

    async def _wanted(self, message: dict[str, Any]) -> set[str]:
        """The topics a message asks for; nothing after telling the page why not."""
        narrowed = next((name for name in NARROWED if name in message), "")
        topic = NARROWED.get(narrowed) or str(message.get("topic") or "all")
        heard = {one for one in gate.PERMISSIONS if self.passed and self.passed.may_hear(one)}
        if topic == "all":
            return {f"{one}:*" for one in heard}
        if topic not in gate.PERMISSIONS:
            await self._error("not_found", f"Choose a topic out of all, {', '.join(sorted(gate.PERMISSIONS))}.")
        elif topic not in heard:
            await self._error("forbidden", f"This API token lacks the scope {gate.PERMISSIONS[topic]}.")
        elif not narrowed or message[narrowed] == "all":
            return {f"{topic}:*"}
        elif await self._owns(topic, str(message[narrowed])):
            return {f"{topic}:{message[narrowed]}"}
        else:
            await self._error("not_found", "There is nothing with this id in your team.")
        return set()

    async def _owns(self, topic: str, object_id: str) -> bool:
        passed = self.passed
        return passed is not None and await database_sync_to_async(gate.owns)(passed.team_id, topic, object_id)

    # --- coming and going -----------------------------------------------------------------

    async def _enter(self, passed: gate.Pass) -> None:
        again, self.passed = self.passed is not None, passed
        rounds().add(self._show_out, passed)
        team = str(passed.team_id)
        seq = self.mailbox.seen if again else await live.hub().join(team, self.mailbox)
        await self._say({"type": "connected", "team_id": team, "seq": seq, "timestamp": clock.now().isoformat()})
        # an address such as /ws/jobs/ID/ or /ws/metrics/ says at once what the page wants to hear
        from_address = self.scope["url_route"]["kwargs"]
        if from_address and not again:
            await self._subscribe(from_address)

    async def _wait_for_authentication(self) -> None:
        await asyncio.sleep(SECONDS_TO_AUTHENTICATE)
        if self.passed is None:
            await self._end(NOT_SIGNED_IN, "not_authenticated", "Sign in, or send a token first.")

    async def _show_out(self) -> None:
        await self._end(NOT_SIGNED_IN, "access_ended", "You are signed out, or no longer a member of this team.")

    async def _end(self, code: int, error: str, text: str) -> None:
        await self._leave()
        with contextlib.suppress(OSError, RuntimeError):
            await self._error(error, text)
            await self.close(code)

    async def _leave(self) -> None:
        for task in self.tasks:
            if task is not asyncio.current_task():
                task.cancel()
        rounds().drop(self._show_out)
        if self.passed is not None:
            team, self.passed = str(self.passed.team_id), None
            await live.hub().leave(team, self.mailbox)

    # --- writing --------------------------------------------------------------------------

    async def _write(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            while True:
                for text in await self.mailbox.drain():
                    await self.base_send({"type": "websocket.send", "text": text})

    async def _say(self, message: dict[str, Any]) -> None:
        await self.base_send({"type": "websocket.send", "text": orjson.dumps(message, default=str).decode()})

    async def _error(self, code: str, text: str) -> None:
        await self._say({"type": "error", "code": code, "message": text})

    def _echo(self, message: dict[str, Any]) -> dict[str, Any]:
        found = {name: message[name] for name in NARROWED if name in message}
        return found or {"topic": message.get("topic") or "all"}

    def _too_fast(self) -> bool:
        second = int(clock.monotonic())
        self.second, self.heard = second, (self.heard + 1 if second == self.second else 1)
        return self.heard > MAX_PER_SECOND


async def ended_passes(passes: set[gate.Pass]) -> set[gate.Pass]:
    """``gate.ended`` in a thread of its own."""
    found: set[gate.Pass] = await database_sync_to_async(gate.ended)(passes)
    return found


def rounds() -> Rounds:
    """The round over the open sockets of this event loop."""
    loop = asyncio.get_running_loop()
    for gone in [other for other in _rounds if other.is_closed()]:
        del _rounds[gone]
    return _rounds.setdefault(loop, Rounds(ended_passes))


_rounds: dict[asyncio.AbstractEventLoop, Rounds] = {}
