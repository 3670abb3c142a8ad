"""How the review page connector behaves on other people's sites, and what the totals and the check say."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

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
from livinglytics.lib.http import Client, Limits
from sources.connectors._base import Batch, Context
from sources.connectors.review_page import ReviewPage, ReviewPageConfig, visits
from tests.fakes._server import HTML, RESET, Answer, Fault, down, limited
from tests.fakes.review_page import ReviewPageFake, page
from tests.sources.reading import Reader

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
LAMP, KETTLE, BAKERY = "/product/lamp", "/graph/kettle", "/local/bakery"
ROBOTS = "/robots.txt"
WEB = ReviewPage()


def config(*addresses: str, **settings: Any) -> ReviewPageConfig:
    return ReviewPageConfig(addresses, **settings)


def reading(fake: ReviewPageFake, *paths: str, **settings: Any) -> Reader:
    addresses = (fake.address(one) for one in paths or (LAMP, KETTLE, BAKERY))
    return Reader(WEB, fake, config(*addresses, **settings), now=NOW, zone="UTC")


@pytest.fixture
def fake() -> Iterator[ReviewPageFake]:
    with ReviewPageFake(reviews=24) as running:
        yield running


@pytest.fixture
def other() -> Iterator[ReviewPageFake]:
    with ReviewPageFake(reviews=3) as running:
        yield running


@pytest.fixture
def reader(fake: ReviewPageFake) -> Reader:
    return reading(fake)


def both(ctx: Context, *fakes: ReviewPageFake) -> Context:
    """The same surroundings, in which several hosts are allowed."""
    http = Client(limits=Limits(tries=2), allow_private=frozenset(one.host for one in fakes), wait=lambda _: None)
    return replace(ctx, http=http)


def run(ctx: Context, settings: ReviewPageConfig, stream: str = "reviews") -> list[Batch]:
    return list(WEB.read(ctx, settings, stream, {}))


# -- asking ------------------------------------------------------------------------------


def test_the_products_own_name_is_told_and_no_cookie(reader: Reader, fake: ReviewPageFake) -> None:
    reader.run()
    told = [{name.lower(): value for name, value in one.headers.items()} for one in fake.seen]
    assert {one["user-agent"] for one in told} == {"LivingLytics/1.0"}
    assert {one["accept"] for one in told} == {"text/plain", "text/html"}
    assert not any({"cookie", "authorization", "referer"} & one.keys() for one in told)


def test_two_seconds_lie_between_two_requests_to_a_host(reader: Reader, fake: ReviewPageFake) -> None:
    reader.run()
    assert reader.pauses == [2.0] * (fake.requests - 1)


def test_time_that_has_passed_anyway_is_not_waited_again(reader: Reader) -> None:
    def slow_to_store(_: Batch) -> None:
        reader.now += timedelta(seconds=1.5)

    reader.run(after=slow_to_store)
    assert reader.pauses == [2.0] + [0.5] * 6


def test_another_try_keeps_the_distance_too(reader: Reader, fake: ReviewPageFake) -> None:
    fake.script(replace(down(503), path=LAMP), replace(limited("1"), path=LAMP))
    reader.run()
    assert reader.waits == [2.0, 2.0]


def test_hosts_do_not_wait_for_each_other(fake: ReviewPageFake, other: ReviewPageFake) -> None:
    reader = reading(fake)
    ctx = both(reader.context(), fake, other)
    run(ctx, config(fake.address(BAKERY), other.address(BAKERY)))
    assert reader.pauses == [2.0, 2.0]


# -- robots.txt --------------------------------------------------------------------------


def test_rules_are_asked_for_once_a_run_and_host_by_both_streams_and_the_pages_too(
    reader: Reader, fake: ReviewPageFake
) -> None:
    ctx = reader.context()
    assert len(run(ctx, reader.config)) == 7
    asked = fake.requests
    assert [len(one.raws) for one in run(ctx, reader.config, "summary")] == [1, 1, 1]
    assert (fake.requests, fake.hits[ROBOTS]) == (asked, 1)
    run(reader.context(), reader.config)
    assert fake.hits[ROBOTS] == 2


def test_what_a_run_knew_goes_with_its_client(reader: Reader, fake: ReviewPageFake) -> None:
    fake.other[LAMP] = Answer(b"", 403)
    with pytest.raises(Terminal):
        reader.run()
    gc.collect()
    before = len(visits._RUNS)
    with pytest.raises(Terminal):
        reader.run()
    gc.collect()
    assert len(visits._RUNS) <= before


@pytest.mark.parametrize(
    "rules",
    [
        "User-agent: *\nDisallow: /product/",
        "User-agent: LivingLytics\nDisallow: /*/lamp\n\nUser-agent: *\nAllow: /",
        "user-agent: livinglytics\nuser-agent: other\ndisallow: /product/lamp$",
        "\ufeffUser-Agent: *\r\nDisallow: /p\r\nAllow: /products",
    ],
)
def test_a_page_that_the_rules_close_is_refused_and_the_others_are_read(
    reader: Reader, fake: ReviewPageFake, rules: str
) -> None:
    fake.robots = rules
    with pytest.raises(Terminal, match=r"robots.txt not to read .*/product/lamp\. Import a file") as caught:
        reader.run()
    assert list(caught.value.details) == ["addresses"]
    assert (fake.hits[LAMP], len(reader.rows)) == (0, 25)
    assert "until" not in reader.state


@pytest.mark.parametrize(
    "rules",
    [
        "User-agent: *\nDisallow: /\n\nUser-agent: LivingLytics\nDisallow:",
        "User-agent: OtherBot\nDisallow: /",
        "User-agent: *\nDisallow: /p\nAllow: /product",
        "<!doctype html><p>Welcome",
        "",
        "\x00\x01\xff" * 99,
    ],
)
def test_what_the_rules_leave_open_is_read(reader: Reader, fake: ReviewPageFake, rules: str) -> None:
    fake.robots = rules
    reader.run()
    assert len(reader.rows) == 49


def test_further_pages_are_closed_by_rules_too_and_the_message_says_what_to_do(fake: ReviewPageFake) -> None:
    fake.robots = "User-agent: *\nDisallow: /*?page="
    reader = reading(fake, LAMP)
    with pytest.raises(Terminal, match="switch “Follow next pages” off"):
        reader.run()
    assert len(reader.rows) == 10
    calm = reading(fake, LAMP, follow=False)
    calm.run()
    assert len(calm.rows) == 10


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_host_without_rules_allows_everything(reader: Reader, fake: ReviewPageFake, status: int) -> None:
    fake.other[ROBOTS] = Answer(b"no", status)
    reader.run()
    assert len(reader.rows) == 49


@pytest.mark.parametrize("fault", [down(500), down(503), RESET])
def test_while_a_host_cannot_tell_its_rules_nothing_is_read_there(
    reader: Reader, fake: ReviewPageFake, fault: Fault
) -> None:
    fake.script(*[replace(fault, path=ROBOTS)] * 3)
    with pytest.raises(Transient):
        reader.run()
    assert fake.hits == {ROBOTS: 3}
    reader.run()
    assert len(reader.rows) == 49


def test_rules_that_are_limited_are_waited_for(reader: Reader, fake: ReviewPageFake) -> None:
    fake.script(replace(limited("3600"), path=ROBOTS))
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert (caught.value.retry_after, fake.requests) == (3600.0, 1)


@pytest.mark.parametrize(("delay", "pause"), [("0", 2.0), ("1.5", 2.0), ("10", 10.0), ("60", 60.0), ("x", 2.0)])
def test_the_pause_that_a_host_asks_for_is_kept(reader: Reader, fake: ReviewPageFake, delay: str, pause: float) -> None:
    fake.robots = f"User-agent: *\nCrawl-delay: {delay}\n"
    reader.run()
    assert reader.pauses == [2.0] + [pause] * 6


def test_a_host_that_asks_for_more_than_a_minute_is_not_read_and_others_are(
    fake: ReviewPageFake, other: ReviewPageFake
) -> None:
    fake.robots = "User-agent: *\nCrawl-delay: 86400\n"
    reader = reading(fake)
    ctx = both(reader.context(), fake, other)
    batches: list[Batch] = []
    with pytest.raises(Terminal, match=r"86400 seconds between two pages .*Import a file"):
        batches.extend(WEB.read(ctx, config(fake.address(LAMP), other.address(BAKERY)), "reviews", {}))
    assert (fake.hits, other.hits[BAKERY]) == ({ROBOTS: 1}, 1)


# -- refusals ----------------------------------------------------------------------------

GATE = Answer(b"<title>Just a moment...</title><form id='challenge-form'></form>", 200, kind="text/html")


@pytest.mark.parametrize(
    "answer",
    [
        *(Answer(b"", status) for status in (401, 402, 403, 451)),
        *(GATE, replace(GATE, status=403), replace(GATE, status=503)),
        Answer(b"", 503, {"cf-mitigated": "challenge"}, "text/html"),
        Answer(b'<form action="/validateCaptcha"><input name="captcha">', 503, kind="text/html"),
    ],
)
def test_a_site_that_does_not_let_programs_read_it_is_left_alone(
    reader: Reader, fake: ReviewPageFake, answer: Answer
) -> None:
    fake.other[KETTLE] = answer
    with pytest.raises(Terminal, match=r"does not let programs read it .*Import a file instead") as caught:
        reader.run()
    assert not isinstance(caught.value, BadCredentials)
    assert (fake.hits[LAMP], fake.hits[KETTLE], fake.hits[BAKERY]) == (3, 1, 0)
    assert (len(reader.rows), reader.waits) == (24, [])


def test_a_site_that_names_a_time_is_not_taken_for_one_that_refuses(reader: Reader, fake: ReviewPageFake) -> None:
    fake.other[KETTLE] = Answer(b"", 403, {"Retry-After": "900"})
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert caught.value.retry_after == 900.0
    assert fake.hits[BAKERY] == 0


def test_a_limit_without_a_time_is_a_minute(reader: Reader, fake: ReviewPageFake) -> None:
    fake.script(replace(limited(""), path=LAMP))
    reader.run()
    assert reader.waits == [60.0]


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (Answer(b"%PDF", kind="application/pdf"), BadAnswer, "no web page but application/pdf"),
        (Answer(b"{}", kind="application/json"), BadAnswer, "no web page"),
        (Answer(b"<p>", kind=""), BadAnswer, "does not name"),
        (Answer(b"x" * 5_000_001, kind="text/html"), TooLarge, "larger than 5 MB"),
        (Answer(b"x" * 20_000_001, kind="text/html"), TooLarge, "larger than 5 MB"),
        (Answer(b"", 404), NotFound, "no page at 127.0.0.1"),
    ],
)
def test_only_web_pages_of_ordinary_size_are_read(
    reader: Reader, fake: ReviewPageFake, answer: Answer, error: type[ProductError], said: str
) -> None:
    fake.other[KETTLE] = answer
    with pytest.raises(error, match=said) as caught:
        reader.run()
    assert list(caught.value.details) == ["addresses"]
    assert len(reader.rows) == 25


# -- addresses that lead elsewhere -------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("http://10.0.0.8/reviews", "http://192.168.1.1/", "http://[::1]/", "http://127.0.0.1:1/x"),
        *("http://169.254.169.254/latest/meta-data", "http://shop.local/", "http://0x7f.1/"),
    ],
)
def test_an_address_in_a_private_network_is_refused_and_the_message_says_what_to_do(
    fake: ReviewPageFake, address: str
) -> None:
    reader = Reader(WEB, fake, config(address, fake.address(BAKERY)), now=NOW)
    with pytest.raises(AddressRefused, match=r"private network.*public web.*ALLOWED_PRIVATE_HOSTS") as caught:
        reader.run()
    assert list(caught.value.details) == ["addresses"]
    assert len(reader.rows) == 1
    checked = reader.check()
    assert (checked.ok, checked.field) == (False, "addresses")
    assert "ALLOWED_PRIVATE_HOSTS" in checked.message


@pytest.mark.parametrize("target", ["http://10.0.0.8/x", "http://169.254.169.254/latest", "http://localhost/x"])
@pytest.mark.parametrize("path", ["/moved", ROBOTS])
def test_a_redirect_into_a_private_network_is_refused_too(fake: ReviewPageFake, path: str, target: str) -> None:
    fake.other[path] = Answer(b"", 302, {"Location": target})
    with pytest.raises(AddressRefused, match=r"private network.*public web") as caught:
        reading(fake, "/moved").run()
    assert list(caught.value.details) == ["addresses"]


def test_a_next_link_never_leads_into_a_private_network(fake: ReviewPageFake) -> None:
    fake.items[LAMP].reviews = fake.items[LAMP].reviews[:3]
    fake.items[LAMP].more = '<a rel="next" href="http://169.254.169.254/latest">'
    reader = reading(fake, LAMP)
    reader.run()
    assert "another host" in reader.batches[0].warnings[0]


def test_where_a_redirect_leads_the_rules_of_that_place_count(fake: ReviewPageFake, other: ReviewPageFake) -> None:
    fake.other["/moved"] = Answer(b"", 301, {"Location": other.address(BAKERY)})
    reader = reading(fake)
    batches = run(both(reader.context(), fake, other), config(fake.address("/moved")))
    assert [len(one.raws) for one in batches] == [1]
    assert (fake.hits[ROBOTS], other.hits[ROBOTS]) == (1, 1)
    assert reader.pauses == [2.0, 2.0]
    other.robots = "User-agent: *\nDisallow: /local"
    with pytest.raises(Terminal, match=r"not to read .*/moved \(it leads to .*bakery"):
        run(both(reader.context(), fake, other), config(fake.address("/moved")))


def test_a_redirect_on_the_same_host_is_judged_by_where_it_ends(fake: ReviewPageFake) -> None:
    fake.other["/moved"] = Answer(b"", 302, {"Location": "/checkout/lamp"})
    fake.other["/checkout/lamp"] = page([{"@type": "Review", "reviewBody": "a", "datePublished": "2026-11-02"}])
    with pytest.raises(Terminal, match=r"it leads to .*/checkout/lamp"):
        reading(fake, "/moved").run()


# -- totals ------------------------------------------------------------------------------


def test_each_pages_totals_come_once_a_day(reader: Reader, fake: ReviewPageFake) -> None:
    reader.run("summary")
    reader.run("summary")
    assert len(reader.rows) == 3
    points = [point for row in reader.rows.values() for point in WEB.map("summary", row, reader.config)]
    found = {(one.metric.partition(".")[2], one.dimensions["page"].partition("/")[2]): one.value for one in points}  # type: ignore[union-attr]
    assert found == {
        ("total_reviews", "product/lamp"): 24, ("stars", "product/lamp"): 108, ("ratings", "product/lamp"): 24,
        ("total_reviews", "graph/kettle"): 1310, ("ratings", "graph/kettle"): 1310,
        ("stars", "graph/kettle"): 4.2 * 1310, ("total_reviews", "local/bakery"): 96,
        ("stars", "local/bakery"): 4.8 * 96, ("ratings", "local/bakery"): 96,
    }  # fmt: skip
    assert {one.at for one in points} == {date(2026, 11, 20)}  # type: ignore[union-attr]


@pytest.mark.parametrize("validators", [True, False])
def test_a_page_that_has_not_changed_has_a_reading_on_the_next_day_too(
    reader: Reader, fake: ReviewPageFake, validators: bool
) -> None:
    fake.validators = validators
    reader.run("summary")
    reader.now += timedelta(days=1)
    reader.run("summary")
    assert {name[:10] for name in reader.rows} == {"2026-11-20", "2026-11-21"}
    assert len(reader.rows) == 6
    assert len({row["reviews"] for row in reader.rows.values()}) == 3


def test_a_page_without_totals_has_no_reading_rather_than_zeros(reader: Reader, fake: ReviewPageFake) -> None:
    fake.items[LAMP].total = None
    fake.items[BAKERY].total = {"ratingValue": 0, "reviewCount": "0"}
    reader.run("summary")
    assert sorted(row["reviews"] for row in reader.rows.values()) == [0, 1310]


def test_a_page_that_rates_several_items_says_whose_totals_are_read(fake: ReviewPageFake) -> None:
    item = {"@type": "Product", "aggregateRating": {"ratingValue": 3, "reviewCount": 5}}
    fake.other["/list"] = page([{**item, "name": "Lamp"}, {**item, "name": "Bulb"}])
    batch = reading(fake, "/list").one("summary")
    assert "2 items; read is that of “Lamp”" in batch.warnings[0]


def test_a_page_that_one_stream_could_not_read_is_not_asked_for_by_the_other_which_goes_on(
    reader: Reader, fake: ReviewPageFake
) -> None:
    fake.other[LAMP] = Answer(b"", 404)
    ctx = reader.context()
    with pytest.raises(NotFound):
        run(ctx, reader.config)
    assert [len(one.raws) for one in run(ctx, reader.config, "summary")] == [1, 1, 0]
    assert fake.hits[LAMP] == 1


@pytest.mark.parametrize(("answer", "paths"), [(Answer(b"", 503), (LAMP, KETTLE)), (Answer(b"", 404), (LAMP,))])
def test_the_other_stream_fails_too_where_it_could_succeed_later_or_has_nothing_else(
    fake: ReviewPageFake, answer: Answer, paths: tuple[str, ...]
) -> None:
    fake.other[LAMP] = answer
    reader = reading(fake, *paths)
    ctx = reader.context()
    for stream in ("reviews", "summary"):
        with pytest.raises(ProductError):
            run(ctx, reader.config, stream)


def test_alone_the_stream_of_totals_never_takes_a_page_it_cannot_read_for_a_success(
    reader: Reader, fake: ReviewPageFake
) -> None:
    fake.other[LAMP] = Answer(b"", 404)
    with pytest.raises(NotFound):
        reader.run("summary")
    assert len(reader.rows) == 2


# -- the check ---------------------------------------------------------------------------


def test_check_tells_what_the_first_page_is_about_and_asks_for_no_other(reader: Reader, fake: ReviewPageFake) -> None:
    checked = reader.check()
    assert (checked.ok, checked.identity) == (True, "Lamp and 2 more")
    assert checked.details == {"reviews": 10, "total_reviews": 24, "stars": 4.5, "warnings": []}
    assert fake.hits == {ROBOTS: 1, LAMP: 1}
    assert reader.pauses == [2.0]


def test_check_does_not_wait_out_the_pause_between_pages(reader: Reader, fake: ReviewPageFake) -> None:
    fake.robots = "User-agent: *\nCrawl-delay: 60"
    assert reader.check().ok
    assert sum(reader.pauses) < 10


@pytest.mark.parametrize("path", [KETTLE, BAKERY])
def test_check_takes_every_kind_of_page(fake: ReviewPageFake, path: str) -> None:
    checked = reading(fake, path).check()
    assert (checked.ok, checked.identity) == (True, fake.items[path].name)


def test_check_says_clearly_that_a_page_carries_no_reviews(fake: ReviewPageFake) -> None:
    fake.items[LAMP].reviews, fake.items[LAMP].total = [], None
    checked = reading(fake, LAMP).check()
    assert (checked.ok, checked.field) == (False, "addresses")
    assert "carries no reviews that programs can read (schema.org reviews as JSON-LD)" in checked.message
    assert "import a file" in checked.message


def test_check_says_that_a_pages_data_is_broken(fake: ReviewPageFake) -> None:
    fake.other["/x"] = page(['{"@type": "Review",}'])
    assert "JSON-LD block 1 of 1 cannot be read" in reading(fake, "/x").check().message


def test_check_takes_totals_without_texts(fake: ReviewPageFake) -> None:
    fake.items[LAMP].reviews = []
    checked = reading(fake, LAMP).check()
    assert checked.ok
    assert "no texts" in checked.message


def test_check_refuses_a_page_whose_reviews_have_no_dates_and_warns_of_some(fake: ReviewPageFake) -> None:
    for one in fake.items[LAMP].reviews[1:]:
        one.pop("datePublished")
    checked = reading(fake, LAMP).check()
    assert checked.ok
    assert checked.details["warnings"] == ["9 of 10 reviews cannot be taken."]
    fake.items[LAMP].reviews[0]["datePublished"] = "Monday"
    checked = reading(fake, LAMP).check()
    assert (checked.ok, checked.field) == (False, "addresses")
    assert "none with a date" in checked.message


@pytest.mark.parametrize("address", ["lamp", "ftp://shop.example/", "http://10.0.0.8/"])
def test_check_names_the_field_of_a_wrong_address(fake: ReviewPageFake, address: str) -> None:
    checked = Reader(WEB, fake, config(address), now=NOW).check()
    assert (checked.ok, checked.field) == (False, "addresses")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b"", 404), "no page at"),
        (Answer(b"", 403), "does not let programs"),
        (GATE, "does not let programs"),
        (Answer(b"%PDF", kind="application/pdf"), "no web page"),
    ],
)
def test_check_says_why_a_page_cannot_be_read(fake: ReviewPageFake, answer: Answer, said: str) -> None:
    fake.other[LAMP] = answer
    checked = reading(fake, LAMP).check()
    assert (checked.ok, checked.field) == (False, "addresses")
    assert said in checked.message


def test_check_does_not_blame_the_address_for_a_site_that_is_down(reader: Reader, fake: ReviewPageFake) -> None:
    fake.script(*[replace(down(), path=LAMP)] * 3)
    checked = reader.check()
    assert (checked.ok, checked.field) == (False, "")
    fake.script(replace(HTML, path=LAMP))
    assert "asks whether a person is there" in reader.check().message
