"""Review pages the whole way: connected, run, stored and counted by the real runner and the real sink."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import time_machine

from livinglytics.lib import clock
from livinglytics.lib.errors import Invalid
from metrics.models import Document
from sources.actions.replay import replay
from sources.actions.sync import queue_sync
from sources.models import Job, JobStatus, Quarantined, Source, SourceState, StreamState
from tests.fakes._server import Answer, down
from tests.fakes.review_page import READ, ReviewPageFake
from tests.metrics.build import answer
from tests.sources.whole_way import connected, ran, sums, texts

pytestmark = pytest.mark.django_db
LAMP, KETTLE, BAKERY = "/product/lamp", "/graph/kettle", "/local/bakery"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[ReviewPageFake]:
    """A website on a private address that the operator allows; waits pass at once."""
    with ReviewPageFake(reviews=24) as running, time_machine.travel("2026-11-20T15:30:00Z", tick=False) as now:
        settings.ALLOWED_PRIVATE_HOSTS = frozenset({running.host})
        monkeypatch.setattr(clock, "sleep", now.shift)
        monkeypatch.setattr(clock, "monotonic", time.time)
        yield running


def settings_of(fake: ReviewPageFake) -> dict[str, list[str]]:
    return {"addresses": [fake.address(one) for one in (LAMP, KETTLE, BAKERY)]}


def test_reviews_and_totals_land_once_and_again_changes_nothing(fake: ReviewPageFake) -> None:
    source, job = connected("review_page", **settings_of(fake))
    fake.reset_counts()
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    assert fake.requests == 8
    once = sums(source)
    assert set(texts().values()) == set(READ)
    assert Document.objects.count() == once["reviews.count"] == 49
    assert once["review_page.total_reviews"] == 24 + 1310 + 96
    assert set(Document.objects.values_list("platform", flat=True)) == {"web"}
    again = ran(queue_sync(source=source, by=None))
    assert again.status == JobStatus.SUCCEEDED
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert sums(source) == once
    assert "Ada" not in repr(list(Document.objects.values()))


def test_the_rating_of_several_pages_is_weighed_and_never_added(fake: ReviewPageFake) -> None:
    source, job = connected("review_page", **settings_of(fake))
    ran(job)
    clock.sleep(86_400)
    fake.items[KETTLE].total = {"ratingValue": 3, "ratingCount": 100}
    ran(queue_sync(source=source, by=None))
    month = answer(source.team, "review_page.rating review_page.total_reviews", "2026-11-01", "2026-11-30")
    weighed = (4.5 * 24 + 3 * 100 + 4.8 * 96) / (24 + 100 + 96)
    rating, total = month.totals.values
    assert rating.value == pytest.approx(weighed)
    assert total.value == 24 + 100 + 96


def test_an_edited_review_is_read_again(fake: ReviewPageFake) -> None:
    source, job = connected("review_page", **settings_of(fake))
    ran(job)
    fake.items[KETTLE].reviews[3]["description"] = "I changed my mind."
    assert ran(queue_sync(source=source, by=None)).counts["updated"] == 1
    assert "I changed my mind." in texts().values()
    assert Document.objects.count() == 49


def test_a_page_that_is_closed_later_makes_the_run_partial_and_keeps_what_was_read(fake: ReviewPageFake) -> None:
    source, job = connected("review_page", **settings_of(fake))
    ran(job)
    fake.robots = "User-agent: *\nDisallow: /product"
    fake.add(KETTLE, at=clock.now(), description="Fresh.")
    for _ in range(3):
        closed = ran(queue_sync(source=source, by=None))
        assert (closed.status, closed.error_details["streams"]) == (JobStatus.PARTIAL, ["reviews"])
        assert "asks programs in its robots.txt not to read" in closed.error_message
    source.refresh_from_db()
    assert source.state == SourceState.ACTIVE
    assert Document.objects.count() == 50


def test_a_page_that_is_down_is_tried_again_alone_and_the_run_succeeds(fake: ReviewPageFake) -> None:
    source, job = connected("review_page", **settings_of(fake))
    fake.script(*[replace(down(), path=KETTLE)] * 5)
    assert ran(job).status == JobStatus.QUEUED
    assert Document.objects.count() == 25
    fake.reset_counts()
    Job.objects.filter(pk=job.pk).update(run_after=None)
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    assert (Document.objects.count(), fake.hits[KETTLE]) == (49, 3)
    assert sums(source)["review_page.total_reviews"] == 1430


def test_a_next_page_that_fails_is_never_a_success(fake: ReviewPageFake) -> None:
    source, job = connected("review_page", **settings_of(fake))
    fake.other[f"{LAMP}?page=2"] = Answer(b"", 404)
    assert ran(job).status == JobStatus.PARTIAL
    assert Document.objects.count() == 35
    fake.other.clear()
    assert ran(queue_sync(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert Document.objects.count() == 49


def test_a_review_without_a_date_is_in_quarantine_until_it_has_one(fake: ReviewPageFake) -> None:
    bad = fake.add(KETTLE, at=clock.now(), datePublished="recently")
    source, job = connected("review_page", **settings_of(fake))
    assert ran(job).status == JobStatus.SUCCEEDED
    assert "recently" in Quarantined.objects.get().reason
    bad["datePublished"] = "2026-11-19"
    ran(queue_sync(source=source, by=None))
    assert (Quarantined.objects.count(), Document.objects.count()) == (0, 50)


def test_stored_rows_can_be_mapped_again_without_asking_the_site(fake: ReviewPageFake) -> None:
    source, job = connected("review_page", **settings_of(fake))
    ran(job)
    once, states = sums(source), dict(StreamState.objects.values_list("stream", "state"))
    fake.reset_counts()
    assert ran(replay(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert (sums(source), fake.requests) == (once, 0)
    assert dict(StreamState.objects.values_list("stream", "state")) == states


def test_a_private_address_is_refused_before_anything_is_kept(fake: ReviewPageFake, settings: Any) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = frozenset()
    with pytest.raises(Invalid, match="ALLOWED_PRIVATE_HOSTS") as caught:
        connected("review_page", **settings_of(fake))
    assert list(caught.value.details) == ["addresses"]
    assert (Source.objects.count(), fake.requests) == (0, 0)
