"""Reddit: the check of the settings, and the numbers of a day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from livinglytics.lib.errors import Terminal
from tests.fakes._server import down
from tests.fakes.reddit import BLOCKED, RedditFake
from tests.sources.reading import Reader
from tests.sources.reddit_reading import NOW, config, numbers, reader, warnings


@pytest.fixture
def fake() -> Iterator[RedditFake]:
    with RedditFake(posts=3, comments=2, until=NOW - 3_600) as running:
        yield running


@pytest.fixture
def read(fake: RedditFake) -> Reader:
    return reader(fake)


# -- check ---------------------------------------------------------------------------------


def test_check_costs_a_token_and_a_question(read: Reader, fake: RedditFake) -> None:
    found = read.check()
    assert (found.ok, found.identity, fake.requests) == (True, "r/django", 2)


def test_check_tells_the_posts_title_and_how_many_more(fake: RedditFake) -> None:
    assert reader(fake, "t3_1p0001", "t3_1p0002").check().identity == "Post 0 and 1 more"
    assert reader(fake, "t3_1p0001", "r/django").check().identity == "r/django and 1 more"


@pytest.mark.parametrize(
    ("settings", "at_fault"),
    [
        (config("r/nobody_here"), "targets"),
        (config("r/django", "t3_zzzzz"), "targets"),
        (config("r/secret"), "targets"),
        (config("https://notreddit.com/r/django"), "targets"),
        (config(client_secret="another-secret"), "client_secret"),
        (config(client_secret="two words here"), "client_secret"),
        (config(client_id="short"), "client_id"),
        (config(client_id="with:colon:inside"), "client_id"),
        (config(username="not a name"), "username"),
        (config(username="ada\r\nX-Evil: 1"), "username"),
    ],
)
def test_check_names_the_field_at_fault(fake: RedditFake, settings: Any, at_fault: str) -> None:
    fake.found("secret", "private")
    read = reader(fake)
    read.config = settings
    found = read.check()
    assert (found.ok, found.field) == (False, at_fault)
    assert found.message


def test_check_takes_a_used_up_limit_for_a_good_answer_and_a_block_page_for_none(
    read: Reader, fake: RedditFake
) -> None:
    fake.left, fake.reset = 0, 400
    assert read.check().ok
    fake.next_window()
    fake.refuse(BLOCKED)
    assert "block page" in read.check().message
    fake.script(*[down(503)] * 3)
    assert (read.check().ok, read.check().ok) == (False, True)


# -- numbers -------------------------------------------------------------------------------


def test_numbers_are_read_once_a_day_for_each_target(fake: RedditFake) -> None:
    fake.found("flask", members=0)
    fake.posts["1p0001"].score = -5
    read = reader(fake, "r/django", "r/flask", "t3_1p0001", "t3_1p0002")
    read.run("numbers")
    assert numbers(read) == {
        ("members", "r/django"): 4_200,
        ("members", "r/flask"): 0,
        ("score", "django/1p0001"): -5,
        ("comments", "django/1p0001"): 2,
        ("score", "django/1p0002"): 1,
        ("comments", "django/1p0002"): 2,
    }
    assert fake.requests == 3
    fake.posts["1p0001"].score = 9
    read.run("numbers")
    assert numbers(read)["score", "django/1p0001"] == 9
    assert len(read.rows) == 4


def test_a_day_is_the_teams_day(read: Reader) -> None:
    read.zone = "Pacific/Auckland"
    read.run("numbers")
    assert list(read.rows) == ["2026-11-21:r/django"]


def test_what_reddit_hides_is_missing_and_not_zero(fake: RedditFake) -> None:
    fake.posts["1p0001"].hidden = True
    fake.found("shy", "private")
    read = reader(fake, "t3_1p0001", "r/shy")
    read.run("numbers")
    assert numbers(read) == {("comments", "django/1p0001"): 2}


def test_targets_that_reddit_does_not_show_are_named_in_a_warning(fake: RedditFake) -> None:
    read = reader(fake, "r/django", "r/nobody_here", "t3_zzzzz")
    read.run("numbers")
    assert warnings(read) == ["No numbers of r/nobody_here, t3_zzzzz: Reddit doesn't show them."]
    assert len(read.rows) == 1


def test_where_reddit_shows_nothing_the_stream_fails_and_names_the_field(fake: RedditFake) -> None:
    with pytest.raises(Terminal, match="shows no r/nobody_here") as caught:
        reader(fake, "r/nobody_here").run("numbers")
    assert list(caught.value.details) == ["targets"]


@pytest.mark.parametrize("bad", ["lots", -1, True, 1.5, [3]])
def test_a_number_that_is_none_costs_that_target_only(fake: RedditFake, bad: Any) -> None:
    fake.found("flask", members=bad)
    read = reader(fake, "r/django", "r/flask")
    read.run("numbers")
    assert [one.external_id for one in read.batches[0].rejected] == ["2026-11-20:r/flask"]
    assert numbers(read) == {("members", "r/django"): 4_200}


def test_no_title_is_in_the_numbers_so_that_a_deleted_one_leaves_nothing(fake: RedditFake) -> None:
    read = reader(fake, "t3_1p0001")
    read.run("numbers")
    assert "Post 0" not in repr(read.rows)


def test_without_comments_their_stream_is_not_there(read: Reader) -> None:
    keys = [one.key for one in read.connector.streams_for(config(comments=False))]
    assert keys == ["posts", "numbers"]
    assert len(read.connector.streams_for(config())) == 3
