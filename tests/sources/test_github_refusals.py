"""What the GitHub connector makes of refusals, limits and broken answers, and what its check says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from livinglytics.lib.errors import BadAnswer, BadCredentials, RateLimited, Terminal, Transient
from sources.connectors.github import GitHubConfig
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Answer, Fault, down, json_answer, limited, slow
from tests.fakes.github import GitHubFake, Repo, refusal, slow_down
from tests.sources.github_reader import GITHUB, HELLO, NOW, STREAMS, TOKEN, Reader, ago, everything, same, truth


@pytest.fixture
def fake() -> Iterator[GitHubFake]:
    with GitHubFake(token=TOKEN, until=NOW) as running:
        yield running


@pytest.fixture
def repo(fake: GitHubFake) -> Repo:
    made = fake.repo()
    fake.fill(made, pulls=40, commits=150, days=20)
    return made


@pytest.fixture
def reader(fake: GitHubFake, repo: Repo) -> Reader:
    return Reader(fake)


def whole(reader: Reader, repo: Repo) -> bool:
    return same(everything(reader), truth(repo))


# -- limits ----------------------------------------------------------------------------------


def test_a_short_wait_is_waited_for(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    fake.script(None, limited("2"))
    reader.run()
    assert reader.pauses == [2.0]
    assert whole(reader, repo)


def test_a_used_up_hour_pauses_the_run_until_the_reset_and_it_goes_on_from_there(
    reader: Reader, fake: GitHubFake, repo: Repo
) -> None:
    fake.left = 30
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert caught.value.retry_after == pytest.approx(1801)
    stored = dict(reader.states)
    assert "commits" in stored
    fake.left, fake.reset = 5000, fake.reset + 3600
    reader.now += timedelta(minutes=31)
    reader.run()
    assert whole(reader, repo)


def test_an_hour_that_starts_again_in_a_moment_is_waited_for(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 20)}
    for status in (403, 429):
        one = refusal(status, "API rate limit exceeded for user ID 7.")
        fake.refuse(None, Answer(one.body, one.status, spent))
    reader.run()
    assert reader.pauses == [21.0, 21.0]
    assert whole(reader, repo)


@pytest.mark.parametrize("status", [403, 429])
def test_a_slower_pace_is_kept_as_long_as_github_asks(
    reader: Reader, fake: GitHubFake, repo: Repo, status: int
) -> None:
    fake.refuse(None, slow_down(status, "7"), None, slow_down(status))
    reader.run()
    assert reader.pauses == [7.0, 60.0]
    assert whole(reader, repo)


def test_a_slower_pace_that_is_asked_for_again_pauses_the_run_for_longer(reader: Reader, fake: GitHubFake) -> None:
    fake.refuse(slow_down(), slow_down())
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert reader.pauses == [60.0]
    assert caught.value.retry_after == 120.0


def test_a_limit_without_any_hint_waits_a_minute(reader: Reader, fake: GitHubFake) -> None:
    fake.script(limited(""))
    reader.run("commits")
    assert reader.pauses == [60.0]


# -- credentials -----------------------------------------------------------------------------


def test_a_wrong_token_is_named_and_never_repeated(fake: GitHubFake, repo: Repo) -> None:
    reader = Reader(fake, replace(HELLO, token="ghp_wrong"))
    with pytest.raises(BadCredentials) as caught:
        reader.run()
    assert fake.requests == 1
    assert "ghp_wrong" not in f"{caught.value} {caught.value.details}"


def test_a_token_that_is_revoked_in_mid_run_keeps_what_was_read(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    fake.refuse(*[None] * 4, refusal(401, "Bad credentials"))
    with pytest.raises(BadCredentials):
        reader.run("commits")
    assert reader.rows
    reader.run()
    assert whole(reader, repo)


def test_a_missing_permission_is_named(reader: Reader, fake: GitHubFake) -> None:
    said = "Resource not accessible by personal access token"
    fake.forbid("/pulls", refusal(403, said, X_Accepted_GitHub_Permissions="pull_requests=read"))
    reader.run("commits")
    with pytest.raises(BadCredentials, match="pull_requests: read"):
        reader.run("pulls")


def test_single_sign_on_is_named(reader: Reader, fake: GitHubFake) -> None:
    fake.forbid("/repos", refusal(403, "Resource protected by organization SAML", X_GitHub_SSO="required; url=x"))
    with pytest.raises(BadCredentials, match="single sign-on"):
        reader.run()


@pytest.mark.parametrize("status", [403, 404, 451])
def test_a_repository_that_is_blocked_or_hidden_is_left_out(fake: GitHubFake, repo: Repo, status: int) -> None:
    fake.repo("octo/world")
    fake.forbid("/repos/octo/world", refusal(status, "Repository access blocked"))
    reader = Reader(fake, replace(HELLO, repositories=("octo/hello", "octo/world")))
    first, *_ = reader.run()
    assert any("octo/world was left out" in text for text in first.warnings)
    assert whole(reader, repo)


def test_a_feature_that_is_switched_off_has_no_numbers(reader: Reader, fake: GitHubFake) -> None:
    fake.forbid("/pulls", refusal(410, "Pull requests are disabled for this repo"))
    fake.forbid("/releases", refusal(410, "Releases are disabled"))
    reader.run()
    assert set(everything(reader)) == {"commits"}


# -- broken answers --------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [down(500), down(502), down(503), RESET, TRUNCATED, slow(1)], ids=str)
def test_a_passing_failure_is_tried_again(reader: Reader, fake: GitHubFake, repo: Repo, fault: Fault) -> None:
    reader.patience = fault.seconds / 2 or reader.patience
    fake.script(None, fault)
    reader.run()
    assert whole(reader, repo)


@pytest.mark.parametrize("fault", [HTML, MALFORMED], ids=str)
def test_what_is_no_json_ends_the_run_as_an_error(reader: Reader, fake: GitHubFake, fault: Fault) -> None:
    fake.script(None, fault)
    with pytest.raises(BadAnswer):
        reader.run("commits")
    assert reader.states == {}


@pytest.mark.parametrize("body", [{}, "x", None, 5])
def test_json_of_another_shape_is_a_bad_answer(reader: Reader, fake: GitHubFake, body: Any) -> None:
    fake.refuse(None, json_answer(body))
    with pytest.raises(BadAnswer):
        reader.run("commits")


def test_a_service_that_stays_down_never_ends_as_a_success(reader: Reader, fake: GitHubFake) -> None:
    fake.script(*[None] * 5, *[down(503)] * 3)
    with pytest.raises(Transient):
        reader.run("pulls")
    assert "pulls" not in reader.states or "pass" in reader.states["pulls"]


def test_a_run_that_is_cancelled_stops_in_the_middle_of_a_page_and_goes_on_later(
    reader: Reader, fake: GitHubFake, repo: Repo
) -> None:
    context = reader.context()

    def cancel(path: str) -> None:
        if path.endswith("/reviews"):
            context.http.abort()

    fake.after_page = cancel
    with pytest.raises(Transient):
        reader.read("reviews", context)
    fake.after_page = None
    asked = fake.requests
    reader.run()
    assert fake.requests > asked
    assert whole(reader, repo)


def test_a_list_that_goes_in_a_ring_is_cut_off(reader: Reader, fake: GitHubFake, repo: Repo) -> None:
    ring = f"<{fake.url}/repositories/{repo.id}/releases?page=2>; rel=next"
    fake.forbid("/releases", json_answer([], Link=ring))
    with pytest.raises(Transient, match="ring"):
        reader.run("releases")
    assert fake.requests < 10


def test_the_token_does_not_follow_a_list_to_another_host(reader: Reader, fake: GitHubFake) -> None:
    with GitHubFake(token=None) as thief:
        fake.forbid("/releases", json_answer([], Link=f"<{thief.url}/steal>; rel=next"))
        with pytest.raises(BadAnswer):
            reader.run("releases")
        assert thief.requests == 0


@pytest.mark.parametrize("odd", [None, 5, {}, {"number": 7}, {"number": 7, "created_at": "x", "updated_at": None}])
def test_an_item_that_cannot_be_read_is_put_aside_and_its_days_are_not_promised(
    reader: Reader, fake: GitHubFake, repo: Repo, odd: Any
) -> None:
    reader.run()
    fake.forbid("/pulls", json_answer([odd]))
    reader.run("pulls")
    assert [len(batch.rejected) for batch in reader.batches if batch.rejected] == [1]
    assert not any(batch.complete for batch in reader.batches)
    assert whole(reader, repo)


def test_lines_that_github_does_not_tell_are_missing_not_zero(fake: GitHubFake) -> None:
    repo = fake.repo("octo/new")
    number = fake.pull(repo, ago(2), merged=ago(1))
    fake.forbid(f"/pulls/{number}", json_answer({"additions": None}))
    reader = Reader(fake, replace(HELLO, repositories=("octo/new",)))
    reader.run("pulls")
    assert reader.total("prs_merged", "octo/new") == 1
    assert reader.days("pr_lines_added", "octo/new") == {}
    assert sum(len(batch.rejected) for batch in reader.batches) == 1


def test_what_is_put_aside_names_nobody(reader: Reader, fake: GitHubFake) -> None:
    fake.forbid("/pulls", json_answer([{"number": 7, "user": {"login": "hopper"}, "title": "Secret plan"}]))
    reader.run("pulls")
    assert "hopper" not in repr(reader.batches)
    assert "Secret" not in repr(reader.batches)


def test_no_error_and_no_stored_thing_holds_the_token(reader: Reader, fake: GitHubFake) -> None:
    for answer in (refusal(401, f"Bad {TOKEN}"), refusal(403, "no"), refusal(404, "no"), refusal(422, "no")):
        fake.refuse(answer)
        with suppress(Terminal, Transient):
            reader.run("commits")
        reader.run()
    assert TOKEN not in repr((reader.batches, reader.states, reader.rows))


# -- check -------------------------------------------------------------------------------------


def test_check_tells_what_can_be_read(reader: Reader, fake: GitHubFake) -> None:
    checked = GITHUB.check(reader.context(1), HELLO)
    assert (checked.ok, checked.identity) == (True, "octo/hello")
    assert checked.details["quota"]["limit"] == 5000
    assert fake.requests == 3


def test_check_looks_at_a_few_of_many_repositories(fake: GitHubFake) -> None:
    names = tuple(f"octo/r{number}" for number in range(20))
    for name in names:
        fake.repo(name, empty=True)
    checked = GITHUB.check(Reader(fake).context(1), replace(HELLO, repositories=names))
    assert (checked.ok, checked.identity) == (True, "octo/r0 and 19 more")
    assert fake.requests < 10


@pytest.mark.parametrize(
    ("config", "at_fault"),
    [
        (replace(HELLO, token="wrong"), "token"),
        (replace(HELLO, repositories=("octo/nothing",)), "repositories"),
        (replace(HELLO, repositories=("nonsense",)), "repositories"),
        (replace(HELLO, repositories=()), "repositories"),
        (replace(HELLO, host="not a host"), "host"),
        (replace(HELLO, since=date(2031, 1, 1)), "since"),
    ],
)
def test_check_names_the_field_at_fault(reader: Reader, config: GitHubConfig, at_fault: str) -> None:
    checked = GITHUB.check(reader.context(1), config)
    assert (checked.ok, checked.field) == (False, at_fault)
    assert checked.message


def test_check_finds_a_missing_permission(reader: Reader, fake: GitHubFake) -> None:
    fake.forbid("/pulls", refusal(403, "Resource not accessible", X_Accepted_GitHub_Permissions="pull_requests=read"))
    checked = GITHUB.check(reader.context(1), HELLO)
    assert (checked.ok, checked.field) == (False, "token")
    assert "pull_requests: read" in checked.message


def test_check_takes_a_limit_for_a_good_answer_and_a_failure_for_none(reader: Reader, fake: GitHubFake) -> None:
    fake.left = 0
    assert GITHUB.check(reader.context(1), HELLO).ok
    fake.left = 5000
    fake.script(down(503))
    assert not GITHUB.check(reader.context(1), HELLO).ok


def test_every_stream_is_read_with_the_headers_github_asks_for(reader: Reader, fake: GitHubFake) -> None:
    reader.run(*STREAMS)
    headers = [{name.lower(): value for name, value in one.headers.items()} for one in fake.seen]
    assert {one["accept"] for one in headers} == {"application/vnd.github+json"}
    assert {one["x-github-api-version"] for one in headers} == {"2022-11-28"}
    assert all(one["user-agent"] for one in headers)
