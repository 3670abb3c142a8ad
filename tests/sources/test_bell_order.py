"""What is heard first when many runs wait, on a real Redis."""

from __future__ import annotations

import os
from collections.abc import Iterator
from uuid import UUID

import pytest
from celery import current_app
from kombu import Connection

from livinglytics.lib.ids import uuid7
from livinglytics.schedule import beat_schedule
from sources.actions.ring import AGAIN, RUN_JOB, ring_now

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not os.environ.get("REDIS_URL"), reason="needs Redis"),
]


@pytest.fixture
def broker() -> Iterator[Connection]:
    with Connection(os.environ["REDIS_URL"]) as opened:
        queue = opened.SimpleQueue(current_app.conf.task_default_queue)
        queue.clear()
        yield opened
        queue.clear()


def heard(broker: Connection, count: int) -> list[tuple[str, str]]:
    """Task and first argument of the next messages, in the order a worker gets them."""
    queue = broker.SimpleQueue(current_app.conf.task_default_queue)
    found = []
    for _ in range(count):
        message = queue.get(timeout=5)
        message.ack()
        arguments = message.decode()[0]
        found.append((message.headers["task"], arguments[0] if arguments else ""))
    return found


def test_the_sweep_and_the_schedules_go_before_a_hundred_runs_and_a_lost_run_before_new_ones(
    broker: Connection,
) -> None:
    new, lost = [str(uuid7()) for _ in range(100)], uuid7()
    for one in new:
        assert ring_now(UUID(one))
    assert ring_now(lost, priority=AGAIN)
    for name in ("sweep", "due"):
        entry = beat_schedule()[name]
        current_app.send_task(entry["task"], **entry["options"])
    order = heard(broker, 103)
    assert [task for task, _ in order[:2]] == ["livinglytics.sweep", "livinglytics.due"]
    assert order[2] == (RUN_JOB, str(lost))
    assert [argument for _, argument in order[3:]] == new, "runs keep their order among themselves"
