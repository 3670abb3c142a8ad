"""What happened, told to whoever registered for it: at least once, after commit, under one id."""

from __future__ import annotations

import fnmatch
import logging
import random
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from celery import current_app
from django.db import connection, transaction
from django.db.models import F, Q
from kombu.exceptions import OperationalError

from accounts.models import OutboxEvent, Team
from livinglytics.lib import clock

logger = logging.getLogger(__name__)
Handler = Callable[[OutboxEvent], None]
DELIVERY_TASK: Final = "livinglytics.outbox"
#: how long a process that took an event has for its delivery
_LEASE: Final = timedelta(seconds=60)
#: few at once, so that slow handlers don't outlast the lease
_BATCH: Final = 20
_FIRST_GAP: Final = 2.0
_LONGEST_GAP: Final = 3600.0
_handlers: list[tuple[str, Handler]] = []


def handler(pattern: str) -> Callable[[Handler], Handler]:
    """Register a function for the events whose name fits (``job.*``). It must bear being called twice."""

    def register(function: Handler) -> Handler:
        _handlers.append((pattern, function))
        return function

    return register


def publish(team: Team, name: str, payload: Mapping[str, Any]) -> OutboxEvent:
    """Write an event in the caller's transaction and ring for its delivery after commit."""
    event = OutboxEvent.objects.create(team=team, name=name, payload=dict(payload), next_try_at=clock.now())
    transaction.on_commit(_ring)
    return event


def _ring() -> None:
    try:
        current_app.send_task(DELIVERY_TASK, ignore_result=True)
    except (OperationalError, OSError):
        logger.warning("The broker can't be reached; the sweep delivers the events later.")


def deliver_pending(limit: int = 200) -> int:
    """Deliver due events, oldest first; the number delivered. Safe to run in several processes at once."""
    done = 0
    while limit > 0 and (batch := _claim(min(limit, _BATCH))):
        limit -= len(batch)
        for event in OutboxEvent.objects.select_related("team").filter(pk__in=batch).order_by("id"):
            done += _deliver(event)
    return done


def _claim(limit: int) -> list[uuid.UUID]:
    now = clock.now()
    due = Q(delivered_at__isnull=True) & (Q(next_try_at__isnull=True) | Q(next_try_at__lte=now))
    with transaction.atomic():
        rows = OutboxEvent.objects.filter(due).order_by("id")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        found = list(rows.values_list("pk", flat=True)[:limit])
        OutboxEvent.objects.filter(pk__in=found).update(next_try_at=now + _LEASE, attempts=F("attempts") + 1)
    return found


def _deliver(event: OutboxEvent) -> bool:
    row = OutboxEvent.objects.filter(pk=event.pk)
    try:
        for pattern, function in _handlers:
            if fnmatch.fnmatchcase(event.name, pattern):
                function(event)
    except Exception as error:
        logger.exception("Event %s %s could not be delivered.", event.name, event.pk)
        row.update(next_try_at=clock.now() + _gap(event.attempts), last_error=f"{type(error).__name__}: {error}"[:300])
        return False
    row.update(delivered_at=clock.now(), next_try_at=None, last_error="")
    return True


def _gap(attempts: int) -> timedelta:
    most = min(_LONGEST_GAP, _FIRST_GAP * 2 ** min(attempts, 12))
    return timedelta(seconds=random.uniform(most / 2, most))


def redeliver(pks: list[uuid.UUID]) -> int:
    """Make events due again at once; how many."""
    changed = OutboxEvent.objects.filter(pk__in=pks).update(delivered_at=None, next_try_at=clock.now(), last_error="")
    transaction.on_commit(_ring)
    return changed
