"""Trustpilot the whole way: connected, run, stored and counted by the real runner and the real sink."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from livinglytics.pipeline import run_job
from metrics.models import Document, Observation, Series
from sources.actions.connect import connect_source
from sources.actions.sync import queue_sync
from sources.models import Job, JobStatus, Source, SourceState
from tests.cast import make_team
from tests.fakes.trustpilot import KEY, TrustpilotFake

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[TrustpilotFake]:
    with TrustpilotFake(reviews=120) as running, time_machine.travel("2026-11-19T15:30:00Z"):
        monkeypatch.setenv("TRUSTPILOT_BASE_URL", running.url)
        yield running


def connected() -> tuple[Source, Job]:
    config = {"api_key": KEY, "domain": "https://www.trustpilot.com/review/example.com"}
    made = connect_source(team=make_team(), by=None, kind="trustpilot", config=config)
    assert made.job is not None
    return made.source, made.job


def ran(job: Job) -> Job:
    run_job(str(job.pk))
    job.refresh_from_db()
    return job


def sums(source: Source) -> dict[str, float]:
    found: dict[str, float] = {}
    for series in Series.objects.filter(source_id=source.pk):
        for one in Observation.objects.filter(series_id=series.pk):
            found[series.metric] = found.get(series.metric, 0.0) + float(one.value)
    return found


def test_reviews_and_totals_land_once_and_again_changes_nothing(fake: TrustpilotFake) -> None:
    source, job = connected()
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    once = sums(source)
    truth = {key: one["text"] for key, one in fake.everything.items()}
    assert dict(Document.objects.values_list("external_id", "text")) == truth
    assert (once["trustpilot.total_reviews"], once["trustpilot.trust_score"]) == (120, 4.3)
    again = ran(queue_sync(source=source, by=None))
    assert again.status == JobStatus.SUCCEEDED
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert sums(source) == once


def test_a_key_that_is_withdrawn_later_asks_for_a_new_one_and_keeps_what_was_read(fake: TrustpilotFake) -> None:
    source, job = connected()
    ran(job)
    fake.allowed = False
    refused = ran(queue_sync(source=source, by=None))
    source.refresh_from_db()
    assert (refused.status, source.state) == (JobStatus.FAILED, SourceState.ATTENTION)
    assert KEY not in f"{refused.error_message} {source.state_reason}"
    assert Document.objects.count() == 120


def test_a_list_that_ends_early_is_partly_done_and_whole_the_next_time(fake: TrustpilotFake) -> None:
    source, job = connected()
    fake.stuck = 1
    assert ran(job).status == JobStatus.PARTIAL
    assert job.error_details["streams"] == ["reviews"]
    fake.stuck = 0
    assert ran(queue_sync(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert Document.objects.count() == 120
