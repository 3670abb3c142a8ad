"""Runs that are cut off, stopped and repeated, and all that is stored afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from accounts.counting import counter
from livinglytics.lib import clock
from metrics.actions.sink import MetricsSink
from metrics.models import Document, Observation, Series
from sources.actions.run import run_job
from sources.actions.sweep import sweep
from sources.actions.sync import queue_sync
from sources.landing import Landed, Landing
from sources.models import Job, JobStatus, Quarantined, RawRecord, Source

Tables = dict[str, list[Any]]
#: the runs that may follow a disturbed one until all is there
MOST_RUNS = 8


@contextmanager
def standing_at(moment: str, patch: pytest.MonkeyPatch) -> Iterator[Callable[[timedelta | float], None]]:
    """Time stands still, but for waits, which pass at once, and for what the given function lets pass."""
    with time_machine.travel(moment, tick=False) as now:

        def shift(by: timedelta | float) -> None:
            now.shift(by)
            counter().forget()

        patch.setattr(clock, "sleep", shift)
        patch.setattr(clock, "monotonic", time.time)
        yield shift


class Killed(BaseException):
    """The worker is gone: nothing that it would have done afterwards happens."""


class Watched(MetricsSink):
    """The real sink, with something that happens when a page is about to be stored. Pages count from 1."""

    def __init__(self, on_page: Callable[[int], None]) -> None:
        super().__init__()
        self.pages, self.on_page = 0, on_page

    def land(self, landing: Landing) -> Landed:
        self.pages += 1
        self.on_page(self.pages)
        return super().land(landing)


def nothing(page: int) -> None:
    """Undisturbed."""


def run(job: Job, on_page: Callable[[int], None] = nothing) -> int:
    """Run a job with the real parts; how many pages it stored."""
    sink = Watched(on_page)
    run_job(job.pk, sink=sink, worker="worker")
    job.refresh_from_db()
    return sink.pages


def killed(job: Job, page: int) -> None:
    """Run until the worker is killed as it stores this page, and let the sweeper find out."""

    def die(number: int) -> None:
        if number == page:
            raise Killed

    try:
        run(job, die)
    except Killed:
        Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - timedelta(seconds=1))
        assert sweep(clock.now()).lost == 1
    job.refresh_from_db()


def bring_to_its_end(source: Source, job: Job, travel: Callable[[timedelta], None]) -> None:
    """Run, wait where the run asks for it, and run again, until a run succeeds."""
    for _ in range(MOST_RUNS):
        if not job.is_open:
            job = queue_sync(source=source, by=None)
        if job.run_after and job.run_after > clock.now():
            travel(job.run_after - clock.now() + timedelta(seconds=1))
        run(job)
        if job.status == JobStatus.SUCCEEDED:
            return
    raise AssertionError(f"never whole: {job.status} {job.error_message}")


def tables(source: Source) -> Tables:
    """All that is stored of a source, without ids of ours and times of reading."""
    series = {one.pk: (one.metric, str(one.dimensions)) for one in Series.objects.filter(source_id=source.pk)}
    cells = Observation.objects.filter(series_id__in=list(series)).values_list("series_id", "at", "n", "value")
    texts = Document.objects.filter(source_id=source.pk)
    return {
        "numbers": sorted((*series[one], at, n, round(float(value), 6)) for one, at, n, value in cells),
        "texts": sorted(texts.values_list("external_id", "kind", "text", "rating", "language", "deleted_at"), key=repr),
        "rows": sorted(RawRecord.objects.filter(source_id=source.pk).values_list("stream", "external_id")),
        "bad": sorted(Quarantined.objects.filter(source_id=source.pk).values_list("stream", "external_id", "reason")),
    }


def living(found: Tables) -> list[Any]:
    """The texts that are not withdrawn."""
    return [one for one in found["texts"] if one[-1] is None]


def how_many(found: Tables) -> int:
    return len(found["rows"])
