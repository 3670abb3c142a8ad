"""A real server process on the tests' own database, and people who connect to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
import websockets
from django.conf import settings
from django.db import connection
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import ApiToken, RefreshFamily, Team, User
from livinglytics.lib.secrets import hash_token

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "0191d0c0-0000-7000-8000-000000000001"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """The tests' database, as another process opens it."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


@dataclass
class Stage:
    """One server process."""

    port: int
    process: subprocess.Popen[bytes]

    def push(self, team: Team, *messages: dict[str, Any]) -> None:
        """Let the server process push these messages to the team, in order."""
        body = orjson.dumps({"team": str(team.pk), "messages": messages})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", body, timeout=20) as answer:
            assert answer.read() == b"ok"

    async def apush(self, team: Team, *messages: dict[str, Any]) -> None:
        await asyncio.to_thread(self.push, team, *messages)

    @asynccontextmanager
    async def visit(self, path: str = "/ws/", **how: Any) -> AsyncIterator[Page]:
        """Open a socket; cookies and other headers by ``additional_headers``."""
        how.setdefault("origin", f"http://127.0.0.1:{self.port}")
        async with websockets.connect(f"ws://127.0.0.1:{self.port}{path}", max_size=None, **how) as opened:
            yield Page(opened)


@dataclass
class Page:
    """A socket as a test sees it."""

    socket: Any
    got: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, **message: Any) -> None:
        await self.socket.send(orjson.dumps(message).decode())

    async def hear(self, kind: str, seconds: float = 5) -> dict[str, Any]:
        """The next message of this type; others on the way are kept in ``got``."""
        async with asyncio.timeout(seconds):
            while True:
                message: dict[str, Any] = orjson.loads(await self.socket.recv())
                self.got.append(message)
                if message["type"] == kind:
                    return message

    async def subscribe(self, **what: Any) -> dict[str, Any]:
        await self.say(type="subscribe", **what)
        return await self.hear("subscribed")

    async def closed(self, seconds: float = 5) -> int:
        """Wait for the server to close, and answer the code."""
        with contextlib.suppress(websockets.ConnectionClosed):
            await self._rest(seconds)
        return int(self.socket.close_code)

    async def _rest(self, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            async for text in self.socket:
                self.got.append(orjson.loads(text))


def start_stage(redis_url: str = "") -> Stage:
    port = free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "livinglytics.settings",
        "DATABASE_URL": database_url(),
        "REDIS_URL": redis_url,
        "SECRET_KEY": settings.SECRET_KEY,
        "SEALING_KEYS": ",".join(settings.SEALING_KEYS),
        "PYTHONPATH": str(ROOT),
    }
    options = ["--lifespan", "off", "--log-level", "warning", "--ws-max-size", "65536"]
    command = [sys.executable, "-m", "uvicorn", "tests.live.stage:application", "--port", str(port), *options]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", b"{}", timeout=5).close()
        except OSError:
            assert process.poll() is None, "the server process ended"
            time.sleep(0.05)
        else:
            return Stage(port, process)
    process.kill()
    raise AssertionError("the server process did not answer")


def stop_stage(stage: Stage) -> None:
    stage.process.send_signal(signal.SIGTERM)
    try:
        stage.process.wait(10)
    except subprocess.TimeoutExpired:
        stage.process.kill()


@pytest.fixture(scope="session")
def _one_stage(django_db_setup: None) -> Iterator[Stage]:
    stage = start_stage(settings.REDIS_URL)
    yield stage
    stop_stage(stage)


@pytest.fixture
def stage(_one_stage: Stage, transactional_db: None) -> Stage:
    return _one_stage


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """A Redis of the test's own: its address, how to start it, how to kill it."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        running.append(subprocess.Popen([binary, *options, "--dir", str(tmp_path)], stdout=subprocess.DEVNULL))
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("redis-server did not answer")

    def kill() -> None:
        while running:
            running[-1].kill()
            running.pop().wait()

    start()
    yield f"redis://127.0.0.1:{port}/0", start, kill
    kill()


def cookie_of(user: User) -> dict[str, str]:
    """The Cookie header of a browser in which this person is signed in."""
    client = Client()
    client.force_login(user)
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}


def access_token(user: User) -> str:
    """A signed access token of a new sign-in."""
    family = RefreshFamily.objects.create(user=user)
    token = AccessToken()
    token["sub"], token["fam"], token["tv"] = str(user.pk), str(family.pk), user.token_version
    return str(token)


def api_token(team: Team, by: User, *scopes: str) -> str:
    """A team's own token."""
    raw = f"ll_{os.urandom(16).hex()}"
    ApiToken.objects.create(
        team=team, name="test", prefix=raw[:8], digest=hash_token(raw), scopes=list(scopes), created_by=by
    )
    return raw
