"""Planted secrets go through everything and stand in plain text nowhere; keys can be changed."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from urllib.parse import quote

import pytest
import redis
from cryptography.fernet import Fernet

from tests.fakes._server import Answer, FakeServer, Request, json_answer
from tests.faults.servers import wait_until
from tests.faults.stock import app, pages
from tests.faults.test_backup import manage
from tests.faults.world import KEYS, World, Worlds, get

pytestmark = [pytest.mark.faults, pytest.mark.slow]
TOKEN = "planted-token-7f3b9e51c2d84a06"
PASSWORD = "planted password 41 tangerine"
WAYS = ("refused", "crash", "http", "quiet")


class Echo(FakeServer):
    """Says back what it was sent, as careless services do in their errors."""

    def answer(self, request: Request) -> Answer:
        told = {"you sent": dict(request.query), "and": dict(request.headers)}
        return json_answer(told, 403 if request.path == "/fail" else 200)


class Wire(threading.Thread):
    """Everything that goes through Redis: task messages, live messages, cache."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.seen: list[str] = []
        self._url = url

    def run(self) -> None:
        try:
            endless = redis.Redis.from_url(self._url, socket_timeout=None, encoding_errors="replace")
            with endless.monitor() as monitor:
                for one in monitor.listen():
                    self.seen.append(one["command"])
        except redis.ConnectionError:
            return


class Person:
    """Somebody with a browserless client."""

    def __init__(self, address: str) -> None:
        self._api, self.token = f"{address}/api/v1/", ""

    def ask(self, path: str, body: object = None, *, well: bool = True) -> dict[str, object]:
        more = {} if body is None else {"data": json.dumps(body).encode(), "method": "POST"}
        status, text = get(self._api + path, self.token, **more)
        assert (status < 300) is well, (path, status, text)
        answer: dict[str, object] = json.loads(text)
        return answer


def spellings(secret: str) -> set[str]:
    """The secret as it would look in an address, in JSON, or inside base64 at any of the three offsets."""
    raw = secret.encode()
    inside = {base64.b64encode(b"x" * pad + raw)[4 if pad else 0 : -4].decode() for pad in range(3)}
    return {secret, quote(secret, safe=""), quote(secret).replace("%20", "+"), raw.hex(), *inside}


def leaks(world: World, wire: Wire, secrets: dict[str, str]) -> dict[str, list[str]]:
    """Secret -> where it stands in plain text."""
    places = {file.name: file.read_text(errors="replace") for file in world.folder.glob("*.log")}
    places |= {"database": dump(world), "redis": "\n".join(wire.seen)}
    found = {
        name: [place for place, text in places.items() if any(one in text for one in spellings(secret))]
        for name, secret in secrets.items()
    }
    return {name: where for name, where in found.items() if where}


def dump(world: World) -> str:
    """The whole database as text."""
    if not world.postgres:
        with closing(sqlite3.connect(world.database_url.removeprefix("sqlite:///"))) as opened:
            return "\n".join(opened.iterdump())
    tool = shutil.which("pg_dump")
    assert tool is not None
    return subprocess.run([tool, world.database_url], capture_output=True, text=True, check=True).stdout


def live_through(world: World, address: str, place: str) -> dict[str, str]:
    """Sign up, sign in, make a token, connect sources that fail in every way; the secrets of all that."""
    person = Person(address)
    person.ask("auth/register", {"email": "p@example.com", "password": PASSWORD, "name": "P"})
    person.ask("auth/login", {"email": "p@example.com", "password": PASSWORD + "!"}, well=False)
    pair = person.ask("auth/login", {"email": "p@example.com", "password": PASSWORD})
    person.token = str(pair["access_token"])
    made = person.ask("api-tokens", {"name": "ci", "scopes": ["metrics.read"]})
    person.ask(f"no-such-thing?token={person.token}&password={quote(PASSWORD)}", well=False)
    for way in WAYS:
        config = {"way": way, "place": place, "token": TOKEN}
        if way == "refused":
            told = person.ask("sources", {"kind": "leaky", "config": config}, well=False)
            assert TOKEN not in json.dumps(told)
        person.ask("sources", {"kind": "leaky", "name": way, "config": config, "check": way != "refused"})
    wait_until(lambda: sum(world.statuses().get(one, 0) for one in ENDED) == len(WAYS), "ends of all runs", 60)
    for path in ("sources", "jobs", "audit-events", "api-tokens"):
        assert TOKEN not in json.dumps(person.ask(path))
    return {
        "source credential": TOKEN,
        "password": PASSWORD,
        "access token": person.token,
        "refresh token": str(pair["refresh_token"]),
        "API token": str(made["token"]),
    }


