"""A real web server on loopback whose pages a test writes, and a canary that must never be called."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from livinglytics.lib.http import Client, Limits


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Floor 0 knows no cache and no database, so there is nothing to forget."""


@dataclass
class Web:
    """``pages``: path -> what answers it; ``seen``: (method, path, headers, body) of every request."""

    port: int = 0
    pages: dict[str, Callable[[http.server.BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.place}{path}"

    def answer(self, path: str, *answers: tuple[int, dict[str, str], bytes]) -> None:
        """The answers in turn; the last one stays."""
        left = list(answers)

        def page(handler: http.server.BaseHTTPRequestHandler) -> None:
            status, headers, body = left.pop(0) if len(left) > 1 else left[0]
            reply(handler, status, headers, body)

        self.pages[path] = page


def reply(handler: http.server.BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
    handler.send_response(status)
    for name, value in {"content-length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def web() -> Iterator[Web]:
    here = Web()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None: ...

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            path = self.path.partition("?")[0]
            here.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            page = here.pages.get(path)
            if page is None:
                reply(self, 404, {}, b"nothing here")
            else:
                page(self)

        def do_POST(self) -> None:
            self.do_GET()

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None: ...

    server = Quiet(("127.0.0.1", 0), Handler)
    here.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield here
    server.shutdown()
    server.server_close()


@dataclass
class Canary:
    port: int
    calls: int = 0


@pytest.fixture
def canary() -> Iterator[Canary]:
    """Listens on every IPv4 and IPv6 address of this machine and counts who connects."""
    listeners = [socket.create_server(("0.0.0.0", 0))]
    bird = Canary(listeners[0].getsockname()[1])
    if socket.has_dualstack_ipv6():
        listeners.append(socket.create_server(("::", bird.port), family=socket.AF_INET6))

    def count(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            bird.calls += 1
            connection.close()

    for listener in listeners:
        threading.Thread(target=count, args=(listener,), daemon=True).start()
    yield bird
    time.sleep(0.05)
    for listener in listeners:
        listener.close()


class Waits:
    """Stands in for sleeping: remembers how long it should have taken."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def client(web: Web, waits: Waits) -> Client:
    return Client(allow_private=frozenset({web.place}), wait=waits, limits=Limits(connect=2, read=2, total=5))
