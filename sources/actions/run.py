"""The runner: claims one job, does it, writes down how it ended."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from django.db import InterfaceError, OperationalError

from livinglytics.lib.errors import ProductError, RateLimited, ServiceDown, Transient
from livinglytics.lib.ids import uuid7
from sources.actions.backfill import read_slices
from sources.actions.claim import Claim, Stale, claim
from sources.actions.ending import Ending
from sources.actions.heartbeat import Heartbeat
from sources.actions.ingest import ingest
from sources.actions.outcome import announce_start, settle
from sources.actions.read import read_streams
from sources.actions.remove import remove
from sources.actions.replay import replay_stored
from sources.actions.running import Run, prepare
from sources.actions.surroundings import Interrupted, never
from sources.landing import Sink
from sources.models import Job, JobKind, JobStatus

log = logging.getLogger("livinglytics.jobs")

_WORK: Final[Mapping[str, Callable[[Run], Ending]]] = {
    JobKind.SYNC: read_streams,
    JobKind.UPLOAD: read_streams,
    JobKind.INGEST: ingest,
    JobKind.REPLAY: replay_stored,
    JobKind.BACKFILL: read_slices,
}


def run_job(job_id: UUID, *, sink: Sink, worker: str, stop: Callable[[], bool] = never) -> JobStatus | None:
    """Do one job; its new status, or None when it wasn't ours to do (any more).

    ``stop`` is asked between pages and in waits: true puts the job back at its checkpoint.
    A worker that dies in here leaves the job running until its lease ends; the sweeper puts it back.
    """
    mine = claim(job_id, worker)
    if mine is None:
        return None
    announce_start(mine)
    with Heartbeat(mine) as heartbeat:
        try:
            return _finish(mine, sink, stop, heartbeat)
        except Stale:
            log.info("job %s was taken over; nothing more is written", job_id)
            return None


def _finish(mine: Claim, sink: Sink, stop: Callable[[], bool], heartbeat: Heartbeat) -> JobStatus:
    redact: Callable[[str], str] = str
    try:
        if mine.job.kind == JobKind.REMOVE:
            return remove(mine, sink, stop)
        run = prepare(mine, sink, stop)
        heartbeat.on_cancel = run.context.http.abort
        redact = run.redact
        ending = _work(run)
    except Stale:
        raise
    except ProductError as error:
        ending = _of_error(error)
    except (OperationalError, InterfaceError) as error:
        log.warning("the database failed during job %s: %s", mine.job.pk, error)
        ending = Ending.of_streams([], {"": ServiceDown("The database did not answer. The run is tried again.")})
    except Exception as error:  # noqa: BLE001 - the job's edge: a fault of ours must not take the worker down
        number = str(uuid7())
        log.error("job %s failed, number %s: %s", mine.job.pk, number, redact(_trace(error)))
        ending = Ending.internal(number)
    return JobStatus(settle(mine, ending, redact).status)


def _work(run: Run) -> Ending:
    try:
        ending = _WORK[run.claim.job.kind](run)
        if ending.status == JobStatus.SUCCEEDED:
            run.sink.finish(run.owner.team_id, run.owner.source_id)
    except Interrupted:
        asked = Job.objects.filter(pk=run.claim.job.pk, cancel_requested_at__isnull=False).exists()
        return Ending.cancelled() if asked else Ending.yielded()
    return ending


def _of_error(error: ProductError) -> Ending:
    if isinstance(error, RateLimited):
        return Ending.paused(error)
    if isinstance(error, Transient):
        return Ending.of_streams([], {"": error})
    return Ending.failed(error)


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))
