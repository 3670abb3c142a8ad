"""Two real web processes as production runs them, on the tests' own database."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.live.conftest import database_url, free_port

ROOT = Path(__file__).resolve().parents[2]
CAP = 50_000_000


@dataclass(frozen=True)
class Reply:
    """An answer, and how many seconds of a processor the process and its children worked for it."""

    status: int
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Web:
    """One web process with its children."""

    port: int
    process: subprocess.Popen[bytes]

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """One request on a connection of its own. A refusal before the body is read counts too."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict | list):
            body, given["Content-Type"] = json.dumps(body).encode(), "application/json"
        before = self.worked()
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                link.request(method, path, body, given)
            answer = link.getresponse()
            return Reply(answer.status, answer.read(), self.worked() - before)
        finally:
            link.close()

    def worked(self) -> float:
        """Seconds of a processor so far: a busy machine does not change what a request costs."""
        return sum(_worked(pid) for pid in _family(self.process.pid))

    def resident(self) -> int:
        """Bytes of memory of the process and its children."""
        return sum(_resident(pid) for pid in _family(self.process.pid))

    @contextlib.contextmanager
    def grown(self) -> Iterator[list[int]]:
        """Measures how much memory grows at most meanwhile; the list gets one number."""
        told: list[int] = []
        before, most, over = self.resident(), 0, threading.Event()

        def watch() -> None:
            nonlocal most
            while not over.wait(0.005):
                most = max(most, self.resident() - before)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield told
        finally:
            over.set()
            watcher.join()
            told.append(most)


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _worked(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def start_web(folder: Path) -> Web:
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "SEALING_KEYS": ",".join(settings.SEALING_KEYS),
        "DATA_DIR": str(folder),
        "MAX_UPLOAD_BYTES": str(CAP),
        "LIVINGLYTICS_ROLE": "web",
        **{f"RATE_LIMIT_{name.upper()}": "1000000/minute" for name in settings.RATE_LIMITS},
    }
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command = [sys.executable, "-m", "granian", *options, "--blocking-threads", "4", "livinglytics.wsgi:application"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    web = Web(port, process)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if web.send("GET", "/health/live").status == 200:
                return web
        except OSError:
            assert process.poll() is None, "the web process ended"
            time.sleep(0.1)
    process.kill()
    raise AssertionError("the web process did not answer")


def stop_web(web: Web) -> None:
    web.process.terminate()
    try:
        web.process.wait(10)
    except subprocess.TimeoutExpired:
        web.process.kill()
