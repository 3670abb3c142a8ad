"""One run after another: new commits, rewritten branches, killed runs, over real HTTP and in place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livinglytics.lib.errors import Invalid
from sources.connectors.git import GitConfig, days, opening
from tests.fakes.git_http import GitHttp
from tests.sources.git_making import TOKEN, CrashedError, Reader, Repo, ago, truth

ADDRESS = "https://git.example.com/team/app.git"


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[GitHttp]:
    with GitHttp(tmp_path / "served", token=TOKEN) as running:
        yield running


@pytest.fixture
def repo(fake: GitHttp) -> Repo:
    return Repo(fake.root / "team" / "app.git")


@pytest.fixture
def reader(fake: GitHttp, tmp_path: Path) -> Reader:
    return Reader(GitConfig(ADDRESS, TOKEN), fake, scratch=tmp_path / "scratch")


@pytest.fixture
def local(repo: Repo, tmp_path: Path) -> Reader:
    return Reader(GitConfig(str(repo.place)), folders=(repo.place.parent,), scratch=tmp_path / "scratch")


@pytest.fixture
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "PAGE_COMMITS", 4)
    monkeypatch.setattr(days, "PAGE_DAYS", 6)


def fetches(fake: GitHttp) -> int:
    return sum(1 for one in fake.seen if one.method == "POST" and b"command=fetch" in one.body)


# -- the next time -------------------------------------------------------------------------


def test_a_server_is_read_with_its_token_and_the_numbers_are_those_of_git_log(reader: Reader, repo: Repo) -> None:
    for day in range(30, 0, -1):
        repo.commit(ago(day))
    reader.run()
    assert reader.days() == truth(repo)
    assert {dict(dims)["repo"] for _, _, dims in reader.cells} == {"team/app"}


def test_a_second_run_changes_nothing_and_fetches_nothing(reader: Reader, repo: Repo, fake: GitHttp) -> None:
    for day in range(20, -1, -1):
        repo.commit(ago(day))
    reader.run()
    before = (dict(reader.rows), dict(reader.cells), dict(reader.state))
    fake.reset_counts()
    reader.run()
    assert (reader.rows, reader.cells, reader.state) == before
    assert fetches(fake) == 0


def test_a_quiet_repository_is_not_fetched_again_and_its_days_become_zero(
    reader: Reader, repo: Repo, fake: GitHttp
) -> None:
    repo.commit(ago(5))
    reader.run()
    fake.reset_counts()
    for day in (1, 2, 6):
        reader.now = ago(-day)
        reader.run()
    assert fetches(fake) == 0
    assert max(reader.covered) == "2026-11-25"
    assert len(reader.covered) == 11
    assert reader.days() == truth(repo)


def test_the_day_of_the_last_run_is_told_again_once_it_is_over(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(0.1))
    reader.run()
    assert "2026-11-20" not in reader.covered
    reader.now = ago(-1)
    reader.run()
    assert "2026-11-20" in reader.covered
    assert reader.days() == truth(repo)


def test_only_days_with_new_commits_are_told_again(local: Reader, repo: Repo) -> None:
    for day in range(60, 2, -1):
        repo.commit(ago(day))
    local.run()
    local.now = ago(-1)
    repo.commit(ago(-0.5))
    told = [raw.external_id for batch in local.run() for raw in batch.raws]
    assert told == ["2026-11-21"]
    assert local.days() == truth(repo)


def test_an_old_branch_that_is_merged_late_restates_its_days(reader: Reader, repo: Repo) -> None:
    start = repo.commit(ago(50))
    side = repo.commit(ago(40), branch="side", parents=[start])
    side = repo.commit(ago(90), branch="side", parents=[side])
    repo.commit(ago(40, seconds=1))
    reader.run()
    assert min(reader.covered) == "2026-10-01"
    repo.commit(ago(-0.2), {}, parents=[repo.head, side])
    reader.now = ago(-1)
    reader.run()
    assert reader.days() == truth(repo)
    assert min(reader.covered) == "2026-08-22"
    assert len(reader.covered) == 91
    assert reader.replayed() == reader.cells


def test_a_rewritten_branch_is_told_from_the_start(reader: Reader, repo: Repo) -> None:
    shas = [repo.commit(ago(day)) for day in range(40, 0, -2)]
    reader.run()
    repo.git("update-ref", "refs/heads/main", shas[8])
    for day in (25, 3, 0.2):
        repo.commit(ago(day))
    reader.now = ago(-1)
    reader.run()
    assert reader.days() == truth(repo)
    assert reader.replayed() == reader.cells


def test_commits_that_were_dropped_from_the_top_are_taken_back(local: Reader, repo: Repo) -> None:
    shas = [repo.commit(ago(day)) for day in (9, 8, 7, 0.1)]
    local.run()
    repo.git("update-ref", "refs/heads/main", shas[1])
    local.run()
    local.now = ago(-1)
    local.run()
    assert local.days() == truth(repo)
    assert local.replayed() == local.cells


def test_a_repository_that_lost_all_its_commits_takes_nothing_back(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(2))
    reader.run()
    repo.git("update-ref", "-d", "refs/heads/main")
    with pytest.raises(Invalid, match="no commits any more"):
        reader.run()
    assert sum(reader.days()["commits"].values()) == 1


def test_another_repository_takes_the_place_of_the_first(reader: Reader, repo: Repo, fake: GitHttp) -> None:
    for day in (30, 20, 3):
        repo.commit(ago(day))
    other = Repo(fake.root / "team" / "other.git")
    other.commit(ago(10))
    reader.run()
    since = date(2026, 11, 5)
    reader.config = replace(reader.config, repository="https://git.example.com/team/other", since=since)
    reader.run()
    assert reader.days() == truth(other)
    assert reader.replayed() == reader.cells


@pytest.mark.parametrize("changed", [{"authors": True}, {"branch": "main"}, {"since": date(2026, 1, 1)}])
def test_other_settings_read_everything_again_to_the_same_numbers(
    local: Reader, repo: Repo, changed: dict[str, Any]
) -> None:
    for day in range(9, 0, -1):
        repo.commit(ago(day))
    local.run()
    once = dict(local.cells)
    local.config = replace(local.config, **changed)
    told = {raw.external_id for batch in local.run() for raw in batch.raws}
    assert len(told) == 10
    assert local.cells == once


# -- only a part of the history ------------------------------------------------------------


@pytest.fixture
def _few_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_FIRST", 2)


@pytest.mark.usefixtures("_few_at_first")
def test_with_a_first_day_only_that_part_is_fetched_and_its_first_commit_is_no_flood(
    reader: Reader, repo: Repo, fake: GitHttp
) -> None:
    repo.commit(ago(900), {"big": b"line\n" * 5000})
    repo.fill([(ago(700 - number / 10), 1, number) for number in range(20)], since=repo.head)
    for day in (15, 2, 1):
        repo.commit(ago(day))
    reader.config = replace(reader.config, since=date(2026, 11, 1))
    reader.run()
    assert reader.days()["commits"] == {"2026-11-05": 1, "2026-11-18": 1, "2026-11-19": 1}
    assert reader.days()["commit_lines_added"] == {"2026-11-05": 1, "2026-11-18": 1, "2026-11-19": 1}
    assert any(b"deepen 2" in one.body for one in fake.seen)
    repo.commit(ago(0.3))
    reader.run()
    assert reader.days()["commits"]["2026-11-20"] == 1


@pytest.mark.usefixtures("_few_at_first")
def test_a_merge_of_an_old_branch_does_not_hide_what_came_before_it(reader: Reader, repo: Repo) -> None:
    start = repo.commit(ago(400))
    stale = repo.commit(ago(300), branch="side", parents=[start])
    repo.fill([(ago(day), 1, day) for day in range(90, 12, -1)], since=repo.head)
    repo.commit(ago(12), {"side": b"1\n"}, parents=[repo.head, stale])
    for day in range(11, 0, -1):
        repo.commit(ago(day))
    reader.config = replace(reader.config, since=date(2026, 10, 1))
    reader.run()
    wanted = {
        metric: {day: n for day, n in told.items() if day >= "2026-10-01"} for metric, told in truth(repo).items()
    }
    assert reader.days() == wanted


@pytest.mark.usefixtures("_few_at_first")
def test_a_repository_with_nothing_that_young_is_read_whole_and_comes_to_nothing(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(500))
    reader.config = replace(reader.config, since=date(2026, 11, 1))
    reader.run()
    assert reader.cells == {}
    assert "pass" not in reader.state


# -- killed and resumed --------------------------------------------------------------------


@pytest.mark.usefixtures("_small_pages")
def test_a_run_that_was_killed_after_any_page_comes_to_the_same_rows_and_numbers(local: Reader, repo: Repo) -> None:
    repo.fill([(ago(day / 2), 3, day) for day in range(50, 0, -1) if day % 7])
    whole = replace(local, rows={}, cells={}, covered=set(), state={})
    pages = len(whole.run())
    assert pages > 6
    for page in range(pages):
        killed = replace(local, rows={}, cells={}, covered=set(), state={})
        with pytest.raises(CrashedError):
            killed.run(die_after=page)
        killed.run()
        assert (killed.rows, killed.cells, killed.state) == (whole.rows, whole.cells, whole.state)
        assert killed.covered == whole.covered


@pytest.mark.usefixtures("_small_pages")
def test_a_run_that_goes_on_after_a_push_tells_both(reader: Reader, repo: Repo) -> None:
    for day in range(20, 0, -1):
        repo.commit(ago(day))
    with pytest.raises(CrashedError):
        reader.run(die_after=3)
    repo.commit(ago(12, seconds=5))
    repo.commit(ago(0.1))
    reader.now = ago(-2)
    reader.run()
    assert reader.days() == truth(repo)
    assert "pass" not in reader.state
    assert max(reader.covered) == "2026-11-21"


@pytest.mark.usefixtures("_small_pages")
@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_a_branch_rewritten_while_a_run_lay_killed_leaves_nothing_behind(local: Reader, repo: Repo, page: int) -> None:
    shas = [repo.commit(ago(day)) for day in range(30, 0, -2)]
    local.run()
    for day in (29, 27, 25, 23, 21, 19, 17, 15):
        repo.commit(ago(day))
    with suppress(CrashedError):
        local.run(die_after=page)
    repo.git("update-ref", "refs/heads/main", shas[-1])
    repo.commit(ago(13))
    local.now = ago(-1)
    local.run()
    assert local.days() == truth(repo)
    assert local.replayed() == local.cells


@pytest.mark.parametrize(
    "state",
    [
        {"v": 0, "head": "x", "through": "2026-11-01", "first": "2026-10-01"},
        {"v": 1, "scope": "?"},
        {"v": 1, "pass": {"head": "0" * 40, "first": "nonsense"}},
    ],
)
def test_a_state_of_another_time_starts_anew(local: Reader, repo: Repo, state: dict[str, Any]) -> None:
    repo.commit(ago(3))
    local.state = state
    local.run()
    assert local.days() == truth(repo)


@pytest.mark.parametrize(
    "broken", [{"pass": 7}, {"head": 7, "through": []}, {"through": "2026-11-18", "head": "--all"}]
)
def test_a_damaged_state_is_read_past(local: Reader, repo: Repo, broken: dict[str, Any]) -> None:
    repo.commit(ago(3))
    local.run()
    local.state |= broken
    local.run()
    assert local.days() == truth(repo)


def test_a_state_of_the_future_is_set_to_today_with_a_warning(local: Reader, repo: Repo) -> None:
    repo.commit(ago(3))
    local.run()
    repo.commit(ago(1))
    local.state["through"] = "2031-01-01"
    warnings = [text for batch in local.run() for text in batch.warnings]
    assert warnings == ["The day of the last reading lay in the future and was set to today."]
    assert local.state["through"] == "2026-11-20"
    assert local.days() == truth(repo)


STEP = st.one_of(
    st.tuples(st.just("commit"), st.integers(0, 40)),
    st.tuples(st.just("merge"), st.integers(0, 40)),
    st.tuples(st.just("drop"), st.integers(1, 3)),
    st.tuples(st.just("run"), st.integers(0, 3)),
    st.tuples(st.just("day"), st.integers(1, 2)),
)


@pytest.mark.usefixtures("_small_pages")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=3, max_size=12), number=st.integers(0, 10**12))
def test_whatever_happens_between_runs_the_days_come_to_what_the_branch_holds(
    tmp_path: Path, steps: list[tuple[str, int]], number: int
) -> None:
    repo = Repo(tmp_path / "many" / quote(f"{number}-{len(steps)}-{hash(tuple(steps))}.git"))
    start = repo.commit(ago(41))
    reader = Reader(GitConfig(str(repo.place)), folders=(tmp_path / "many",), scratch=tmp_path / "scratch")
    for what, amount in steps:
        if what == "commit":
            repo.commit(reader.now - timedelta(days=amount))
        elif what == "merge":
            side = repo.commit(reader.now - timedelta(days=amount, seconds=1), branch="side", parents=[start])
            repo.commit(reader.now, {}, parents=[repo.head, side])
        elif what == "drop":
            shas = repo.git("rev-list", "--first-parent", "main").split()
            repo.git("update-ref", "refs/heads/main", shas[min(amount, len(shas) - 1)])
        elif what == "day":
            reader.now += timedelta(days=amount)
        else:
            with suppress(CrashedError):
                reader.run(die_after=amount or None)
    reader.run()
    reader.now += timedelta(days=1)
    reader.run()
    assert reader.days() == truth(repo)
    assert reader.replayed() == reader.cells
