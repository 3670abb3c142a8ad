"""The tasks that tie the floors together. Each is a thin door onto actions of the apps below."""

from __future__ import annotations

import gc
import logging
import os
import socket
import threading
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_process_init, worker_shutting_down

from accounts import events
from accounts.actions.prune import prune as prune_accounts
from accounts.idempotency import forget_old_answers
from livinglytics.lib import clock
from metrics.actions.sink import MetricsSink
from sources.actions.due import take_due
from sources.actions.prune import prune as prune_sources
from sources.actions.run import run_job as run_one
from sources.actions.sweep import sweep as sweep_jobs
from sources.actions.upkeep import keep_up

log = logging.getLogger("livinglytics.jobs")
stopping = threading.Event()


@worker_shutting_down.connect(dispatch_uid="livinglytics.pipeline")  # type: ignore[untyped-decorator]
def _stop(**_: Any) -> None:
    """Running jobs go back to the queue at their next checkpoint."""
    stopping.set()


@worker_process_init.connect(dispatch_uid="livinglytics.pipeline")  # type: ignore[untyped-decorator]
def _settle(**_: Any) -> None:
    """What a process starts with is no garbage: the collector need not look through it for every page."""
    gc.collect()
    gc.freeze()


def worker_name() -> str:
    """Who holds a job, as shown to operators."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident() % 100_000}"


@shared_task(name="livinglytics.run_job")  # type: ignore[untyped-decorator]
def run_job(job_id: str) -> str | None:
    """Do one job, if it is still there to be done."""
    return run_one(UUID(job_id), sink=MetricsSink(), worker=worker_name(), stop=stopping.is_set)


@shared_task(name="livinglytics.sweep")  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Put lost jobs back, ring for those that wait."""
    swept = sweep_jobs(clock.now())
    if swept.lost:
        log.warning("%d jobs were taken back from workers that went quiet", swept.lost)


@shared_task(name="livinglytics.due")  # type: ignore[untyped-decorator]
def due() -> int:
    """Queue what the schedules ask for."""
    return take_due(clock.now())


@shared_task(name="livinglytics.outbox")  # type: ignore[untyped-decorator]
def outbox() -> int:
    """Deliver events that wait."""
    return events.deliver_pending()


@shared_task(name="livinglytics.accounts")  # type: ignore[untyped-decorator]
def accounts() -> int:
    """Renew signed-in accounts before they end."""
    return keep_up(clock.now())


@shared_task(name="livinglytics.prune")  # type: ignore[untyped-decorator]
def prune() -> dict[str, int]:
    """Delete what is older than it may be kept."""
    return {**prune_sources(clock.now()), **prune_accounts(now=clock.now()), "answers": forget_old_answers()}
