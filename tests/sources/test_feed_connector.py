"""The feed connector against a local site, with the real HTTP client."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from livinglytics.lib.errors import Invalid
from sources.connectors._base import State, connectors
from sources.connectors.feed import FeedConfig, FeedConnector
from sources.connectors.feed.addresses import feeds
from tests.fakes.feed import FeedFake
from tests.sources.feed_reading import FEED, NOW, FeedReader, reading, truth
from tests.sources.reading import CrashedError


@pytest.fixture
def fake() -> Iterator[FeedFake]:
    with FeedFake() as running:
        yield running


@pytest.fixture
def paged() -> Iterator[FeedFake]:
    with FeedFake(entries=50, size=10) as running:
        yield running


@pytest.fixture
def reader(fake: FeedFake) -> FeedReader:
    return reading(fake)


def test_the_connector_is_found_by_its_key() -> None:
    assert isinstance(connectors.get("feed"), FeedConnector)


# -- what is new ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["atom", "rss", "rdf"])
def test_all_entries_of_every_kind_of_feed_are_read(kind: str) -> None:
    with FeedFake(kind=kind) as fake:
        reader = reading(fake)
        reader.run()
        assert reader.titles() == truth(fake)


def test_a_feed_that_did_not_change_is_nothing_new_and_no_error(reader: FeedReader, fake: FeedFake) -> None:
    reader.run()
    before, state = dict(reader.rows), dict(reader.state)
    batch = reader.run()[0]
    assert (batch.raws, batch.rejected, batch.warnings) == ((), (), ())
    assert (reader.rows, reader.state) == (before, state)
    assert fake.seen[-1].headers["if-none-match"] == state["marks"]["etag"]


def test_a_site_without_etags_is_asked_by_its_time_of_change(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.etags, fake.posts.changed = False, NOW - timedelta(hours=1)
    reader.run()
    assert reader.run()[0].raws == ()
    assert "if-modified-since" in fake.seen[-1].headers


def test_a_site_that_knows_neither_is_read_again_and_nothing_changes(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.etags = False
    reader.run()
    before = dict(reader.rows)
    assert len(reader.run()[0].raws) == 10
    assert reader.rows == before


def test_a_time_of_change_in_the_future_is_not_sent(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.etags, fake.posts.changed = False, NOW + timedelta(days=90)
    reader.run()
    assert len(reader.run()[0].raws) == 10
    assert "if-modified-since" not in fake.seen[-1].headers


def test_a_server_that_claims_unasked_that_nothing_changed_is_not_believed(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.status = 304
    with pytest.raises(Exception, match="without having been asked"):
        reader.run()
    assert reader.state == {}


def test_an_edited_entry_is_read_again_and_one_that_left_the_feed_stays(reader: FeedReader, fake: FeedFake) -> None:
    reader.run()
    newest, oldest = fake.posts.entries[0], fake.posts.entries[-1]
    newest.title, newest.updated = "Corrected", NOW
    fake.posts.add("tag:example.com,2026:new", NOW, title="Fresh")
    fake.posts.shows = 10
    reader.run()
    assert reader.titles() == truth(fake)
    assert reader.titles()[oldest.id] == oldest.title
    (edited,) = [one for one in reader.documents().values() if one.title == "Corrected"]
    assert edited.updated_at == NOW
    assert edited.created_at == newest.at


def test_an_entry_whose_text_changed_without_a_word_is_read_again(reader: FeedReader, fake: FeedFake) -> None:
    reader.run()
    fake.posts.entries[0].html = "<p>Other words.</p>"
    reader.run()
    assert "Other words." in {one.text for one in reader.documents().values()}


@pytest.mark.parametrize(
    "old", [{"v": 0, "whole": True}, {"v": 1, "scope": "x", "whole": True, "marks": {"etag": "e"}}]
)
def test_a_state_of_another_version_or_address_starts_from_nothing(
    reader: FeedReader, fake: FeedFake, old: State
) -> None:
    reader.state = old
    reader.run()
    assert reader.titles() == truth(fake)
    assert "if-none-match" not in fake.seen[-1].headers


def test_another_first_day_or_wish_for_names_reads_everything_again(fake: FeedFake) -> None:
    reader = reading(fake)
    reader.run()
    for more in ({"authors": True}, {"since": date(2020, 1, 1)}):
        other = reading(fake, **more)
        other.state = dict(reader.state)
        other.run()
        assert len(other.rows) == 10


# -- older pages ---------------------------------------------------------------------------


def test_a_first_run_follows_the_older_pages_and_later_ones_do_not(paged: FeedFake) -> None:
    reader = reading(paged)
    assert [len(batch.raws) for batch in reader.run()] == [10] * 5
    assert reader.titles() == truth(paged)
    paged.posts.add("tag:example.com,2026:new", NOW, title="Fresh")
    assert [len(batch.raws) for batch in reader.run()] == [10]
    assert reader.titles() == truth(paged)


def test_requests_are_at_least_a_second_apart(paged: FeedFake) -> None:
    reader = reading(paged)
    reader.run()
    assert reader.pauses == [1.0] * (paged.requests - 1)


def test_another_feed_of_the_same_host_waits_too(fake: FeedFake) -> None:
    fake.publish("/more", entries=list(fake.posts.entries))
    reader = reading(fake, fake.address(), fake.address("/more"))
    reader.run(number=1)
    assert reader.pauses == []
    reader.run(number=2)
    assert reader.pauses == [1.0]


@pytest.mark.parametrize("page", range(5))
def test_a_first_run_resumed_after_any_page_equals_an_uninterrupted_one(paged: FeedFake, page: int) -> None:
    unbroken, broken = reading(paged), reading(paged)
    unbroken.run()
    with pytest.raises(CrashedError):
        broken.run(die_after=page)
    paged.reset_counts()
    broken.run()
    assert (broken.rows, broken.state) == (unbroken.rows, unbroken.state)
    assert paged.requests == (6 - page if page > 1 else 5)


def test_new_entries_arrive_also_when_a_first_run_goes_on_later(paged: FeedFake) -> None:
    reader = reading(paged)
    with pytest.raises(CrashedError):
        reader.run(die_after=3)
    paged.posts.add("tag:example.com,2026:new", NOW, title="Fresh")
    reader.run()
    assert reader.titles() == truth(paged)


@pytest.mark.parametrize("wait", [timedelta(days=2), timedelta(hours=-2)])
def test_a_first_run_left_for_days_or_begun_in_the_future_begins_anew(paged: FeedFake, wait: timedelta) -> None:
    reader = reading(paged)
    with pytest.raises(CrashedError):
        reader.run(die_after=3)
    reader.now += wait
    assert len(reader.run()) == 5


def test_pages_that_go_in_a_ring_fail_once_and_keep_what_was_read(paged: FeedFake) -> None:
    reader = reading(paged)
    paged.posts.following = "?paged=1"
    with pytest.raises(Exception, match="ring") as caught:
        reader.run()
    assert list(caught.value.details) == ["addresses"]  # type: ignore[attr-defined]
    assert len(reader.rows) == 10
    assert reader.run()[0].raws == ()


def test_a_page_under_another_name_with_the_same_entries_is_a_ring(paged: FeedFake) -> None:
    paged.posts.size, paged.posts.following = 0, "?other=2"
    with pytest.raises(Exception, match="ring"):
        reading(paged).run()
    assert paged.requests == 2


def test_older_pages_on_another_host_are_told_and_never_asked_for(paged: FeedFake) -> None:
    reader = reading(paged)
    paged.posts.following = "http://169.254.169.254/latest"
    assert len(reader.run()) == 1
    assert any("another host" in text for text in reader.warnings())


def test_fifty_pages_are_enough_and_that_there_are_more_is_told() -> None:
    with FeedFake(entries=60, size=1) as fake:
        reader = reading(fake)
        assert len(reader.run()) == 50
        assert any("more pages" in text for text in reader.warnings())
        assert reader.state["whole"]


def test_pages_older_than_the_first_day_are_neither_kept_nor_asked_for(paged: FeedFake) -> None:
    first = (NOW - timedelta(days=4)).date()
    reader = reading(paged, since=first)
    reader.run()
    wanted = {
        one.id: one.title for one in paged.posts.entries if isinstance(one.at, datetime) and one.at.date() >= first
    }
    assert reader.titles() == wanted
    assert paged.requests == 3


@pytest.mark.parametrize("following", ["?paged=2&access_token=s3cr3t-value", "/posts?key=s3cr3t-value"])
def test_an_address_with_a_secret_never_goes_into_the_state(paged: FeedFake, following: str) -> None:
    reader = reading(paged)
    paged.posts.following = following
    with pytest.raises(CrashedError):
        reader.run(die_after=1)
    assert "s3cr3t" not in repr(reader.state)


def test_the_key_in_a_private_address_stays_out_of_states_names_and_errors(paged: FeedFake) -> None:
    private = f"{paged.address()}?k=s3cr3t-long-value"
    paged.posts.following = "?k=s3cr3t-long-value&paged=2"
    reader = reading(paged, private)
    with pytest.raises(CrashedError):
        reader.run(die_after=1)
    assert "s3cr3t" not in repr((reader.state, reader.batches, FEED.streams_for(reader.config)))
    paged.posts.status = 410
    assert "s3cr3t" not in repr(reader.check())


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_every_entry_that_was_seen_is_there_as_it_was_last(seed: int) -> None:
    dice = random.Random(seed)
    with FeedFake(entries=6, size=3) as fake:
        reader, seen = reading(fake), dict(truth(fake))
        reader.run()
        for step in range(12):
            if dice.random() < 0.6:
                fake.posts.add(f"tag:example.com,2026:s{step}", NOW - timedelta(hours=12 - step), title=f"New {step}")
            if dice.random() < 0.5:
                edited = dice.choice(fake.posts.entries[:3])
                edited.title, edited.updated = f"Edited {step}", NOW - timedelta(minutes=60 - step)
            fake.posts.shows = dice.choice([0, 3, 5])
            seen |= {one.id: one.title for one in fake.posts.entries[:3]}
            if dice.random() < 0.3:
                with pytest.raises(CrashedError):
                    reader.run(die_after=0)
            reader.run()
            assert reader.titles() == seen


# -- settings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pasted", "address"),
    [
        ("https://Example.com/Feed.xml", "https://example.com/Feed.xml"),
        (" <https://example.com/rss#top> ", "https://example.com/rss"),
        ("example.com", "https://example.com/"),
        ("feed://example.com/rss", "http://example.com/rss"),
        ("feed:https://example.com/rss?cat=1", "https://example.com/rss?cat=1"),
        ("http://127.0.0.1:8000/rss", "http://127.0.0.1:8000/rss"),
        ("https://www.reddit.com/r/python/new/.rss", "https://www.reddit.com/r/python/new/.rss"),
    ],
)
def test_addresses_are_taken_as_people_paste_them(pasted: str, address: str) -> None:
    (found,) = feeds([pasted, "", pasted])
    assert found.address == address


@pytest.mark.parametrize(
    "pasted",
    [
        "", "my blog", "blog", "ftp://example.com/rss", "file:///etc/passwd", "javascript:alert(1)", "https://",
        "https:///x", "https://ada:pw@example.com/rss", "https://[::1/rss", "https://example.com:99999/",
        "https://a\\b.example/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_the_field_named(pasted: str) -> None:
    with pytest.raises(Invalid) as caught:
        feeds([pasted])
    assert list(caught.value.details) == ["addresses"]
    assert "pw" not in caught.value.message


def test_one_source_reads_at_most_twenty_feeds() -> None:
    assert len(feeds([f"https://example.com/{number}" for number in range(20)])) == 20
    with pytest.raises(Invalid, match="at most 20"):
        feeds([f"https://example.com/{number}" for number in range(21)])


def test_each_feed_is_a_stream_whose_name_does_not_hang_on_its_place() -> None:
    one, two = "https://example.com/a", "https://example.com/b?key=1"
    there = FEED.streams_for(FeedConfig((one, two)))
    assert {stream.key for stream in there} == {stream.key for stream in FEED.streams_for(FeedConfig((two, one)))}
    assert [stream.label for stream in there] == ["Entries of example.com/a", "Entries of example.com/b"]


def test_a_stream_whose_feed_was_taken_off_the_list_says_so(reader: FeedReader) -> None:
    with pytest.raises(Invalid, match="no longer on the list"):
        reader.run("entries-0123456789ab")


def test_times_of_the_day_are_those_of_the_team_for_the_first_day(fake: FeedFake) -> None:
    fake.posts.entries = []
    fake.posts.add("tag:a", datetime(2026, 11, 18, 23, 30, tzinfo=UTC))
    in_berlin, in_utc = reading(fake, since=date(2026, 11, 19)), reading(fake, since=date(2026, 11, 19))
    in_berlin.zone = "Europe/Berlin"
    in_berlin.run()
    in_utc.run()
    assert (len(in_berlin.rows), len(in_utc.rows)) == (1, 0)
