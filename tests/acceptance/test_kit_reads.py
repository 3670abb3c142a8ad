"""Every connector reads all there is, once, and tells no secret."""

from __future__ import annotations

import logging

import pytest

from sources.actions.sync import queue_sync
from sources.connectors import connectors
from sources.models import Job, JobStatus, StreamState
from tests.acceptance.case import Case, Service, all_cases
from tests.acceptance.play import how_many, run, tables
from tests.sources.accounted import stored_text

pytestmark = pytest.mark.django_db
#: kinds that read nothing by themselves, and one that makes its numbers up
NOTHING_TO_READ = {"push", "upload", "demo"}


@pytest.mark.usefixtures("db")
def test_every_connector_is_in_the_kit() -> None:
    assert {one.kind for one in all_cases()} == set(connectors.keys()) - NOTHING_TO_READ


def asked(service: Service, job: Job) -> int:
    """Run the job; how many requests it made over HTTP."""
    if service.fake:
        service.fake.reset_counts()
    run(job)
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    return service.fake.requests if service.fake else 0


def test_all_is_read_and_a_second_run_changes_nothing_and_neither_asks_too_often(case: Case, service: Service) -> None:
    source, job = case.connect(service)
    first = asked(service, job)
    once = tables(source)
    assert how_many(once) >= case.least
    assert once["numbers"] or once["texts"]
    assert once["bad"] == []
    again = queue_sync(source=source, by=None)
    second = asked(service, again)
    assert {again.counts[name] for name in ("inserted", "updated", "deleted", "rejected")} == {0}
    assert tables(source) == once
    assert first <= case.requests[0]
    assert second <= case.requests[1]


def test_a_state_that_nobody_wrote_this_way_begins_anew_and_loses_nothing(case: Case, service: Service) -> None:
    source, job = case.connect(service)
    run(job)
    once = tables(source)
    for odd in ({"v": 99, "version": 99, "odd": ["x"]}, {"cursor": 7, "since": "2090-01-01", "pages": None}):
        StreamState.objects.filter(source=source).update(state=odd)
        again = queue_sync(source=source, by=None)
        run(again)
        assert again.status == JobStatus.SUCCEEDED, again.error_message
        now = tables(source)
        # a day that is told anew may be stored as an empty one
        assert set(once.pop("rows", [])) <= set(now.pop("rows"))
        assert now == once


def test_no_secret_is_stored_in_the_open_or_logged(
    case: Case, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _, job = case.connect(service)
    run(job)
    seen = "\n".join([stored_text(), caplog.text, repr(job.__dict__)])
    assert [one for one in service.secrets if one in seen] == []
