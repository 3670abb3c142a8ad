"""Comments and answers below an account's posts, against a local Graph API with the real HTTP client."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from livinglytics.lib.errors import BadAnswer, RateLimited
from sources.connectors._base import State
from sources.connectors.instagram import comments as walk
from sources.connectors.instagram.refusals import NotAllowed
from sources.records import Document
from tests.fakes.instagram import UNTIL, InstagramFake
from tests.fakes.instagram_refusals import GONE, IG, NO_RIGHT, USER_LIMIT, Refused
from tests.sources.instagram_reading import DAY, NOW, Signed, comments, reading
from tests.sources.reading import CrashedError

NEWEST = "17900000000000000"
OLD = "17900000000000020"


@pytest.fixture
def fake() -> Iterator[InstagramFake]:
    with InstagramFake(posts=24, comments=4) as running:
        yield running


@pytest.fixture
def reader(fake: InstagramFake) -> Signed:
    return reading(fake)


def asked(fake: InstagramFake) -> set[str]:
    """The posts whose comments were asked for."""
    return {one.path.split("/")[2] for one in fake.seen if one.path.endswith("/comments")}


def documents(reader: Signed) -> list[Document]:
    return [one for one in reader.records("comments") if isinstance(one, Document)]


# -- reading everything ------------------------------------------------------------------


def test_all_comments_and_answers_come_with_their_post_and_parent(reader: Signed, fake: InstagramFake) -> None:
    reader.run("comments")
    assert reader.texts("comments") == comments(fake)
    found = {one.external_id: one for one in documents(reader)}
    for name, one in found.items():
        assert one.extra["post"] == fake.comments[name].post
        assert one.extra["parent"] == fake.comments[name].parent
        assert one.kind == "comment"
        assert one.url


def test_long_lists_and_long_threads_are_read_to_their_ends(reader: Signed, fake: InstagramFake) -> None:
    for number in range(130):
        fake.say(NEWEST, f"More {number}", at=UNTIL + number)
    parent = next(iter(fake.comments))
    for number in range(120):
        fake.say(NEWEST, f"Deep {number}", at=UNTIL + number, parent=parent)
    reader.run("comments")
    assert reader.texts("comments") == comments(fake)


def test_nothing_about_authors_is_asked_for_unless_somebody_wants_it(reader: Signed, fake: InstagramFake) -> None:
    reader.run("comments")
    assert "ada.reads" not in repr(reader.rows)
    assert all("username" not in one.query["fields"] for one in fake.seen if one.path.endswith("/comments"))
    named = reader.with_(authors=True)
    named.state = reader.state
    named.run("comments")
    found = documents(named)
    assert {one.author for one in found} == {"ada.reads"}
    assert len(found) == len(comments(fake))


def test_a_hidden_comment_is_kept_and_marked(reader: Signed, fake: InstagramFake) -> None:
    name = fake.say(NEWEST, "Spam", at=UNTIL + 9, hidden=True)
    reader.run("comments")
    assert [one.extra["hidden"] for one in documents(reader) if one.external_id == name] == [True]


def test_posts_without_comments_are_not_asked_about(reader: Signed, fake: InstagramFake) -> None:
    silent = fake.publish("Nobody says anything", at=UNTIL + 60)
    reader.run("comments")
    assert silent not in asked(fake)
    assert len(asked(fake)) == 24


# -- the next time -----------------------------------------------------------------------


def test_a_second_run_changes_nothing_and_asks_only_for_young_posts(reader: Signed, fake: InstagramFake) -> None:
    reader.run("comments")
    before, state = dict(reader.rows), dict(reader.state)
    fake.reset_counts()
    reader.run("comments")
    assert (reader.rows, reader.state) == (before, state)
    assert asked(fake) == {name for name, one in fake.posts.items() if one.at > NOW.timestamp() - 7 * DAY}


def test_new_comments_arrive_also_below_an_old_post(reader: Signed, fake: InstagramFake) -> None:
    reader.run("comments")
    fake.say(NEWEST, "Fresh", at=UNTIL + 5_000)
    late = fake.say(OLD, "Late but here", at=UNTIL + 5_000)
    fake.say(OLD, "And an answer", at=UNTIL + 5_100, parent=late)
    reader.now = NOW + timedelta(hours=5)
    reader.run("comments")
    assert reader.texts("comments") == comments(fake)


def test_below_an_old_post_only_what_is_new_is_read_again(reader: Signed, fake: InstagramFake) -> None:
    for number in range(160):
        fake.say(OLD, f"Old {number}", at=UNTIL - 19 * DAY + number)
    reader.run("comments")
    fake.say(OLD, "Late but here", at=UNTIL + 5_000)
    reader.now = NOW + timedelta(hours=5)
    fake.reset_counts()
    reader.run("comments")
    assert fake.hits[f"/v26.0/{OLD}/comments"] == 2
    assert reader.texts("comments") == comments(fake)


def test_likes_on_young_comments_are_brought_up_to_date(reader: Signed, fake: InstagramFake) -> None:
    reader.run("comments")
    name = next(iter(fake.comments))
    fake.comments[name].likes = 12
    reader.run("comments")
    assert reader.rows[name]["like_count"] == 12


# -- what is gone ------------------------------------------------------------------------


def test_a_comment_that_is_gone_is_withdrawn_with_its_answers(reader: Signed, fake: InstagramFake) -> None:
    reader.run("comments")
    parent = next(one.parent for one in fake.comments.values() if one.parent and one.post == NEWEST)
    doomed = {parent, *(one.id for one in fake.comments.values() if one.parent == parent)}
    fake.drop(parent)
    reader.run("comments")
    assert reader.gone("comments") == doomed
    assert reader.texts("comments") == comments(fake)


def test_the_last_comment_of_a_post_can_go_too(reader: Signed, fake: InstagramFake) -> None:
    quiet = fake.publish("One voice", at=UNTIL + 60)
    only = fake.say(quiet, "Hello?", at=UNTIL + 90)
    reader.run("comments")
    fake.drop(only)
    reader.run("comments")
    assert reader.gone("comments") == {only}


def test_the_comments_of_a_young_post_go_with_it(reader: Signed, fake: InstagramFake) -> None:
    reader.run("comments")
    doomed = {name for name, one in fake.comments.items() if one.post == NEWEST}
    fake.drop(NEWEST)
    reader.run("comments")
    assert reader.gone("comments") == doomed


def test_a_comment_that_is_not_listed_but_known_stays(
    reader: Signed, fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.run("comments")
    name = next(iter(fake.comments))
    usual = fake._below
    monkeypatch.setattr(fake, "_below", lambda fits: [one for one in usual(fits) if one.id != name])
    reader.run("comments")
    assert reader.gone("comments") == set()


def test_many_that_are_gone_are_asked_for_in_several_runs(
    reader: Signed, fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "MOST_ASKED", 3)
    reader.run("comments")
    doomed = [name for name, one in fake.comments.items() if one.post == NEWEST and not one.parent]
    for name in doomed:
        fake.drop(name)
    for _ in range(3):
        reader.run("comments")
    assert set(doomed) <= reader.gone("comments")
    assert reader.texts("comments") == comments(fake)


def test_the_state_stays_small_however_much_is_said(
    reader: Signed, fake: InstagramFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "MOST_KNOWN", 20)
    for number in range(60):
        fake.say(NEWEST, f"More {number}", at=UNTIL + number)
    reader.run("comments")
    assert sum(map(len, reader.state["known"].values())) <= 20
    assert all(len(batch.state["place"]["names"]) <= 20 for batch in reader.batches[:-1] if batch.state)


# -- broken runs -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_run_that_is_killed_anywhere_goes_on_to_the_same_rows(fake: InstagramFake, seed: int) -> None:
    for number in range(140):
        fake.say(NEWEST, f"More {number}", at=UNTIL + number)
    whole, reader, chance = reading(fake), reading(fake), random.Random(seed)
    whole.run("comments")
    for _ in range(4):
        try:
            reader.run("comments", die_after=chance.randrange(9))
        except CrashedError:
            continue
    reader.run("comments")
    assert (reader.rows, reader.state) == (whole.rows, whole.state)


def test_a_limit_in_the_middle_goes_on_where_it_was(reader: Signed, fake: InstagramFake) -> None:
    fake.refuse(*[None] * 12, USER_LIMIT)
    with pytest.raises(RateLimited):
        reader.run("comments")
    fake.reset_counts()
    reader.run("comments")
    assert reader.texts("comments") == comments(fake)
    assert len(asked(fake)) == 24 - 8  # the last one before the limit is read again


def test_a_place_that_instagram_forgot_is_read_from_the_top_once(reader: Signed, fake: InstagramFake) -> None:
    for number in range(140):
        fake.say(NEWEST, f"More {number}", at=UNTIL + number)
    with pytest.raises(CrashedError):
        reader.run("comments", die_after=2)
    reader.state = {**reader.state, "place": {**reader.state["place"], "after": "Z29uZQ=="}}
    reader.run("comments")
    assert reader.texts("comments") == comments(fake)
    assert not reader.warnings


def test_a_list_that_runs_in_circles_fails_and_is_read_from_its_top_next_time(
    reader: Signed, fake: InstagramFake
) -> None:
    for number in range(140):
        fake.say(NEWEST, f"More {number}", at=UNTIL + number)
    fake.loops = f"{NEWEST}/comments"
    with pytest.raises(BadAnswer, match="circle"):
        reader.run("comments")
    fake.loops = ""
    reader.run("comments")
    assert reader.texts("comments") == comments(fake)


def test_a_post_that_can_not_be_asked_stops_no_other_and_is_asked_again(reader: Signed, fake: InstagramFake) -> None:
    fake.refuse(None, None, None, None, Refused(100, "(#100) Comments are not available for this media"))
    reader.run("comments")
    missing = "17900000000000001"
    assert {fake.comments[name].post for name in reader.texts("comments")} == set(fake.posts) - {missing}
    assert [text for text in reader.warnings if missing in text]
    reader.run("comments")
    assert reader.texts("comments") == comments(fake)


def test_a_post_that_goes_while_it_is_read_stops_no_other(reader: Signed, fake: InstagramFake) -> None:
    fake.refuse(None, None, None, None, GONE)
    reader.run("comments")
    assert len({fake.comments[name].post for name in reader.texts("comments")}) == 23


def test_without_the_right_to_comments_the_stream_fails_and_says_what_to_do(
    reader: Signed, fake: InstagramFake
) -> None:
    fake.refuse(None, None, None, NO_RIGHT)
    with pytest.raises(NotAllowed, match="leave every box ticked"):
        reader.run("comments")


def test_a_time_from_the_future_is_set_to_now_and_told(reader: Signed) -> None:
    reader.run("comments")
    reader.state = {**reader.state, "cursor": int(NOW.timestamp()) + 90 * DAY}
    reader.run("comments")
    assert any("future" in text for text in reader.warnings)
    assert reader.state["cursor"] <= NOW.timestamp()


@pytest.mark.parametrize(
    "old",
    [
        {"v": 0, "cursor": int(NOW.timestamp()), "counts": {OLD: 8}},
        {"v": 1, "scope": ["1", False], "cursor": int(NOW.timestamp()), "counts": {OLD: 8}},
        {"v": 1, "scope": [IG, False], "cursor": "soon", "counts": [], "done": 5, "known": {"a": 1}, "place": []},
    ],
)
def test_a_state_of_another_version_or_account_starts_from_nothing(
    reader: Signed, fake: InstagramFake, old: State
) -> None:
    reader.state = old
    reader.run("comments")
    assert reader.texts("comments") == comments(fake)
