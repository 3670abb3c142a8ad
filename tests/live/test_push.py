"""``push``: after commit, under the right topic, encoded once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.db import transaction

from accounts import live
from accounts.fanout.local import LocalBus
from accounts.fanout.mailbox import Sent

pytestmark = pytest.mark.django_db(transaction=True)
TEAM = str(uuid4())


@pytest.fixture
def heard(settings: Any) -> Iterator[list[Sent]]:
    settings.REDIS_URL = ""
    live.bus.cache_clear()
    bus = live.bus()
    assert isinstance(bus, LocalBus)
    got: list[Sent] = []
    untap = bus.tap(lambda team, sent: got.append(sent))
    yield got
    untap()
    live.bus.cache_clear()


def test_a_message_is_sent_when_the_transaction_is_committed_and_not_before(heard: list[Sent]) -> None:
    with transaction.atomic():
        live.push(TEAM, {"type": "insight.created"})
        assert heard == []
    assert len(heard) == 1


def test_a_rolled_back_transaction_sends_nothing(heard: list[Sent]) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        live.push(TEAM, {"type": "insight.created"})
        raise RuntimeError
    assert heard == []


def test_the_message_is_what_it_was_when_pushed(heard: list[Sent]) -> None:
    message = {"type": "metrics_update", "data": {"n": Decimal("1.10"), "at": datetime(2026, 1, 2, tzinfo=UTC), 1: 2}}
    with transaction.atomic():
        live.push(TEAM, message)
        message["data"] = "changed"
    assert orjson.loads(heard[0].text)["data"] == {"n": "1.10", "at": "2026-01-02T00:00:00+00:00", "1": 2}


@pytest.mark.parametrize(
    ("message", "topic"),
    [
        ({"type": "job.progress", "project_id": "7", "job_id": "1"}, "jobs:7"),
        ({"type": "job.failed", "source_id": "8"}, "jobs:8"),
        ({"type": "job.failed"}, "jobs:"),
        ({"type": "task.step", "task_id": "3"}, "tasks:3"),
        ({"type": "metrics_update"}, "metrics"),
        ({"type": "new_session"}, "sessions"),
        ({"type": "insight.created"}, "insights"),
        ({"type": "alert.changed"}, "alerts"),
        ({"type": "something.else"}, "something"),
    ],
)
def test_every_kind_has_its_topic(heard: list[Sent], message: dict[str, Any], topic: str) -> None:
    live.push(TEAM, message)
    assert heard[0].topic == topic


def test_only_progress_and_keyed_messages_may_be_replaced_and_never_over_a_change_of_status(heard: list[Sent]) -> None:
    for message, key in [
        ({"type": "job.progress", "job_id": "1", "status": "running"}, None),
        ({"type": "job.progress", "job_id": "1", "status": "paused"}, None),
        ({"type": "job.completed", "job_id": "1"}, None),
        ({"type": "metrics_update"}, None),
        ({"type": "insight.created"}, "insight:5"),
    ]:
        live.push(TEAM, message, key=key)
    keys = [one.key for one in heard]
    assert keys == ["job.progress:1:running", "job.progress:1:paused", "", "metrics_update:", "insight:5:"]
