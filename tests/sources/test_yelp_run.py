"""Yelp the whole way: connected, run, stored and counted by the real runner and the real sink."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from livinglytics.pipeline import run_job
from metrics.models import Document, Observation, Series
from sources.actions.connect import connect_source
from sources.actions.replay import replay
from sources.actions.sync import queue_sync
from sources.models import Job, JobStatus, Source
from tests.cast import make_team
from tests.fakes.yelp import ALIAS, KEY, YelpFake, review

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _an_evening() -> Iterator[None]:
    with time_machine.travel("2026-11-20T15:30:00Z", tick=False):
        yield


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[YelpFake]:
    with YelpFake() as running:
        monkeypatch.setenv("YELP_BASE_URL", running.url)
        yield running


def connected() -> tuple[Source, Job]:
    config = {"api_key": KEY, "business": ALIAS}
    made = connect_source(team=make_team(time_zone="Europe/Berlin"), by=None, kind="yelp", config=config)
    assert made.job is not None
    return made.source, made.job


def ran(job: Job) -> Job:
    run_job(str(job.pk))
    job.refresh_from_db()
    return job


def texts() -> dict[str, str]:
    return dict(Document.objects.values_list("external_id", "text"))


def readings(source: Source) -> dict[str, list[float]]:
    found = Series.objects.filter(source_id=source.pk, metric__startswith="yelp.")
    return {one.metric: [float(row.value) for row in Observation.objects.filter(series_id=one.pk)] for one in found}


def test_excerpts_and_totals_land_once_and_again_changes_nothing(fake: YelpFake) -> None:
    source, job = connected()
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    once = texts()
    assert set(once) == {"review-3", "review-4", "review-5"}
    assert readings(source) == {"yelp.review_count": [238], "yelp.rating": [4.5]}
    assert (job.quota["limit"], KEY in repr(job.__dict__)) == (300, False)
    again = ran(queue_sync(source=source, by=None))
    assert again.status == JobStatus.SUCCEEDED
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert ran(replay(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert (texts(), len(readings(source))) == (once, 2)


def test_a_review_that_changed_is_updated_and_the_days_totals_are_replaced(fake: YelpFake) -> None:
    source, job = connected()
    ran(job)
    fake.reviews[-1] = review(5, text="I changed my mind.", rating=2)
    fake.business |= {"review_count": 239, "rating": 4.4}
    ran(queue_sync(source=source, by=None))
    changed = Document.objects.get(external_id="review-5")
    assert (changed.text, changed.rating) == ("I changed my mind.", 0.25)
    assert readings(source) == {"yelp.review_count": [239], "yelp.rating": [4.4]}


def test_a_used_up_day_pauses_the_run_until_yelps_reset(fake: YelpFake) -> None:
    fake.refusals = [(429, "ACCESS_LIMIT_REACHED", {"RateLimit-ResetTime": "2026-11-21T00:00:00+00:00"})] * 2
    job = connected()[1]
    assert ran(job).status == JobStatus.PAUSED
    assert job.run_after is not None
    assert job.run_after.isoformat() >= "2026-11-21T00:00:00"
    fake.refusals = []
    with time_machine.travel(job.run_after, tick=False):
        assert ran(job).status == JobStatus.SUCCEEDED
    assert len(texts()) == 3
