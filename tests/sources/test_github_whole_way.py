"""GitHub's numbers on the whole way: check, run, store, read again, replay, resume, with the real parts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from livinglytics.lib.errors import Invalid
from livinglytics.pipeline import run_job as run_task
from metrics.models import Annotation, Observation, Series
from sources.actions.connect import Connected, connect_source
from sources.actions.replay import replay
from sources.actions.sync import queue_sync
from sources.actions.trial import try_settings
from sources.connectors import connectors
from sources.models import Job, JobStatus, RawRecord, Source, StreamState
from sources.records import MetricPoint
from tests.cast import make_team
from tests.fakes.github import GitHubFake, Repo
from tests.sources.github_reader import NOW, TOKEN, ago, truth

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubFake]:
    with GitHubFake(token=TOKEN, until=NOW) as running:
        monkeypatch.setenv("GITHUB_BASE_URL", running.url)
        yield running


@pytest.fixture
def repo(fake: GitHubFake) -> Repo:
    made = fake.repo()
    fake.fill(made, pulls=60, commits=60, days=12)
    for number in range(4):
        fake.pull(made, ago(2), merged=ago(1), lines=(number, 0))
    fake.release(made, ago(3), "v1.0")
    return made


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def connect(zone: str = "America/New_York", **more: Any) -> Connected:
    given = {"repositories": ["octo/hello"], "token": TOKEN, "since": "2026-11-01", **more}
    return connect_source(team=make_team(time_zone=zone), by=None, kind="github", config=given)


def run(job: Job | None) -> JobStatus | None:
    assert job is not None
    return run_task(str(job.pk))


def numbers(source: Source) -> list[tuple[Any, ...]]:
    series = {one.pk: (one.metric, str(one.dimensions)) for one in Series.objects.filter(source_id=source.pk)}
    found = Observation.objects.filter(series_id__in=series).values_list("series_id", "at", "n", "value")
    return sorted((*series[one], at, n, float(value)) for one, at, n, value in found)


def by_metric(source: Source) -> dict[str, float]:
    found: dict[str, float] = {}
    for metric, _, _, _, value in numbers(source):
        found[metric] = found.get(metric, 0) + value
    return {metric: round(value, 6) for metric, value in found.items()}


def wanted(repo: Repo) -> dict[str, float]:
    return {metric: round(sum(days.values()), 6) for metric, days in truth(repo).items()}


def test_the_numbers_land_once_and_a_second_sync_or_a_replay_changes_nothing(repo: Repo) -> None:
    made = connect()
    assert run(made.job) == JobStatus.SUCCEEDED
    once = numbers(made.source)
    assert by_metric(made.source) == wanted(repo)
    again = queue_sync(source=made.source, by=None)
    assert run(again) == JobStatus.SUCCEEDED
    again.refresh_from_db()
    assert {name: again.counts.get(name, 0) for name in ("inserted", "updated", "deleted", "rejected")} == {
        "inserted": 0, "updated": 0, "deleted": 0, "rejected": 0,
    }  # fmt: skip
    assert run(replay(source=made.source, by=None)) == JobStatus.SUCCEEDED
    assert numbers(made.source) == once
    assert [(one.day, one.title) for one in Annotation.objects.filter(source_id=made.source.pk)] == [
        (date(2026, 11, 17), "hello v1.0")
    ]


def test_what_github_takes_back_is_taken_back_here(fake: GitHubFake, repo: Repo) -> None:
    number = fake.pull(repo, ago(8), closed=ago(1))
    made = connect()
    run(made.job)
    before = by_metric(made.source)["prs_closed_unmerged"]
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        fake.reopen(repo, number, ago(-0.5))
        assert run(queue_sync(source=made.source, by=None)) == JobStatus.SUCCEEDED
        assert by_metric(made.source)["prs_closed_unmerged"] == before - 1
        assert by_metric(made.source) == wanted(repo)


def test_a_used_up_hour_pauses_the_run_and_it_ends_like_one_that_never_stopped(fake: GitHubFake, repo: Repo) -> None:
    whole = connect()
    run(whole.job)
    fake.left = 40
    made = connect()
    run(made.job)
    assert made.job is not None
    made.job.refresh_from_db()
    assert made.job.is_open
    assert made.job.run_after is not None
    fake.left = 5000
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert run(made.job) == JobStatus.SUCCEEDED
    assert numbers(made.source) == numbers(whole.source)


def test_a_mean_is_over_every_merged_pull_request(repo: Repo) -> None:
    made = connect()
    run(made.job)
    merged = sum(1 for one in repo.pulls.values() if one["merged_at"])
    assert sum(n for metric, _, _, n, _ in numbers(made.source) if metric == "pr_merge_hours") == merged


def test_the_token_is_nowhere_in_what_is_stored(fake: GitHubFake, repo: Repo) -> None:
    made = connect()
    run(made.job)
    fake.token = "another"
    job = queue_sync(source=made.source, by=None)
    assert run(job) == JobStatus.FAILED
    made.source.refresh_from_db()
    stored = [
        *Job.objects.values_list("error_message", "warnings", "quota", "options"),
        *StreamState.objects.values_list("state"),
        *RawRecord.objects.values_list("payload"),
        (made.source.config,),
    ]
    assert TOKEN not in repr(stored)


def test_rows_are_shown_before_anything_is_kept(repo: Repo) -> None:
    given = {"repositories": ["octo/hello"], "token": TOKEN}
    trial = try_settings(team=make_team(), connector=connectors.get("github"), given=given)
    assert trial.checked.ok
    assert [one.metric for one in trial.records if isinstance(one, MetricPoint)] == ["commits"] * 10
    assert not Source.objects.exists()


def test_a_wrong_token_is_refused_before_anything_is_saved(fake: GitHubFake, repo: Repo) -> None:
    with pytest.raises(Invalid) as caught:
        connect(token="wrong")
    assert list(caught.value.details) == ["token"]
    assert not Source.objects.exists()
