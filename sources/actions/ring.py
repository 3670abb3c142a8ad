"""The bell: a broker message that wakes a worker. Losing one is harmless, the sweeper rings again."""

from __future__ import annotations

import functools
import logging
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger("livinglytics.jobs")

RUN_JOB = "livinglytics.run_job"
#: small numbers go first: a run that lost its worker before new ones, both behind the sweep and the schedules (0)
AGAIN, USUAL = 3, 6
#: a bell nobody heard for this long is forgotten; the sweeper rings again
_EXPIRES = 60


def ring(job_id: UUID) -> None:
    """Wake a worker for this job once the current transaction is committed."""
    transaction.on_commit(functools.partial(ring_now, job_id), robust=True)


def ring_now(job_id: UUID, *, priority: int = USUAL) -> bool:
    """Wake a worker at once; false when the broker can't be reached."""
    try:
        current_app.send_task(RUN_JOB, args=[str(job_id)], priority=priority, expires=_EXPIRES, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("the broker can't be reached, job %s waits for the sweeper: %s", job_id, error)
        return False
    return True
