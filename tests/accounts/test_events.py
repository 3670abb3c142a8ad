"""The outbox: committed events arrive at least once, others never."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from accounts import events
from accounts.actions.prune import prune
from accounts.actions.sessions import start_session
from accounts.models import OutboxEvent, RefreshFamily, Team, User
from livinglytics.lib import clock

pytestmark = pytest.mark.django_db


class Listener:
    """Hears events whose name begins with test., and fails as often as told."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.failures = 0

    def __call__(self, event: OutboxEvent) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("not now")
        self.heard.append(f"{event.name}:{event.pk}")


@pytest.fixture
def listener() -> Iterator[Listener]:
    before = list(events._handlers)
    heard = Listener()
    events.handler("test.*")(heard)
    yield heard
    events._handlers[:] = before


def due_now() -> None:
    OutboxEvent.objects.update(next_try_at=clock.now() - timedelta(seconds=1))


def test_a_committed_event_is_delivered_once_under_its_id(team: Team, listener: Listener) -> None:
    event = events.publish(team, "test.happened", {"n": 1})
    assert events.deliver_pending() >= 1
    assert events.deliver_pending() == 0
    assert listener.heard == [f"test.happened:{event.pk}"]
    event.refresh_from_db()
    assert event.delivered_at is not None


def test_a_rolled_back_event_is_never_delivered(team: Team, listener: Listener) -> None:
    with transaction.atomic():
        events.publish(team, "test.happened", {})
        transaction.set_rollback(True)
    events.deliver_pending()
    assert listener.heard == []


def test_a_failing_handler_is_tried_again_with_a_growing_gap(team: Team, listener: Listener) -> None:
    listener.failures = 3
    event = events.publish(team, "test.happened", {})
    gaps = []
    for _ in range(3):
        events.deliver_pending()
        event.refresh_from_db()
        gaps.append((event.next_try_at - clock.now()).total_seconds())
        assert "ConnectionError" in event.last_error
        due_now()
    assert 0 < gaps[0] < gaps[2]
    events.deliver_pending()
    event.refresh_from_db()
    assert (event.delivered_at is not None, event.attempts, event.last_error) == (True, 4, "")
    assert listener.heard == [f"test.happened:{event.pk}"]


def test_one_failing_event_does_not_hold_up_the_others(team: Team, listener: Listener) -> None:
    listener.failures = 1
    events.publish(team, "test.first", {})
    second = events.publish(team, "test.second", {})
    events.deliver_pending()
    assert listener.heard == [f"test.second:{second.pk}"]


def test_events_arrive_in_the_order_they_were_written(team: Team, listener: Listener) -> None:
    made = [events.publish(team, f"test.n{number}", {}) for number in range(5)]
    events.deliver_pending()
    assert listener.heard == [f"{event.name}:{event.pk}" for event in made]


def test_an_event_that_somebody_is_delivering_is_left_alone(team: Team, listener: Listener) -> None:
    events.publish(team, "test.happened", {})
    assert len(events._claim(10)) >= 1
    assert events.deliver_pending() == 0
    due_now()
    assert events.deliver_pending() >= 1


def test_an_event_can_be_delivered_again_by_hand(team: Team, listener: Listener) -> None:
    event = events.publish(team, "test.happened", {})
    events.deliver_pending()
    assert events.redeliver([event.pk]) == 1
    events.deliver_pending()
    assert len(listener.heard) == 2


def test_the_bell_rings_only_after_commit(team: Team, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        events.publish(team, "test.happened", {})
    assert events._ring in callbacks


def test_what_is_past_its_time_is_pruned_and_the_rest_stays(team: Team, owner: User) -> None:
    fresh = events.publish(team, "test.fresh", {})
    old = OutboxEvent.objects.create(team=team, name="test.old", delivered_at=clock.now() - timedelta(days=31))
    start_session(user=owner)
    gone = RefreshFamily.objects.create(user=owner, revoked_at=clock.now() - timedelta(days=31))
    counts = prune(now=clock.now())
    assert counts["events"] == 1
    assert not OutboxEvent.objects.filter(pk=old.pk).exists()
    assert OutboxEvent.objects.filter(pk=fresh.pk).exists()
    assert not RefreshFamily.objects.filter(pk=gone.pk).exists()
    assert RefreshFamily.objects.filter(user=owner).count() == 1
