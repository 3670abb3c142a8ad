"""Yelp the whole way: connected, run, stored and counted by the real runner and the real sink."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from metrics.models import Document
from sources.actions.replay import replay
from sources.actions.sync import queue_sync
from sources.models import JobStatus
from tests.fakes.yelp import ALIAS, KEY, YelpFake, review
from tests.sources.whole_way import connected, ran, sums, texts

pytestmark = pytest.mark.django_db
CONFIG = {"api_key": KEY, "business": ALIAS}


@pytest.fixture(autouse=True)
def _an_evening() -> Iterator[None]:
    with time_machine.travel("2026-11-20T15:30:00Z", tick=False):
        yield


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[YelpFake]:
    with YelpFake() as running:
        monkeypatch.setenv("YELP_BASE_URL", running.url)
        yield running


def test_excerpts_and_totals_land_once_and_again_changes_nothing(fake: YelpFake) -> None:
    source, job = connected("yelp", **CONFIG)
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    once, counted = texts(), sums(source)
    assert set(once) == {"review-3", "review-4", "review-5"}
    assert sums(source).items() >= {"yelp.review_count": 238, "yelp.rating": 4.5}.items()
    assert (job.quota["limit"], KEY in repr(job.__dict__)) == (300, False)
    again = ran(queue_sync(source=source, by=None))
    assert again.status == JobStatus.SUCCEEDED
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert ran(replay(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert (texts(), sums(source)) == (once, counted)


def test_a_review_that_changed_is_updated_and_the_days_totals_are_replaced(fake: YelpFake) -> None:
    source, job = connected("yelp", **CONFIG)
    ran(job)
    fake.reviews[-1] = review(5, text="I changed my mind.", rating=2)
    fake.business |= {"review_count": 239, "rating": 4.4}
    ran(queue_sync(source=source, by=None))
    changed = Document.objects.get(external_id="review-5")
    assert (changed.text, changed.rating) == ("I changed my mind.", 0.25)
    assert sums(source).items() >= {"yelp.review_count": 239, "yelp.rating": 4.4}.items()


def test_a_used_up_day_pauses_the_run_until_yelps_reset(fake: YelpFake) -> None:
    fake.refusals = [(429, "ACCESS_LIMIT_REACHED", {"RateLimit-ResetTime": "2026-11-21T00:00:00+00:00"})] * 2
    job = connected("yelp", **CONFIG)[1]
    assert ran(job).status == JobStatus.PAUSED
    assert job.run_after is not None
    assert job.run_after.isoformat() >= "2026-11-21T00:00:00"
    fake.refusals = []
    with time_machine.travel(job.run_after, tick=False):
        assert ran(job).status == JobStatus.SUCCEEDED
    assert len(texts()) == 3
