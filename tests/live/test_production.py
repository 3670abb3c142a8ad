"""Production on PostgreSQL and Redis: a real Celery worker does the job, the sockets process tells of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_thread
from django.conf import settings

from sources.actions.connect import connect_source
from sources.models import Job, JobStatus, RawRecord
from tests.conftest import Cast
from tests.live.conftest import ROOT, Stage, cookie_of, database_url

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _on_servers() -> None:
    if not settings.REDIS_URL or "postgres" not in settings.DATABASE_URL:
        pytest.skip("needs DATABASE_URL with postgres:// and REDIS_URL")


@contextmanager
def worker(name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker with two child processes, on the tests' database."""
    options = ["--pool=prefork", "--concurrency=2", "--without-gossip", "--without-mingle", "--loglevel=WARNING"]
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "--app=livinglytics", "worker", "-n", f"{name}@%h", *options],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(), "LIVINGLYTICS_ROLE": "worker", "JOB_LEASE_SECONDS": "3"},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the worker and its children at once, as a power cut does."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(found: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"no {what} in {seconds} s")


def finished(job: Job) -> bool:
    return Job.objects.get(pk=job.pk).status == JobStatus.SUCCEEDED


async def test_a_worker_does_the_job_and_a_page_on_another_process_sees_it_end(stage: Stage, cast: Cast) -> None:
    headers = await in_thread(cookie_of)(cast.owner)
    with worker("one"):
        connected = await in_thread(connect_source)(team=cast.team, by=cast.owner, kind="demo")
        job = connected.job
        assert job is not None
        async with stage.visit(f"/ws/jobs/{connected.source.pk}/", additional_headers=headers) as page:
            # the page asks for a project of the real product here, so the stage must know it as the team's own
            await page.hear("subscribed")
            await in_thread(wait_for)(lambda: finished(job), "finished job")
            seen = await page.hear("job.progress", seconds=10)
            assert seen["job_id"] == str(job.pk)


def sweep_until(done: Callable[[], bool]) -> bool:
    from livinglytics.pipeline import sweep

    sweep()
    return done()


@pytest.mark.faults
def test_a_killed_worker_loses_no_row_and_another_goes_on(cast: Cast) -> None:
    with worker("whole"):
        whole = connect_source(team=cast.other_team, by=cast.stranger, kind="demo")
        assert whole.job is not None
        wait_for(lambda: whole.job and finished(whole.job), "uninterrupted run")
    with worker("first") as first:
        connected = connect_source(team=cast.team, by=cast.owner, kind="demo")
        job = connected.job
        assert job is not None
        wait_for(lambda: RawRecord.objects.filter(source_id=connected.source.pk).exists(), "first page")
        kill(first)
    assert not finished(job)
    with worker("second"):
        wait_for(lambda: sweep_until(lambda: finished(job)), "resumed job")

    def kept(source_id: Any) -> list[tuple[str, str]]:
        rows = RawRecord.objects.filter(source_id=source_id)
        return sorted(rows.values_list("stream", "external_id"))

    assert kept(connected.source.pk) == kept(whole.source.pk)
