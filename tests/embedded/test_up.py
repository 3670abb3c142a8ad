"""`manage.py up` as somebody starts it: a real process in an empty folder."""

from __future__ import annotations

import signal
import urllib.error
import urllib.request

import pytest

from livinglytics.embedded.alive import alive
from tests.embedded.conftest import Start
from tests.live.conftest import free_port

pytestmark = pytest.mark.slow


def get(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_an_empty_folder_becomes_a_running_product_with_a_demo_login(start: Start) -> None:
    one = start("--port", str(free_port()))
    address = one.address
    assert get(f"{address}/health/live") == 200
    assert get(f"{address}/health/ready") == 200
    assert alive(int(address.rpartition(":")[2]))
    text = one.wait_for("Ctrl+C")
    assert "demo@harbor.example with the password look-around" in text
    assert "Warning" not in text
    for name in ("secret_key.key", "sealing_key.key"):
        assert (one.folder / name).stat().st_mode & 0o777 == 0o600
    one.wait_until((one.folder / "picked-up").exists, "job")
    assert one.stop() < 2
    assert one.process.returncode == 0
    assert "Traceback" not in one.text


def test_without_the_demo_nobody_is_offered_a_login(start: Start) -> None:
    one = start("--no-demo", "--port", str(free_port()))
    one.wait_for("Ctrl+C")
    assert "demo@harbor.example" not in one.text


def test_a_second_process_on_the_same_folder_is_refused_with_the_first_ones_address(start: Start) -> None:
    first = start("--port", str(free_port()))
    address = first.address
    second = start()
    assert second.process.wait(30) != 0
    assert f"already running on this data folder (process {first.process.pid}, {address})" in second.text
    assert get(f"{address}/health/live") == 200


def test_after_a_kill_the_folder_can_be_used_again_at_once(start: Start) -> None:
    first = start("--port", str(free_port()))
    assert first.address
    first.stop(signal.SIGKILL)
    second = start("--port", str(free_port()))
    assert get(f"{second.address}/health/live") == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_running_jobs_give_their_place_back_and_the_process_ends_within_two_seconds(start: Start, number: int) -> None:
    one = start("--port", str(free_port()), tasks="tests.yields,tests.yields")
    assert one.address
    one.wait_until((one.folder / "picked-up").exists, "job")
    assert one.stop(number) < 2
    assert (one.folder / "yielded").exists()


def test_a_job_that_never_looks_does_not_keep_the_process_alive(start: Start) -> None:
    one = start("--port", str(free_port()), tasks="tests.stubborn")
    assert one.address
    one.wait_until((one.folder / "picked-up").exists, "job")
    assert one.stop() < 2


def test_a_taken_port_is_named(start: Start) -> None:
    first = start("--port", str(free_port()))
    port = first.address.rpartition(":")[2]
    second = start("--port", port, folder=first.folder.parent / "other")
    assert second.process.wait(30) != 0
    assert f"Port {port} is in use" in second.text


def test_several_workers_are_refused_with_the_way_to_get_them(start: Start) -> None:
    one = start("--workers", "2")
    assert one.process.wait(30) != 0
    assert "REDIS_URL" in one.text
