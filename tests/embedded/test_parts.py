"""The parts of the single process, one by one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from livinglytics.embedded import bootstrap
from livinglytics.embedded.alive import alive
from livinglytics.embedded.lock import AlreadyRunning, FolderLock
from livinglytics.embedded.process import FIRST_PORT, PortTaken, _readable, _short, open_door
from livinglytics.schedule import PERIODIC, beat_schedule


@pytest.mark.parametrize("by_port", [False, True])
def test_a_folder_is_held_by_one_and_free_again_afterwards(tmp_path: Path, by_port: bool) -> None:
    with FolderLock(tmp_path, by_port=by_port) as first:
        first.note("process 1, http://here")
        with pytest.raises(AlreadyRunning, match="process 1, http://here"):
            FolderLock(tmp_path, by_port=by_port).take()
        FolderLock(tmp_path / "another", by_port=by_port).take()
    with FolderLock(tmp_path, by_port=by_port):
        assert str(os.getpid()) in (tmp_path / "livinglytics.holder").read_text()


def test_the_first_free_port_is_taken() -> None:
    first, second = open_door("127.0.0.1", None), open_door("127.0.0.1", None)
    ports = [door.getsockname()[1] for door in (first, second)]
    assert FIRST_PORT <= ports[0] < ports[1]
    with pytest.raises(PortTaken, match=str(ports[0])):
        open_door("127.0.0.1", ports[0])
    first.close()
    second.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_addresses_are_shown_as_a_browser_takes_them() -> None:
    assert [_readable(host) for host in ("127.0.0.1", "0.0.0.0", "::", "::1")] == [
        "127.0.0.1",
        "localhost",
        "localhost",
        "[::1]",
    ]
    assert _short(Path.cwd() / "data") == "./data"
    assert _short(Path("/somewhere/else")) == "/somewhere/else"


def test_the_steps_run_once_each_and_the_demo_only_when_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_at_start", [])
    monkeypatch.setattr(bootstrap, "_demo", [])
    done: list[str] = []

    def step() -> None:
        done.append("step")

    bootstrap.at_start(step)
    bootstrap.at_start(step)
    assert bootstrap.first_run(demo=True) is None
    bootstrap.offers_demo(lambda: bootstrap.Login("a@b.example", "c"))
    assert bootstrap.first_run(demo=False) is None
    assert bootstrap.first_run(demo=True) == bootstrap.Login("a@b.example", "c")
    assert done == ["step"] * 3


def test_every_periodic_job_names_a_task_and_expires() -> None:
    assert set(PERIODIC) == {"sweep", "outbox", "due", "accounts", "prune"}
    for entry in beat_schedule().values():
        assert entry["task"].startswith("livinglytics.")
        assert entry["options"]["expires"] >= 5


def test_a_container_without_a_server_is_not_alive() -> None:
    door = open_door("127.0.0.1", None)
    port = door.getsockname()[1]
    door.close()
    assert not alive(port)


def test_every_process_of_ours_rings_on_our_own_broker() -> None:
    code = "import django; django.setup(); from celery import current_app; print(current_app.main)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "livinglytics.settings"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "livinglytics", "livinglytics.apps must import livinglytics.celery in ready()"
