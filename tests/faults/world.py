"""What a fault test plays on: a world of its own with real processes that can be killed and frozen."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from cryptography.fernet import Fernet

from tests.fakes._server import Answer, Fault, Request
from tests.fakes.steam import REVIEWS, SteamFake
from tests.faults.servers import Postgres, Redis, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
#: seconds a worker owns a job here
LEASE = 3
#: what may pass between the end of a lease and the next worker's claim
RESUME_WITHIN = LEASE + 5
#: polling, starting and a machine that is busy with other things
SLACK = 1.0
_UNWANTED = {"DATABASE_URL", "REDIS_URL", "LIVINGLYTICS_ROLE", "DATA_DIR", "REDIS_URL_FILE"}


class Steam(SteamFake):
    """A Steam that takes its time for every page of reviews, and can hold one page back."""

    def __init__(self, *, reviews: int, seconds: float = 0.0) -> None:
        super().__init__(reviews=reviews, until=1_760_000_000)
        self.seconds = seconds
        self.hold_at = 0
        self.held, self.release = threading.Event(), threading.Event()

    def take(self, request: Request) -> Fault | None:
        fault = super().take(request)
        if fault is None and self.seconds and request.path.rstrip("/") == REVIEWS:
            return Fault("slow", seconds=self.seconds)
        return fault

    def answer(self, request: Request) -> Answer:
        if self.hold_at and self.requests >= self.hold_at:
            self.hold_at = 0
            self.held.set()
            self.release.wait(60)
        return super().answer(request)


@dataclass
class Process:
    """A started process with its whole group, and what it said."""

    popen: subprocess.Popen[bytes]
    said: Path

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def text(self) -> str:
        return self.said.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, words: str, seconds: float = 40) -> str:
        """Wait until it has said this."""

        def look() -> bool:
            assert self.popen.poll() is None or words in self.text, f"it ended: {self.text}"
            return words in self.text

        wait_until(look, f"“{words}”", seconds)
        return self.text

    def signal(self, number: int) -> None:
        """To the process and all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """As a power cut does: the whole group, at once."""
        self.signal(signal.SIGKILL)
        self.popen.wait()


class Actor:
    """A process of the product that does what a test asks, by name (``tests/faults/stage.py``)."""

    def __init__(self, world: World) -> None:
        self.said = world.folder / "actor.log"
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.stage"],
            cwd=ROOT,
            env=world.environment | {"LIVINGLYTICS_ROLE": "worker"},  # no pool: it forks
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.said.open("ab"),
            text=True,
            start_new_session=True,
        )

    def __call__(self, name: str, /, **arguments: Any) -> Any:
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._popen.stdin.write(json.dumps([name, arguments]) + "\n")
        self._popen.stdin.flush()
        line = self._popen.stdout.readline()
        assert line, f"the actor ended: {self.said.read_text()}"
        ok, answer = json.loads(line)
        assert ok, answer
        return answer

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()


@dataclass(frozen=True)
class Job:
    """What a job's row says; ``pid`` is the process that holds it."""

    status: str
    fence: int
    attempt: int
    pid: int
    done: int
    counts: dict[str, int]
    error: str

    @property
    def pages(self) -> int:
        return self.counts.get("pages", 0)


