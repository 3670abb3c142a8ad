"""Hundreds of open sockets in one process: the least a client can do, so that the server is what is measured."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from dataclasses import dataclass, field


@dataclass
class Heard:
    """What all sockets of one run heard."""

    delays: list[float] = field(default_factory=list)
    finals: list[set[bytes]] = field(default_factory=list)
    subscribed: int = 0
    slowest_final: float = 0.0


class Listener(asyncio.Protocol):
    """One socket: shakes hands, then reads unmasked text frames and notes when each came."""

    def __init__(self, heard: Heard, path: str, host: str, token: str) -> None:
        self.heard, self.path, self.host, self.token = heard, path, host, token
        self.buffer = b""
        self.open = False
        self.finals: set[bytes] = set()
        heard.finals.append(self.finals)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        bearer = f"Sec-WebSocket-Protocol: livinglytics, bearer.{self.token}\r\n" if self.token else ""
        transport.write(  # type: ignore[attr-defined]
            f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{bearer}\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.open:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.splitlines()[0]:
                raise RuntimeError(head.decode())
            self.open, self.buffer = True, rest
        now, place, whole = time.time(), 0, self.buffer
        while len(whole) - place >= 2:
            size, head_size = whole[place + 1] & 127, 2
            if size == 126:
                size, head_size = int.from_bytes(whole[place + 2 : place + 4]), 4
            end = place + head_size + size
            if len(whole) < end or len(whole) - place < head_size:
                break
            self.frame(whole[place + head_size : end], now)
            place = end
        self.buffer = whole[place:]

    def frame(self, body: bytes, now: float) -> None:
        """Take one message."""
        start = body.find(b'"t":')
        if start < 0:
            self.heard.subscribed += b'"subscribed"' in body
            return
        end = start + 4
        while body[end] in b"0123456789.e+":
            end += 1
        self.heard.delays.append(now - float(body[start + 4 : end]))
        if b'"status":"done"' in body:
            self.heard.slowest_final = max(self.heard.slowest_final, self.heard.delays[-1])
            key = body.find(b'"key":"')
            self.finals.add(body[key + 7 : body.find(b'"', key + 7)])


async def listen(port: int, path: str, token: str, count: int) -> tuple[Heard, list[asyncio.BaseTransport]]:
    """Open so many sockets, and wait until all of them said that they hear."""
    heard, opened = Heard(), []
    loop = asyncio.get_running_loop()
    host = f"127.0.0.1:{port}"
    for number in range(count):
        transport, _ = await loop.create_connection(lambda: Listener(heard, path, host, token), "127.0.0.1", port)
        opened.append(transport)
        if number % 25 == 24:
            await asyncio.sleep(0.05)
    for _ in range(400):
        if heard.subscribed >= count:
            break
        await asyncio.sleep(0.1)
    if heard.subscribed < count:
        raise RuntimeError(f"{heard.subscribed} of {count} sockets are subscribed on {path}")
    return heard, opened
