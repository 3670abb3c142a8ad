"""The fake GitHub as PyGithub sees it: a client that others wrote must find in it what it finds at GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.github import GitHubFake, Repo, slow_down
from tests.sources.github_reader import NOW, TOKEN, ago

github = pytest.importorskip("github", reason="PyGithub is not installed: pip install PyGithub")


@pytest.fixture
def fake() -> Iterator[GitHubFake]:
    with GitHubFake(token=TOKEN, until=NOW) as running:
        yield running


@pytest.fixture
def repo(fake: GitHubFake) -> Repo:
    made = fake.repo()
    fake.fill(made, pulls=130, commits=130)
    fake.release(made, ago(3), "v1.0")
    return made


def client(fake: GitHubFake, token: str = TOKEN) -> Any:
    how = {"base_url": fake.url, "auth": github.Auth.Token(token), "retry": None, "per_page": 100}
    return github.Github(**how, seconds_between_requests=None)


def test_it_finds_the_repository_and_follows_a_new_name(fake: GitHubFake, repo: Repo) -> None:
    found = client(fake).get_repo("octo/hello")
    assert (found.id, found.full_name, found.default_branch) == (repo.id, "octo/hello", "main")
    fake.rename("octo/hello", "octo/goodbye")
    assert client(fake).get_repo("octo/hello").full_name == "octo/goodbye"


def test_it_pages_through_pull_requests_newest_change_first(fake: GitHubFake, repo: Repo) -> None:
    pulls = list(client(fake).get_repo("octo/hello").get_pulls(state="all", sort="updated", direction="desc"))
    assert {one.number for one in pulls} == set(repo.pulls)
    times = [one.updated_at for one in pulls]
    assert times == sorted(times, reverse=True)
    merged = next(one for one in pulls if one.merged_at)
    assert (merged.additions, merged.deletions) == repo.pulls[merged.number]["lines"]
    assert merged.merged is True


def test_it_reads_reviews_commits_and_releases(fake: GitHubFake, repo: Repo) -> None:
    found = client(fake).get_repo("octo/hello")
    number = next(iter(repo.reviews))
    reviews = list(found.get_pull(number).get_reviews())
    assert [one.id for one in reviews] == [one["id"] for one in repo.reviews[number]]
    assert all(one.submitted_at and one.state and one.user.login for one in reviews)
    since = {one.sha for one in found.get_commits(since=ago(5))}
    assert since == {one["sha"] for one in repo.commits if one["person"]["date"] >= f"{ago(5):%Y-%m-%dT%H:%M:%SZ}"}
    assert [(one.tag_name, one.published_at) for one in found.get_releases()] == [("v1.0", ago(3))]


def test_it_knows_the_refusals(fake: GitHubFake, repo: Repo) -> None:
    with pytest.raises(github.BadCredentialsException):
        client(fake, "wrong").get_repo("octo/hello")
    with pytest.raises(github.UnknownObjectException):
        client(fake).get_repo("octo/nothing")
    fake.refuse(slow_down())
    with pytest.raises(github.RateLimitExceededException):
        client(fake).get_repo("octo/hello")
    empty = fake.repo("octo/empty", empty=True)
    with pytest.raises(github.GithubException) as caught:
        list(client(fake).get_repo(empty.name).get_commits())
    assert caught.value.status == 409


def test_it_reads_the_limit(fake: GitHubFake, repo: Repo) -> None:
    asker = client(fake)
    asker.get_repo("octo/hello")
    assert asker.rate_limiting == (fake.left, 5000)
    assert asker.get_rate_limit().resources.core.limit == 5000
