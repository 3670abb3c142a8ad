"""Comments on Reddit: trees, branches that are only named, and what was deleted in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livinglytics.lib.errors import BadAnswer, Terminal
from sources.connectors.reddit import comments as module
from sources.records import Document
from tests.fakes.reddit import FORBIDDEN, NOT_FOUND, RedditFake
from tests.sources.reading import CrashedError, Reader
from tests.sources.reddit_reading import DAY, NOW, REDDIT, comments, config, document, gone, reader, texts, warnings

MORE = "/api/morechildren"


@pytest.fixture
def fake() -> Iterator[RedditFake]:
    with RedditFake(posts=12, comments=9, until=NOW - 3_600) as running:
        yield running


@pytest.fixture
def read(fake: RedditFake) -> Reader:
    return reader(fake)


def thread(fake: RedditFake, post: str, length: int) -> list[str]:
    """A talk of two people: each comment answers the one before."""
    names, parent = [], ""
    for number in range(length):
        parent = fake.say(post, f"Turn {number}", at=NOW - 3_000 + number, parent=parent)
        names.append(parent)
    return names


# -- trees ---------------------------------------------------------------------------------


def test_all_comments_below_all_posts_arrive(read: Reader, fake: RedditFake) -> None:
    read.run("comments")
    assert texts(read) == comments(fake)
    assert len(texts(read)) == 108


def test_a_tree_that_comes_whole_costs_one_question(read: Reader, fake: RedditFake) -> None:
    read.run("comments")
    assert fake.requests == 1 + 1 + 12


def test_posts_without_comments_are_not_asked_for(fake: RedditFake) -> None:
    for number in range(5):
        fake.submit(f"Nobody cares {number}", at=NOW - 600)
    reader(fake).run("comments")
    assert fake.requests == 1 + 1 + 12


@pytest.mark.parametrize(("tree", "depth"), [(1, 10), (3, 10), (500, 2), (2, 2), (4, 3)])
def test_branches_that_a_tree_only_names_are_asked_for(fake: RedditFake, tree: int, depth: int) -> None:
    thread(fake, "1p0001", 25)
    fake.tree, fake.depth = tree, depth
    read = reader(fake)
    read.run("comments")
    assert texts(read) == comments(fake)


def test_ids_are_asked_for_a_hundred_at_once() -> None:
    with RedditFake(posts=1, comments=0, until=NOW - 3_600) as fake:
        for number in range(350):
            fake.say("1p0001", f"Me too {number}", at=NOW - 3_000 + number)
        fake.tree = 50
        read = reader(fake)
        read.run("comments")
        assert texts(read) == comments(fake)
        assert fake.hits[MORE] == 3
        assert {len(one.query["children"].split(",")) for one in fake.seen if one.path == MORE} == {100}


def test_a_talk_that_goes_deeper_than_a_tree_is_read_to_its_end(fake: RedditFake) -> None:
    names = thread(fake, "1p0001", 60)
    read = reader(fake, "t3_1p0001")
    read.run("comments")
    assert {f"t1_{name}" for name in names} <= set(texts(read))
    assert any("/_/" in one.path for one in fake.seen)


def test_replies_of_another_shape_end_only_that_branch(read: Reader, fake: RedditFake) -> None:
    dressed = fake.dressed

    def bent(one: Any, raw: bool) -> dict[str, Any]:
        made = dressed(one, raw)
        made["data"]["replies"] = None if one.post else 3
        return made

    fake.dressed = bent  # type: ignore[method-assign]
    read.run("comments")
    assert set(texts(read)) <= set(comments(fake))


def test_a_post_with_more_comments_than_a_checkpoint_holds_is_partial_and_named(
    fake: RedditFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 4)
    fake.tree = 3
    for number in range(9):
        fake.say("1p0001", f"Me too {number}", at=NOW - 60 - number)
    read = reader(fake)
    with pytest.raises(Terminal, match="Comments of the post 1p0001: More than 4 comments"):
        read.run("comments")
    assert len(comments(fake)) - len(texts(read)) in range(1, 12)
    assert len(read.state["cursors"]) == 1


def test_comments_that_name_one_another_for_ever_come_to_an_end(
    fake: RedditFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_TURNS", 20)
    fake.tree, turns = 1, iter(range(10_000))

    def endless(asked: Any, raw: bool) -> list[dict[str, Any]]:
        return [{"kind": "more", "data": {"id": "x", "parent_id": "t1_x", "children": [f"z{next(turns)}"]}}]

    fake._more = endless  # type: ignore[method-assign]
    with pytest.raises(Terminal, match="came to no end"):
        reader(fake, "t3_1p0001").run("comments")
    assert fake.requests < 30


def test_the_same_branch_is_never_asked_for_twice(fake: RedditFake) -> None:
    fake.tree = 1

    def same(asked: Any, raw: bool) -> list[dict[str, Any]]:
        ids = asked["children"].split(",")
        return [{"kind": "more", "data": {"id": "x", "parent_id": "t3_1p0001", "children": ids}}]

    fake._more = same  # type: ignore[method-assign]
    reader(fake, "t3_1p0001").run("comments")
    assert fake.hits[MORE] == 1


# -- the next run --------------------------------------------------------------------------


def test_a_second_run_changes_nothing(read: Reader) -> None:
    read.run("comments")
    before = dict(read.rows)
    read.run("comments")
    assert read.rows == before


def test_later_runs_read_the_posts_of_the_last_week_again(fake: RedditFake) -> None:
    for number in range(40):
        post = fake.submit(f"Old {number}", at=NOW - (20 + number) * DAY)
        fake.say(post, "Old", at=NOW - 19 * DAY)
    read = reader(fake)
    read.run("comments")
    assert fake.requests == 1 + 1 + 12 + 40
    fake.reset_counts()
    read.now += timedelta(days=1)
    read.run("comments")
    assert fake.requests == 1 + 1 + 12


def test_new_comments_edits_and_votes_of_the_last_days_arrive(read: Reader, fake: RedditFake) -> None:
    read.run("comments")
    one = next(iter(fake.comments.values()))
    fake.edit(one.id, "I changed my mind.", at=NOW + 60)
    one.score = -12
    fake.say(one.post, "Late.", at=NOW + 90, parent=one.id)
    read.now += timedelta(days=1)
    read.run("comments")
    assert texts(read) == comments(fake)
    assert document(read, one.name).extra["score"] == -12
    assert document(read, one.name).updated_at == datetime.fromtimestamp(NOW + 60, UTC)


@pytest.mark.parametrize("how", ["deleted", "removed"])
def test_a_comment_that_was_answered_is_withdrawn_where_it_stands(read: Reader, fake: RedditFake, how: str) -> None:
    read.run("comments")
    top = next(one for one in fake.comments.values() if fake.below(one.post, one.id))
    fake.drop(top.id, how)
    read.run("comments")
    assert gone(read) == {top.name}
    assert texts(read) == comments(fake)


@pytest.mark.parametrize("how", ["deleted", "removed"])
def test_a_comment_that_left_its_tree_is_asked_for_by_name_and_withdrawn(
    read: Reader, fake: RedditFake, how: str
) -> None:
    read.run("comments")
    leaf = next(one for one in fake.comments.values() if not fake.below(one.post, one.id))
    fake.drop(leaf.id, how)
    fake.reset_counts()
    read.run("comments")
    assert gone(read) == {leaf.name}
    assert fake.hits["/api/info"] == 1
    assert leaf.text not in repr(read.rows)


def test_comments_below_a_post_that_was_deleted_are_asked_for_too(read: Reader, fake: RedditFake) -> None:
    read.run("comments")
    fake.drop("1p0001")
    victim = next(one for one in fake.comments.values() if one.post == "1p0001")
    fake.drop(victim.id)
    read.run("comments")
    assert gone(read) == {victim.name}


def test_only_comments_since_the_first_wanted_day_are_kept(fake: RedditFake) -> None:
    since = datetime.fromtimestamp(NOW - 2 * DAY, UTC).date()
    start = datetime(since.year, since.month, since.day, tzinfo=UTC).timestamp()
    read = reader(fake, since=since)
    read.run("comments")
    assert set(texts(read)) == {one.name for one in fake.comments.values() if one.at >= start}
    assert 0 < len(texts(read)) < 108


def test_young_comments_below_a_post_from_before_the_first_day_are_read(fake: RedditFake) -> None:
    post = fake.submit("Old", at=NOW - 6 * DAY)
    name = fake.say(post, "Still true", at=NOW - DAY)
    read = reader(fake, since=datetime.fromtimestamp(NOW - 2 * DAY, UTC).date())
    read.run("comments")
    assert f"t1_{name}" in texts(read)


# -- what is kept --------------------------------------------------------------------------


def test_a_comment_becomes_a_document_with_parent_score_and_address(fake: RedditFake) -> None:
    top = fake.say("1p0001", "Grüße <b>& mehr</b> 👩\u200d🚀\n\nnext", at=NOW - 100, score=7)
    reply = fake.say("1p0001", "Yes.", at=NOW - 50, parent=top, hidden=True)
    read = reader(fake, "t3_1p0001", authors=True)
    read.run("comments")
    one, answer = document(read, f"t1_{top}"), document(read, f"t1_{reply}")
    assert (one.kind, one.title, one.author, one.rating) == ("comment", "", "grace", None)
    assert one.text == "Grüße <b>& mehr</b> 👩\u200d🚀\n\nnext"
    assert one.url == f"https://www.reddit.com/r/django/comments/1p0001/_/{top}/"
    assert one.extra == {
        "platform": "reddit",
        "community": "django",
        "post": "t3_1p0001",
        "parent": "t3_1p0001",
        "score": 7,
    }
    assert (answer.extra["parent"], answer.extra["score"]) == (f"t1_{top}", None)
    assert one.created_at == one.updated_at == datetime.fromtimestamp(NOW - 100, UTC)


def test_nothing_about_authors_is_kept_unless_it_was_asked_for(read: Reader) -> None:
    read.run("comments")
    assert "author" not in repr(read.rows)
    assert "grace" not in repr([read.rows, read.state])


def test_fields_that_are_missing_or_null_are_no_reason_to_fail() -> None:
    for raw in ({}, {"body": None, "score": True, "parent_id": 3, "link_id": "t3_<script>", "edited": True}):
        (one,) = REDDIT.map("comments", {"name": "t1_abc", "created_utc": 5, **raw}, config())
        assert isinstance(one, Document)
        assert (one.text, one.url, one.extra["score"], one.extra["parent"]) == ("", "", None, "")


def test_a_tree_that_is_no_pair_of_lists_is_a_bad_answer(read: Reader, fake: RedditFake) -> None:
    for body in ([], [{}], {}, None, "x"):
        fake._tree = lambda *asked, body=body: body  # type: ignore[method-assign]
        with pytest.raises(BadAnswer):
            read.run("comments")


def test_branches_of_another_shape_are_a_bad_answer(read: Reader, fake: RedditFake) -> None:
    fake.tree = 1
    fake._more = lambda *asked: {"things": 1}  # type: ignore[assignment,method-assign]
    with pytest.raises(BadAnswer):
        read.run("comments")


# -- things go wrong -----------------------------------------------------------------------


@pytest.mark.parametrize("why", [FORBIDDEN, NOT_FOUND])
def test_a_post_whose_comments_are_kept_back_costs_only_itself_and_makes_the_run_partial(
    read: Reader, fake: RedditFake, why: Any
) -> None:
    fake.refuse(None, why)
    with pytest.raises(Terminal, match="Comments of the post 1p0001"):
        read.run("comments")
    assert set(comments(fake)) - set(texts(read)) == {
        one.name for one in fake.comments.values() if one.post == "1p0001"
    }
    assert any("1p0001" in text for text in warnings(read))
    read.run("comments")
    assert texts(read) == comments(fake)


@pytest.mark.parametrize("stored", [1, 4, 9, 20])
def test_a_run_that_is_killed_after_any_page_goes_on_there(fake: RedditFake, stored: int) -> None:
    fake.tree, fake.depth = 3, 2
    thread(fake, "1p0002", 12)
    whole = reader(fake)
    whole.run("comments")
    asked = fake.requests
    fake.reset_counts()
    fake.next_window()
    read = reader(fake)
    with pytest.raises(CrashedError):
        read.run("comments", die_after=stored)
    read.run("comments")
    assert read.rows == whole.rows
    assert fake.requests <= asked + 6


def test_a_community_that_closes_while_it_is_read_is_read_from_the_same_day_again(
    read: Reader, fake: RedditFake
) -> None:
    post = fake.submit("Old", at=NOW - 30 * DAY)
    fake.say(post, "Old", at=NOW - 29 * DAY)

    def close(batch: Any) -> None:
        fake.states["django"] = "private"

    with pytest.raises(Terminal, match="It is private"):
        read.run("comments", after=close)
    assert read.state["cursors"] == {}
    fake.states["django"] = "public"
    read.run("comments")
    assert texts(read) == comments(fake)


def test_troubles_before_a_crash_are_told_at_the_end(read: Reader, fake: RedditFake) -> None:
    fake.refuse(None, FORBIDDEN)
    with pytest.raises(CrashedError):
        read.run("comments", die_after=4)
    with pytest.raises(Terminal, match="1p0001"):
        read.run("comments")


def test_the_state_stays_small_however_much_is_written() -> None:
    with RedditFake(posts=2, comments=0, until=NOW - 30 * DAY) as fake:
        for number in range(1_500):
            fake.say("1p0001", "x", at=NOW - 20 * DAY + number)
        fake.tree = 100
        read = reader(fake)
        assert max(len(repr(batch.state)) for batch in read.run("comments")) < 17_000
        assert len(repr(read.state)) < 300


@settings(max_examples=20, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 6), st.integers(2, 4), st.integers(0, 14)),
    crashes=st.lists(st.integers(0, 15), max_size=4),
    changes=st.lists(st.tuples(st.sampled_from(["say", "edit", "drop"]), st.integers(0, 9_999)), max_size=10),
)
def test_whatever_happens_between_pages_the_rows_end_up_as_reddit_has_them(
    shape: tuple[int, int, int], crashes: list[int], changes: list[tuple[str, int]]
) -> None:
    with RedditFake(posts=4, comments=shape[2], until=NOW - 3_600) as fake:
        fake.tree, fake.depth, fake.limit, fake.left = shape[0], shape[1], 9_000, 9_000
        read = reader(fake)
        for crash in [*crashes, 99]:
            with suppress(CrashedError):
                read.run("comments", die_after=crash)
            read.now += timedelta(minutes=10)
            for what, pick in changes[:3]:
                _change(fake, what, pick, int(read.now.timestamp()) - 30)
            changes = changes[3:]
        for _ in range(2):
            read.run("comments")
            read.now += timedelta(minutes=10)
        assert texts(read) == comments(fake)


def _change(fake: RedditFake, what: str, pick: int, at: int) -> None:
    young = sorted(one.id for one in fake.comments.values() if not one.gone)
    if what == "say" or not young:
        parent = young[pick % len(young)] if young else ""
        fake.say(fake.comments[parent].post if parent else "1p0001", f"Comment {pick}", at=at, parent=parent)
    elif what == "edit":
        fake.edit(young[pick % len(young)], f"Edited {pick}", at=at)
    else:
        fake.drop(young[pick % len(young)])
