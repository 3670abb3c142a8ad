"""praw, the client that most programs read Reddit with, judges the local Reddit and what we ask of it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.reddit import BLOCKED, CLIENT, FORBIDDEN, SECRET, RedditFake, Refused
from tests.sources.reddit_reading import NOW, comments, numbers, posts, reader, texts

praw = pytest.importorskip("praw", reason="praw is not installed: pip install praw")
prawcore = pytest.importorskip("prawcore", reason="praw is not installed: pip install praw")


@pytest.fixture
def fake() -> Iterator[RedditFake]:
    with RedditFake(posts=120, comments=3, until=NOW - 3_600) as running:
        running.reset = 0  # praw spreads its requests over the time that is left
        yield running


@pytest.fixture
def client(fake: RedditFake, monkeypatch: pytest.MonkeyPatch) -> Any:
    look_up = socket.getaddrinfo

    def only_here(host: Any, *rest: Any, **how: Any) -> Any:
        assert host == "127.0.0.1", f"praw asked for {host}"
        return look_up(host, *rest, **how)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return praw.Reddit(
        client_id=CLIENT,
        client_secret=SECRET,
        user_agent="web:livinglytics:1.0 (by /u/ada)",
        reddit_url=fake.url,
        oauth_url=fake.url,
        check_for_updates=False,
    )


def below(client: Any, post: str) -> dict[str, str]:
    submission = client.submission(post)
    submission.comment_sort = "new"
    submission.comments.replace_more(limit=None)
    return {one.fullname: one.body for one in submission.comments.list()}


def test_praw_reads_the_same_posts_as_we_do(fake: RedditFake, client: Any) -> None:
    fake.drop("1p0003", "removed")
    theirs = {one.fullname: one.selftext for one in client.subreddit("django").new(limit=None)}
    read = reader(fake)
    read.run("posts")
    assert theirs == texts(read) == posts(fake)


@pytest.mark.parametrize(("tree", "depth"), [(500, 10), (4, 10), (500, 2), (3, 3)])
def test_praw_reads_the_same_comments_as_we_do(fake: RedditFake, client: Any, tree: int, depth: int) -> None:
    parent = ""
    for number in range(14):
        fake.say("1p0001", f"Aside {number}", at=NOW - 900 + number)
        parent = fake.say("1p0001", f"Turn {number}", at=NOW - 600 + number, parent=parent)
    fake.tree, fake.depth = tree, depth
    read = reader(fake, "t3_1p0001")
    read.run("comments")
    below_it = {name: text for name, text in comments(fake).items() if fake.comments[name[3:]].post == "1p0001"}
    assert below(client, "1p0001") == texts(read) == below_it
    assert len(below_it) == 31


def test_praw_sees_what_is_deleted_where_we_withdraw_it(fake: RedditFake, client: Any) -> None:
    top = next(one.id for one in fake.comments.values() if fake.below(one.post, one.id))
    fake.drop(top)
    fake.drop("1p0005", "removed")
    post, comment = client.info(fullnames=["t3_1p0005", f"t1_{top}"])
    assert (post.author, post.selftext, post.removed_by_category) == (None, "[removed]", "moderator")
    assert (comment.author, comment.body, comment.score) == (None, "[deleted]", 1)


def test_praw_reads_the_same_numbers_as_we_do(fake: RedditFake, client: Any) -> None:
    fake.posts["1p0001"].score = -7
    read = reader(fake, "r/django", "t3_1p0001")
    read.run("numbers")
    (community,) = client.info(subreddits=["django"])
    (post,) = client.info(fullnames=["t3_1p0001"])
    assert numbers(read) == {
        ("members", "r/django"): community.subscribers,
        ("score", "django/1p0001"): post.score,
        ("comments", "django/1p0001"): post.num_comments,
    }


def test_praw_understands_the_refusals(fake: RedditFake, client: Any) -> None:
    expected = {
        "private": prawcore.Forbidden, "quarantined": prawcore.Forbidden, "gated": prawcore.Forbidden,
        "banned": prawcore.NotFound,
    }  # fmt: skip
    for state, error in expected.items():
        fake.found(state, state)
        with pytest.raises(error) as caught:
            next(client.subreddit(state).new())
        assert caught.value.response.json()["reason"] == state
    with pytest.raises(prawcore.Redirect, match="/subreddits/search"):
        next(client.subreddit("nobody_here").new())
    with pytest.raises(prawcore.NotFound):
        client.submission("zzzzz").title  # noqa: B018


@pytest.mark.parametrize(
    ("why", "error"), [(FORBIDDEN, "Forbidden"), (BLOCKED, "Forbidden"), (Refused(429), "TooManyRequests")]
)
def test_praw_understands_a_refusal_of_one_question(fake: RedditFake, client: Any, why: Refused, error: str) -> None:
    fake.refuse(why)
    with pytest.raises(getattr(prawcore, error)):
        next(client.subreddit("django").new())


def test_praw_fetches_another_token_where_we_do(fake: RedditFake, client: Any) -> None:
    next(client.subreddit("django").new(limit=1))
    fake.end_tokens()
    assert next(client.subreddit("django").new(limit=1)).title == "Post 0"
    assert fake.tokens == 2


def test_praw_reads_the_limit_from_the_same_headers(fake: RedditFake, client: Any) -> None:
    next(client.subreddit("django").new(limit=1))
    read = reader(fake)
    quota = read.run("posts")[0].quota
    theirs = client.auth.limits
    assert (theirs["remaining"], theirs["used"]) == (999, 1)
    assert (quota["remaining"], quota["limit"]) == (998, 1_000)


def test_an_app_that_we_may_not_use_praw_may_not_either(fake: RedditFake, client: Any) -> None:
    fake.app = (CLIENT, "another")
    with pytest.raises(prawcore.ResponseException, match="401"):
        next(client.subreddit("django").new())


def test_we_ask_only_paths_that_praw_asks(fake: RedditFake, client: Any) -> None:
    fake.tree, fake.depth = 2, 2
    fake.say("1p0001", "Deeper", at=NOW - 60, parent=fake.say("1p0001", "Deep", at=NOW - 90, parent="kc0001"))
    below(client, "1p0001")
    next(client.subreddit("django").new())
    list(client.info(fullnames=["t3_1p0001"]))
    theirs = {_shape(one.path) for one in fake.seen}
    fake.reset_counts()
    for stream in ("posts", "comments", "numbers"):
        reader(fake, "r/django", "t3_1p0001").run(stream)
        fake.next_window()
    assert {_shape(one.path) for one in fake.seen} == theirs


def _shape(path: str) -> str:
    steps = path.strip("/").split("/")
    return "/".join("ID" if re.search(r"\d", step) and step != "v1" else step for step in steps)
