"""Posts on Reddit: lists of communities and single posts, against a local Reddit with the real HTTP client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from livinglytics.lib.errors import BadAnswer, Terminal
from sources.connectors._base import connectors
from sources.connectors.reddit import Reddit
from sources.records import Document
from tests.fakes._server import Answer, Request, json_answer
from tests.fakes.reddit import RedditFake
from tests.sources.reading import CrashedError, Reader
from tests.sources.reddit_reading import DAY, NOW, REDDIT, config, document, gone, posts, reader, texts, warnings

NEW = "/r/django/new"


@pytest.fixture
def fake() -> Iterator[RedditFake]:
    with RedditFake(posts=250, comments=0, until=NOW - 600) as running:
        yield running


@pytest.fixture
def read(fake: RedditFake) -> Reader:
    return reader(fake)


# -- the first run -------------------------------------------------------------------------


def test_the_connector_is_found_by_its_key() -> None:
    found = connectors.get("reddit")
    assert isinstance(found, Reddit)
    assert (found.label, found.category, found.platform) == ("Reddit", "social", "reddit")


def test_all_posts_of_a_community_arrive_page_after_page(read: Reader, fake: RedditFake) -> None:
    read.run("posts")
    assert texts(read) == posts(fake)
    assert fake.hits[NEW] == 3
    assert warnings(read) == []


def test_texts_are_never_escaped(read: Reader, fake: RedditFake) -> None:
    name = fake.submit("a < b & c", at=NOW - 60, text="<b>Ünï & 👩\u200d🚀</b>\n\nnext")
    read.run("posts")
    assert texts(read)[f"t3_{name}"] == "<b>Ünï & 👩\u200d🚀</b>\n\nnext"
    assert all(one.query["raw_json"] == "1" for one in fake.seen if one.method == "GET")


def test_single_posts_are_read_by_name_and_communities_by_their_list(fake: RedditFake) -> None:
    fake.found("flask")
    other = fake.submit("Elsewhere", community="flask", at=NOW - 400 * DAY)
    read = reader(fake, "r/django", f"https://redd.it/{other}")
    read.run("posts")
    assert texts(read) == posts(fake)


def test_all_watched_posts_cost_one_question(fake: RedditFake) -> None:
    read = reader(fake, *(f"t3_{name}" for name in list(fake.posts)[:50]))
    read.run("posts")
    assert (len(texts(read)), fake.hits["/api/info"]) == (50, 1)


def test_a_post_that_two_targets_name_is_kept_once(fake: RedditFake) -> None:
    read = reader(fake, "r/django", "t3_1p0001")
    read.run("posts")
    assert len(texts(read)) == 250


def test_only_posts_since_the_first_wanted_day_are_kept(fake: RedditFake) -> None:
    since = datetime.fromtimestamp(NOW - 20 * DAY, UTC).date()
    read = reader(fake, since=since)
    read.run("posts")
    start = datetime(since.year, since.month, since.day, tzinfo=UTC).timestamp()
    assert set(texts(read)) == {one.name for one in fake.posts.values() if one.at >= start}
    assert fake.hits[NEW] == 1


def test_a_community_without_posts_is_no_reason_to_fail(fake: RedditFake) -> None:
    fake.found("quiet")
    read = reader(fake, "r/quiet")
    read.run("posts")
    assert (read.rows, warnings(read)) == ({}, [])


def test_progress_tells_how_many_posts_and_which_target(fake: RedditFake) -> None:
    read = reader(fake, "r/django", "t3_1p0001")
    told = [batch.progress for batch in read.run("posts") if batch.progress]
    assert (told[0].done, told[0].unit, told[0].message) == (100, "posts", "r/django, 1 of 2")


def test_the_end_of_a_list_of_a_thousand_is_told_and_is_no_failure() -> None:
    with RedditFake(posts=1_050, comments=0, until=NOW - 600) as fake:
        read = reader(fake)
        read.run("posts")
        assert len(texts(read)) == 1_000
        (told,) = warnings(read)
        assert told.startswith("r/django: Reddit's list ended after 1000 posts")
        assert told.endswith("Older ones can't be read.")
        read.now += timedelta(hours=1)
        read.run("posts")
        assert warnings(read) == []


def test_posts_that_fell_off_the_list_between_two_runs_make_the_run_partial(fake: RedditFake) -> None:
    read = reader(fake)
    read.run("posts")
    read.now += timedelta(days=2)
    for number in range(1_100):
        fake.submit(f"Flood {number}", at=NOW + DAY + number)
    with pytest.raises(Terminal, match="More came since the last run: sync more often"):
        read.run("posts")
    assert len(texts(read)) == 1_250
    fake.next_window()
    read.run("posts")


# -- the next run --------------------------------------------------------------------------


def test_a_second_run_changes_nothing_and_reads_a_page(read: Reader, fake: RedditFake) -> None:
    read.run("posts")
    before = dict(read.rows)
    fake.reset_counts()
    read.run("posts")
    assert read.rows == before
    assert fake.hits[NEW] == 1


def test_an_edited_post_and_new_votes_of_the_last_days_are_read_again(read: Reader, fake: RedditFake) -> None:
    read.run("posts")
    fake.edit("1p0002", "Edited.", at=NOW)
    fake.posts["1p0003"].score = 77
    fresh = fake.submit("Fresh", at=NOW + 60)
    read.now += timedelta(days=1)
    read.run("posts")
    assert texts(read) == posts(fake)
    assert document(read, "t3_1p0002").updated_at == datetime.fromtimestamp(NOW, UTC)
    assert document(read, "t3_1p0003").extra["score"] == 77
    assert f"t3_{fresh}" in texts(read)


@pytest.mark.parametrize("how", ["deleted", "removed"])
def test_a_post_that_left_the_list_is_asked_for_by_name_and_withdrawn(read: Reader, fake: RedditFake, how: str) -> None:
    read.run("posts")
    fake.drop("1p0002", how)
    read.now += timedelta(days=5)
    read.run("posts")
    assert gone(read) == {"t3_1p0002"}
    assert texts(read) == posts(fake)
    assert "Body" not in repr(read.rows["t3_1p0002"])


def test_a_watched_post_is_withdrawn_however_old_it_is(fake: RedditFake) -> None:
    read = reader(fake, "t3_1p0050")
    read.run("posts")
    fake.drop("1p0050")
    read.now += timedelta(days=90)
    read.run("posts")
    assert gone(read) == {"t3_1p0050"}


def test_a_post_that_is_merely_no_longer_shown_stays(read: Reader, fake: RedditFake) -> None:
    read.run("posts")
    del fake.posts["1p0002"]
    read.run("posts")
    assert "t3_1p0002" in texts(read)
    assert gone(read) == set()


def test_a_withdrawn_post_that_is_approved_again_comes_back(read: Reader, fake: RedditFake) -> None:
    read.run("posts")
    fake.drop("1p0002", "removed")
    read.run("posts")
    fake.posts["1p0002"].gone = ""
    read.run("posts")
    assert texts(read) == posts(fake)


def test_a_community_that_is_new_in_the_list_is_read_whole(fake: RedditFake) -> None:
    read = reader(fake)
    read.run("posts")
    fake.found("flask")
    fake.submit("Old", community="flask", at=NOW - 300 * DAY)
    read.config = config("r/django", "r/flask")
    read.run("posts")
    assert texts(read) == posts(fake)


def test_a_cursor_from_the_future_is_set_to_now_and_told(read: Reader) -> None:
    read.run("posts")
    read.state["cursors"]["r/django"] = NOW + 30 * DAY
    read.run("posts")
    assert any("future" in text for text in warnings(read))
    assert read.state["cursors"]["r/django"] == NOW


@pytest.mark.parametrize(
    "old",
    [
        {"v": 0, "cursors": {"r/django": NOW}},
        {"cursors": "x"},
        {"v": 1, "scope": "x", "done": ["r/django"], "cursors": {"r/django": NOW}},
    ],
)
def test_a_state_of_another_version_or_choice_starts_from_nothing(
    read: Reader, fake: RedditFake, old: dict[str, Any]
) -> None:
    read.state = old
    read.run("posts")
    assert texts(read) == posts(fake)


def test_the_state_stays_small_and_forgets_what_is_no_longer_young(read: Reader) -> None:
    assert max(len(repr(batch.state)) for batch in read.run("posts")) < 1_500
    read.now += timedelta(days=60)
    read.run("posts")
    assert read.state["recent"] == {}
    assert set(read.state) == {"v", "scope", "cursors", "recent"}


def test_of_very_many_young_posts_the_newest_thousand_are_watched() -> None:
    with RedditFake(posts=0, until=NOW) as fake:
        names = [fake.submit("x", at=NOW - 60 - number) for number in range(1_000)]
        read = reader(fake)
        read.run("posts")
        for number in range(300):
            fake.submit("y", at=NOW + number)
        read.now += timedelta(minutes=10)
        read.run("posts")
        assert len(read.state["recent"]) == 1_000
        assert f"t3_{names[-1]}" not in read.state["recent"]


# -- turning pages -------------------------------------------------------------------------


def test_a_page_behind_a_post_that_was_removed_meanwhile_is_found_behind_an_earlier_one(
    read: Reader, fake: RedditFake
) -> None:
    def remove(batch: Any) -> None:
        if fake.hits[NEW] == 1:
            for name in list(read.rows)[98:100]:
                fake.drop(name[3:], "removed")

    read.run("posts", after=remove)
    assert set(posts(fake)) <= set(texts(read))
    assert len(read.rows) == 250


def test_the_end_of_a_list_is_not_taken_for_a_removed_post() -> None:
    with RedditFake(posts=200, comments=0, until=NOW - 600) as fake:
        new = fake._new

        def never_last(*asked: Any) -> dict[str, Any]:
            found = new(*asked)
            if found["data"]["after"] is None and len(found["data"]["children"]) == 100:
                found["data"]["after"] = found["data"]["children"][-1]["data"]["name"]
            return found

        fake._new = never_last  # type: ignore[method-assign]
        read = reader(fake)
        read.run("posts")
        assert texts(read) == posts(fake)


def test_a_list_whose_next_page_stays_empty_is_no_success_and_is_read_from_its_top_next_time(
    read: Reader, fake: RedditFake
) -> None:
    def remove(batch: Any) -> None:
        if fake.hits[NEW] == 1:
            for name in list(read.rows)[90:100]:
                fake.drop(name[3:], "removed")

    with pytest.raises(Terminal, match=r"r/django: Reddit's list of posts ended early"):
        read.run("posts", after=remove)
    assert "r/django" not in read.state["cursors"]
    fake.reset_counts()
    read.run("posts")
    assert fake.hits[NEW] == 3
    assert set(posts(fake)) <= set(texts(read))


def test_a_list_that_runs_in_circles_is_no_success(read: Reader, fake: RedditFake) -> None:
    fake.circles = True
    with pytest.raises(Terminal, match="runs in circles"):
        read.run("posts")
    fake.circles = False
    read.run("posts")
    assert texts(read) == posts(fake)


def test_a_list_that_has_no_end_is_no_success(read: Reader, fake: RedditFake) -> None:
    new, turns = fake._new, iter(range(10_000))

    def endless(*asked: Any) -> dict[str, Any]:
        found = new(asked[0], {}, asked[2])
        found["data"]["after"] = f"t3_z{next(turns)}"
        return found

    fake._new = endless  # type: ignore[method-assign]
    with pytest.raises(Terminal, match="runs in circles"):
        read.run("posts")
    assert fake.requests < 50


def test_posts_written_while_pages_are_turned_are_there_in_the_end(read: Reader, fake: RedditFake) -> None:
    read.run("posts", after=lambda batch: fake.submit("Meanwhile", at=NOW + fake.requests))
    read.run("posts")
    assert texts(read) == posts(fake)


@pytest.mark.parametrize("stored", [1, 2, 3])
def test_a_run_that_is_killed_after_any_page_ends_the_same(read: Reader, fake: RedditFake, stored: int) -> None:
    with pytest.raises(CrashedError):
        read.run("posts", die_after=stored)
    read.run("posts")
    assert texts(read) == posts(fake)
    assert fake.hits[NEW] <= 4


@settings(max_examples=20, deadline=None)
@given(
    many=st.integers(0, 230),
    crashes=st.lists(st.integers(0, 5), max_size=3),
    changes=st.lists(st.tuples(st.sampled_from(["submit", "edit", "drop"]), st.integers(0, 9_999)), max_size=9),
)
@example(many=101, crashes=[1, 0], changes=[])
def test_whatever_happens_between_pages_the_rows_end_up_as_reddit_has_them(
    many: int, crashes: list[int], changes: list[tuple[str, int]]
) -> None:
    with RedditFake(posts=many, comments=0, until=NOW - 600) as fake:
        read = reader(fake)
        for crash in [*crashes, 9]:
            with suppress(CrashedError):
                read.run("posts", die_after=crash)
            read.now += timedelta(minutes=10)
            for what, pick in changes[:3]:
                _change(fake, what, pick, int(read.now.timestamp()) - 30)
            changes = changes[3:]
        for _ in range(2):
            read.run("posts")
            read.now += timedelta(minutes=10)
        assert texts(read) == posts(fake)


def _change(fake: RedditFake, what: str, pick: int, at: int) -> None:
    young = sorted(one.id for one in fake.posts.values() if one.at > at - 6 * DAY and not one.gone)
    if what == "submit" or not young:
        fake.submit(f"Post {pick}", at=at)
    elif what == "edit":
        fake.edit(young[pick % len(young)], f"Edited {pick}", at=at)
    else:
        fake.drop(young[pick % len(young)])


# -- what is kept --------------------------------------------------------------------------


def test_a_post_becomes_a_document_with_title_score_and_address(fake: RedditFake) -> None:
    name = fake.submit("  A\ntitle ", at=NOW - DAY, text="=1+1", score=-3)
    fake.edit(name, "=1+2", at=NOW - 60)
    read = reader(fake, f"t3_{name}")
    read.run("posts")
    one = document(read, f"t3_{name}")
    assert (one.kind, one.title, one.text, one.author, one.rating) == ("post", "A title", "=1+2", "", None)
    assert one.url == f"https://www.reddit.com/r/django/comments/{name}/"
    assert one.created_at == datetime.fromtimestamp(NOW - DAY, UTC)
    assert one.updated_at == datetime.fromtimestamp(NOW - 60, UTC)
    assert one.extra == {
        "platform": "reddit", "community": "django", "score": -3, "comments": 0, "flair": "", "adult": False,
        "link": "",
    }  # fmt: skip


def test_a_post_that_is_a_link_keeps_the_link(fake: RedditFake) -> None:
    name = fake.submit("Look", at=NOW - 60, link="https://example.com/x")
    read = reader(fake, f"t3_{name}")
    read.run("posts")
    assert (document(read, f"t3_{name}").text, document(read, f"t3_{name}").extra["link"]) == (
        "",
        "https://example.com/x",
    )


def test_a_score_that_reddit_hides_is_missing_and_not_one(fake: RedditFake) -> None:
    name = fake.submit("Fresh", at=NOW - 60, hidden=True)
    read = reader(fake, f"t3_{name}")
    read.run("posts")
    assert document(read, f"t3_{name}").extra["score"] is None


def test_nothing_about_authors_is_kept_unless_it_was_asked_for(read: Reader) -> None:
    read.run("posts")
    assert "author" not in repr(read.rows)
    assert "grace" not in repr(read.rows)
    read.config = config(authors=True)
    read.run("posts")
    assert {one.author for one in read.documents().values()} == {"grace"}
    read.config = config()
    read.run("posts")
    assert "grace" not in repr(read.rows)


def test_the_name_of_a_profile_is_a_persons_and_is_not_kept(fake: RedditFake) -> None:
    fake.found("u_grace")
    name = fake.submit("On my profile", community="u_grace", at=NOW - 60)
    read = reader(fake, f"t3_{name}")
    read.run("posts")
    one = document(read, f"t3_{name}")
    assert (one.extra["community"], one.url) == ("", f"https://www.reddit.com/comments/{name}/")


MARKS = ["[deleted]", "[removed]", " [removed] ", "[ Removed by Reddit ]", "[deleted by user]"]


@pytest.mark.parametrize("mark", MARKS)
def test_every_way_of_saying_that_it_is_gone_is_understood(fake: RedditFake, mark: str) -> None:
    name = fake.submit("x", at=NOW - 60, text=mark)
    read = reader(fake, f"t3_{name}")
    read.run("posts")
    assert gone(read) == {f"t3_{name}"}


def test_a_person_who_writes_about_removing_is_not_withdrawn(fake: RedditFake) -> None:
    name = fake.submit("x", at=NOW - 60, text="[removed] is what it says. Why?")
    read = reader(fake, f"t3_{name}")
    read.run("posts")
    assert gone(read) == set()


def test_fields_that_are_missing_or_null_are_no_reason_to_fail() -> None:
    for raw in ({}, {"title": None, "selftext": None, "score": None, "edited": None, "num_comments": "x", "url": 3}):
        (one,) = REDDIT.map("posts", {"name": "t3_abc", "created_utc": 1.0, **raw}, config())
        assert isinstance(one, Document)
        assert (one.title, one.text, one.extra["score"], one.extra["comments"]) == ("", "", None, None)


ODD: list[dict[str, Any]] = [
    {},
    {"kind": "t3"},
    {"kind": ["t3"], "data": {"id": "abc"}},
    {"kind": "t3", "data": {"id": 7}},
    {"kind": "t3", "data": {"id": "../x", "created_utc": 1.0}},
    {"kind": "t3", "data": {"id": "abc", "created_utc": "yesterday"}},
    {"kind": "t3", "data": {"id": "abc", "created_utc": 1e300}},
]


def test_bad_posts_are_set_aside_and_the_others_are_read(read: Reader, fake: RedditFake) -> None:
    new = fake._new

    def bent(*asked: Any) -> dict[str, Any]:
        found = new(*asked)
        found["data"]["children"] += [*ODD, None, "x"]
        return found

    fake._new = bent  # type: ignore[method-assign]
    read.run("posts")
    rejected = [one for batch in read.batches for one in batch.rejected]
    assert len(rejected) == 3 * (len(ODD) + 2)
    assert texts(read) == posts(fake)


@pytest.mark.parametrize(
    "body",
    [[], "x", None, {"kind": "Listing"}, {"data": {"children": 3}}, {"data": {"children": [], "after": {"a": 1}}}],
)
@pytest.mark.parametrize("stream", ["posts", "comments", "numbers"])
def test_json_of_another_shape_is_a_bad_answer(read: Reader, fake: RedditFake, body: Any, stream: str) -> None:
    answer = fake.answer

    def bent(request: Request) -> Answer:
        return answer(request) if request.method == "POST" else json_answer(body)

    fake.answer = bent  # type: ignore[method-assign]
    with pytest.raises(BadAnswer):
        read.run(stream)
