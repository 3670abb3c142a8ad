"""Every connector says what a person has to do when it is refused, keeps what was read, and goes on afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from livinglytics.lib.errors import ProductError
from sources.actions.sync import queue_sync
from sources.models import JobStatus, SourceState
from tests.acceptance.case import Case, Service
from tests.acceptance.play import bring_to_its_end, living, run, tables
from tests.sources.accounted import stored_text

pytestmark = pytest.mark.django_db
Travel = Callable[[timedelta], None]
#: a list that goes in circles is left long before this many times the usual requests
CIRCLES = 4


def refused(case: Case, service: Service, act: str, travel: Travel) -> str:
    """Read, play the act, run again: it fails and keeps what it has; undone, it goes on. The source's state then."""
    source, job = case.connect(service)
    run(job)
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    before = tables(source)
    undo = service.acts[act]()
    job = queue_sync(source=source, by=None)
    run(job)
    assert job.status in {JobStatus.FAILED, JobStatus.PARTIAL}, job.status
    assert len(job.error_message) > 20
    assert [one for one in service.secrets if one in stored_text()] == []
    assert living(tables(source)) == living(before)
    assert {*tables(source)["numbers"]} >= {*before["numbers"]}
    source.refresh_from_db()
    found = str(source.state)
    if service.connect is None:
        with pytest.raises(ProductError) as caught:
            case.connect(service)
        assert [one for one in service.secrets if one in f"{caught.value} {caught.value.details}"] == []
    undo()
    bring_to_its_end(source, queue_sync(source=source, by=None), travel)
    assert tables(source) == before
    source.refresh_from_db()
    assert source.state == SourceState.ACTIVE
    return found


@pytest.mark.acts("lose")
def test_an_unknown_target_is_told_and_takes_nothing_away(case: Case, service: Service, travel: Travel) -> None:
    refused(case, service, "lose", travel)


@pytest.mark.acts("lock")
def test_bad_credentials_ask_for_attention_take_nothing_away_and_are_told_to_nobody(
    case: Case, service: Service, travel: Travel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert refused(case, service, "lock", travel) == SourceState.ATTENTION
    assert [one for one in service.secrets if one in caplog.text] == []


@pytest.mark.acts("forbid")
def test_a_missing_right_is_told_and_takes_nothing_away(case: Case, service: Service, travel: Travel) -> None:
    refused(case, service, "forbid", travel)


@pytest.mark.acts("lock")
def test_a_key_that_is_withdrawn_in_mid_run_ends_it_there_and_a_new_one_goes_on(
    case: Case, service: Service, travel: Travel
) -> None:
    whole, job = case.connect(service)
    middle = max(1, run(job) // 2)
    source, job = case.connect(service)
    undone: list[Callable[[], object]] = []

    def withdraw(page: int) -> None:
        if page == middle:
            undone.append(service.acts["lock"]())

    run(job, withdraw)
    assert job.status != JobStatus.SUCCEEDED or tables(source) == tables(whole)
    assert {*tables(source)["rows"]} <= {*tables(whole)["rows"]}
    undone[0]()
    bring_to_its_end(source, job, travel)
    assert tables(source) == tables(whole)


@pytest.mark.acts("expire")
def test_a_token_that_ends_in_mid_run_is_renewed_and_the_run_goes_on(case: Case, service: Service) -> None:
    whole, job = case.connect(service)
    pages = run(job)
    for middle in sorted({1, max(1, pages // 2)}):
        source, job = case.connect(service)

        def end(page: int, middle: int = middle) -> None:
            if page == middle:
                service.acts["expire"]()

        run(job, end)
        assert job.status == JobStatus.SUCCEEDED, job.error_message
        assert tables(source) == tables(whole)


@pytest.mark.acts("limit")
def test_a_limit_in_the_services_own_words_is_a_pause_and_no_fault(
    case: Case, service: Service, travel: Travel
) -> None:
    whole, job = case.connect(service)
    middle = max(1, run(job) // 2)
    source, job = case.connect(service)
    undone: list[Callable[[], object] | None] = []

    def limit(page: int) -> None:
        if page == middle:
            undone.append(service.acts["limit"]())

    run(job, limit)
    assert job.status in {JobStatus.PAUSED, JobStatus.QUEUED, JobStatus.SUCCEEDED}, (job.status, job.error_message)
    source.refresh_from_db()
    assert source.state == SourceState.ACTIVE
    if undone[0]:
        undone[0]()
    bring_to_its_end(source, job, travel)
    # a long wait may end on another day, whose readings are compared with those of a source that is new then
    whole, job = case.connect(service)
    run(job)
    assert tables(source) == tables(whole)


@pytest.mark.acts("ring")
def test_pages_that_go_in_circles_end_and_are_never_a_success_without_a_word(
    case: Case, service: Service, travel: Travel
) -> None:
    whole, job = case.connect(service)
    service.fake.reset_counts()
    run(job)
    usual = service.fake.requests
    undo = service.acts["ring"]()
    source, job = case.connect(service)
    service.fake.reset_counts()
    run(job)
    assert service.fake.requests <= CIRCLES * usual + 10
    assert job.status != JobStatus.SUCCEEDED or job.warnings or tables(source) == tables(whole)
    assert {*tables(source)["rows"]} <= {*tables(whole)["rows"]}
    undo()
    bring_to_its_end(source, job, travel)
    assert tables(source) == tables(whole)
