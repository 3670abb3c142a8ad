"""The product page of a local Amazon, read with the real HTTP client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from livinglytics.lib.errors import BadAnswer, NotFound, RateLimited, Terminal, Transient
from sources.connectors._base import connectors
from sources.connectors.amazon import Amazon, AmazonConfig
from sources.connectors.amazon.page import Page
from sources.connectors.amazon.site import Refused
from sources.records import Document, MetricPoint
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Answer, Fault, Request, down, limited, slow
from tests.fakes.amazon import ASIN, MARKETS, AmazonFake, linked
from tests.sources.amazon_reading import AMAZON, page
from tests.sources.reading import Reader

PRODUCT = f"/dp/{ASIN}"


@pytest.fixture
def fake() -> Iterator[AmazonFake]:
    with AmazonFake() as running:
        yield running


@pytest.fixture
def reader(fake: AmazonFake) -> Reader:
    return page(fake)


def point(reader: Reader) -> dict[str, float]:
    raws = reader.one("summary").raws
    records = [one for raw in raws for one in AMAZON.map("summary", raw.payload, reader.config)]
    return {one.metric: one.value for one in records if isinstance(one, MetricPoint)}


# -- what is read ------------------------------------------------------------------------


def test_the_connector_is_found_by_its_key() -> None:
    found = connectors.get("amazon")
    assert isinstance(found, Amazon)
    assert (found.category, found.platform) == ("reviews", "amazon")


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("markup", ["old", "new"])
def test_the_reviews_on_the_page_are_read_in_each_language_and_markup(market: str, markup: Any) -> None:
    with AmazonFake(market=market) as fake:
        fake.markup = markup
        reader = page(fake)
        assert reader.one().rejected == ()
        found = reader.documents()
        assert list(found) == list(fake.everything)[:10]
        for name, one in found.items():
            truth = fake.everything[name]
            assert (one.title, one.text.replace("\n\n", "\n")) == (truth.title, truth.text)
            assert (one.rating_original, one.extra["verified"]) == (str(truth.stars), truth.verified)
            assert (one.extra["vine"], one.extra.get("helpful", 0)) == (truth.vine, truth.helpful)
            assert one.created_at.date() == truth.at
            assert one.url == f"https://www.amazon.{market}/gp/customer-reviews/{name}"
            assert one.language == {"com": "en", "de": "de", "co.jp": "ja"}[market]


def test_a_review_becomes_a_document_with_all_that_matters(reader: Reader, fake: AmazonFake) -> None:
    name = "R002ABCDEFGHIJ"
    fake.change(name, stars=4, title="Good <b>&", text="Boils.\nWell.")
    reader.run()
    assert reader.documents()[name] == Document(
        external_id=name,
        text="Boils.\n\nWell.",
        title="Good <b>&",
        created_at=datetime(2026, 11, 12, 17, tzinfo=UTC),
        language="en",
        rating=0.75,
        rating_original="4",
        rating_scale="1-5",
        url=f"https://www.amazon.com/gp/customer-reviews/{name}",
        extra={
            "platform": "amazon",
            "marketplace": "com",
            "asin": ASIN,
            "foreign": False,
            "shown_date": "Reviewed in the United States on November 12, 2026",
            "verified": True,
            "vine": False,
            "helpful": 1234,
        },
    )


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata", "UTC"])
def test_a_day_stays_that_day_wherever_the_team_is(fake: AmazonFake, zone: str) -> None:
    reader = page(fake, zone=zone)
    reader.run()
    zoned = reader.documents()["R001ABCDEFGHIJ"].created_at.astimezone(ZoneInfo(zone))
    assert (zoned.date(), zoned.hour) == (date(2026, 11, 15), 12)


@pytest.mark.parametrize(("stars", "rating"), [(1, 0.0), (2, 0.25), (3, 0.5), (4, 0.75), (5, 1.0)])
def test_one_to_five_stars_become_zero_to_one(reader: Reader, fake: AmazonFake, stars: int, rating: float) -> None:
    fake.change("R000ABCDEFGHIJ", stars=stars)
    reader.run()
    assert reader.documents()["R000ABCDEFGHIJ"].rating == rating


@pytest.mark.parametrize("market", MARKETS)
def test_a_review_from_abroad_keeps_its_own_words_and_no_guessed_language(market: str) -> None:
    with AmazonFake(market=market) as fake:
        fake.change("R003ABCDEFGHIJ", foreign=True, dated=fake.words.abroad, text="Bout vite.", title="Très bien")
        reader = page(fake)
        reader.run()
        one = reader.documents()["R003ABCDEFGHIJ"]
        assert (one.title, one.text, one.language, one.extra["foreign"]) == ("Très bien", "Bout vite.", "", True)
        assert (one.rating_original, one.created_at.date()) == ("4", date(2026, 10, 3))


def test_names_of_authors_are_kept_only_where_that_is_wanted(fake: AmazonFake) -> None:
    reader = page(fake)
    fake.change("R001ABCDEFGHIJ", dated="some day")
    batch = reader.one()
    assert "Ada" not in repr((batch.raws, batch.rejected))
    assert {one.author for one in reader.documents().values()} == {""}
    named = page(fake, authors=True)
    named.run()
    assert named.documents()["R000ABCDEFGHIJ"].author == "Ada 0"
    forgotten = AMAZON.map("reviews", named.rows["R000ABCDEFGHIJ"], replace(named.config, authors=False))
    assert isinstance(forgotten[0], Document)
    assert forgotten[0].author == ""


def test_a_day_that_cannot_be_read_is_set_aside_with_the_words_and_the_others_are_read(
    reader: Reader, fake: AmazonFake
) -> None:
    fake.change("R001ABCDEFGHIJ", dated="Reviewed in Narnia on 3 Brumaire 2026")
    fake.change("R002ABCDEFGHIJ", dated="Reviewed on 03/04/2026")
    fake.change("R003ABCDEFGHIJ", dated="Reviewed on 3 October 2062")
    fake.change("R004ABCDEFGHIJ", id="")
    batch = reader.one()
    assert len(batch.raws) == 6
    assert [(one.external_id, one.reason.split(":")[0]) for one in batch.rejected] == [
        ("R001ABCDEFGHIJ", "The day of this review cannot be read"),
        ("R002ABCDEFGHIJ", "The day of this review cannot be read"),
        ("R003ABCDEFGHIJ", "This review cannot have been written on 2062-10-03."),
        ("", "This review has no id."),
    ]
    assert "3 Brumaire 2026" in batch.rejected[0].reason


def test_signs_of_all_scripts_stay_and_those_no_database_takes_go(reader: Reader, fake: AmazonFake) -> None:
    fake.change("R000ABCDEFGHIJ", title="素晴らしい\x00 👩‍👩‍👧", text="مرحبا 🎉\n\x00zweite   Zeile")
    reader.run()
    one = reader.documents()["R000ABCDEFGHIJ"]
    assert (one.title.replace("\ufffd", ""), "مرحبا 🎉" in one.text) == ("素晴らしい 👩‍👩‍👧", True)
    assert "\x00" not in repr(reader.rows).replace("\\x00", "\x00")


# -- the next time -----------------------------------------------------------------------


def test_a_second_run_changes_nothing(reader: Reader) -> None:
    reader.run()
    before = dict(reader.rows)
    reader.run()
    assert (reader.rows, reader.state) == (before, {})


def test_distinct_reviews_are_collected_and_one_no_longer_shown_stays(reader: Reader, fake: AmazonFake) -> None:
    reader.run()
    added = [fake.add(date(2026, 11, 19)) for _ in range(4)]
    assert len(reader.one().raws) == 10
    assert len(reader.rows) == 14
    assert set(added) < set(reader.rows)


def test_a_review_that_was_changed_is_read_again(reader: Reader, fake: AmazonFake) -> None:
    reader.run()
    fake.change("R001ABCDEFGHIJ", text="I changed my mind.", stars=1, helpful=9)
    reader.run()
    one = reader.documents()["R001ABCDEFGHIJ"]
    assert (one.text, one.rating, one.extra["helpful"]) == ("I changed my mind.", 0, 9)


def test_one_run_asks_for_robots_and_the_page_once_and_waits_between(reader: Reader, fake: AmazonFake) -> None:
    reader.run()
    assert [one.path for one in fake.seen] == ["/robots.txt", PRODUCT]
    assert reader.pauses == [2.0]


def test_the_page_is_asked_for_in_the_marketplaces_language_and_under_an_honest_name(fake: AmazonFake) -> None:
    with AmazonFake(market="de") as german:
        page(german).run()
        headers = {name.lower(): value for name, value in german.seen[-1].headers.items()}
    assert headers["accept-language"].startswith("de,")
    assert headers["user-agent"].startswith("LivingLytics/")
    assert "cookie" not in headers


# -- totals ------------------------------------------------------------------------------


@pytest.mark.parametrize("market", MARKETS)
def test_amazons_own_totals_come_once_a_day(market: str) -> None:
    with AmazonFake(market=market) as fake:
        reader = page(fake)
        assert point(reader) == {"amazon.rating": 4.6, "amazon.total_reviews": 12_345}
        fake.total = 12_346
        assert point(reader) == {"amazon.rating": 4.6, "amazon.total_reviews": 12_346}
        assert list(reader.rows) == ["2026-11-20"]


def test_what_the_page_leaves_out_is_missing_and_not_zero(reader: Reader, fake: AmazonFake) -> None:
    fake.rating = None
    assert point(reader) == {"amazon.total_reviews": 12_345}
    fake.total = None
    batch = reader.one("summary")
    assert (batch.raws, batch.warnings) == ((), ("Amazon showed no totals this time.",))


def test_a_product_without_ratings_has_a_count_and_no_average(reader: Reader, fake: AmazonFake) -> None:
    fake.everything, fake.total, fake.rating = {}, 0, 5.0
    assert point(reader) == {"amazon.total_reviews": 0}


@pytest.mark.parametrize(
    ("told", "points"),
    [
        ({"ratingValue": "4.3", "reviewCount": "87"}, {"amazon.rating": 4.3, "amazon.total_reviews": 87}),
        (
            {"ratingValue": 4.3, "ratingCount": 99, "reviewCount": 87},
            {"amazon.rating": 4.3, "amazon.total_reviews": 99},
        ),
        ({"ratingValue": "4,3", "bestRating": "5"}, {"amazon.rating": 4.3}),
        ({"ratingValue": 8.6, "bestRating": 10, "ratingCount": 5}, {"amazon.total_reviews": 5}),
        ({"ratingValue": "good", "ratingCount": -1}, {}),
        ({"ratingValue": None, "ratingCount": None}, {}),
    ],
)
def test_linked_data_tells_totals_where_the_page_does_not(
    reader: Reader, fake: AmazonFake, told: dict[str, Any], points: dict[str, float]
) -> None:
    fake.extra = '<script type="application/ld+json">{"broken": </script>' + linked(**told)
    assert point(reader) == {"amazon.rating": 4.6, "amazon.total_reviews": 12_345}
    fake.rating = fake.total = None
    assert point(reader) == points


# -- refusals ----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["captcha", "captcha503", "waf"])
@pytest.mark.parametrize("stream", ["reviews", "summary"])
def test_a_robot_page_ends_the_run_at_once_and_says_what_to_do(
    reader: Reader, fake: AmazonFake, mode: Any, stream: str
) -> None:
    fake.mode = mode
    with pytest.raises(Refused, match=r"does not let programs read this page now\. Import the reviews from a file"):
        reader.run(stream)
    assert (fake.hits[PRODUCT], reader.waits) == (1, [])


@pytest.mark.parametrize("status", [401, 403, 405])
def test_a_plain_refusal_is_a_robot_page_too_and_blames_no_key(reader: Reader, fake: AmazonFake, status: int) -> None:
    fake.script(None, down(status))
    with pytest.raises(Refused):
        reader.run()
    assert fake.hits[PRODUCT] == 1


def test_a_way_to_the_sign_in_says_that_the_page_is_not_readable_without(reader: Reader, fake: AmazonFake) -> None:
    fake.mode = "signin"
    with pytest.raises(Refused, match=r"without signing in\. Import the reviews from a file"):
        reader.run()
    assert fake.hits["/ap/signin"] == 1


def test_an_unknown_product_names_its_field(fake: AmazonFake) -> None:
    reader = page(fake).with_(product="https://www.amazon.com/dp/B0NOTHING1")
    with pytest.raises(NotFound, match="no such product in this marketplace") as caught:
        reader.run()
    assert list(caught.value.details) == ["product"]
    assert reader.check().field == "product"


@pytest.mark.parametrize("mode", ["home", "bare"])
def test_a_page_without_its_reviews_is_no_success(reader: Reader, fake: AmazonFake, mode: Any) -> None:
    fake.mode = mode
    with pytest.raises(BadAnswer):
        reader.run()
    if mode == "bare":
        assert point(reader)["amazon.rating"] == 4.6


def test_a_product_that_few_have_rated_may_have_no_reviews_and_one_of_many_cannot(
    reader: Reader, fake: AmazonFake
) -> None:
    fake.everything, fake.total = {}, 3
    assert reader.one().raws == ()
    fake.total = 3_000
    with pytest.raises(BadAnswer, match="without its reviews"):
        reader.run()


def test_another_product_in_its_place_is_told(reader: Reader, fake: AmazonFake) -> None:
    fake.mode = "moved"
    batch = reader.one()
    assert (len(batch.raws), len(batch.warnings)) == (10, 1)
    assert "B0ANOTHER1 in place of B0ABCDEFGH" in batch.warnings[0]
    assert reader.check().details["warnings"] == list(batch.warnings)


def test_a_way_to_another_site_is_not_read(reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch) -> None:
    with AmazonFake() as other:
        usual = fake.answer

        def away(request: Request) -> Answer:
            return Answer(b"", 302, {"Location": other.url + PRODUCT}) if request.path == PRODUCT else usual(request)

        monkeypatch.setattr(fake, "answer", away)
        with pytest.raises(Terminal):
            reader.run()
        assert other.requests == 0


# -- robots.txt --------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["/", "/dp/", "/*/dp/*\nDisallow: /d", f"/dp/{ASIN}"])
@pytest.mark.parametrize("whose", ["*", "LivingLytics"])
def test_a_page_that_robots_txt_forbids_is_never_asked_for(
    reader: Reader, fake: AmazonFake, rule: str, whose: str
) -> None:
    fake.robots = f"User-agent: {whose}\nDisallow: {rule}\n"
    with pytest.raises(Refused, match=r"robots\.txt"):
        reader.run()
    assert fake.hits[PRODUCT] == 0
    assert not reader.check().ok


@pytest.mark.parametrize("robots", [None, "", "User-agent: *\nDisallow:\n", "User-agent: Other\nDisallow: /\n", "<p>"])
def test_without_a_rule_the_page_is_read(reader: Reader, fake: AmazonFake, robots: str | None) -> None:
    fake.robots = robots
    assert len(reader.one().raws) == 10


@pytest.mark.parametrize(("asked", "waited"), [("1", 2.0), ("10", 10.0), ("3600", 60.0)])
def test_a_delay_that_robots_txt_asks_for_is_kept(reader: Reader, fake: AmazonFake, asked: str, waited: float) -> None:
    fake.robots = f"User-agent: *\nCrawl-delay: {asked}\n"
    reader.run()
    assert reader.pauses == [waited]
    reader.pauses.clear()
    reader.check()
    assert reader.pauses == [min(waited, 3.0)]


def test_a_robots_txt_that_fails_forbids_for_now(reader: Reader, fake: AmazonFake) -> None:
    fake.script(*[down(500)] * 3)
    with pytest.raises(Transient):
        reader.run()
    assert fake.hits[PRODUCT] == 0
    reader.run()
    assert len(reader.rows) == 10


@pytest.mark.parametrize("status", [200, 503])
def test_a_robot_page_in_place_of_robots_txt_is_a_refusal(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    body = b"<form action='/errors/validateCaptcha'></form>"
    monkeypatch.setattr(fake, "answer", lambda request: Answer(body, status, kind="text/html"))
    with pytest.raises(Refused):
        reader.run()
    assert fake.hits == {"/robots.txt": 1}


# -- faults ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [down(503, "1"), down(500), TRUNCATED, RESET, limited("2"), slow(1)])
def test_a_passing_fault_is_asked_again(reader: Reader, fake: AmazonFake, fault: Fault) -> None:
    reader.patience = fault.seconds / 2 or reader.patience
    fake.script(None, fault)
    reader.run()
    assert (len(reader.rows), fake.hits[PRODUCT]) == (10, 2)


def test_a_fault_that_stays_is_no_success(reader: Reader, fake: AmazonFake) -> None:
    fake.script(None, *[down(503)] * 3)
    with pytest.raises(Transient):
        reader.run()
    assert (fake.hits[PRODUCT], reader.rows) == (3, {})


def test_a_long_limit_goes_up_and_is_a_good_answer_to_a_check(reader: Reader, fake: AmazonFake) -> None:
    fake.script(None, limited("3600"))
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert caught.value.retry_after == 3600
    fake.script(limited("3600"))
    assert reader.check().ok


@pytest.mark.parametrize("fault", [HTML, MALFORMED])
def test_a_page_of_another_kind_is_a_bad_answer(reader: Reader, fake: AmazonFake, fault: Fault) -> None:
    fake.script(None, fault)
    with pytest.raises(BadAnswer, match="not a product's"):
        reader.run()


# -- check -------------------------------------------------------------------------------


def test_check_tells_the_products_name_and_how_much_is_shown(reader: Reader) -> None:
    checked = reader.check()
    assert (checked.ok, checked.identity) == (True, "Kettle, 1.7 l & steel")
    assert checked.details == {"reviews": 12_345, "shown": 10, "product": f"com:{ASIN}"}
    assert "shows 10 reviews" in checked.message


@pytest.mark.parametrize("mode", ["captcha", "captcha503", "signin", "waf", "home", "bare"])
def test_check_is_not_good_where_nothing_can_be_read(reader: Reader, fake: AmazonFake, mode: Any) -> None:
    fake.mode = mode
    checked = reader.check()
    assert (checked.ok, checked.field) == (False, "")
    assert checked.message


def test_wrong_settings_name_their_field_and_ask_nobody(fake: AmazonFake) -> None:
    for product in ("kettle", "https://amzn.to/x", "https://notamazon.com/dp/B0ABCDEFGH"):
        checked = page(fake).with_(product=product).check()
        assert (checked.ok, checked.field) == (False, "product")
    assert fake.requests == 0


def test_the_streams_say_plainly_that_not_all_reviews_are_read() -> None:
    shown, totals = AMAZON.streams_for(AmazonConfig(ASIN))
    assert "8 to 13 reviews that Amazon shows first, never all" in shown.note
    assert "distinct ones are collected over time" in shown.note
    assert (totals.key, len(AMAZON.metrics_for(AmazonConfig(ASIN)))) == ("summary", 2)


# -- pages of any kind -------------------------------------------------------------------


@pytest.mark.parametrize("html", ["", "\x00", "<", "<html>" * 500, "<div>" * 2_000, "{}", "<!-- ", "\ufffd" * 100])
def test_no_text_is_too_odd_to_be_looked_at(html: str) -> None:
    found = Page(html)
    assert (found.is_product, found.rating, found.total, list(found.reviews())) == (False, None, None, [])


@pytest.mark.parametrize(
    "card",
    [
        "<div data-hook='review'></div>",
        "<div data-hook='review' id></div>",
        "<div data-hook='review' id='R1'><i data-hook='review-star-rating' class></i></div>",
        "<div data-hook='review' id='x y'><span data-hook='review-date'></span></div>",
        f"<div data-hook='review'>{'<b>' * 5_000}</div>",
    ],
)
def test_an_empty_card_is_a_review_without_anything(card: str) -> None:
    (found,) = Page(card).reviews()
    assert (found.id, found.title, found.text, found.stars, found.at, found.helpful) == ("", "", "", None, None, None)


@pytest.mark.parametrize(
    "card",
    [
        "<li data-hook='review' id='R1ABCDEF'></li>",
        "<li data-hook='review' id='customer_review-R1ABCDEF'></li>",
        "<li data-hook='review'><div id='customer_review_foreign-R1ABCDEF'></div></li>",
        "<div data-hook='reviewContainer' id='R1ABCDEF'><div data-hook='review'></div></div>",
        "<div data-hook='review'><a href='/-/en/gp/customer-reviews/R1ABCDEF/ref=x?ASIN=1'>x</a></div>",
    ],
)
def test_the_id_is_found_wherever_the_page_keeps_it(card: str) -> None:
    assert [one.id for one in Page(card).reviews()] == ["R1ABCDEF"]


def test_stars_without_a_text_are_read_from_their_picture() -> None:
    card = "<div data-hook='review'><i data-hook='review-star-rating' class='a-icon a-star-3 x'>{}</i></div>"
    read: Callable[[str], float | None] = lambda text: next(Page(card.format(text)).reviews()).stars  # noqa: E731
    assert (read(""), read("kolme tähteä"), read("2.0 out of 5 stars")) == (3, 3, 2)
