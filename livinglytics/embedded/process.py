"""The order of starting and stopping."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import warnings
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from livinglytics.embedded import bootstrap
from livinglytics.embedded.lock import FolderLock
from livinglytics.embedded.worker import Worker
from livinglytics.lib.errors import Conflict

log = logging.getLogger("livinglytics.up")
FIRST_PORT: Final = 8000
PORTS_TRIED: Final = 100
STOP_SECONDS: Final = 1.2
MAX_FRAME: Final = 65_536
Say = Callable[[str], object]


class PortTaken(Conflict):
    """The asked port is in use."""

    code = "PORT_TAKEN"
    message = "Port {port} is in use by another program. Leave --port out and a free one is found."


@dataclass(frozen=True, slots=True)
class Options:
    """How to start. ``port`` None takes the first free one from 8000."""

    host: str = "127.0.0.1"
    port: int | None = None
    demo: bool = True
    open_browser: bool = False


def up(options: Options, say: Say) -> None:
    """Run everything until a signal ends it, and the process with it.

    Raises AlreadyRunning or PortTaken before anything is changed.
    """
    with FolderLock(settings.DATA_DIR) as lock:
        door = open_door(options.host, options.port)
        address = f"http://{_readable(options.host)}:{door.getsockname()[1]}"
        lock.note(f"process {os.getpid()}, {address}")
        say("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
        login = bootstrap.first_run(demo=options.demo and settings.DEMO_ENABLED)
        connections.close_all()
        # static files are found in their folders here; the collected folder is for production
        warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)
        worker = Worker()
        signal.signal(signal.SIGTERM, _leave)
        try:
            worker.start()
            _serve(door, lambda: _welcome(address, login, options, say))
        except (KeyboardInterrupt, SystemExit):
            say("Stopping …")
        finally:
            _end(worker, lock)
    _leave_now()


def open_door(host: str, port: int | None) -> socket.socket:
    """A listening socket on the asked port, or on the first free one; held from now on, so nobody gets between."""
    for number in [port] if port is not None else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, number))
            door.listen(128)
        except OSError:
            door.close()
            continue
        door.set_inheritable(False)
        return door
    raise PortTaken(port=port if port is not None else f"{FIRST_PORT} and the next {PORTS_TRIED - 1}")


class _Server(uvicorn.Server):
    """Says when the first page can be opened."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._say_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._say_started()


def _serve(door: socket.socket, started: Callable[[], None]) -> None:
    config = uvicorn.Config(
        "livinglytics.asgi:application",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws_max_size=MAX_FRAME,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    _Server(config, started).run(sockets=[door])


def _welcome(address: str, login: bootstrap.Login | None, options: Options, say: Say) -> None:
    say(f"Living Lytics is ready: {address}")
    if login is not None:
        say(f"Look around in the demo team: {login.email} with the password {login.password}")
    say(f"Data is kept in {_short(settings.DATA_DIR)}. Stop with Ctrl+C.")
    if options.open_browser:
        webbrowser.open(address)


def _leave(number: int, frame: Any) -> NoReturn:
    # uvicorn puts this handler back and raises the signal again when it has closed its doors
    raise SystemExit(0)


def _end(worker: Worker, lock: FolderLock) -> None:
    """Jobs that don't give way in time are taken up again at the next start, so nobody has to wait for them."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not worker.stop(seconds=STOP_SECONDS):
        log.info("Running jobs were left; they go on at the next start.")
    connections.close_all()
    lock.release()


def _leave_now() -> NoReturn:
    # everything is closed; the interpreter's own end would wait some seconds more for sleeping threads
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _readable(host: str) -> str:
    return "localhost" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104


def _short(folder: Path) -> str:
    try:
        return f"./{folder.relative_to(Path.cwd())}"
    except ValueError:
        return str(folder)