ENDED = ("succeeded", "failed", "partial")


def listen(world: World) -> Wire:
    """Begin to write down what goes through this world's Redis."""
    wire = Wire(world.redis.url if world.redis else "redis://127.0.0.1:1")
    wire.start()
    return wire


@pytest.mark.parametrize("vendor", ["postgresql", "sqlite"])
def test_planted_secrets_stand_in_plain_text_nowhere(worlds: Worlds, tell: Callable[[str], None], vendor: str) -> None:
    with Echo() as echo:
        world = worlds.on(vendor, ALLOWED_PRIVATE_HOSTS=echo.host, LOG_LEVEL="DEBUG")
        heard = listen(world)
        if world.postgres:
            world.worker(app="tests.faults.plugged")
            world.beat(app="tests.faults.plugged")
            _, address = world.server("tests.faults.plugged:application")
        else:
            up = world.start("up", "-m", "tests.faults.plugged_up")
            address = up.wait_for("Ctrl+C").partition("ready: ")[2].split()[0]
        secrets = live_through(world, address, echo.url)
        assert not world.redis or any("livinglytics.run_job" in one for one in heard.seen), "nothing was overheard"
        assert leaks(world, heard, secrets) == {}
        stock = stock_leaks(world, heard)
    tell(f"ours on {vendor}: {len(secrets)} secrets, {len(heard.seen)} commands to Redis, 0 plain occurrences")
    tell(f"stock: a token in a JSON setting and in a task's arguments is found in {stock}")


def stock_leaks(world: World, heard: Wire) -> dict[str, list[str]]:
    """What the search finds when a token is kept and sent the usual way: it can find something at all."""
    token = "stock-token-99aa77cc55ee33"
    world.act("keep_plainly", token=token)
    if world.redis is not None:
        with app.connection_for_write(world.redis.url) as broker:
            pages.apply_async(["/dev/null", token, 0, 0], connection=broker)
        wait_until(lambda: any("stock.pages" in one for one in heard.seen), "stock message", 10)
    found = leaks(world, heard, {"token": token})
    assert set(found["token"]) >= ({"database", "redis"} if world.redis else {"database"})
    return found


@pytest.mark.parametrize("vendor", ["postgresql", "sqlite"])
def test_after_a_change_of_keys_everything_opens_with_the_new_one_alone(
    worlds: Worlds, tell: Callable[[str], None], vendor: str
) -> None:
    old, new = KEYS["SEALING_KEYS"], Fernet.generate_key().decode()
    world = worlds.on(vendor)
    world.act("seal", secrets=[f"{TOKEN}-{number}" for number in range(250)])
    before = world.act("opened")

    def with_keys(*keys: str) -> World:
        world.close_actor()
        world.extra["SEALING_KEYS"] = ",".join(keys)
        return world

    assert "cannot be opened" in str(with_keys(new).act("opened")), "stock: a key that is simply replaced"
    said = manage(with_keys(new, old), "rotate_keys")
    assert with_keys(new, old).act("opened") == before
    assert with_keys(new).act("opened") == before
    assert "cannot be opened" in str(with_keys(old).act("opened"))
    tell(f"ours on {vendor}: {said.strip()} The old key is gone and {len(before)} secrets still open")
    tell("stock: without rotation the first one can't be opened any more")
