"""A PostgreSQL cluster and a Redis of the tests' own: they may be killed, nobody else uses them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

AS_POSTGRES = ("runuser", "-u", "postgres", "--") if os.name == "posix" and os.geteuid() == 0 else ()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(found: Callable[[], Any], what: str, seconds: float = 30, every: float = 0.03) -> Any:
    """Ask until the answer is true; the answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(every)
    raise AssertionError(f"no {what} in {seconds} s")


def postgres_binaries() -> Path:
    """The newest installation's programs; skips the test where there is none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: [int(n) for n in re.findall(r"\d+", str(one))]
    )
    if not found and (on_path := shutil.which("initdb")):
        found = [Path(on_path)]
    if not found:
        pytest.skip("PostgreSQL's server programs are not installed")
    return found[-1].parent


class Postgres:
    """One cluster; ``url(name)`` is the address of one of its databases."""

    def __init__(self) -> None:
        self.bin = postgres_binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="ll-faults-pg-"))
        if AS_POSTGRES:
            shutil.chown(self.folder, "postgres", "postgres")
        self.port = free_port()
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._run("initdb", "-D", str(self.folder / "data"), *options)
        self.start()

    def start(self) -> None:
        """No fsync: a killed server keeps what the system's cache holds, only a power cut would not."""
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._control("start", "-w", "-l", str(self.folder / "log"), "-o", f"{settings} -c max_connections=100")

    def kill(self) -> None:
        """End as after a crash: nothing is written out, every connection is cut."""
        self._control("stop", "-m", "immediate")

    def close(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str = "postgres") -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def administer(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as admin:
            admin.execute(statement)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-s", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*AS_POSTGRES, str(self.bin / program), *arguments]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


class Redis:
    """One server without memory: after ``kill`` and ``start`` it is empty."""

    def __init__(self) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            pytest.skip("redis-server is not installed")
        self._binary, self.port = binary, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "/tmp"]
        self._process = subprocess.Popen([self._binary, *options], stdout=subprocess.DEVNULL)
        wait_until(self._answers, "redis-server", 10)

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A running cluster, gone afterwards."""
    one = Postgres()
    try:
        yield one
    finally:
        one.close()
