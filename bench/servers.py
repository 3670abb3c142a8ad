"""Server processes pinned to one core, and wrk on another."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import backends, tree_cpu
from bench.places import ROOT

BIN = Path(sys.executable).parent


def free_port() -> int:
    """A port nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pinned(core: int) -> list[str]:
    """Words before a command that keep it on one core; none where there is only one."""
    return ["taskset", "-c", str(core)] if (os.cpu_count() or 1) > 1 and shutil.which("taskset") else []


def granian(kind: str, app: str) -> list[str]:
    """One process of granian."""
    threads = ["--blocking-threads", "8"] if kind == "wsgi" else []
    return [str(BIN / "granian"), "--interface", kind, "--workers", "1", *threads, "--no-ws", "--log-level", "error",
            "--host", "127.0.0.1", "--port", "{port}", app]  # fmt: skip


def uvicorn(app: str) -> list[str]:
    """One process of uvicorn."""
    return [str(BIN / "uvicorn"), "--host", "127.0.0.1", "--port", "{port}", "--log-level", "error", app]


@dataclass
class Served:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def serving(command: list[str], env: dict[str, str] | None = None, *, core: int = 0) -> Iterator[Served]:
    """Start a server, wait until it answers, stop it."""
    port = free_port()
    words = [*pinned(core), *(word.format(port=port) for word in command)]
    process = subprocess.Popen(words, cwd=ROOT, env={**os.environ, **(env or {})})
    try:
        _wait(port, process)
        yield Served(process, port)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{process.args} does not answer")


@dataclass(frozen=True)
class Load:
    """What a few seconds of requests gave."""

    per_second: float
    p50: float
    server_cpu: float
    database_cpu: float

    @property
    def cpu(self) -> float:
        return self.server_cpu + self.database_cpu


def load(served: Served, path: str, *, token: str = "", seconds: int = 3, script: Path | None = None) -> Load:
    """wrk with 16 connections; CPU in milliseconds per request."""
    header = ["-H", f"Authorization: Bearer {token}"] if token else []
    lua = ["-s", str(script)] if script else []
    command = [*pinned(1), "wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", *header, *lua, served.url(path)]
    server, database = tree_cpu(served.process.pid), backends()
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    server, database = tree_cpu(served.process.pid) - server, backends() - database
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    if bad:
        raise RuntimeError(f"{bad[1]} refused: {served.url(path)}\n{_first_answer(served, path, token)}")
    count = max(int(re.search(r"(\d+) requests in", out)[1]), 1)
    p50 = re.search(r"50%\s+([\d.]+)(us|ms|s)", out)
    scale = {"us": 1e-3, "ms": 1.0, "s": 1e3}[p50[2]]
    return Load(
        float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), float(p50[1]) * scale,
        server / count * 1e3, database / count * 1e3,
    )  # fmt: skip


def _first_answer(served: Served, path: str, token: str) -> str:
    request = urllib.request.Request(served.url(path), headers={"Authorization": f"Bearer {token}"})
    try:
        return urllib.request.urlopen(request, timeout=5).read(300).decode()
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read(300).decode()}"
