"""Which repositories are read, what people paste to name them, and rows that are odd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from livinglytics.lib.errors import Invalid, NotFound, Terminal
from sources.connectors.github import GitHubConfig
from sources.connectors.github.names import API, api_address, repositories
from tests.fakes.github import GitHubFake, Repo
from tests.sources.github_reader import GITHUB, HELLO, NOW, TOKEN, Reader, ago, everything, same, truth


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


# -- repositories that cannot be read ---------------------------------------------------------


def test_a_repository_that_is_gone_is_left_out_with_a_warning_and_nothing_of_it_is_taken_back(
    fake: GitHubFake, repo: Repo
) -> None:
    other = fake.repo("octo/world")
    fake.fill(repo, seed=1)
    fake.fill(other, seed=2)
    reader = Reader(fake, replace(HELLO, repositories=("octo/hello", "octo/world")))
    reader.run()
    gone = fake.repos.pop("octo/world")
    reader.now += timedelta(days=2)
    first, *_ = reader.run()
    assert any("octo/world was left out" in text for text in first.warnings)
    assert not any(batch.complete for batch in reader.batches)
    assert same(everything(reader, "octo/world"), truth(other))
    assert same(everything(reader), truth(repo))
    fake.repos["octo/world"] = gone
    fake.pull(other, ago(-1))
    reader.now += timedelta(days=6)
    reader.run()
    assert same(everything(reader, "octo/world"), truth(other))


def test_a_repository_that_disappears_during_the_run_is_left_out_from_there_on(fake: GitHubFake, repo: Repo) -> None:
    other = fake.repo("octo/world")
    fake.fill(repo, seed=1)
    fake.fill(other, pulls=150, seed=2)
    reader = Reader(fake, replace(HELLO, repositories=("octo/hello", "octo/world")))
    fake.after_page = lambda path: path == "/pulls" and bool(fake.repos.pop("octo/world", None))
    reader.run("pulls")
    assert list(reader.states["pulls"]["through"]) == ["octo/hello"]
    assert reader.days("prs_opened") == truth(repo)["prs_opened"]


def test_without_any_readable_repository_the_run_fails(reader: Reader) -> None:
    with pytest.raises(NotFound):
        reader.run()
    assert reader.states == {}


def test_a_renamed_repository_goes_on_under_the_name_it_was_connected_with(
    reader: Reader, fake: GitHubFake, repo: Repo
) -> None:
    fake.fill(repo)
    reader.run()
    fake.rename("octo/hello", "octo/goodbye")
    reader.now += timedelta(days=1)
    first, *_ = reader.run()
    assert any("octo/goodbye" in text for text in first.warnings)
    assert same(everything(reader), truth(repo))


def test_one_repository_under_two_names_counts_once(fake: GitHubFake, repo: Repo) -> None:
    fake.commit(repo, ago(1))
    fake.rename("octo/hello", "octo/goodbye")
    reader = Reader(fake, replace(HELLO, repositories=("octo/hello", "octo/goodbye")))
    first, *_ = reader.run("commits")
    assert len(reader.cells) == 1
    assert any("same repository" in text for text in first.warnings)


def test_a_repository_that_is_added_later_gets_its_past(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    other = fake.repo("octo/world")
    fake.fill(repo, seed=1)
    fake.fill(other, seed=2)
    reader.run()
    reader.config = replace(HELLO, repositories=("octo/hello", "octo/world"))
    reader.run()
    assert same(everything(reader, "octo/world"), truth(other))
    assert same(everything(reader), truth(repo))


def test_a_repository_that_is_taken_off_the_list_keeps_its_numbers(fake: GitHubFake, repo: Repo) -> None:
    other = fake.repo("octo/world")
    fake.fill(repo, seed=1)
    fake.fill(other, seed=2)
    reader = Reader(fake, replace(HELLO, repositories=("octo/hello", "octo/world")))
    reader.run()
    reader.config = HELLO
    for _ in range(3):
        reader.now += timedelta(days=1)
        reader.run()
    assert same(everything(reader, "octo/world"), truth(other))
    reader.now += timedelta(days=40)
    reader.run("commits")
    assert any(batch.complete for batch in reader.batches)


def test_another_wish_for_names_reads_everything_again_as_far_back_as_before(
    reader: Reader, fake: GitHubFake, repo: Repo
) -> None:
    fake.commit(repo, ago(85))
    reader.run("commits")
    reader.now += timedelta(days=30)
    reader.config = replace(HELLO, by_author=True)
    reader.run("commits")
    assert [dict(dims) for _, _, dims in reader.cells] == [{"repo": "octo/hello", "author": "ada"}]


def test_a_review_that_changes_while_the_list_is_read_is_read_again(
    reader: Reader, fake: GitHubFake, repo: Repo
) -> None:
    number = fake.pull(repo, ago(60))
    review = fake.review(repo, number, ago(50))
    fake.touch(repo, number, ago(0, hours=1))
    for hours in range(120):
        fake.pull(repo, ago(10, hours=hours))
    pages: list[str] = []

    def dismiss(path: str) -> None:
        pages.extend([path] if path == "/pulls" else [])
        if len(pages) == 2:
            review["state"] = "DISMISSED"
            fake.touch(repo, number, ago(0, seconds=1))

    fake.after_page = dismiss
    reader.run("reviews")
    assert [dict(dims)["state"] for metric, _, dims in reader.cells if metric == "pr_reviews"] == ["dismissed"]


# -- what people paste ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pasted",
    [
        "octo/hello", " octo/hello ", "https://github.com/octo/hello", "https://github.com/octo/hello/pulls?q=is:open",
        "github.com/octo/hello.git", "git@github.com:octo/hello.git", "ssh://git@github.com/octo/hello.git",
        "https://github.example.com/octo/hello/",
    ],
)  # fmt: skip
def test_every_way_to_name_a_repository_is_understood(pasted: str) -> None:
    assert repositories((pasted,)) == ["octo/hello"]


@pytest.mark.parametrize(
    "pasted", ["", "octo", "octo/", "octo/hello/pulls", "octo/../x", "a b/c", "https://github.com/", "octo/.."]
)
def test_anything_else_is_refused_with_the_field_named(pasted: str) -> None:
    with pytest.raises(Invalid) as caught:
        repositories((pasted,))
    assert list(caught.value.details) == ["repositories"]


def test_a_repository_named_twice_is_read_once_and_too_many_are_refused() -> None:
    assert repositories("octo/hello\nOcto/Hello\n\nocto/world") == ["octo/hello", "octo/world"]
    with pytest.raises(Invalid):
        repositories([f"octo/r{number}" for number in range(51)])


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", API),
        ("github.com", API),
        ("https://github.com/", API),
        ("github.example.com", "https://github.example.com/api/v3"),
        ("http://GitHub.example.com:8080/", "http://github.example.com:8080/api/v3"),
        ("acme.ghe.com", "https://api.acme.ghe.com"),
    ],
)
def test_a_host_leads_to_its_interface(host: str, address: str) -> None:
    assert api_address(host) == address


@pytest.mark.parametrize("host", ["a b", "ftp://x.example", "https://user@x.example", "x.example:port", "ü"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(Invalid) as caught:
        api_address(host)
    assert list(caught.value.details) == ["host"]


# -- rows that are odd ------------------------------------------------------------------------

DAY = {"repo": "octo/hello", "day": "2026-11-19", "from": "2026-11-19T00:00:00Z", "to": "2026-11-20T00:00:00Z"}


@pytest.mark.parametrize(
    ("stream", "rows"),
    [
        ("pulls", [{"number": 1}]),
        ("pulls", [{"number": 1, "created_at": "soon", "author": None}]),
        ("pulls", None),
        ("commits", [None]),
        ("commits", [{"sha": "a", "at": "2026-11-19T01:00:00", "author": None}]),
        ("reviews", [{"at": 5}]),
        ("releases", "x"),
    ],
)
def test_a_row_that_cannot_be_understood_raises_what_the_quarantine_takes(stream: str, rows: Any) -> None:
    with pytest.raises((ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Terminal)):
        GITHUB.map(stream, {**DAY, stream: rows}, GitHubConfig(("octo/hello",), TOKEN))


def test_a_pull_request_merged_before_its_clock_says_it_was_opened_took_no_time() -> None:
    row = {"number": 1, "created_at": "2026-11-19T09:00:00Z", "merged_at": "2026-11-19T08:59:59Z", "author": None}
    found = GITHUB.map("pulls", {**DAY, "pulls": [{**row, "additions": None, "deletions": None}]}, HELLO)
    assert {one.metric: one.value for one in found} == {"prs_opened": 1, "prs_merged": 1, "pr_merge_hours": 0}  # type: ignore[union-attr]
