"""Trustpilot the whole way: connected, run, stored and counted by the real runner and the real sink."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from metrics.models import Document
from sources.actions.sync import queue_sync
from sources.models import JobStatus, SourceState
from tests.fakes.trustpilot import KEY, TrustpilotFake
from tests.sources.whole_way import connected, ran, sums

pytestmark = pytest.mark.django_db
CONFIG = {"api_key": KEY, "domain": "https://www.trustpilot.com/review/example.com"}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[TrustpilotFake]:
    with TrustpilotFake(reviews=120) as running, time_machine.travel("2026-11-19T15:30:00Z"):
        monkeypatch.setenv("TRUSTPILOT_BASE_URL", running.url)
        yield running


def test_reviews_and_totals_land_once_and_again_changes_nothing(fake: TrustpilotFake) -> None:
    source, job = connected("trustpilot", **CONFIG)
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
    source, job = connected("trustpilot", **CONFIG)
    ran(job)
    fake.allowed = False
    refused = ran(queue_sync(source=source, by=None))
    source.refresh_from_db()
    assert (refused.status, source.state) == (JobStatus.FAILED, SourceState.ATTENTION)
    assert KEY not in f"{refused.error_message} {source.state_reason}"
    assert Document.objects.count() == 120


def test_a_list_that_ends_early_is_partly_done_and_whole_the_next_time(fake: TrustpilotFake) -> None:
    source, job = connected("trustpilot", **CONFIG)
    fake.stuck = 1
    assert ran(job).status == JobStatus.PARTIAL
    assert job.error_details["streams"] == ["reviews"]
    fake.stuck = 0
    assert ran(queue_sync(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert Document.objects.count() == 120
