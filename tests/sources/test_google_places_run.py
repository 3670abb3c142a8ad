"""Google Places the whole way: connected, run, stored and counted by the real runner and the real sink."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from metrics.models import Document
from sources.actions.sync import queue_sync
from sources.models import JobStatus
from tests.fakes.google_places import KEY, PLACE, GooglePlacesFake, review
from tests.sources.whole_way import connected, ran, sums, texts

pytestmark = pytest.mark.django_db
CONFIG = {"api_key": KEY, "place": PLACE}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[GooglePlacesFake]:
    with GooglePlacesFake() as running, time_machine.travel("2026-11-20T15:30:00Z", tick=False):
        monkeypatch.setenv("GOOGLE_PLACES_BASE_URL", running.url)
        yield running


def test_reviews_and_totals_land_once_and_again_changes_nothing(fake: GooglePlacesFake) -> None:
    source, job = connected("google_places", **CONFIG)
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    once = sums(source)
    assert len(texts()) == 5
    assert (once["google_places.rating_count"], once["google_places.rating"]) == (812, 4.4)
    assert KEY not in repr(job.__dict__)
    again = ran(queue_sync(source=source, by=None))
    assert again.status == JobStatus.SUCCEEDED
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert sums(source) == once


def test_a_review_that_is_no_longer_shown_stays_beside_the_new_one(fake: GooglePlacesFake) -> None:
    source, job = connected("google_places", **CONFIG)
    ran(job)
    fake.place["reviews"] = [review(5, rating=2), review(6)]
    assert ran(queue_sync(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert len(texts()) == 6
    assert Document.objects.get(external_id="Ci5").rating == 0.25
