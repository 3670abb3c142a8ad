"""LiteLLM the whole way: connected, run, stored and counted by the real runner and the real sink."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from livinglytics.pipeline import run_job
from metrics.models import Observation, Series
from sources.actions.replay import replay
from sources.actions.sync import queue_sync
from sources.actions.trial import try_settings
from sources.configuration import connector
from sources.models import Job, JobStatus, RawRecord, Source, SourceState, StreamState
from tests.cast import make_team
from tests.fakes.litellm import KEY, LiteLlmFake
from tests.sources.litellm_reading import DAY, NOW, TODAY, at, truth
from tests.sources.whole_way import connected, ran, sums

pytestmark = pytest.mark.django_db
CONFIG = {"address": "https://litellm.example.com", "api_key": KEY, "since": (TODAY - 4 * DAY).isoformat()}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiteLlmFake]:
    with LiteLlmFake() as running, time_machine.travel(NOW, tick=False):
        for back in range(4):
            running.fill(TODAY - back * DAY, 40)
        monkeypatch.setenv("LITELLM_BASE_URL", running.url)
        yield running


def per_day(source: Source, metric: str) -> dict[int, float]:
    """Day number -> sum of a metric."""
    found: dict[int, float] = {}
    for one in Observation.objects.filter(
        series_id__in=list(Series.objects.filter(source_id=source.pk, metric=metric).values_list("pk", flat=True))
    ):
        found[one.at] = found.get(one.at, 0.0) + float(one.value)
    return found


def test_calls_land_on_their_days_and_a_second_sync_and_a_replay_change_nothing(fake: LiteLlmFake) -> None:
    source, job = connected("litellm", **CONFIG)
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    once = sums(source)
    assert once["ai_sessions"] == sum(truth(fake).values())
    assert once["ai_cost"] == pytest.approx(sum(truth(fake, "spend").values()))
    assert sorted(per_day(source, "ai_sessions").values()) == [21, 40, 40, 40]
    again = ran(queue_sync(source=source, by=None))
    assert again.status == JobStatus.SUCCEEDED
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert run_job(str(replay(source=source, by=None).pk)) == JobStatus.SUCCEEDED
    assert sums(source) == once
    assert source.name == "litellm.example.com"


def test_a_day_that_lost_calls_and_a_model_is_replaced_and_stays_so_after_a_replay(fake: LiteLlmFake) -> None:
    source, job = connected("litellm", **CONFIG)
    ran(job)
    day = TODAY - DAY
    fake.calls = {
        name: one
        for name, one in fake.calls.items()
        if not (one["startTime"].startswith(day.isoformat()) and one["custom_llm_provider"] == "groq")
    }
    fake.add(at(day), model="new-model", spend=9.5)
    corrected = ran(queue_sync(source=source, by=None))
    assert corrected.counts["deleted"] > 0
    expected = sum(truth(fake).values())
    assert sums(source)["ai_sessions"] == expected
    run_job(str(replay(source=source, by=None).pk))
    assert sums(source)["ai_sessions"] == expected


def test_the_open_day_grows_and_is_whole_the_day_after(fake: LiteLlmFake) -> None:
    source, job = connected("litellm", **CONFIG)
    ran(job)
    with time_machine.travel(NOW + timedelta(hours=20), tick=False):
        assert ran(queue_sync(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert sorted(per_day(source, "ai_sessions").values()) == [40, 40, 40, 40]


def test_a_key_that_is_withdrawn_later_asks_for_a_new_one_and_keeps_what_was_read(
    fake: LiteLlmFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, job = connected("litellm", **CONFIG)
    ran(job)
    before = sums(source)
    monkeypatch.setattr("tests.fakes.litellm.KEY", "sk-another")
    refused = ran(queue_sync(source=source, by=None))
    source.refresh_from_db()
    assert (refused.status, source.state) == (JobStatus.FAILED, SourceState.ATTENTION)
    assert sums(source) == before
    kept = [*RawRecord.objects.values(), *Job.objects.values(), *StreamState.objects.values(), *Source.objects.values()]
    assert not [one for one in kept if KEY in str(one) or KEY[-4:] in str(one.get("error_message", ""))]


def test_a_list_that_ends_early_fails_and_is_whole_the_next_time(fake: LiteLlmFake) -> None:
    source, job = connected("litellm", **CONFIG)
    fake.fill(TODAY - 2 * DAY, 1200)
    fake.mixed_up = True
    failed = ran(job)
    assert (failed.status, "does not match" in failed.error_message) == (JobStatus.FAILED, True)
    fake.mixed_up = False
    assert ran(queue_sync(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert sums(source)["ai_sessions"] == sum(truth(fake).values())


def test_before_anything_is_kept_the_newest_numbers_are_shown(fake: LiteLlmFake) -> None:
    trial = try_settings(team=make_team(), connector=connector("litellm"), given={**CONFIG, "since": ""})
    assert trial.checked.ok
    assert trial.problem == ""
    assert len(trial.records) == 10
    assert not Source.objects.exists()
