"""The program of a Singer tap: who may run, what it gets to see, how it ends, and what is told of its failure."""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livinglytics.lib.errors import BadAnswer, Invalid, ServiceDown
from sources.connectors import singer
from sources.connectors.singer import process
from tests.sources.singer_reading import TOKEN, TapReader, World, again, orders, reading

SECRETS = ("DATABASE_URL", "SECRET_KEY", "SEALING_KEYS", "REDIS_URL", "PYTHONPATH", "DJANGO_SETTINGS_MODULE")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(process, "STEP", 0.02)
    made = World(tmp_path)
    made.stream("orders", orders(6))
    return made


def left_behind(world: World) -> list[str]:
    return os.listdir(world.folder / "tmp")


def lives(pid: int) -> bool:
    """False also for one that has ended and that nobody has asked about yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def all_gone(pids: list[int]) -> bool:
    """A signal has been sent to each; the kernel may take a moment to end what is nobody's child any more."""
    until = time.monotonic() + 5
    while any(lives(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.01)
    return not any(lives(pid) for pid in pids)


def pids(world: World) -> list[int]:
    path = world.folder / "pids"
    return [int(one) for one in path.read_text().split()] if path.exists() else []


def hanging(world: World, how: str) -> TapReader:
    world.faults = {"hang": how, "pids": str(world.folder / "pids"), "after": 4}
    return reading(world)


def test_the_check_tells_what_the_tap_offers(world: World) -> None:
    found = reading(world).check()
    assert (found.ok, found.message, found.identity) == (True, "The tap offers 1 stream: orders.", "fake")
    assert found.details == {"streams": ["orders"]}
    assert left_behind(world) == []


def test_only_what_the_operator_allowed_is_run(world: World) -> None:
    reader = reading(world, tap=str(world.program))
    found = reader.check()
    assert (found.ok, found.field) == (False, "tap")
    assert found.message == "No tap of this name may be run. Allowed here: fake. The operator sets SINGER_TAPS."
    assert "None is allowed yet." in replace(reader, programs={}).check().message
    with pytest.raises(Invalid):
        reader.run("tap")
    assert not (world.folder / "spy").exists()


def test_a_program_that_is_gone_or_is_none_is_told_at_its_field(world: World) -> None:
    reader = reading(world)
    for path in ("/nowhere/tap", str(world.folder), str(world.folder / "world")):
        found = replace(reader, programs={"fake": path}).check()
        assert (found.ok, found.field) == (False, "tap")
        assert "SINGER_TAPS" in found.message
    assert left_behind(world) == []


def test_nothing_of_ours_is_in_its_environment_and_nobody_else_reads_its_files(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "ours")
    reader = reading(world)
    reader.run("tap")
    reader.run("tap")
    seen = world.spied()
    added = {"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}  # by the shell and by Python
    assert set(seen["environment"]) - added == {"PATH", "HOME", "LANG", "TZ"}
    assert "ours" not in seen["environment"].values()
    assert seen["environment"]["HOME"] == seen["cwd"]
    assert seen["modes"] == {"config.json": "0o600", "catalog.json": "0o600", "state.json": "0o600"}
    assert TOKEN not in json.dumps(seen["arguments"])
    assert left_behind(world) == []


def test_a_tap_that_fails_ends_the_reading_with_its_last_words_and_without_secrets(world: World) -> None:
    world.faults = {"crash": f"no field in {TOKEN}", "after": 4}
    reader = reading(world)
    with pytest.raises(BadAnswer) as caught:
        reader.run("tap")
    assert caught.value.message == "The tap failed (exit 1): KeyError: 'no field in •••'"
    assert set(reader.rows) == {"orders:0", "orders:1", "orders:2"}
    assert left_behind(world) == []
    world.faults = {}
    again(reader, world).run("tap")
    assert len(reader.rows) == 6


def test_refused_settings_are_told_at_the_config(world: World) -> None:
    world.faults = {"refuses": True}
    found = reading(world).check()
    assert (found.ok, found.field) == (False, "config")
    assert found.message == "The tap failed (exit 1): CRITICAL the token ••• was refused"


@pytest.mark.parametrize("config", ["[1]", "{", "3", "[" * 9_000])
def test_a_config_that_is_no_object_is_refused_without_showing_it(world: World, config: str) -> None:
    found = reading(world, config=config).check()
    assert (found.ok, found.field) == (False, "config")
    assert "no JSON object" in found.message


@pytest.mark.parametrize(
    "catalog", ["", "usage: tap", "[]", '{"streams": 3}', '{"streams": []}', '{"streams": [{}, 4]}']
)
def test_a_tap_that_cannot_be_asked_for_its_streams_is_told_so(world: World, catalog: str) -> None:
    world.faults = {"catalog": catalog}
    found = reading(world).check()
    assert (found.ok, found.field) == (False, "tap")


def test_a_stream_that_the_tap_does_not_have_is_told_at_its_field(world: World) -> None:
    found = reading(world, streams=("order",)).check()
    assert (found.field, found.message) == ("streams", "The tap has no stream order. It has: orders.")
    rule = {"kind": "metric", "metric": "a", "at": "b"}
    assert reading(world, mapping={"order": rule}).check().field == "mapping"
    assert reading(world, streams=("orders",), mapping={"order": rule}).check().field == "streams"


@pytest.mark.parametrize("how", ["badly", "politely", "ignoring"])
@pytest.mark.parametrize("stream", ["tap", "totals"])
def test_cancel_ends_the_tap_and_what_it_started_and_stores_nothing_more(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str, stream: str
) -> None:
    monkeypatch.setattr(process, "GRACE", 0.3)
    reader = hanging(world, how)
    mapping = json.dumps({"orders": {"kind": "metric", "metric": "orders.count", "at": "created_at"}})
    if stream == "totals":
        reader.config = replace(reader.config, mapping=mapping)
    reader.cancelled_when = lambda: pids(world)
    batches = reader.run(stream)
    assert len(pids(world)) == 2
    assert all_gone(pids(world))
    # a last STATE and an exit that looks like success are not believed
    stored = {raw.external_id for batch in batches for raw in batch.raws}
    assert stored == ({"orders:0", "orders:1", "orders:2"} if stream == "tap" else set())
    assert "999" not in json.dumps(reader.state)
    assert left_behind(world) == []


def test_a_reading_that_is_dropped_ends_the_tap(world: World) -> None:
    reader = hanging(world, "badly")
    pages = singer.SingerConnector().read(reader.context(), reader.config, "tap", {})
    with closing(pages):  # type: ignore[type-var]
        next(pages)
    assert all_gone(pids(world))
    assert left_behind(world) == []


def test_a_tap_that_falls_silent_is_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = hanging(world, "badly")
    monkeypatch.setattr(process, "SILENCE", 1.0)
    with pytest.raises(ServiceDown, match="said nothing for"):
        reader.run("tap")
    assert len(reader.rows) == 3
    assert pids(world)
    assert all_gone(pids(world))


def test_a_check_ends_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    (world.folder / "slow").write_text("#!/bin/sh\nwhile true; do echo line >&2; sleep 0.01; done\n")
    (world.folder / "slow").chmod(0o755)
    monkeypatch.setattr(singer, "PATIENCE", 0.2)
    found = replace(reading(world), programs={"fake": str(world.folder / "slow")}).check()
    assert (found.ok, found.message) == (False, "The tap did not end within 0 seconds. Try again.")


def test_a_line_without_end_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LONGEST", 100_000)
    world.faults = {"long": 200_000}
    with pytest.raises(BadAnswer, match="a line of more than"):
        reading(world).run("tap")


def test_a_tap_that_writes_a_new_token_into_its_config_is_told(world: World) -> None:
    world.faults = {"rotates": True}
    reader = reading(world)
    assert "changed its own config" in reader.check().details["warnings"][0]
    reader.run("tap")
    assert "changed its own config" in reader.warnings()[0]
    assert "the next one" not in str(reader.batches)


def test_the_log_is_short_and_without_secrets(world: World) -> None:
    hidden: Any = lambda text: text.replace(TOKEN, "•••")  # noqa: E731
    log = process.Log(hidden)
    log.add(b"x" * 3_990 + TOKEN.encode() + b"y" * 10_000)
    log.add(b"\nlast \xff line\nINFO METRIC: {broken\n\n")
    assert TOKEN[:10] not in " ".join(log._lines)
    assert log.last() == "INFO METRIC: {broken"
    log.add(b'INFO METRIC: {"type": "counter", "metric": "record_count", "value": 6, "tags": {"endpoint": "orders"}}\n')
    assert log.told == "orders: 6 records"
    for _ in range(100):
        log.add(b"more\n")
    assert len(log._lines) == 20
