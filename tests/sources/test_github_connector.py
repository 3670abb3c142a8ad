"""The GitHub connector against a local GitHub, with the real HTTP client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livinglytics.lib.errors import Transient
from sources.connectors._base import connectors
from sources.connectors.github import GitHub
from sources.records import Remark
from tests.fakes.github import GitHubFake, Repo
from tests.sources.github_reader import (
    HELLO,
    NOW,
    STREAMS,
    TOKEN,
    CrashedError,
    Reader,
    ago,
    everything,
    same,
    truth,
)


@pytest.fixture
def fake() -> Iterator[GitHubFake]:
    with GitHubFake(token=TOKEN, until=NOW) as running:
        yield running


@pytest.fixture
def repo(fake: GitHubFake) -> Repo:
    return fake.repo()


@pytest.fixture
def reader(fake: GitHubFake) -> Reader:
    return Reader(fake)


# -- reading everything ------------------------------------------------------------------


def test_the_connector_is_found_by_its_key() -> None:
    assert isinstance(connectors.get("github"), GitHub)


def test_every_day_comes_to_what_github_holds(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    fake.fill(repo, pulls=250, commits=350, days=40)
    fake.release(repo, ago(3), "v1.0")
    reader.run()
    assert same(everything(reader), truth(repo))
    assert {"prs_merged", "pr_reviews", "commits", "releases", "pr_first_review_hours"} <= set(everything(reader))


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu"])
def test_a_day_is_the_teams_day(fake: GitHubFake, repo: Repo, zone: str) -> None:
    fake.fill(repo, pulls=60, commits=60, days=30)
    reader = Reader(fake, zone=zone)
    reader.run()
    assert same(everything(reader), truth(repo, zone))


def test_what_happens_in_one_second_adds_up(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    for number in range(5):
        fake.pull(repo, ago(2), merged=ago(1), lines=(number, 1))
        fake.commit(repo, ago(1))
    reader.run()
    merged = [(value, n) for (metric, _, _), (value, n) in reader.cells.items() if metric == "pr_merge_hours"]
    assert merged == [(5 * 24, 5)]
    assert (reader.total("prs_merged"), reader.total("pr_lines_added"), reader.total("commits")) == (5, 10, 5)


def test_a_repository_without_anything_is_read_to_its_end(reader: Reader, fake: GitHubFake) -> None:
    fake.repo(empty=True)
    reader.run()
    assert reader.cells == {}
    assert all("pass" not in reader.states[stream] for stream in STREAMS)


def test_several_repositories_are_kept_apart(fake: GitHubFake, repo: Repo) -> None:
    other = fake.repo("octo/world")
    fake.fill(repo, seed=1)
    fake.fill(other, seed=2)
    reader = Reader(fake, replace(HELLO, repositories=("octo/hello", "https://github.com/octo/world.git")))
    reader.run()
    assert same(everything(reader), truth(repo))
    assert same(everything(reader, "octo/world"), truth(other))


def test_only_ninety_days_are_read_at_first_unless_a_first_day_is_set(
    reader: Reader, fake: GitHubFake, repo: Repo
) -> None:
    fake.commit(repo, ago(200))
    fake.commit(repo, ago(50))
    reader.run("commits")
    assert reader.total("commits") == 1
    further = Reader(fake, replace(HELLO, since=date(2026, 1, 1)))
    further.run("commits")
    assert further.total("commits") == 2


def test_a_first_day_in_the_future_reads_nothing(fake: GitHubFake, repo: Repo) -> None:
    fake.commit(repo, ago(0, hours=1))
    reader = Reader(fake, replace(HELLO, since=date(2027, 1, 1)))
    assert reader.run("commits") == []


def test_names_are_stored_only_where_they_are_wanted(fake: GitHubFake, repo: Repo) -> None:
    fake.fill(repo)
    fake.release(repo, ago(2), "v1")
    quiet, loud = Reader(fake), Reader(fake, replace(HELLO, by_author=True))
    quiet.run()
    loud.run()
    assert not any(name in repr((quiet.rows, quiet.cells)) for name in ("ada", "grace", "märta", "linus"))
    assert {dict(dims).get("author") for _, _, dims in loud.cells} >= {"ada", "grace", "märta"}
    assert same(everything(loud), everything(quiet))


def test_somebody_who_left_is_unknown_not_an_error(fake: GitHubFake, repo: Repo) -> None:
    number = fake.pull(repo, ago(3), author=None, merged=ago(1))
    fake.review(repo, number, ago(2), author=None)
    fake.commit(repo, ago(1), author=None)
    reader = Reader(fake, replace(HELLO, by_author=True))
    reader.run()
    assert {dict(dims)["author"] for _, _, dims in reader.cells} == {"(unknown)"}
    assert reader.total("pr_reviews") == 1


def test_reviews_go_by_state_and_leave_out_the_authors_own_and_unsent_ones(
    reader: Reader, fake: GitHubFake, repo: Repo
) -> None:
    number = fake.pull(repo, ago(3), author="ada")
    fake.review(repo, number, ago(2.9), author="ada", state="COMMENTED")
    fake.review(repo, number, ago(2.8), author="scan[bot]", state="COMMENTED")
    fake.review(repo, number, ago(2.5), author="grace", state="CHANGES_REQUESTED")
    fake.review(repo, number, ago(1), author="grace", state="APPROVED")
    fake.review(repo, number, ago(1), author="ada", state="PENDING")
    reader.run("reviews")
    states = sorted(dict(dims)["state"] for metric, _, dims in reader.cells if metric == "pr_reviews")
    assert states == ["approved", "changes_requested", "commented"]
    assert reader.total("pr_first_review_hours") == pytest.approx(12)


def test_releases_are_marked_on_the_charts_without_drafts_and_pre_releases(fake: GitHubFake, repo: Repo) -> None:
    fake.release(repo, ago(5), "v1.0")
    fake.release(repo, ago(4), "v1.1-rc", prerelease=True)
    fake.release(repo, None, "v2-draft")
    reader, quiet = Reader(fake), Reader(fake, replace(HELLO, mark_releases=False))
    reader.run("releases")
    quiet.run("releases")
    assert reader.remarks == {Remark(ago(5).date(), "hello v1.0", "release")}
    assert quiet.remarks == set()
    assert reader.total("releases") == quiet.total("releases") == 2


def test_quota_and_progress_are_told(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    fake.fill(repo)
    *_, last = reader.run("pulls")
    assert last.progress is not None
    assert (last.progress.done, last.progress.total, last.progress.unit) == (90, 90, "days")
    assert last.quota["limit"] == 5000
    assert last.quota["remaining"] == fake.left


# -- the next time -----------------------------------------------------------------------


def test_a_second_run_changes_nothing_and_asks_little(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    fake.fill(repo, pulls=250, commits=350, days=60)
    reader.run()
    rows, cells, states = dict(reader.rows), dict(reader.cells), dict(reader.states)
    asked = fake.requests
    fake.reset_counts()
    reader.run()
    assert (reader.rows, reader.cells, reader.states) == (rows, cells, states)
    assert fake.requests < asked / 5


def test_stored_rows_make_the_same_numbers_again(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    fake.fill(repo, pulls=120, commits=100, days=40)
    reader.run()
    reader.now += timedelta(days=2)
    fake.pull(repo, ago(-1), merged=ago(-1.5))
    reader.run()
    assert reader.replayed() == reader.cells


def test_a_pull_request_merged_long_after_it_was_opened_counts_on_both_days(
    reader: Reader, fake: GitHubFake, repo: Repo
) -> None:
    number = fake.pull(repo, ago(30))
    reader.run("pulls")
    reader.now += timedelta(days=5)
    fake.close(repo, number, ago(-3), merged=True)
    reader.run("pulls")
    assert reader.days("prs_opened") == {ago(30).date().isoformat(): 1}
    assert reader.days("prs_merged") == {ago(-3).date().isoformat(): 1}
    assert reader.total("pr_merge_hours") == 33 * 24


def test_a_closing_that_is_undone_is_taken_back(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    number = fake.pull(repo, ago(20), closed=ago(1))
    reader.run("pulls")
    assert reader.total("prs_closed_unmerged") == 1
    reader.now += timedelta(days=1)
    fake.reopen(repo, number, ago(-0.5))
    reader.run("pulls")
    assert reader.days("prs_closed_unmerged") == {}
    assert reader.total("prs_opened") == 1
    assert reader.replayed() == reader.cells


def test_commits_of_a_rewritten_branch_are_taken_back(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    for day in range(1, 25):
        fake.commit(repo, ago(day))
    reader.run("commits")
    kept, gone = repo.commits[:20], repo.commits[20:]
    repo.commits = kept
    for _ in gone:
        fake.commit(repo, ago(0.1))
    reader.run("commits")
    assert same(everything(reader), truth(repo))


def test_a_review_that_is_dismissed_changes_its_state(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    number = fake.pull(repo, ago(9))
    review = fake.review(repo, number, ago(1))
    reader.run("reviews")
    review["state"] = "DISMISSED"
    fake.touch(repo, number, ago(-0.5))
    reader.now += timedelta(days=1)
    reader.run("reviews")
    assert [dict(dims)["state"] for metric, _, dims in reader.cells if metric == "pr_reviews"] == ["dismissed"]


def test_a_release_that_was_withdrawn_is_taken_back(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    fake.release(repo, ago(4), "v1")
    reader.run("releases")
    repo.releases.clear()
    reader.run("releases")
    assert reader.days("releases") == {}


def test_today_is_never_promised_and_the_days_before_are(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    fake.fill(repo)
    reader.run("commits")
    promised = [(one.first, one.last) for batch in reader.batches for one in batch.complete]
    assert max(last for _, last in promised) == NOW.date() - timedelta(days=1)
    assert min(first for first, _ in promised) == NOW.date() - timedelta(days=89)


def test_a_state_from_the_future_is_set_to_today_and_told(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    fake.fill(repo)
    reader.run("pulls")
    reader.states["pulls"]["through"] = {"octo/hello": "2031-01-01"}
    first, *_ = reader.run("pulls")
    assert any("future" in text for text in first.warnings)
    assert reader.states["pulls"]["through"] == {"octo/hello": NOW.date().isoformat()}
    assert same(everything(reader), {key: days for key, days in truth(repo).items() if key in everything(reader)})


@pytest.mark.parametrize(
    "state",
    [{"v": 0}, {"v": 1, "scope": "other"}, {"through": []}, {"v": 1, "scope": None, "pass": {"first": "x"}}],
)
def test_a_state_of_another_version_or_shape_starts_from_nothing(
    reader: Reader, fake: GitHubFake, repo: Repo, state: dict[str, Any]
) -> None:
    fake.fill(repo)
    reader.states["commits"] = state
    reader.run("commits")
    assert reader.days("commits") == truth(repo)["commits"]


def test_the_state_stays_small_and_holds_no_secret(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    fake.fill(repo, pulls=200, days=80)
    reader.run()
    assert max(len(repr(batch.state)) for batch in reader.batches) < 1000
    assert TOKEN not in repr((reader.states, reader.rows, reader.batches))


# -- crashes and moving lists ---------------------------------------------------------------


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_rows(fake: GitHubFake, repo: Repo) -> None:
    fake.fill(repo, pulls=120, commits=200, days=60)
    whole, killed = Reader(fake), Reader(fake)
    whole.run()
    for stream in STREAMS:
        for after in (0, 1, 2, 3):
            with suppress(CrashedError):
                killed.run(stream, die_after=after)
        killed.run(stream)
    assert (killed.rows, killed.cells, killed.states) == (whole.rows, whole.cells, whole.states)


def test_a_pass_that_was_left_unfinished_days_ago_is_ended_and_followed_by_another(
    reader: Reader, fake: GitHubFake, repo: Repo
) -> None:
    fake.fill(repo, pulls=50)
    with suppress(CrashedError):
        reader.run("pulls", die_after=4)
    reader.now += timedelta(days=3)
    fake.pull(repo, ago(-2), merged=ago(-2.5))
    reader.run("pulls")
    assert reader.states["pulls"]["through"] == {"octo/hello": reader.now.date().isoformat()}
    assert reader.days("prs_merged") == truth(repo)["prs_merged"]


def test_a_pull_request_that_moves_up_while_the_list_is_read_is_not_lost(
    reader: Reader, fake: GitHubFake, repo: Repo
) -> None:
    for number in range(250):
        fake.pull(repo, ago(40, hours=-number), closed=ago(39, hours=-number))
    pages: list[str] = []

    def move(path: str) -> None:
        pages.append(path)
        if path == "/pulls" and len(pages) == 1:
            for number in range(1, 31):
                fake.touch(repo, number, ago(0, seconds=300 - number))

    fake.after_page = move
    reader.run("pulls")
    assert same(everything(reader), truth(repo))


def test_an_item_on_two_pages_counts_once(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    for number in range(150):
        fake.commit(repo, ago(1, seconds=number))
        fake.pull(repo, ago(20, seconds=number))
    added: list[str] = []

    def shift(path: str) -> None:
        if len(added) < 3:
            added.append(path)
            fake.commit(repo, ago(0.5))
            fake.pull(repo, ago(0, seconds=60))

    fake.after_page = shift
    reader.run("commits", "pulls")
    assert reader.days("commits")[ago(1).date().isoformat()] >= 150
    assert max(reader.days("prs_opened").values()) == 150


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1000),
    crashes=st.lists(st.integers(0, 6), max_size=4),
    moves=st.lists(st.sampled_from(["merge", "reopen", "review", "open", "commit", "rebase"]), max_size=10),
)
def test_whatever_happens_between_and_during_runs_the_days_come_out_right(
    seed: int, crashes: list[int], moves: list[str]
) -> None:
    with GitHubFake(token=TOKEN, until=NOW) as fake:
        repo = fake.repo()
        fake.fill(repo, pulls=30, commits=30, days=8, seed=seed)
        reader = Reader(fake, replace(HELLO, since=ago(12).date()))
        for step, crash in enumerate(crashes):
            with suppress(CrashedError, Transient):
                reader.run(die_after=crash)
            reader.now += timedelta(hours=9)
            for move in moves[step * 3 : step * 3 + 3]:
                _happen(fake, repo, move, reader.now - timedelta(minutes=5))
        reader.run()
        reader.now += timedelta(days=1)
        reader.run()
        assert same(everything(reader), truth(repo))
        assert reader.replayed() == reader.cells


def _happen(fake: GitHubFake, repo: Repo, what: str, at: datetime) -> None:
    still_open = [one["number"] for one in repo.pulls.values() if one["state"] == "open"]
    closed = [one["number"] for one in repo.pulls.values() if one["closed_at"] and not one["merged_at"]]
    recent = [one for one in closed if repo.pulls[one]["closed_at"] > f"{at - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"]
    if what == "merge" and still_open:
        fake.close(repo, still_open[0], at, merged=True)
    elif what == "reopen" and recent:
        fake.reopen(repo, recent[0], at)
    elif what == "review":
        fake.review(repo, 1 + len(repo.pulls) // 2, at, author="hedy")
    elif what == "commit":
        fake.commit(repo, at)
    elif what == "rebase" and repo.commits:
        repo.commits.pop()
        fake.commit(repo, at)
    else:
        fake.pull(repo, at)
