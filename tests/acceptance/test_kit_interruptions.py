"""Every connector survives what ends or stops a run: what is stored is that of a run that nobody disturbed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from sources.actions.run import run_job
from sources.actions.sync import cancel_job, queue_sync
from sources.models import JobStatus
from tests.acceptance.case import Case, Service
from tests.acceptance.play import Tables, Watched, bring_to_its_end, killed, nothing, run, tables

pytestmark = pytest.mark.django_db
Travel = Callable[[timedelta], None]


def undisturbed(case: Case, service: Service) -> tuple[Tables, int]:
    """What a run stores that nobody disturbs, and in how many pages."""
    source, job = case.connect(service)
    pages = run(job)
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    return tables(source), pages


def test_a_worker_killed_at_any_page_loses_nothing(case: Case, service: Service, travel: Travel) -> None:
    quiet, pages = undisturbed(case, service)
    for page in sorted({1, 2, pages // 2, pages} & set(range(1, pages + 1))):
        source, job = case.connect(service)
        killed(job, page)
        assert job.status == JobStatus.QUEUED
        run(job)
        assert job.status == JobStatus.SUCCEEDED, job.error_message
        assert tables(source) == quiet, f"killed at page {page} of {pages}"


@pytest.mark.parametrize("seed", [1, 2])
def test_workers_killed_again_and_again_lose_nothing(case: Case, service: Service, seed: int, travel: Travel) -> None:
    quiet, pages = undisturbed(case, service)
    dice = random.Random(f"{case.id} {seed}")
    source, job = case.connect(service)
    for _ in range(3):
        killed(job, dice.randint(1, pages))
        if not job.is_open:
            break
    bring_to_its_end(source, job, travel)
    assert tables(source) == quiet


def test_a_run_that_is_cancelled_keeps_what_it_read_and_the_next_one_reads_the_rest(
    case: Case, service: Service, travel: Travel
) -> None:
    quiet, pages = undisturbed(case, service)
    source, job = case.connect(service)

    def cancel_in_the_middle(page: int) -> None:
        if page == max(1, pages // 2):
            cancel_job(job=job, by=None)

    run(job, cancel_in_the_middle)
    assert job.status in {JobStatus.CANCELLED, JobStatus.SUCCEEDED}
    assert pages < 3 or job.status == JobStatus.CANCELLED
    bring_to_its_end(source, job, travel)
    assert tables(source) == quiet


def test_two_runs_at_once_are_one(case: Case, service: Service) -> None:
    quiet, _ = undisturbed(case, service)
    source, job = case.connect(service)

    def another(page: int) -> None:
        assert queue_sync(source=source, by=None).pk == job.pk
        assert run_job(job.pk, sink=Watched(nothing), worker="another") is None

    run(job, another)
    assert job.status == JobStatus.SUCCEEDED
    assert tables(source) == quiet
