"""A backup made while numbers pour in is one moment of them, and comes back to the byte."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.hashes import table_hashes
from tests.faults.servers import wait_until
from tests.faults.world import ROOT, Actor, Stopwatch, World, Worlds

pytestmark = [pytest.mark.faults, pytest.mark.slow]


def manage(world: World, *arguments: str) -> str:
    """Run a command in this world; what it said."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=world.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def empty_place(worlds: Worlds, vendor: str) -> World:
    """A place for a restore: a database without tables, or no file at all."""
    world = worlds.on(vendor)
    if world.postgres:
        name = world.database_url.rpartition("/")[2]
        worlds.cluster.administer(f"DROP DATABASE {name}")
        worlds.cluster.administer(f"CREATE DATABASE {name}")
    else:
        Path(world.database_url.removeprefix("sqlite:///")).unlink()
    return world


def copied_by_hand(world: World, target: Path) -> str:
    """What a plain copy of the files or a dump without a snapshot gives while somebody writes."""
    if world.postgres:
        return "pg_dump beside a later count of the rows: no proof of what the dump holds"
    shutil.copy(world.database_url.removeprefix("sqlite:///"), target)
    copied = World(target.parent, f"sqlite:///{target}")
    try:
        return f"cp of the file alone: {copied.one(LANDED)} of {world.one(LANDED)} batches in the copy"
    except Exception as error:
        return f"cp of the file alone: {error}"


LANDED = "SELECT count(DISTINCT at) FROM metrics_observation"


@pytest.mark.parametrize("vendor", ["postgresql", "sqlite"])
def test_a_backup_under_load_restores_to_one_moment_and_life_goes_on(
    worlds: Worlds, tell: Callable[[str], None], tmp_path: Path, vendor: str
) -> None:
    world = worlds.on(vendor)
    world.act("land_batches", first=0, count=30)
    stored = world.act("upload", name="orders.csv", text="day,orders\n2026-01-01,5\n")
    stop, writer = threading.Event(), Actor(world)
    pouring = threading.Thread(target=pour, args=(writer, stop), daemon=True)
    pouring.start()
    wait_until(lambda: world.one(LANDED) > 32, "load", 30)
    by_hand, watch = copied_by_hand(world, tmp_path / "copy.sqlite3"), Stopwatch()
    said, seconds = manage(world, "backup", str(tmp_path / "backup")), watch.seconds
    world.act("drop_file", pk=stored["id"])
    reached = world.one(LANDED)
    stop.set()
    pouring.join(30)
    writer.close()

    place = empty_place(worlds, vendor)
    manage(place, "restore", str(tmp_path / "backup"))
    batches = place.one(LANDED)
    assert 32 < batches <= reached
    assert (place.folder / "files" / stored["path"]).read_text().startswith("day,orders")

    manifest = json.loads((tmp_path / "backup" / "manifest.json").read_text())
    assert manifest["tables"]["metrics_observation"]["rows"] == place.one("SELECT count(*) FROM metrics_observation")
    oracle = worlds.on(vendor)
    oracle.act("land_batches", first=0, count=batches)
    assert table_hashes(place) == table_hashes(oracle), "the first so many batches, whole, and nothing else"
    assert place.act("tiles") == oracle.act("tiles")

    for one in (place, oracle):
        one.act("land_batches", first=batches, count=3)
    assert table_hashes(place) == table_hashes(oracle), "ids and sequences go on"
    assert place.act("tiles") == oracle.act("tiles")
    tell(f"ours: {said.splitlines()[0]} In {seconds:.1f} s with {reached - 33} batches landing meanwhile")
    tell(f"stock: {by_hand}")


def pour(writer: Actor, stop: threading.Event) -> None:
    """Land one batch after the other."""
    number = 30
    while not stop.is_set():
        writer("land_batches", first=number, count=1)
        number += 1


@pytest.mark.parametrize("vendor", ["postgresql", "sqlite"])
def test_a_restore_refuses_a_place_in_use_and_a_backup_that_was_changed(
    worlds: Worlds, tmp_path: Path, vendor: str
) -> None:
    world = worlds.on(vendor)
    world.act("land_batches", first=0, count=2)
    manage(world, "backup", str(tmp_path / "backup"))
    with pytest.raises(AssertionError, match="not empty"):
        manage(world, "restore", str(tmp_path / "backup"))
    with pytest.raises(AssertionError, match="not empty"):
        manage(world, "backup", str(tmp_path / "backup"))
    dump = next((tmp_path / "backup").glob("database.*"))
    dump.write_bytes(dump.read_bytes()[:-1] + b"?")
    with pytest.raises(AssertionError, match="damaged"):
        manage(empty_place(worlds, vendor), "restore", str(tmp_path / "backup"))
    (tmp_path / "backup" / "manifest.json").unlink()
    with pytest.raises(AssertionError, match="no complete backup"):
        manage(empty_place(worlds, vendor), "restore", str(tmp_path / "backup"))
