"""YouTube the whole way: connected, run, stored and counted by the real runner and the real sink."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.apps import apps

from livinglytics.lib.errors import Invalid
from metrics.actions.sink import MetricsSink
from metrics.models import Document
from sources.actions.connect import connect_source
from sources.actions.replay import replay
from sources.actions.run import run_job as run_one
from sources.actions.sync import cancel_job, queue_sync
from sources.models import Credential, Job, JobStatus, Source
from tests.cast import make_team
from tests.fakes import youtube as refused
from tests.fakes.youtube import HANDLE, KEY, YouTubeFake
from tests.sources.whole_way import connected, ran, sums, texts
from tests.sources.youtube_reading import truth

pytestmark = pytest.mark.django_db
CONFIG: dict[str, Any] = {"api_key": KEY, "targets": [HANDLE]}


@pytest.fixture(autouse=True)
def _morning_in_california() -> Iterator[None]:
    with time_machine.travel("2026-11-19T15:30:00Z", tick=False):
        yield


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[YouTubeFake]:
    with YouTubeFake() as running:
        monkeypatch.setenv("YOUTUBE_BASE_URL", running.url)
        yield running


def test_comments_and_counters_land_once_and_again_changes_nothing(fake: YouTubeFake) -> None:
    source, job = connected("youtube", **CONFIG)
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    once = sums(source)
    assert texts() == truth(fake)
    assert once["comments.count"] == len(truth(fake)) == once["youtube.comments"]
    assert once["youtube.views"] == 300
    assert job.quota["remaining"] > 9_900
    again = ran(queue_sync(source=source, by=None))
    assert again.status == JobStatus.SUCCEEDED
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert ran(replay(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert (sums(source), texts()) == (once, truth(fake))


def test_a_thread_that_is_gone_loses_its_text_and_its_count(fake: YouTubeFake) -> None:
    source, job = connected("youtube", **CONFIG)
    ran(job)
    thread = next(one.id for one in fake.comments.values() if len(fake.replies(one.id)) > 5)
    fake.refuse(None, None, None, None, None, None, refused.NO_COMMENT)
    ran(queue_sync(source=source, by=None))
    assert set(truth(fake)) - set(texts()) == {thread}
    assert Document.objects.get(external_id=thread).text == ""
    assert sums(source)["comments.count"] == len(truth(fake)) - 1


def test_a_used_up_quota_pauses_the_run_until_midnight_pacific(fake: YouTubeFake) -> None:
    fake.quota = 6
    job = ran(connected("youtube", **CONFIG)[1])
    assert job.status == JobStatus.PAUSED
    assert job.run_after is not None
    assert job.run_after.isoformat() > "2026-11-20T08:00:00"
    assert "midnight Pacific" in job.error_message
    fake.quota = 10_000
    with time_machine.travel(job.run_after, tick=False):
        assert ran(job).status == JobStatus.SUCCEEDED
    assert texts() == truth(fake)


def test_a_run_that_is_cancelled_keeps_its_pages_and_the_next_one_goes_on(fake: YouTubeFake) -> None:
    source, job = connected("youtube", **CONFIG)
    asked: list[bool] = []

    def cancel_during_the_fourth_page() -> bool:
        asked.append(True)
        if len(asked) == 4:
            cancel_job(job=job, by=None)
        return False

    run_one(job.pk, sink=MetricsSink(), worker="w", stop=cancel_during_the_fourth_page)
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert 0 < len(texts()) < len(truth(fake))
    assert ran(queue_sync(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert texts() == truth(fake)


def test_a_wrong_key_is_refused_before_anything_is_saved(fake: YouTubeFake) -> None:
    with pytest.raises(Invalid) as caught:
        connect_source(team=make_team(), by=None, kind="youtube", config={**CONFIG, "api_key": "AIzaWrong"})
    assert list(caught.value.details) == ["api_key"]
    assert not Source.objects.exists()


def test_the_key_is_in_no_row_and_no_log(fake: YouTubeFake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    source, job = connected("youtube", **CONFIG)
    ran(job)
    fake.refuse(None, refused.Refused(400, "odd", message=f"The key {KEY} is odd."))
    ran(queue_sync(source=source, by=None))
    assert Job.objects.filter(error_message__contains="odd").exists()
    kept = [one for model in apps.get_models() if model is not Credential for one in model._default_manager.values()]
    assert KEY not in repr(kept)
    assert KEY not in caplog.text
