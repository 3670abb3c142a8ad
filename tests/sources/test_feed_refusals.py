"""What goes wrong with feeds: sites that refuse, break off, slow down or send something else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from livinglytics.lib.errors import (
    AddressRefused,
    BadAnswer,
    BadCredentials,
    NotFound,
    ProductError,
    RateLimited,
    Terminal,
    TooLarge,
    Transient,
)
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Fault, down, limited, slow
from tests.fakes.feed import FeedFake
from tests.sources.feed_reading import DATED, NOW, FeedReader, reading, rss, truth
from tests.sources.reading import CrashedError


@pytest.fixture
def fake() -> Iterator[FeedFake]:
    with FeedFake() as running:
        yield running


@pytest.fixture
def reader(fake: FeedFake) -> FeedReader:
    return reading(fake)


def refused(reader: FeedReader, kind: type[ProductError], said: str) -> ProductError:
    """The error of a run, which names the feed and the field."""
    with pytest.raises(kind, match=said) as caught:
        reader.run()
    assert caught.value.message.startswith("Feed 1 (127.0.0.1:")
    assert "/posts)" in caught.value.message
    assert list(caught.value.details)[:1] in (["addresses"], ["status"])
    return caught.value


# -- limits and outages ----------------------------------------------------------------------


def test_a_short_limit_is_waited_for_and_a_long_one_pauses_the_run(reader: FeedReader, fake: FeedFake) -> None:
    fake.script(limited("2"))
    reader.run()
    assert (reader.waits, reader.titles()) == ([2.0], truth(fake))
    fake.script(limited("3600"))
    error = refused(reader, RateLimited, "slow down")
    assert isinstance(error, RateLimited)
    assert error.retry_after == 3600


@pytest.mark.parametrize(("asked", "wait"), [("3600", 3600), ("", 300)])
def test_a_limit_of_one_feed_among_others_lets_the_others_be_read_first(fake: FeedFake, asked: str, wait: int) -> None:
    fake.publish("/more", entries=list(fake.posts.entries))
    reader = reading(fake, fake.address(), fake.address("/more"))
    fake.script(*[limited(asked)] * (1 if asked else 3))
    with pytest.raises(Transient, match="Feed 1") as caught:
        reader.run(number=1)
    assert not isinstance(caught.value, RateLimited)
    assert caught.value.retry_after == wait
    reader.run(number=2)
    assert len(reader.rows) == 10


@pytest.mark.parametrize("fault", [TRUNCATED, RESET, down(503), down(500)])
def test_what_breaks_off_is_asked_for_again(reader: FeedReader, fake: FeedFake, fault: Fault) -> None:
    fake.posts.etags = False
    fake.script(fault)
    reader.run()
    assert reader.titles() == truth(fake)
    fake.script(*[fault] * 3)
    refused(reader, Transient, "posts")


def test_a_site_that_does_not_answer_is_tried_again_later(reader: FeedReader, fake: FeedFake) -> None:
    reader.patience = 0.2
    fake.script(*[slow(5)] * 3)
    refused(reader, Transient, "in time")


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (410, Terminal, "for good"),
        (404, NotFound, "no feed at this address"),
        (401, Terminal, "Only public feeds"),
        (403, Terminal, "Only public feeds"),
        (400, Terminal, "refused the request"),
    ],
)
def test_a_refusal_says_what_to_do(
    reader: FeedReader, fake: FeedFake, status: int, kind: type[ProductError], said: str
) -> None:
    fake.posts.status = status
    assert not isinstance(refused(reader, kind, said), BadCredentials)
    assert fake.requests == 1
    checked = reader.check()
    assert not checked.ok
    assert said in checked.message


def test_a_403_that_names_a_wait_is_a_limit(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.status, fake.posts.headers = 403, {"Retry-After": "900"}
    refused(reader, RateLimited, "slow down")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/rss", "http://10.0.0.7/rss", "http://169.254.169.254/latest"])
def test_private_addresses_are_refused(fake: FeedFake, address: str) -> None:
    reader = reading(fake, address)
    with pytest.raises(AddressRefused) as caught:
        reader.run()
    assert list(caught.value.details) == ["addresses"]
    assert (reader.check().ok, reader.check().field) == (False, "addresses")


def test_a_redirect_into_a_private_network_is_refused_too(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.status, fake.posts.headers = 302, {"Location": "http://10.0.0.7/rss"}
    refused(reader, AddressRefused, "private network")


def test_a_feed_that_moved_is_read_where_it_is_now(fake: FeedFake) -> None:
    fake.publish("/old", status=301, headers={"Location": "/posts"})
    fake.posts.size = 4
    reader = reading(fake, fake.address("/old"))
    reader.run()
    assert reader.titles() == truth(fake)


def test_an_answer_of_more_than_twenty_megabytes_is_not_read(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.sent = b"<rss>" + b" " * 20_000_000
    refused(reader, TooLarge, "more than 20 MB")


# -- something else --------------------------------------------------------------------------


def test_a_web_page_is_told_apart_and_the_feed_that_it_names_is_named(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.content_type = "text/html"
    fake.posts.sent = b"""<!doctype html><link rel="stylesheet" href="/s.css">
        <link rel="alternate" type="text/calendar" href="/days"><link rel="alternate" type="application/rss+xml"
        title="x" href="/rss?a=1&amp;b=2"><p>Hello</p>"""
    error = refused(reader, BadAnswer, "web page, not a feed")
    assert f"enter {fake.url}/rss?a=1&b=2 instead" in error.message
    checked = reader.check()
    assert (checked.ok, checked.field) == (False, "addresses")


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "https://[::1/", "https://a.example/" + "x" * 400, "https://a b/"]
)
def test_a_web_page_that_names_nonsense_is_only_told_apart(reader: FeedReader, fake: FeedFake, href: str) -> None:
    fake.posts.sent = f'<html><link rel="alternate" type="application/atom+xml" href="{href}">'.encode()
    refused(reader, BadAnswer, "Enter the address of the feed itself")


def test_a_feed_that_is_sent_as_a_web_page_is_still_a_feed(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.content_type = "text/html; charset=utf-8"
    reader.run()
    assert reader.titles() == truth(fake)


@pytest.mark.parametrize("fault", [HTML, MALFORMED])
def test_a_page_of_the_wrong_kind_keeps_what_was_read(reader: FeedReader, fake: FeedFake, fault: Fault) -> None:
    reader.run()
    before, state = dict(reader.rows), dict(reader.state)
    fake.script(fault)
    refused(reader, BadAnswer, "feed|RSS")
    assert (reader.rows, reader.state) == (before, state)


@pytest.mark.parametrize(
    "sent", [b"", b"  \n", b"{}", b"[]", b"null", b"\x89PNG\r\n", b"<urlset/>", b"<opml><body/></opml>"]
)
def test_what_is_no_feed_is_a_bad_answer(reader: FeedReader, fake: FeedFake, sent: bytes) -> None:
    fake.posts.sent = sent
    refused(reader, BadAnswer, "neither RSS nor Atom|empty")


def test_a_feed_that_breaks_off_is_not_taken_for_a_whole_one(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.sent = fake.posts.body(1)[:-400]
    refused(reader, BadAnswer, "breaks off")
    assert reader.rows == {}
    fake.posts.sent = None
    reader.run()
    assert reader.titles() == truth(fake)


def test_a_feed_that_is_not_well_formed_is_read_with_a_warning(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.sent = rss(f"<title>Fish & chips &nbsp; now</title><guid>g</guid>{DATED}<b>").encode()
    reader.run()
    assert list(reader.titles().values()) == ["Fish & chips now"]
    assert any("not well-formed" in text for text in reader.warnings())
    assert any("not well-formed" in text for text in reader.check().details["warnings"])


@pytest.mark.parametrize("kind", ["atom", "rss", "rdf"])
def test_an_empty_feed_is_a_good_one(kind: str) -> None:
    with FeedFake(entries=0, kind=kind) as fake:
        reader = reading(fake)
        assert reader.run()[0].raws == ()
        assert (reader.check().ok, reader.check().identity) == (True, f"{fake.host}/posts")


# -- older pages that fail -------------------------------------------------------------------


def test_an_older_page_that_is_refused_fails_once_and_never_keeps_new_entries_out() -> None:
    with FeedFake(entries=20, size=5) as fake:
        reader = reading(fake)
        fake.script(None, None, Fault("status", status=404))
        refused(reader, NotFound, "404")
        assert len(reader.rows) == 10
        fake.posts.add("tag:new", NOW, title="Fresh")
        assert len(reader.run()) == 1
        assert reader.titles()["tag:new"] == "Fresh"


def test_an_older_page_that_is_no_feed_is_read_later_and_given_up_after_three_runs() -> None:
    with FeedFake(entries=20, size=5) as fake:
        reader = reading(fake)
        fake.script(None, None, HTML)
        refused(reader, BadAnswer, "")
        assert len(reader.rows) == 10
        for _ in range(2):
            fake.script(None, HTML)
            refused(reader, BadAnswer, "")
        fake.posts.add("tag:new", NOW, title="Fresh")
        assert len(reader.run()) == 1
        assert (len(reader.rows), reader.titles()["tag:new"]) == (11, "Fresh")


def test_an_older_page_that_is_down_is_read_with_the_next_run() -> None:
    with FeedFake(entries=20, size=5) as fake:
        reader = reading(fake)
        fake.script(None, None, *[down(503)] * 3)
        refused(reader, Transient, "503")
        assert (len(reader.rows), reader.state["page"]) == (10, 3)
        reader.run()
        assert reader.titles() == truth(fake)


# -- entries that can't be kept --------------------------------------------------------------


def test_an_entry_without_a_date_is_set_aside_and_the_others_are_read(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.kind = "rss"
    for number, at in enumerate((None, "soon", "0001-01-01T00:00:00Z")):
        fake.posts.add(f"odd {number}", at)
    reader.run()
    assert len(reader.rows) == 10
    assert reader.reasons() == ["The entry has no date that can be read."] * 3


def test_of_many_bad_entries_some_are_shown_and_all_are_counted(reader: FeedReader, fake: FeedFake) -> None:
    for number in range(30):
        fake.posts.add(f"odd {number}", "soon")
    reader.run()
    assert (len(reader.rows), len(reader.reasons())) == (10, 5)
    assert any("30 entries without a usable date" in text for text in reader.warnings())


def test_a_feed_without_any_date_is_refused_as_a_whole(reader: FeedReader, fake: FeedFake) -> None:
    for one in fake.posts.entries:
        one.at = None
    refused(reader, Terminal, "counted by day")
    assert (reader.check().ok, reader.check().field) == (False, "addresses")


def test_an_entry_of_the_future_is_set_aside_until_its_day_has_come(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.add("tag:later", "2026-12-24T10:00:00Z", title="Later")
    reader.run()
    assert reader.reasons() == ["The entry's date lies in the future."]
    reader.now = NOW.replace(month=12, day=25)
    reader.run()
    assert reader.titles()["tag:later"] == "Later"


def test_a_time_of_change_in_the_future_does_not_keep_corrections_out(reader: FeedReader, fake: FeedFake) -> None:
    newest = fake.posts.entries[0]
    newest.updated = NOW.replace(year=2099)
    assert reader.run()[0].raws[0].updated_at == newest.at


def test_two_entries_with_one_id_are_told(reader: FeedReader, fake: FeedFake) -> None:
    fake.posts.add(fake.posts.entries[0].id, NOW, link="https://example.com/other", updated=NOW, title="Newer")
    reader.run()
    assert len(reader.rows) == 10
    assert any("share an id were taken for one (1 too many)" in text for text in reader.warnings())
    assert "Newer" in reader.titles().values()


# -- check -----------------------------------------------------------------------------------


def test_check_tells_how_much_there_is(fake: FeedFake) -> None:
    fake.publish("/more", entries=fake.posts.entries[:3])
    checked = reading(fake, fake.address(), fake.address("/more")).check()
    assert (checked.ok, checked.identity) == (True, f"{fake.host}/posts and 1 more")
    assert checked.details == {"feeds": 2, "entries": 13}


def test_check_names_the_feed_at_fault(fake: FeedFake) -> None:
    fake.publish("/gone", status=410)
    checked = reading(fake, fake.address(), fake.address("/gone")).check()
    assert (checked.ok, checked.field) == (False, "addresses")
    assert checked.message.startswith(f"Feed 2 ({fake.host}/gone)")


def test_check_takes_a_limit_for_a_good_answer(reader: FeedReader, fake: FeedFake) -> None:
    fake.script(limited("3600"))
    assert reader.check().ok


def test_check_stops_when_somebody_has_waited_long_enough(fake: FeedFake, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        fake.publish(f"/{number}", entries=list(fake.posts.entries))
    monkeypatch.setattr("sources.connectors.feed.PATIENCE", -1.0)
    checked = reading(fake, *(fake.address(f"/{number}") for number in range(4))).check()
    assert checked.ok
    assert checked.details["warnings"] == ["1 of 4 feeds were tried. The others are read with the first run."]
    assert fake.requests == 1


def test_check_refuses_a_first_day_in_the_future(fake: FeedFake) -> None:
    checked = reading(fake, since=NOW.replace(year=2030).date()).check()
    assert (checked.ok, checked.field) == (False, "since")


def test_a_killed_run_keeps_no_mark_of_what_it_did_not_store(reader: FeedReader, fake: FeedFake) -> None:
    with pytest.raises(CrashedError):
        reader.run(die_after=0)
    reader.run()
    assert reader.titles() == truth(fake)
