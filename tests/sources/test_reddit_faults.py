"""Reddit: the token, the limit, communities that are kept back, and everything that can go wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from livinglytics.lib.errors import (
    BadAnswer,
    BadCredentials,
    NotFound,
    ProductError,
    RateLimited,
    Terminal,
    Transient,
)
from sources.connectors.reddit.refusals import Blocked
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Answer, Fault, Request, down, limited, slow
from tests.fakes.reddit import BLOCKED, CLIENT, SECRET, RedditFake, Refused
from tests.sources.reading import Reader
from tests.sources.reddit_reading import NOW, comments, gone, posts, reader, texts, warnings

TOKEN = "/api/v1/access_token"


@pytest.fixture
def fake() -> Iterator[RedditFake]:
    with RedditFake(posts=150, comments=2, until=NOW - 3_600) as running:
        yield running


@pytest.fixture
def read(fake: RedditFake) -> Reader:
    return reader(fake)


# -- the token -----------------------------------------------------------------------------


def test_a_run_begins_with_a_token_that_it_keeps_to_its_end(read: Reader, fake: RedditFake) -> None:
    read.run("comments")
    assert fake.hits[TOKEN] == 1
    first = fake.seen[0]
    assert (first.method, first.path, first.body) == ("POST", TOKEN, b"grant_type=client_credentials")
    assert first.headers["authorization"].startswith("Basic ")


def test_every_request_tells_whose_app_is_asking(fake: RedditFake) -> None:
    read = reader(fake, username=" /u/ada ")
    read.run("posts")
    agents = {value for one in fake.seen for name, value in one.headers.items() if name.lower() == "user-agent"}
    assert agents == {"web:livinglytics:1.0 (by /u/ada)"}


def test_a_token_that_ends_in_the_middle_is_replaced(read: Reader, fake: RedditFake) -> None:
    def end(batch: Any) -> None:
        if fake.tokens == 1:
            fake.end_tokens()

    read.run("posts", after=end)
    assert texts(read) == posts(fake)
    assert fake.tokens == 2


def test_a_fresh_token_that_is_refused_asks_for_the_app_again_and_not_for_ever(read: Reader, fake: RedditFake) -> None:
    fake.refuse(*[Refused(401)] * 9)
    with pytest.raises(BadCredentials, match="just given"):
        read.run("posts")
    assert fake.tokens == 1
    fake._refusals = [None, *[Refused(401)] * 9]
    with pytest.raises(BadCredentials, match="just given"):
        read.run("posts")
    assert fake.tokens == 3


def test_neither_token_nor_secret_is_in_anything_that_is_kept_or_told(read: Reader, fake: RedditFake) -> None:
    told: list[Any] = []
    fake.refuse(None, Refused(418), None)
    for _ in range(3):
        try:
            told += read.run("comments")
        except ProductError as error:
            told += [str(error), error.details]
    secrets = ("tok-", SECRET, CLIENT)
    kept = repr([told, read.batches, read.state, read.rows])
    assert not [one for one in secrets if one in kept]
    assert not [one for one in secrets if one in repr(read.config.service(read.context())._app)]
    asked = [f"{one.path} {one.query}" for one in fake.seen]
    assert not [one for one in secrets if one in repr(asked)]


def test_an_answer_that_repeats_the_token_is_never_quoted(read: Reader, fake: RedditFake) -> None:
    answer = fake.answer

    def echo(request: Request) -> Answer:
        if request.method == "POST":
            return answer(request)
        return Answer(json.dumps({"message": request.headers["authorization"], "error": 400}).encode(), 400)

    fake.answer = echo  # type: ignore[method-assign]
    with pytest.raises(Terminal, match=r"refused the request \(400\)") as caught:
        read.run("posts")
    assert "tok-" not in repr([str(caught.value), caught.value.details])


@pytest.mark.parametrize("app", [(CLIENT, "another-secret"), ("another-client", SECRET)])
def test_an_app_that_reddit_does_not_take_is_told_at_the_secret(fake: RedditFake, app: tuple[str, str]) -> None:
    read = reader(fake, client_id=app[0], client_secret=app[1])
    with pytest.raises(BadCredentials, match="client id and secret") as caught:
        read.run("posts")
    assert list(caught.value.details) == ["client_secret"]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"error": "unsupported_grant_type"}, 200, BadCredentials),
        ({"error": "invalid_grant"}, 400, BadCredentials),
        ({"message": "Forbidden", "error": 403}, 403, BadCredentials),
        ({}, 200, BadAnswer),
        ({"access_token": None}, 200, BadAnswer),
        ({"access_token": "two\r\nlines"}, 200, BadAnswer),
        ([], 200, BadAnswer),
        ({}, 404, NotFound),
        ({}, 418, Terminal),
    ],
)
def test_a_token_that_does_not_come_is_told(
    read: Reader, fake: RedditFake, body: Any, status: int, error: type[ProductError]
) -> None:
    fake._token = lambda request: Answer(json.dumps(body).encode(), status)  # type: ignore[method-assign]
    with pytest.raises(error):
        read.run("posts")


@pytest.mark.parametrize(("fault", "pause"), [(limited("2"), 2.0), (down(503, "3"), 3.0)])
def test_a_token_that_has_to_be_waited_for_is(read: Reader, fake: RedditFake, fault: Fault, pause: float) -> None:
    fake.script(fault)
    read.run("posts")
    assert (read.waits, texts(read)) == ([pause], posts(fake))


# -- the limit -----------------------------------------------------------------------------


def test_every_batch_tells_what_is_left(read: Reader, fake: RedditFake) -> None:
    batch = read.run("posts")[0]
    assert batch.quota == {"remaining": 999, "limit": 1_000, "resets_at": "2026-11-20T23:37:00+00:00"}


def test_a_short_wait_is_sat_out_before_the_limit_is_used_up(read: Reader, fake: RedditFake) -> None:
    fake.left, fake.reset = 10, 30
    pause = read.pauses.append

    def wait(seconds: float) -> None:
        pause(seconds)
        fake.next_window()

    context = read.context
    read.context = lambda: replace(context(), pause=wait)  # type: ignore[method-assign]
    read.run("comments")
    assert read.pauses == [30.0]
    assert texts(read) == comments(fake)
    assert fake.left < fake.limit


def test_a_long_wait_pauses_the_run_with_the_pages_before_it_kept(read: Reader, fake: RedditFake) -> None:
    fake.left, fake.reset = 40, 300
    with pytest.raises(RateLimited, match="goes on by itself") as caught:
        read.run("comments")
    assert caught.value.retry_after == 300
    assert (read.pauses, fake.left) == ([], 5)
    assert len(texts(read)) == 2 * 34
    fake.next_window()
    fake.reset_counts()
    read.run("comments")
    assert texts(read) == comments(fake)
    assert fake.requests < 150


def test_a_limit_that_others_used_up_is_waited_for_as_the_headers_say(read: Reader, fake: RedditFake) -> None:
    fake.left, fake.reset = 0, 400
    with pytest.raises(RateLimited) as caught:
        read.run("posts")
    assert (caught.value.retry_after, read.waits) == (400, [])
    fake.reset = 20
    with pytest.raises(RateLimited):
        read.run("posts")
    assert read.waits == [20.0, 20.0]


def test_headers_that_are_no_numbers_are_no_reason_to_fail(read: Reader, fake: RedditFake) -> None:
    fake.reset = "soon"  # type: ignore[assignment]
    read.run("posts")
    assert texts(read) == posts(fake)
    assert read.batches[0].quota == {}


def test_a_short_429_is_waited_out_and_a_long_one_goes_up(read: Reader, fake: RedditFake) -> None:
    fake.script(None, None, limited("2"))
    read.run("posts")
    assert (read.waits, texts(read)) == ([2.0], posts(fake))
    fake.script(None, limited("3600"))
    with pytest.raises(RateLimited) as caught:
        read.run("posts")
    assert caught.value.retry_after == 3600


# -- communities that are kept back ----------------------------------------------------------


REASONS = [
    ("private", "It is private."),
    ("banned", "Reddit has banned it."),
    ("quarantined", "It is quarantined"),
    ("gated", "Reddit shows it only to people who have agreed to a warning"),
]


@pytest.mark.parametrize(("state", "why"), REASONS)
@pytest.mark.parametrize("stream", ["posts", "comments"])
def test_a_community_that_is_kept_back_is_named_while_the_others_are_read(
    fake: RedditFake, state: str, why: str, stream: str
) -> None:
    fake.found("secret", state)
    read = reader(fake, "r/secret", "r/django")
    with pytest.raises(Terminal, match=f"Not everything was read. r/secret: {why}") as caught:
        read.run(stream)
    assert caught.value.details["targets"][0].startswith("r/secret: ")
    assert any(text.startswith("r/secret: ") for text in warnings(read))
    assert texts(read) == (posts(fake) if stream == "posts" else comments(fake))
    assert set(read.state["cursors"]) == {"r/django"}


def test_a_community_that_opens_again_is_caught_up_on(fake: RedditFake) -> None:
    fake.found("shy")
    old = fake.submit("Old", community="shy", at=NOW - 200_000)
    read = reader(fake, "r/shy", "r/django")
    read.run("posts")
    fake.states["shy"] = "private"
    missed = fake.submit("Missed", community="shy", at=NOW + 60)
    with pytest.raises(Terminal):
        read.run("posts")
    assert f"t3_{old}" in texts(read)
    assert gone(read) == set()
    fake.states["shy"] = "public"
    read.run("posts")
    assert f"t3_{missed}" in texts(read)


def test_a_community_that_does_not_exist_is_not_taken_for_similar_names(fake: RedditFake) -> None:
    read = reader(fake, "r/djangolearnin", "r/django")
    with pytest.raises(Terminal, match="r/djangolearnin: Reddit knows no such community"):
        read.run("posts")
    assert texts(read) == posts(fake)


def test_a_watched_post_that_does_not_exist_is_named_while_the_others_are_read(fake: RedditFake) -> None:
    read = reader(fake, "t3_zzzzz", "r/django")
    for stream, truth in (("posts", posts(fake)), ("comments", comments(fake))):
        read.rows, read.state = {}, {}
        with pytest.raises(Terminal, match="comments/zzzzz/: Reddit"):
            read.run(stream)
        assert texts(read) == truth


def test_many_troubles_are_told_in_few_words(fake: RedditFake) -> None:
    names = [fake.found(f"secret{number}", "private") for number in range(20)]
    with pytest.raises(Terminal, match="And 17 more") as caught:
        reader(fake, *(f"r/{name}" for name in names)).run("posts")
    assert len(caught.value.details["targets"]) == 20
    assert len(caught.value.message) < 300


def test_a_404_that_is_not_reddits_own_ends_the_stream_and_withdraws_nothing(read: Reader, fake: RedditFake) -> None:
    read.run("posts")
    fake.script(None, down(404))
    with pytest.raises(NotFound):
        read.run("posts")
    assert gone(read) == set()


# -- faults --------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", ["posts", "comments", "numbers"])
def test_a_block_page_is_told_in_plain_words(read: Reader, fake: RedditFake, stream: str) -> None:
    fake.refuse(BLOCKED)
    with pytest.raises(Blocked, match="block page") as caught:
        read.run(stream)
    assert not isinstance(caught.value, BadCredentials)


@pytest.mark.parametrize("fault", [down(500), down(503, "1"), RESET, TRUNCATED, slow(1)])
@pytest.mark.parametrize("stream", ["posts", "comments"])
def test_a_passing_fault_costs_one_more_request_and_nothing_else(
    read: Reader, fake: RedditFake, fault: Fault, stream: str
) -> None:
    read.patience = fault.seconds / 2 or read.patience
    fake.script(None, None, fault)
    read.run(stream)
    assert texts(read) == (posts(fake) if stream == "posts" else comments(fake))


@pytest.mark.parametrize(("fault", "words"), [(HTML, "web page"), (MALFORMED, "cannot be read")])
@pytest.mark.parametrize("stream", ["posts", "comments", "numbers"])
def test_a_body_that_is_no_json_is_told_in_plain_words(
    read: Reader, fake: RedditFake, stream: str, fault: Fault, words: str
) -> None:
    fake.script(None, fault)
    with pytest.raises(BadAnswer, match=words):
        read.run(stream)


@pytest.mark.parametrize("fault", [TRUNCATED, RESET, down(502)])
@pytest.mark.parametrize("stream", ["posts", "comments"])
def test_a_service_that_stays_broken_keeps_the_place_for_later(
    read: Reader, fake: RedditFake, fault: Fault, stream: str
) -> None:
    fake.script(None, None, *[None] * (stream == "comments"), *[fault] * 3)
    with pytest.raises(Transient):
        read.run(stream)
    assert read.state["place"]
    read.run(stream)
    assert texts(read) == (posts(fake) if stream == "posts" else comments(fake))
