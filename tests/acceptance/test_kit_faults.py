"""Every connector tells the truth when its service fails: waits where that helps, never calls a part the whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from livinglytics.lib import clock
from livinglytics.lib.http import Limits
from sources.actions.surroundings import surroundings
from sources.models import Job, JobStatus, Source
from tests.acceptance.case import Case, Service
from tests.acceptance.play import Tables, bring_to_its_end, how_many, run, tables
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Fault, down, limited, slow

pytestmark = pytest.mark.django_db
Travel = Callable[[timedelta], None]
PASSING = {"429 for a second": limited("1"), "503": down(503), "reset": RESET, "cut off": TRUNCATED}
BROKEN = {"no json": MALFORMED, "a page instead": HTML, "cut off": TRUNCATED}


def quiet_run(case: Case, service: Service) -> tuple[Tables, int]:
    """What an undisturbed run stores, and how many requests it makes."""
    if service.fake is None:
        pytest.skip("nothing is asked over HTTP by us: the connector's own tests break its program")
    source, job = case.connect(service)
    service.fake.reset_counts()
    run(job)
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    return tables(source), service.fake.requests


def disturbed(case: Case, service: Service, after: int, *faults: Fault) -> tuple[Source, Job]:
    """A run whose service fails after so many good answers."""
    source, job = case.connect(service)
    service.fake.script(*[None] * after, *faults)
    run(job)
    return source, job


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_passing_failure_costs_nothing(case: Case, service: Service, fault: Fault, travel: Travel) -> None:
    quiet, requests = quiet_run(case, service)
    for after in sorted({0, requests // 2, requests - 1}):
        source, job = disturbed(case, service, after, fault)
        assert job.status == JobStatus.SUCCEEDED, (after, job.status, job.error_message)
        assert tables(source) == quiet, after


def within(monkeypatch: pytest.MonkeyPatch, limits: Limits) -> None:
    """Limits of every run from now on: the default of what builds its surroundings."""
    monkeypatch.setitem(surroundings.__kwdefaults__, "limits", limits)


def test_an_answer_that_does_not_come_in_time_is_asked_for_again(
    case: Case, service: Service, travel: Travel, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet, requests = quiet_run(case, service)
    within(monkeypatch, Limits(read=0.15))
    source, job = disturbed(case, service, requests // 2, slow(30))
    assert job.status == JobStatus.SUCCEEDED, (job.status, job.error_message)
    assert tables(source) == quiet


def test_a_service_that_never_answers_in_time_is_never_a_success(
    case: Case, service: Service, travel: Travel, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet, requests = quiet_run(case, service)
    within(monkeypatch, Limits(read=0.1, tries=1))
    source, job = disturbed(case, service, requests // 2, *[slow(30)] * 60)
    assert job.status == JobStatus.QUEUED
    assert job.error_message
    service.fake.heal()
    within(monkeypatch, Limits())
    bring_to_its_end(source, job, travel)
    assert tables(source) == quiet


def test_a_long_limit_is_waited_for_outside_of_the_run(case: Case, service: Service, travel: Travel) -> None:
    quiet, requests = quiet_run(case, service)
    source, job = disturbed(case, service, requests // 2, limited("1800"))
    assert job.status in {JobStatus.PAUSED, JobStatus.QUEUED}, (job.status, job.error_message)
    assert job.run_after is not None
    assert job.run_after >= clock.now() + timedelta(minutes=29)
    bring_to_its_end(source, job, travel)
    assert tables(source) == quiet


def test_a_service_that_stays_down_is_never_a_success(case: Case, service: Service, travel: Travel) -> None:
    quiet, requests = quiet_run(case, service)
    source, job = disturbed(case, service, requests // 2, *[down(503)] * 60)
    assert job.status != JobStatus.SUCCEEDED
    assert job.error_message
    assert how_many(tables(source)) <= how_many(quiet)
    service.fake.heal()
    bring_to_its_end(source, job, travel)
    assert tables(source) == quiet


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_is_none_never_passes_for_the_whole(
    case: Case, service: Service, fault: Fault, travel: Travel
) -> None:
    quiet, requests = quiet_run(case, service)
    for after in sorted({requests // 2, requests - 1}):
        source, job = disturbed(case, service, after, *[fault] * 5)
        assert job.status != JobStatus.SUCCEEDED or tables(source) == quiet
        service.fake.heal()
        bring_to_its_end(source, job, travel)
        assert tables(source) == quiet