@dataclass
class World:
    """One database, one folder, one environment; ``start`` brings real processes into it."""

    folder: Path
    database_url: str
    redis: Redis | None = None
    extra: dict[str, str] = field(default_factory=dict)
    running: list[Process] = field(default_factory=list)
    _actor: Actor | None = None

    @property
    def postgres(self) -> bool:
        return self.database_url.startswith("postgres")

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if name not in _UNWANTED}
        own = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis.url if self.redis else "",
            "DATA_DIR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "livinglytics.settings",
            "JOB_LEASE_SECONDS": str(LEASE),
            "DEMO_ENABLED": "0",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(ROOT),
        }
        return kept | own | KEYS | self.extra

    def act(self, name: str, /, **arguments: Any) -> Any:
        """Let the product do something in this world; see ``tests/faults/stage.py``."""
        if self._actor is None:
            self._actor = Actor(self)
        return self._actor(name, **arguments)

    def start(self, name: str, *command: str, **environment: str) -> Process:
        """Start a program as a group of its own."""
        said = self.folder / f"{name}-{len(self.running)}.log"
        popen = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=said.open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.running.append(Process(popen, said))
        return self.running[-1]

    def worker(
        self, name: str = "one", *, concurrency: int = 2, app: str = "livinglytics", **environment: str
    ) -> Process:
        """A Celery worker as in production, ready for messages."""
        options = ["--pool=prefork", f"--concurrency={concurrency}", "--without-gossip", "--without-mingle"]
        command = ["-m", "celery", f"--app={app}", "worker", f"--hostname={name}@%h", "--loglevel=INFO", *options]
        one = self.start(f"worker-{name}", *command, LIVINGLYTICS_ROLE="worker", **environment)
        one.wait_for(" ready.")
        return one

    def beat(self, *, app: str = "livinglytics") -> Process:
        """Celery beat as in production."""
        command = ["-m", "celery", f"--app={app}", "beat", "--scheduler=celery.beat:Scheduler", "--max-interval=5"]
        one = self.start("beat", *command, "--loglevel=INFO", LIVINGLYTICS_ROLE="worker")
        one.wait_for("beat: Starting")
        return one

    def server(self, app: str = "") -> tuple[Process, str]:
        """A web process as in production, answering, and its address; with ``app`` it serves sockets too."""
        port = free_port()
        if app:
            options = ["--port", str(port), "--lifespan=off", "--no-access-log"]
            one = self.start("server", "-m", "uvicorn", app, *options)
        else:
            options = ["--interface=wsgi", "--host=127.0.0.1", f"--port={port}", "--blocking-threads=2"]
            granian = ["-m", "granian", *options, "livinglytics.wsgi:application"]
            one = self.start("server", *granian, LIVINGLYTICS_ROLE="web")
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: get(f"{address}/health/live")[0] == 200, "web process", 40)
        return one, address

    def up(self) -> Process:
        """The single process, ready."""
        one = self.start("up", "manage.py", "up", "--no-demo", "--port", str(free_port()))
        one.wait_for("Ctrl+C")
        return one

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What the database answers to somebody from outside."""
        if self.postgres:
            with psycopg.connect(self.database_url, options="-c timezone=UTC") as opened:
                return opened.execute(question).fetchall()
        file = f"file:{self.database_url.removeprefix('sqlite:///')}?mode=ro"
        with closing(sqlite3.connect(file, uri=True, timeout=20)) as opened:
            return opened.execute(question).fetchall()

    def one(self, question: str) -> Any:
        """The first value of the first row; None without rows."""
        found = self.rows(question)
        return found[0][0] if found else None

    def key(self, pk: str) -> str:
        """An id as this database keeps it."""
        return pk if self.postgres else pk.replace("-", "")

    def job(self, pk: str) -> Job:
        """A job as its row says."""
        columns = "status, fence, attempt, worker, done, counts, error_message"
        ((status, fence, attempt, worker, done, counts, error),) = self.rows(
            f"SELECT {columns} FROM sources_job WHERE id = '{self.key(pk)}'"
        )
        counts = json.loads(counts) if isinstance(counts, str) else counts
        return Job(status, fence, attempt, int(worker.split(":")[-2]) if worker else 0, done, counts, error)

    def wait_for_claim(self, pk: str, after: int = 0) -> Job:
        """Wait until a worker holds the job with a fence above ``after``."""

        def claimed() -> Job | None:
            now = self.job(pk)
            assert now.status in {"running", "queued"}, now
            return now if now.status == "running" and now.pid and now.fence > after else None

        return wait_until(claimed, f"claim of {self.job(pk)}", 30)

    def wait_for_pages(self, pk: str, least: int) -> Job:
        """Wait until the job has stored this many pages."""
        return wait_until(lambda: (now := self.job(pk)).pages >= least and now, f"page {least}", 30)

    def statuses(self) -> dict[str, int]:
        """How many jobs have which status."""
        return dict(self.rows("SELECT status, count(*) FROM sources_job GROUP BY status"))

    def wait_for_end(self, *, seconds: float = 60) -> None:
        """Wait until no job is open, and insist that all went well."""
        wait_until(
            lambda: not self.statuses().keys() - {"succeeded", "failed", "partial", "cancelled"}, "end", seconds, 0.1
        )
        errors = self.rows("SELECT status, error_code, error_message FROM sources_job WHERE status <> 'succeeded'")
        assert not errors, errors

    def close_actor(self) -> None:
        """The next act is done by a new process, which sees a changed environment."""
        if self._actor is not None:
            self._actor.close()
            self._actor = None

    def close(self) -> None:
        for one in self.running:
            one.signal(signal.SIGCONT)
            one.kill()
        self.running.clear()
        self.close_actor()
        if self.redis is not None:
            self.redis.kill()


KEYS = {"SECRET_KEY": "only-for-fault-tests-" * 3, "SEALING_KEYS": Fernet.generate_key().decode()}


def get(url: str, token: str = "", **more: Any) -> tuple[int, bytes]:
    """Status and body; 0 when nobody answers."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if "data" in more:
        headers["Content-Type"] = "application/json"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers, **more), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


class Worlds:
    """Makes worlds from databases that were migrated once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cluster: Postgres | None = None
        self._made: list[World] = []

    @property
    def cluster(self) -> Postgres:
        if self._cluster is None:
            self._cluster = Postgres()
            self._cluster.administer("CREATE DATABASE empty")
            self._migrate(World(self._room("empty"), self._cluster.url("empty")))
        return self._cluster

    def on_postgres(self, **extra: str) -> World:
        """A database of the shared cluster and a Redis of its own."""
        name = f"world_{len(self._made)}"
        self.cluster.administer(f"CREATE DATABASE {name} TEMPLATE empty")
        return self._keep(World(self._room(name), self.cluster.url(name), Redis(), extra))

    def on_sqlite(self, **extra: str) -> World:
        """A folder with its database file, as the single process has it."""
        empty = self.folder / "empty.sqlite3"
        if not empty.exists():
            self._migrate(World(self._room("blank"), f"sqlite:///{empty}"))
        room = self._room(f"world_{len(self._made)}")
        shutil.copy(empty, room / "livinglytics.sqlite3")
        return self._keep(World(room, f"sqlite:///{room / 'livinglytics.sqlite3'}", None, extra))

    def on(self, vendor: str, **extra: str) -> World:
        return self.on_postgres(**extra) if vendor == "postgresql" else self.on_sqlite(**extra)

    def close_worlds(self) -> None:
        for one in self._made:
            one.close()

    def close(self) -> None:
        self.close_worlds()
        if self._cluster is not None:
            self._cluster.close()

    def _keep(self, world: World) -> World:
        self._made.append(world)
        return world

    def _room(self, name: str) -> Path:
        room = self.folder / name
        room.mkdir()
        return room

    def _migrate(self, world: World) -> None:
        command = [sys.executable, "manage.py", "migrate", "-v", "0"]
        subprocess.run(command, cwd=ROOT, env=world.environment, check=True)


@contextlib.contextmanager
def steam(*, reviews: int, seconds: float = 0.0) -> Iterator[Steam]:
    """A running fake."""
    fake = Steam(reviews=reviews, seconds=seconds)
    with fake:
        yield fake


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start
