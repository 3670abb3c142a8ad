"""Amazon the whole way: connected, run, stored and counted by the real runner and the real sink."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine

from livinglytics.lib.errors import Invalid
from metrics.models import Document
from sources.actions.replay import replay
from sources.actions.sync import queue_sync
from sources.models import JobStatus
from tests.fakes._server import limited
from tests.fakes.amazon import ASIN, KEY, AmazonFake
from tests.sources.whole_way import connected, ran, sums, texts

pytestmark = pytest.mark.django_db
PAGE = {"product": f"https://www.amazon.de/Kessel/dp/{ASIN}?th=1&psc=1"}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.connectors.amazon.site.PACE", 0.0)
    monkeypatch.setattr("sources.connectors.amazon.provider.PACE", 0.0)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[AmazonFake]:
    with AmazonFake(market="de", reviews=25) as running, time_machine.travel("2026-11-20T15:30:00Z"):
        monkeypatch.setenv("AMAZON_BASE_URL", running.url)
        yield running


def api(fake: AmazonFake) -> dict[str, Any]:
    address = f"{fake.url}/reviews"
    return {"product": ASIN, "marketplace": "de", "way": "provider", "provider_address": address, "api_key": KEY}


def test_shown_reviews_and_totals_land_once_and_again_changes_nothing(fake: AmazonFake) -> None:
    source, job = connected("amazon", **PAGE)
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    once, counted = texts(), sums(source)
    assert len(once) == 10
    assert counted.items() >= {"amazon.rating": 4.6, "amazon.total_reviews": 12_345}.items()
    one = Document.objects.get(external_id="R001ABCDEFGHIJ")
    assert (one.platform, one.language, one.rating, one.author) == ("amazon", "de", 0.25, "")
    assert one.written_at.date() == date(2026, 11, 15)
    again = ran(queue_sync(source=source, by=None))
    assert again.status == JobStatus.SUCCEEDED
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert ran(replay(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert (texts(), sums(source)) == (once, counted)


def test_reviews_are_collected_over_time_and_the_days_totals_are_replaced(fake: AmazonFake) -> None:
    source, job = connected("amazon", **PAGE)
    ran(job)
    fake.add(date(2026, 11, 20))
    fake.total = 12_346
    ran(queue_sync(source=source, by=None))
    assert len(texts()) == 11
    assert sums(source)["amazon.total_reviews"] == 12_346


def test_all_that_a_reviews_api_gives_lands_and_again_changes_nothing(fake: AmazonFake) -> None:
    source, job = connected("amazon", **api(fake))
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    assert texts() == {name: one.text for name, one in fake.everything.items()}
    once = sums(source)
    assert not any(name.startswith("amazon.") for name in once)
    again = ran(queue_sync(source=source, by=None))
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert KEY not in repr((job.__dict__, again.__dict__, source.__dict__, list(Document.objects.values())))


def test_an_edited_review_is_updated_and_a_bad_one_is_counted(fake: AmazonFake) -> None:
    source, job = connected("amazon", **api(fake))
    ran(job)
    fake.change("R001ABCDEFGHIJ", text="I changed my mind.", stars=5)
    fake.add(date(2062, 1, 1), dated="in the year 2062")
    again = ran(queue_sync(source=source, by=None))
    changed = Document.objects.get(external_id="R001ABCDEFGHIJ")
    assert (changed.text, changed.rating) == ("I changed my mind.", 1.0)
    assert (again.status, again.counts["updated"] > 0, again.counts["rejected"]) == (JobStatus.SUCCEEDED, True, 1)


def test_a_robot_page_fails_the_run_and_keeps_what_was_read(fake: AmazonFake) -> None:
    source, job = connected("amazon", **PAGE)
    ran(job)
    fake.mode = "captcha"
    fake.reset_counts()
    refused = ran(queue_sync(source=source, by=None))
    assert refused.status == JobStatus.FAILED
    assert "Import the reviews from a file" in refused.error_message
    assert fake.hits[f"/dp/{ASIN}"] == 2  # one for each stream, none again
    assert len(texts()) == 10


def test_a_page_without_its_reviews_is_partly_done_and_whole_the_next_time(fake: AmazonFake) -> None:
    source, job = connected("amazon", **PAGE)
    fake.mode = "bare"
    assert ran(job).status == JobStatus.PARTIAL
    assert job.error_details["streams"] == ["reviews"]
    assert sums(source)["amazon.rating"] == 4.6
    fake.mode = "page"
    assert ran(queue_sync(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert len(texts()) == 10


def test_what_amazon_does_not_show_cannot_be_connected(fake: AmazonFake) -> None:
    fake.mode = "signin"
    with pytest.raises(Invalid, match="without signing in"):
        connected("amazon", **PAGE)


def test_a_long_limit_pauses_the_run_and_it_goes_on_where_it_was(fake: AmazonFake) -> None:
    job = connected("amazon", **api(fake))[1]
    fake.script(None, limited("3600"))
    assert ran(job).status == JobStatus.PAUSED
    assert len(texts()) == 10
    fake.reset_counts()
    assert job.run_after is not None
    with time_machine.travel(job.run_after):
        assert ran(job).status == JobStatus.SUCCEEDED
    assert (len(texts()), fake.hits["/reviews"]) == (25, 2)
