"""The limits' counters: the same answers from Redis and from a process's memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
import redis
from django.conf import settings

from accounts import counting
from accounts.counting import Counter, OwnCounter, SharedCounter, Usage

KINDS = ["own", pytest.param("shared", marks=pytest.mark.skipif(not settings.REDIS_URL, reason="needs Redis"))]


@pytest.fixture(params=KINDS)
def counter(request: pytest.FixtureRequest) -> Iterator[Counter]:
    made: Counter = OwnCounter() if request.param == "own" else SharedCounter(settings.REDIS_URL)
    yield made
    made.forget()


@pytest.fixture
def key() -> str:
    return f"read/user:{uuid4()}"


def test_a_limit_lets_exactly_so_many_pass(counter: Counter, key: str) -> None:
    seen = [counter.count(key, 3, 3600) for _ in range(5)]
    assert [one.allowed for one in seen] == [True, True, True, False, False]
    assert [one.remaining(3, 3600) for one in seen] == [2, 1, 0, 0, 0]
    assert all(0 <= one.reset(3600) <= 3600 for one in seen)


def test_twenty_threads_get_no_more_than_the_limit_together(counter: Counter, key: str) -> None:
    passed: list[bool] = []

    def ask() -> None:
        passed.extend(counter.count(key, 30, 3600).allowed for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(passed), sum(passed)) == (100, 30)


def test_nobody_is_counted_for_somebody_else(counter: Counter, key: str) -> None:
    assert counter.count(key, 1, 3600).allowed
    assert counter.count(f"{key}x", 1, 3600).allowed
    assert not counter.count(key, 1, 3600).allowed


def test_forgetting_gives_everything_back(counter: Counter, key: str) -> None:
    counter.count(key, 1, 3600)
    counter.forget()
    assert counter.count(key, 1, 3600).allowed


def test_the_window_before_weighs_what_is_still_in_sight(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    now = [600.0]
    monkeypatch.setattr(counting.time, "time", lambda: now[0])
    counter = OwnCounter()
    for _ in range(4):
        counter.count(key, 4, 60)
    now[0] = 675.0  # three quarters of the window before are in sight: 3 of 4
    assert [counter.count(key, 4, 60).allowed for _ in range(2)] == [True, False]
    now[0] = 800.0  # all of it is out of sight
    assert counter.count(key, 4, 60).remaining(4, 60) == 3


def test_a_counter_of_one_process_keeps_nobody_who_stopped_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(counting.time, "time", lambda: now[0])
    counter = OwnCounter()
    for number in range(5_000):
        now[0] = number * 1.0
        counter.count(f"address:{number}", 4, 60)
    assert len(counter._kept) < 1_500


@pytest.mark.skipif(not settings.REDIS_URL, reason="needs Redis")
def test_two_processes_count_together(key: str) -> None:
    one, other = SharedCounter(settings.REDIS_URL), SharedCounter(settings.REDIS_URL)
    assert [one.count(key, 2, 60).allowed, other.count(key, 2, 60).allowed] == [True, True]
    assert not one.count(key, 2, 60).allowed


@pytest.mark.skipif(not settings.REDIS_URL, reason="needs Redis")
def test_a_lost_connection_and_a_forgotten_script_are_no_obstacle(key: str) -> None:
    counter = SharedCounter(settings.REDIS_URL)
    assert counter.count(key, 9, 60).remaining(9, 60) == 8
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.script_flush()
    assert counter.count(key, 9, 60).remaining(9, 60) == 7
    counter._free.append(counter._client.connection_pool.make_connection())
    counter._free[-1].connect()
    for connection in counter._free:
        host, port = connection._sock.getsockname()[:2]
        client.client_kill_filter(addr=f"{host}:{port}")
    assert counter.count(key, 9, 60).remaining(9, 60) == 6


@pytest.mark.skipif(not settings.REDIS_URL, reason="needs Redis")
def test_a_window_in_redis_slides_and_ends(key: str) -> None:
    counter = SharedCounter(settings.REDIS_URL)
    client = redis.Redis.from_url(settings.REDIS_URL)
    for _ in range(4):
        counter.count(key, 4, 60)
    current = f"{counting.PREFIX}:{{{key}}}"
    client.pexpire(current, 59_000)  # the window ended a second ago: three of its four still count
    seen = counter.count(key, 4, 60)
    assert (seen.allowed, seen.before, seen.now) == (True, 4, 1)
    assert counter.count(key, 4, 60).allowed is False
    assert 0 < client.pttl(current) <= 120_000


def test_without_redis_requests_pass_uncounted() -> None:
    with pytest.raises(redis.RedisError):
        SharedCounter("redis://127.0.0.1:1/0").count("read/x", 1, 60)


def test_what_is_left_is_never_less_than_nothing() -> None:
    usage = Usage(False, 100, 30.0, 80, 90.0)
    assert usage.remaining(100, 60) == 0
    assert usage.reset(60) == min(30.0 % 0.6, 90.0 % 60)
