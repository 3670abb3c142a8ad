"""What the git connector counts, against real repositories read by the real git."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sources.connectors._base import connectors
from sources.connectors.git import Git, GitConfig, counting, program
from tests.sources.git_making import NOW, Reader, Repo, ago, truth


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repositories" / "app.git")


@pytest.fixture
def reader(repo: Repo, tmp_path: Path) -> Reader:
    return Reader(GitConfig(str(repo.place)), folders=(repo.place.parent,), scratch=tmp_path / "scratch")


def a_busy_history(repo: Repo, days: int = 40) -> None:
    """Side branches, merges, a rename, a binary file, a deletion and a revert."""
    repo.commit(ago(days), {"readme": b"one\ntwo\nthree\n", "söme file\t.txt": b"x\n" * 30}, message="Begin")
    for day in range(days - 1, 2, -3):
        side = repo.commit(ago(day, seconds=50), branch="side", parents=[repo.head])
        repo.commit(ago(day), {"readme": b"one\n" * (day % 7 + 1)})
        repo.commit(ago(day - 0.2), {}, parents=[repo.head, side], message="Merge branch side")
    repo.commit(ago(2), {"söme file\t.txt": b"", "renamed": b"x\n" * 29 + b"y\n"}, message="Rename")
    repo.commit(ago(1.5), {"picture": bytes(range(256)) * 8}, message="A picture")
    gone = repo.head
    repo.commit(ago(1), {"picture": b""}, message=f'Revert "A picture"\n\nThis reverts commit {gone}.\n')


# -- counting ------------------------------------------------------------------------------


def test_the_connector_is_found_by_its_key() -> None:
    assert isinstance(connectors.get("git"), Git)


def test_every_day_comes_to_what_git_log_tells(reader: Reader, repo: Repo) -> None:
    a_busy_history(repo)
    reader.run()
    assert reader.days() == truth(repo)
    assert {name for name, _, _ in reader.cells} == {one.key for one in Git.metrics}
    assert {dict(dims)["repo"] for _, _, dims in reader.cells} == {"app"}


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu"])
def test_a_day_is_the_teams_day_whatever_zone_the_committer_was_in(reader: Reader, repo: Repo, zone: str) -> None:
    repo.fill([(ago(3) + timedelta(hours=hour), 2, hour) for hour in range(40)])
    repo.commit(ago(1))
    reader.zone = zone
    reader.run()
    assert reader.days() == truth(repo, zone)


def test_commits_of_one_second_add_up(reader: Reader, repo: Repo) -> None:
    for _ in range(5):
        repo.commit(ago(1))
    reader.run()
    assert reader.days()["commits"] == reader.days()["commit_lines_added"] == {"2026-11-19": 5}


def test_a_merge_counts_as_a_commit_and_brings_no_lines_of_its_own(reader: Reader, repo: Repo) -> None:
    first = repo.commit(ago(3), {"a": b"1\n"})
    side = repo.commit(ago(2), {"b": b"1\n" * 100}, branch="side", parents=[first])
    repo.commit(ago(1), {"b": b"1\n" * 100}, parents=[first, side], message="Merge")
    reader.run()
    assert sum(reader.days()["commits"].values()) == 3
    assert sum(reader.days()["commit_lines_added"].values()) == 101


def test_a_renamed_file_is_one_file_with_the_lines_that_changed(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(2), {"old\nname\t1": b"line\n" * 50})
    repo.commit(ago(1), {"old\nname\t1": b"", "new\tname": b"line\n" * 50 + b"more\n"})
    reader.run()
    last = reader.commits()[-1]
    assert (last["files"], last["added"], last["deleted"]) == (1, 1, 0)


def test_a_file_that_is_no_text_counts_as_changed_without_lines(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(1), {"picture": bytes(5000)})
    reader.run()
    assert (reader.commits()[0]["files"], reader.commits()[0]["added"]) == (1, 0)


def test_a_very_large_file_counts_as_no_text(reader: Reader, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(program._SETTINGS, "core.bigFileThreshold", "100")
    repo.commit(ago(2), {"large": b"line\n" * 200, "small": b"line\n"})
    repo.commit(ago(1), {"large": b"other\n" * 200})
    reader.run()
    assert [(one["files"], one["added"]) for one in reader.commits()] == [(2, 1), (1, 0)]


def test_a_commit_with_very_many_files_is_added_up(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(1), {f"folder{number}": b"a\nb\n" for number in range(300)})
    reader.run()
    assert (reader.commits()[0]["files"], reader.commits()[0]["added"]) == (300, 600)


@pytest.mark.parametrize(
    ("message", "title", "counts"),
    [
        ('Revert "Add a thing"\n\nThis reverts commit 0123456789abcdef.\n', 'Revert "Add a thing"', 1),
        ("Take it back\n\nThis reverts commit 0123456789abcdef,\nreversing it.\n", "Take it back", 1),
        ('Revert "by hand"', 'Revert "by hand"', 1),
        ("Explain that This reverts commit 0123456789abcdef is only told", None, 0),
        ("Reverted to plan A", "Reverted to plan A", 0),
        ("", "", 0),
        ("Grüße 🎉\n\n\tbody", "Grüße 🎉", 0),
        (b"caf\xe9 \xff\n", "caf� �", 0),
        ("one\x01two" + "x" * 300, None, 0),
        ("x" * 200_000, "x" * 200, 0),
    ],
)
def test_messages_are_read_whatever_they_hold(
    reader: Reader, repo: Repo, message: str | bytes, title: str | None, counts: int
) -> None:
    repo.commit(ago(2))
    repo.commit(ago(1), message=message)
    reader.run()
    assert sum(reader.days().get("commits_reverted", {}).values()) == counts
    assert sum(reader.days()["commits"].values()) == 2
    assert title is None or reader.commits()[-1]["title"] == title


def test_a_message_with_a_nul_in_it_ends_there(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(2))
    tree = repo.git("rev-parse", "HEAD^{tree}")
    at = int(ago(1).timestamp())
    who = f"Ada <ada@example.com> {at} +0000"
    repo.raw_commit(f"tree {tree}\nparent {repo.head}\nauthor {who}\ncommitter {who}\n\nfirst\0second\n".encode())
    repo.commit(ago(0.5))
    reader.run()
    assert [one["title"] for one in reader.commits()] == ["Work", "first", "Work"]


# -- what is kept --------------------------------------------------------------------------


def test_a_stored_commit_names_what_it_came_from_and_both_of_its_times(reader: Reader, repo: Repo) -> None:
    first = repo.commit(ago(2))
    second = repo.commit(ago(1), {"a": b"1\n2\n"}, message="Second\n\nand why")
    reader.run()
    assert reader.rows["2026-11-19"]["repo"] == "app"
    assert reader.commits()[-1] == {
        "sha": second,
        "parents": [first],
        "at": "2026-11-19T12:00:00Z",
        "authored_at": "2026-11-19T07:00:00Z",
        "title": "Second",
        "revert": False,
        "reverts": [],
        "added": 2,
        "deleted": 0,
        "files": 1,
    }


def test_people_are_kept_only_where_that_is_wanted(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(1), message="Pair\n\nCo-authored-by: Märta <marta@example.com>\n")
    loud = replace(reader, config=replace(reader.config, authors=True), rows={}, cells={})
    reader.run()
    loud.run()
    stored = repr((reader.rows, reader.cells, reader.state))
    assert not any(word in stored for word in ("Ada", "ada@", "Grace", "grace@", "Märta", "marta@"))
    assert loud.commits()[0]["author"] == {"name": "Ada Lovelace", "email": "ada@example.com"}
    assert loud.commits()[0]["together_with"] == ["Märta <marta@example.com>"]
    assert loud.cells == reader.cells


def test_a_day_with_very_many_commits_keeps_sums_of_the_rest(
    reader: Reader, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_SINGLE", 7)
    repo.fill([(ago(1, seconds=number % 3), number % 4, number) for number in range(30)])
    reader.run()
    row = reader.rows["2026-11-19"]
    assert (len(row["commits"]), sum(sums[0] for sums in row["more"].values())) == (7, 23)
    assert reader.days() == truth(repo)
    assert reader.replayed() == reader.cells


# -- times that cannot be ------------------------------------------------------------------


def test_commits_without_a_usable_time_are_put_aside_once_with_a_reason(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(3))
    lost = [repo.commit(datetime(1970, 1, 1, second=number, tzinfo=UTC)) for number in range(30)]
    repo.commit(ago(1))
    tree = repo.git("rev-parse", "HEAD^{tree}")
    repo.raw_commit(f"tree {tree}\nparent {repo.head}\nauthor A <a@x>\ncommitter A <a@x\n\nbroken\n".encode())
    repo.commit(ago(0.5))
    rejected = [one for batch in reader.run() for one in batch.rejected]
    assert [one.external_id for one in rejected] == ["timeless"]
    assert rejected[0].reason == "31 commits have no usable time. They are not counted."
    assert set(rejected[0].payload["such_as"]) & set(lost)
    assert sum(reader.days()["commits"].values()) == 3


def test_commits_of_the_future_are_counted_when_their_day_has_come(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(1))
    repo.commit(ago(-3))
    repo.commit(datetime(9999, 1, 1, tzinfo=UTC))
    rejected = [one for batch in reader.run() for one in batch.rejected]
    assert {one.external_id for one in rejected} == {"ahead", "timeless"}
    assert sum(reader.days()["commits"].values()) == 1
    for day in range(1, 6):
        reader.now = ago(-day)
        reader.run()
    assert reader.days()["commits"] == {"2026-11-19": 1, "2026-11-23": 1}


def test_a_time_out_of_order_falls_on_its_own_day(reader: Reader, repo: Repo) -> None:
    for day in (5, 30, 2, 9, 1):
        repo.commit(ago(day))
    reader.run()
    assert reader.days() == truth(repo)


# -- which branch, how far back ------------------------------------------------------------


def test_a_repository_without_commits_is_no_error(reader: Reader) -> None:
    (batch,) = reader.run()
    assert batch.warnings == ("The repository has no commits yet.",)
    assert (batch.raws, batch.complete, reader.state) == ((), (), {})
    assert reader.check().ok


def test_another_branch_can_be_named(reader: Reader, repo: Repo) -> None:
    start = repo.commit(ago(5))
    repo.commit(ago(4), branch="team/x", parents=[start])
    repo.commit(ago(3))
    reader.config = replace(reader.config, branch="refs/heads/team/x")
    reader.run()
    assert reader.days() == truth(repo, branch="team/x")


@pytest.mark.parametrize("branch", ["", "other"])
def test_a_branch_that_is_not_there_is_named(reader: Reader, repo: Repo, branch: str) -> None:
    repo.commit(ago(1), branch="work")
    reader.config = replace(reader.config, branch=branch)
    checked = reader.check()
    assert (checked.ok, checked.field) == (False, "branch")


def test_days_before_the_first_one_are_not_read(reader: Reader, repo: Repo) -> None:
    a_busy_history(repo)
    reader.config = replace(reader.config, since=date(2026, 11, 1))
    reader.run()
    wanted = {
        metric: {day: n for day, n in days.items() if day >= "2026-11-01"} for metric, days in truth(repo).items()
    }
    assert reader.days() == {metric: days for metric, days in wanted.items() if days}
    assert min(reader.covered) == min(wanted["commits"])


def test_a_first_day_in_the_future_reads_nothing_and_is_refused_by_the_check(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(1))
    reader.config = replace(reader.config, since=date(2027, 1, 1))
    assert reader.run() == []
    assert reader.check().field == "since"


def test_a_first_day_long_before_git_is_as_good_as_none(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(1))
    reader.config = replace(reader.config, since=date(1, 1, 1))
    reader.run()
    assert reader.days() == truth(repo)


def test_days_without_commits_are_zero_and_today_is_still_open(reader: Reader, repo: Repo) -> None:
    repo.commit(ago(10))
    repo.commit(ago(0))
    reader.run()
    assert len(reader.covered) == 10
    assert (min(reader.covered), max(reader.covered)) == ("2026-11-10", "2026-11-19")


def test_what_a_shallow_folder_does_not_know_is_missing_not_counted(reader: Reader, repo: Repo, tmp_path: Path) -> None:
    for day in range(9, 0, -1):
        repo.commit(ago(day))
    shallow = repo.place.parent / "shallow.git"
    how = ("--bare", "--quiet", "--depth=3", "--template=")
    repo.git("clone", *how, f"file://{repo.place}", str(shallow), bare=False)
    reader.config = GitConfig(str(shallow))
    batches = reader.run()
    assert reader.days()["commits"] == {"2026-11-17": 1, "2026-11-18": 1, "2026-11-19": 1}
    assert reader.days()["commit_lines_added"] == {"2026-11-18": 1, "2026-11-19": 1}
    promised = {name for batch in batches for one in batch.complete for name in one.metrics}
    assert promised == {"commits", "commits_reverted"}


def test_progress_counts_commits(reader: Reader, repo: Repo) -> None:
    repo.fill([(ago(900 - number / 2), 1, number % 9) for number in range(1200)])
    batches = reader.run()
    told: list[Any] = [batch.progress for batch in batches]
    assert (told[0].phase, told[0].total, told[0].unit) == ("fetching", None, "commits")
    assert [one.total for one in told[1:]] == [1200] * len(told[1:])
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert told[-1].done == 1200
    assert len(batches) > 3
    assert reader.days() == truth(repo)
    assert reader.now == NOW
