"""A repository on the whole way: check, run, store, read again, replay, resume, with the real parts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from livinglytics.lib.errors import Invalid
from metrics.models import Observation, Series
from sources.actions.replay import replay
from sources.actions.sync import queue_sync
from sources.actions.trial import try_settings
from sources.connectors import connectors
from sources.connectors.git import days
from sources.models import Credential, Job, JobStatus, Quarantined, RawRecord, Source, StreamState
from sources.records import MetricPoint
from tests.cast import make_team
from tests.fakes.git_http import GitHttp
from tests.sources.git_making import NOW, TOKEN, Repo, ago, truth
from tests.sources.whole_way import connected, ran, sums

pytestmark = pytest.mark.django_db
ADDRESS = "https://git.example.com/team/app.git"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[GitHttp]:
    settings.SCRATCH_DIR = tmp_path / "scratch"
    with GitHttp(tmp_path / "served", token=TOKEN) as running:
        monkeypatch.setenv("GIT_BASE_URL", running.url)
        yield running


@pytest.fixture
def repo(fake: GitHttp) -> Repo:
    made = Repo(fake.root / "team" / "app.git")
    for day in range(12, 0, -1):
        made.commit(ago(day))
        made.commit(ago(day), {f"same-{day}": b"1\n2\n"})
    made.commit(ago(0.5), {"same-1": b""}, message=f'Revert "Work"\n\nThis reverts commit {made.head}.')
    return made


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def connect(**more: Any) -> tuple[Source, Job]:
    return connected("git", repository=ADDRESS, token=TOKEN, **more)


def wanted(repo: Repo) -> dict[str, float]:
    return {metric: float(sum(days.values())) for metric, days in truth(repo, "Europe/Berlin").items()}


def numbers(source: Source) -> list[tuple[Any, ...]]:
    series = {one.pk: (one.metric, str(one.dimensions)) for one in Series.objects.filter(source_id=source.pk)}
    found = Observation.objects.filter(series_id__in=series).values_list("series_id", "at", "n", "value")
    return sorted((*series[one], at, n, float(value)) for one, at, n, value in found)


def test_the_numbers_land_once_and_a_second_sync_or_a_replay_changes_nothing(repo: Repo) -> None:
    source, job = connect()
    assert ran(job).status == JobStatus.SUCCEEDED
    assert sums(source) == wanted(repo)
    once = numbers(source)
    again = ran(queue_sync(source=source, by=None))
    assert again.status == JobStatus.SUCCEEDED
    changes = {name: again.counts.get(name, 0) for name in ("inserted", "updated", "deleted", "rejected")}
    assert set(changes.values()) == {0}
    assert ran(replay(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert numbers(source) == once


def test_a_rewritten_branch_is_restated_the_next_day(repo: Repo) -> None:
    source, job = connect()
    ran(job)
    kept = repo.git("rev-list", "main").split()[9]
    repo.git("update-ref", "refs/heads/main", kept)
    repo.commit(ago(6.5))
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert ran(queue_sync(source=source, by=None)).status == JobStatus.SUCCEEDED
        assert sums(source) == wanted(repo)
        once = numbers(source)
        ran(replay(source=source, by=None))
    assert numbers(source) == once


def test_a_run_that_broke_off_goes_on_to_the_same_numbers(
    fake: GitHttp, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "PAGE_COMMITS", 5)
    whole, job = connect()
    ran(job)
    source, job = connect()
    fake.token = "another"
    assert ran(job).status == JobStatus.FAILED
    fake.token = TOKEN
    assert ran(queue_sync(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert numbers(source) == numbers(whole)


def test_the_token_is_nowhere_in_what_is_stored(fake: GitHttp, repo: Repo) -> None:
    source, job = connect(authors=True)
    ran(job)
    fake.token = "another"
    failed = ran(queue_sync(source=source, by=None))
    assert (failed.status, failed.error_code) == (JobStatus.FAILED, "source.bad_credentials")
    stored = [
        *Job.objects.values_list("error_message", "error_details", "warnings", "quota", "options", "message"),
        *StreamState.objects.values_list("state"),
        *RawRecord.objects.values_list("payload"),
        *Quarantined.objects.values_list("payload", "reason"),
        *Credential.objects.values_list("sealed"),
        (source.config,),
    ]
    assert TOKEN not in repr(stored)


def test_rows_are_shown_before_anything_is_kept(repo: Repo) -> None:
    given = {"repository": ADDRESS, "token": TOKEN}
    trial = try_settings(team=make_team(), connector=connectors.get("git"), given=given)
    assert trial.checked.ok
    assert {one.metric for one in trial.records if isinstance(one, MetricPoint)} >= {"commits", "commit_lines_added"}
    assert not Source.objects.exists()


def test_a_wrong_token_is_refused_before_anything_is_saved(repo: Repo) -> None:
    with pytest.raises(Invalid) as caught:
        connected("git", repository=ADDRESS, token="wrong")
    assert list(caught.value.details) == ["token"]
    assert not Source.objects.exists()


def test_a_folder_is_read_where_the_operator_allows_it(
    repo: Repo, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Invalid) as caught:
        connected("git", repository=str(repo.place))
    assert list(caught.value.details) == ["repository"]
    settings.GIT_LOCAL_ROOTS = (repo.place.parent,)
    source, job = connected("git", repository=str(repo.place))
    assert ran(job).status == JobStatus.SUCCEEDED
    assert sums(source) == wanted(repo)


def test_many_commits_with_bad_times_leave_the_run_a_success_with_one_row_aside(repo: Repo) -> None:
    before = wanted(repo)
    for number in range(40):
        repo.commit(NOW - timedelta(days=20_700), {f"odd-{number}": b"x\n"})
    source, job = connect()
    done = ran(job)
    assert done.status in (JobStatus.SUCCEEDED, JobStatus.PARTIAL), (done.error_code, done.error_message)
    aside = Quarantined.objects.get(source_id=source.pk)
    assert aside.reason == "40 commits have no usable time. They are not counted."
    assert sums(source) == before
