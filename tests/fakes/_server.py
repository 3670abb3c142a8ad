"""The ground all fake services stand on: a threaded HTTP server with scripted faults.

A fake subclasses :class:`FakeServer` and writes ``answer()``. Tests queue faults with
``script()``: each request takes one entry, ``None`` stands for a good answer, and an empty
queue means that everything works.
"""

from __future__ import annotations

import argparse
import json
import socket
import struct
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the fake saw it. ``query`` keeps the last value of a repeated name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over the wire."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json; charset=utf-8"


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer; ``Retry_After="2"`` becomes the header ``Retry-After: 2``."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(json.dumps(value).encode(), status, named)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. ``path`` limits it to requests whose path starts so."""

    kind: Literal["status", "truncated", "malformed", "html", "slow", "reset"]
    status: int = 200
    retry_after: str = ""
    seconds: float = 0.0
    path: str = ""


def limited(retry_after: str = "1") -> Fault:
    """429; short (``"1"``), long (``"3600"``), an HTTP date, or ``""`` for no header at all."""
    return Fault("status", status=429, retry_after=retry_after)


def down(status: int = 503, retry_after: str = "") -> Fault:
    return Fault("status", status=status, retry_after=retry_after)


TRUNCATED = Fault("truncated")
MALFORMED = Fault("malformed")
HTML = Fault("html")
RESET = Fault("reset")


def slow(seconds: float) -> Fault:
    """The good answer, after a wait that ends early when the server stops."""
    return Fault("slow", seconds=seconds)


class FakeServer:
    """A service on 127.0.0.1. Use it as a context manager; ``url`` is its address.

    ``requests`` counts all requests and ``hits`` those of each path; ``seen`` keeps the last
    thousand of them.
    """

    def __init__(self, port: int = 0) -> None:
        self.requests = 0
        self.hits: Counter[str] = Counter()
        self.seen: deque[Request] = deque(maxlen=1000)
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._script: deque[Fault | None] = deque()
        self._http = _Listener(("127.0.0.1", port), self)
        self._thread: threading.Thread | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def answer(self, request: Request) -> Answer:
        """The good answer. Fakes override this."""
        return json_answer({"error": "not found"}, 404)

    def script(self, *steps: Fault | None) -> None:
        """Queue what happens to the next requests, one entry each."""
        with self._lock:
            self._script.extend(steps)

    def heal(self) -> None:
        """Forget what was still to go wrong."""
        with self._lock:
            self._script.clear()

    def reset_counts(self) -> None:
        with self._lock:
            self.requests = 0
            self.hits.clear()
            self.seen.clear()

    def start(self) -> Self:
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def take(self, request: Request) -> Fault | None:
        """Count the request and take the fault that waits for it, if any."""
        with self._lock:
            self.requests += 1
            self.hits[request.path] += 1
            self.seen.append(request)
            if not self._script:
                return None
            first = self._script[0]
            if first is not None and not request.path.startswith(first.path):
                return None
            return self._script.popleft()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], fake: FakeServer) -> None:
        self.fake = fake
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the play, not news for the terminal."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    server: _Listener

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silence: tests read counts, not logs."""

    def do_GET(self) -> None:
        fake, request = self.server.fake, self._request()
        fault = fake.take(request)
        if fault is None:
            self._send(fake.answer(request))
        elif fault.kind == "reset":
            self._hang_up()
        elif fault.kind == "truncated":
            self._send(fake.answer(request), cut=True)
        elif fault.kind == "slow":
            fake.stopping.wait(fault.seconds)
            self._send(fake.answer(request))
        else:
            self._send(_broken(fault))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return Request(self.command, parts.path, query, dict(self.headers.items()), body)

    def _send(self, answer: Answer, cut: bool = False) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if cut:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
        self.wfile.flush()
        self.close_connection = cut or self.close_connection

    def _hang_up(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


def _broken(fault: Fault) -> Answer:
    if fault.kind == "malformed":
        return Answer(b'{"response": {"reviews": [}')
    if fault.kind == "html":
        page = b"<!doctype html><title>Just a moment</title><p>Checking your browser</p>"
        return Answer(page, kind="text/html; charset=utf-8")
    wait = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    return Answer(b'{"error": "scripted"}', fault.status, wait)


def serve(fake: FakeServer) -> None:
    """Run a fake in the foreground until Ctrl-C."""
    with fake:
        print(f"{type(fake).__name__} on {fake.url}", flush=True)
        try:
            fake.stopping.wait()
        except KeyboardInterrupt:
            return


def arguments(about: str) -> argparse.ArgumentParser:
    """The command line that all fakes share."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--port", type=int, default=0)
    return parser
