"""The runner keeps its promises: every page exactly once, whatever happens to the worker."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import OutboxEvent
from livinglytics.lib import clock
from sources.actions import running
from sources.actions.claim import claim
from sources.actions.ending import MOST_ATTEMPTS
from sources.actions.heartbeat import Heartbeat
from sources.actions.sweep import sweep
from sources.actions.sync import cancel_job
from sources.models import Job, JobKind, JobStatus, RawRecord, StreamState
from tests.cast import make_team, make_user
from tests.sources.scripted import Crash, Memory, Script, make_job, make_source, run, scripted, simple_pages

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted() as one:
        yield one


def stored(source: Any) -> set[tuple[str, str]]:
    return set(RawRecord.objects.filter(source_id=source.pk).values_list("external_id", "digest"))


def lose(job: Job) -> None:
    """The lease of a dead worker ends, and the sweeper comes by."""
    Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - HOUR)
    sweep(clock.now())
    job.refresh_from_db()


def test_a_sync_stores_every_row_once_and_ends_as_success(script: Script) -> None:
    source, sink = make_source(make_team()), Memory()
    job = make_job(source)
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert RawRecord.objects.filter(source_id=source.pk).count() == 12
    assert len(sink.cells) == 12
    assert sink.finished == [source.pk]
    assert job.counts["pages"] == 4
    assert (job.counts["rows"], job.counts["inserted"], job.counts["rejected"]) == (12, 12, 0)
    assert (job.done, job.total, job.unit, job.percent) == (4, 4, "pages", 100)
    source.refresh_from_db()
    assert source.last_success_at is not None
    assert StreamState.objects.get(source=source).state == {"next": 4}
    assert {"job.started", "job.completed"} <= set(OutboxEvent.objects.values_list("name", flat=True))


@pytest.mark.parametrize("page", range(4))
@pytest.mark.parametrize("where", ["reading", "storing"])
def test_a_worker_killed_at_any_page_leaves_the_same_rows_as_a_quiet_run(page: int, where: str, script: Script) -> None:
    source, sink = make_source(make_team()), Memory()
    if where == "reading":
        script.faults["days", page] = [Crash()]
    else:
        script.faults["days", page] = [lambda ctx: setattr(sink, "fault", Crash())]
    job = make_job(source)
    with pytest.raises(Crash):
        run(job, sink)
    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING
    assert RawRecord.objects.filter(source_id=source.pk).count() == page * 3
    lose(job)
    assert job.status == JobStatus.QUEUED
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert len(stored(source)) == 12
    assert len(sink.cells) == 12
    assert sum(len(one.records) for one in sink.landings) == 12, "no page landed twice"
    assert max(script.reads.values()) <= 2, "at most one page is read again"


def test_a_worker_that_lost_its_job_writes_nothing_more(script: Script) -> None:
    source, slow, fast = make_source(make_team()), Memory(), Memory()
    job = make_job(source)

    def taken_over(ctx: Any) -> None:
        lose(job)
        assert run(job, fast) == JobStatus.SUCCEEDED

    script.faults["days", 2] = [taken_over]
    assert run(job, slow) is None
    job.refresh_from_db()
    assert (job.status, job.fence) == (JobStatus.SUCCEEDED, 2)
    assert len(slow.landings) == 2, "the page it held in its hands was not written"
    assert len(fast.cells) == 6, "the other worker went on at the checkpoint"
    assert len(stored(source)) == 12
    assert OutboxEvent.objects.filter(name="job.completed").count() == 1


def test_a_job_that_took_its_worker_down_five_times_is_put_aside(script: Script) -> None:
    source = make_source(make_team())
    script.faults["days", 1] = [Crash() for _ in range(9)]
    job = make_job(source)
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(Crash):
            run(job)
        lose(job)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "poisoned")
    assert OutboxEvent.objects.filter(name="job.failed").count() == 1


def test_cancel_stops_after_the_current_page_and_keeps_what_was_stored(script: Script) -> None:
    team = make_team()
    source, sink = make_source(team), Memory()
    job = make_job(source)
    script.faults["days", 1] = [lambda ctx: cancel_job(job=job, by=make_user())]
    assert run(job, sink) == JobStatus.CANCELLED
    assert len(sink.cells) == 6
    assert StreamState.objects.get(source=source).state == {"next": 2}
    assert sink.finished == []
    source.refresh_from_db()
    assert source.last_success_at is None


def test_cancel_ends_a_wait_of_a_connector(script: Script) -> None:
    source = make_source(make_team())
    job = make_job(source)

    def wait(ctx: Any) -> None:
        cancel_job(job=job, by=None)
        ctx.pause(50)

    script.faults["days", 1] = [wait]
    started = clock.monotonic()
    assert run(job) == JobStatus.CANCELLED
    assert clock.monotonic() - started < 5


def test_a_waiting_job_is_cancelled_at_once(script: Script) -> None:
    job = cancel_job(job=make_job(make_source(make_team())), by=None)
    assert job.status == JobStatus.CANCELLED
    assert run(job) is None


def test_a_worker_that_stops_puts_the_job_back_at_its_checkpoint(script: Script) -> None:
    source, sink, stop = make_source(make_team()), Memory(), threading.Event()
    script.faults["days", 1] = [lambda ctx: stop.set()]
    job = make_job(source)
    assert run(job, sink, stop=stop.is_set) == JobStatus.QUEUED
    assert (job.attempt, job.lease_until) == (0, None)
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert max(script.reads.values()) == 1


def test_a_run_that_takes_too_long_makes_room_for_others(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SLICE_SECONDS", -1)
    job = make_job(make_source(make_team()))
    assert run(job) == JobStatus.QUEUED
    assert job.counts["pages"] == 1


def test_the_sweeper_rings_for_jobs_that_nobody_heard_and_for_pauses_that_are_over(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[Any] = []
    monkeypatch.setattr("sources.actions.sweep.ring_now", lambda pk: rung.append(pk) or True)
    team = make_team()
    jobs = [make_job(make_source(team, name=f"S{n}")) for n in range(4)]
    now = clock.now() + timedelta(seconds=3)
    Job.objects.filter(pk=jobs[1].pk).update(status=JobStatus.PAUSED, run_after=now - HOUR)
    Job.objects.filter(pk=jobs[2].pk).update(status=JobStatus.PAUSED, run_after=now + HOUR)
    Job.objects.filter(pk=jobs[3].pk).update(updated_at=now)
    assert sweep(now).rung == 2
    assert set(rung) == {jobs[0].pk, jobs[1].pk}


def test_a_job_with_a_living_lease_is_left_alone(script: Script) -> None:
    job = make_job(make_source(make_team()))
    assert claim(job.pk, "w") is not None
    assert sweep(clock.now()).lost == 0


def test_a_lost_job_that_was_to_be_cancelled_is_cancelled(script: Script) -> None:
    job = make_job(make_source(make_team()))
    claim(job.pk, "w")
    cancel_job(job=job, by=None)
    lose(job)
    assert job.status == JobStatus.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_that_ring_at_once_one_gets_the_job(script: Script) -> None:
    job = make_job(make_source(make_team()))
    won: list[str] = []
    start = threading.Barrier(8)

    def work(name: str) -> None:
        start.wait()
        if claim(job.pk, name) is not None:
            won.append(name)
        connection.close()

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(won) == 1
    job.refresh_from_db()
    assert (job.fence, job.worker) == (1, won[0])


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_extends_the_lease_while_a_page_takes_long(script: Script, settings: Any) -> None:
    settings.JOB_LEASE_SECONDS = 1
    job = make_job(make_source(make_team()))
    mine = claim(job.pk, "w")
    assert mine is not None
    with Heartbeat(mine):
        clock.sleep(1.4)
        assert sweep(clock.now()).lost == 0
        Job.objects.filter(pk=job.pk).update(fence=9, lease_until=datetime(2026, 1, 1, tzinfo=UTC))
        clock.sleep(0.6)
    job.refresh_from_db()
    assert job.lease_until == datetime(2026, 1, 1, tzinfo=UTC), "a worker that was fenced out extends nothing"


def test_a_run_costs_few_queries_per_page(script: Script, django_assert_max_num_queries: Any) -> None:
    script.pages["days"] = simple_pages(10, 20)
    job = make_job(make_source(make_team()))
    with django_assert_max_num_queries(10 * 8 + 30):
        assert run(job) == JobStatus.SUCCEEDED


def test_a_job_of_another_kind_runs_once_only(script: Script) -> None:
    source = make_source(make_team())
    first, second = make_job(source), make_job(source, JobKind.REPLAY)
    assert first.pk == second.pk, "one open job per source"
