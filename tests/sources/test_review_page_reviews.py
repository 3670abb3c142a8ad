"""What is read out of a page's JSON-LD: reviews, ratings, dates, identities. No network."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livinglytics.lib.answers import Answer
from livinglytics.lib.errors import BadAnswer, Invalid
from livinglytics.lib.linked_data import linked_data
from livinglytics.lib.weblinks import weblink
from sources.connectors._base import Raw, Recognised, Rejected
from sources.connectors.review_page import ReviewPage, ReviewPageConfig
from sources.connectors.review_page.addresses import addresses, shown
from sources.connectors.review_page.dates import written
from sources.connectors.review_page.linked import Found, Totals, reviews, totals
from sources.connectors.review_page.page import Page, page_of
from sources.connectors.review_page.ratings import count, rating
from sources.connectors.review_page.texts import row
from sources.records import Document

URL = "https://shop.example/lamp?page=2"
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
WEB = ReviewPage()
GOOD = {"@type": "Review", "reviewBody": "Good", "datePublished": "2026-11-02", "author": "Ada"}


def found(*blocks: Any) -> list[Found]:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(one)}</script>' for one in blocks)
    return reviews(linked_data(scripts), URL)


def total(*blocks: Any) -> Totals:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(one)}</script>' for one in blocks)
    return totals(linked_data(scripts))


def kept(zone: str = "UTC", authors: bool = False, **fields: Any) -> Raw | Rejected:
    review = {name: value for name, value in {**GOOD, **fields}.items() if value is not None}
    return row(found(review)[0], address=URL, zone=zone, now=NOW, authors=authors)


def read(zone: str = "UTC", authors: bool = False, **fields: Any) -> Document:
    raw = kept(zone, authors, **fields)
    assert isinstance(raw, Raw), raw
    (one,) = WEB.map("reviews", json.loads(json.dumps(raw.payload)), ReviewPageConfig(()))
    assert isinstance(one, Document)
    assert one.external_id == raw.external_id
    return one


# -- where reviews stand -----------------------------------------------------------------


@pytest.mark.parametrize(
    "block",
    [
        GOOD,
        [GOOD],
        {"@graph": [GOOD, {"@type": "WebSite"}]},
        {"@type": "Product", "name": "Lamp", "review": GOOD},
        {"@type": "Product", "name": "Lamp", "reviews": [GOOD]},
        {"@type": "LocalBusiness", "name": "Lamp", "review": {"@list": [GOOD]}},
        {"@type": "Product", "review": {**GOOD, "@type": None}},
        {**GOOD, "@type": ["CreativeWork", "https://schema.org/UserReview"]},
        {"@type": "WebPage", "mainEntity": {"@type": "Product", "isVariantOf": [{"@type": "X", "review": GOOD}]}},
    ],
)
def test_a_review_is_found_wherever_it_stands(block: Any) -> None:
    (one,) = found(block)
    assert (one.kept["text"], one.author) == ("Good", "Ada")


@pytest.mark.parametrize(
    "block",
    [
        {"@type": "ClaimReview", "reviewBody": "x"},
        {"@type": "Product", "review": "see below"},
        {"@type": "Product", "review": {"@id": "#r1"}},
        {"@type": "Product", "review": None},
        {"@type": "Rating", "ratingValue": 5},
        {"@type": "Article", "description": "x"},
    ],
)
def test_what_is_no_review_is_none(block: Any) -> None:
    assert found(block) == []


@pytest.mark.parametrize(
    "blocks",
    [
        [{"@type": "Product", "name": "Lamp &amp; co", "review": GOOD}],
        [{**GOOD, "itemReviewed": {"@type": "Product", "name": "Lamp &amp; co"}}],
        [{"@graph": [{"@type": "P", "@id": "#p", "name": "Lamp & co"}, {**GOOD, "itemReviewed": {"@id": "#p"}}]}],
        [{"@type": "P", "name": "Lamp & co", "review": [{"@id": "#r"}]}, {**GOOD, "@id": "#r"}],
    ],
)
def test_what_a_review_is_about_is_found_by_nesting_or_by_reference(blocks: list[Any]) -> None:
    (one,) = found(*blocks)
    assert one.kept["item"] == "Lamp & co"


# -- who a review is ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"@id": "https://shop.example/reviews/81"}, "https://shop.example/reviews/81"),
        ({"@id": "/reviews/81"}, "https://shop.example/reviews/81"),
        ({"@id": "urn:review:81"}, "urn:review:81"),
        ({"@id": "#review-90412"}, "https://shop.example/lamp#review-90412"),
        ({"url": "https://shop.example/lamp#review-90412"}, "https://shop.example/lamp#review-90412"),
        ({"url": "/lamp?review=81"}, "https://shop.example/lamp?review=81"),
        ({"@id": "_:b0", "url": "/reviews/81"}, "https://shop.example/reviews/81"),
    ],
)
def test_a_review_is_known_by_its_own_id_or_address(fields: dict[str, str], key: str) -> None:
    assert found({**GOOD, **fields})[0].key == key


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"@id": "#review-1"},
        {"@id": "_:b7"},
        {"url": URL},
        {"url": "https://shop.example/lamp"},
        {"url": "https://shop.example/"},
        {"url": "#reviews"},
        {"@id": 5, "url": [7, None]},
        {"url": "/lamps/1", "itemReviewed": {"name": "Lamp", "url": "https://shop.example/lamps/1"}},
    ],
)
def test_a_place_on_the_page_or_the_items_own_address_names_no_review(fields: dict[str, Any]) -> None:
    assert found({**GOOD, **fields})[0].key == found(GOOD)[0].key
    assert found(GOOD)[0].key.startswith("h:")


def test_an_address_that_two_reviews_share_names_neither() -> None:
    one, other = {**GOOD, "url": "/r/all"}, {**GOOD, "url": "/r/all", "reviewBody": "Bad"}
    assert [one.key[:2] for one in found([one, other])] == ["h:", "h:"]


def test_the_same_review_twice_on_a_page_is_one() -> None:
    assert len(found(GOOD, {"@type": "Product", "review": [GOOD, GOOD]})) == 1
    named = {**GOOD, "@id": "/r/1"}
    assert len(found(named, named)) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"author": {"@type": "Person", "name": " Ada "}},
        {"datePublished": "2026-11-02T00:00:00Z"},
        {"reviewBody": "<p>Good</p>"},
        {"reviewRating": {"ratingValue": 1}},
        {"inLanguage": "de"},
    ],
)
def test_without_a_name_it_is_known_by_author_day_title_and_text_however_they_are_written(
    changed: dict[str, Any],
) -> None:
    assert found({**GOOD, **changed})[0].key == found(GOOD)[0].key


@pytest.mark.parametrize("changed", [{"author": "Bob"}, {"datePublished": "2026-11-03"}, {"name": "T"}])
def test_another_author_day_or_title_is_another_review(changed: dict[str, Any]) -> None:
    assert found({**GOOD, **changed})[0].key != found(GOOD)[0].key


def test_a_very_long_id_is_shortened_without_mixing_up_two() -> None:
    keys = {found({**GOOD, "@id": "https://shop.example/r/" + "x" * 400 + end})[0].key for end in "ab"}
    assert len(keys) == 2
    assert all(len(one) <= 200 for one in keys)


# -- ratings -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "share", "original", "scale"),
    [
        ({"ratingValue": 5}, 1.0, "5", "1-5"),
        ({"ratingValue": "4,5"}, 0.875, "4.5", "1-5"),
        ({"ratingValue": "3", "bestRating": "5", "worstRating": "1"}, 0.5, "3", "1-5"),
        ({"ratingValue": "8,0", "bestRating": 10}, 0.777778, "8", "1-10"),
        ({"ratingValue": 0, "bestRating": 10, "worstRating": 0}, 0.0, "0", "0-10"),
        ({"ratingValue": 80, "bestRating": 100, "worstRating": "0"}, 0.8, "80", "0-100"),
        ({"ratingValue": "4/5"}, 0.75, "4", "1-5"),
        ({"ratingValue": "9 out of 10"}, 0.888889, "9", "1-10"),
        ({"ratingValue": "80 %"}, 0.8, "80", "0-100"),
        (4, 0.75, "4", "1-5"),
        ("4", 0.75, "4", "1-5"),
        ([{"ratingValue": ["4"]}], 0.75, "4", "1-5"),
        ({"ratingValue": 8}, None, "8", ""),
        ({"ratingValue": 0}, None, "0", "1-5"),
        ({"ratingValue": -1}, None, "-1", "1-5"),
        ({"ratingValue": 3, "bestRating": 1, "worstRating": 1}, None, "3", ""),
        ({"ratingValue": "good"}, None, "", ""),
        ({"ratingValue": True}, None, "", ""),
        ({"ratingValue": 10**30}, None, "", ""),
        ({"ratingValue": {"x": 1}}, None, "", ""),
        ({}, None, "", ""),
        (None, None, "", ""),
    ],
)
def test_a_rating_becomes_0_to_1_and_keeps_what_the_page_showed(
    given: Any, share: float | None, original: str, scale: str
) -> None:
    one = read(reviewRating=given)
    assert (one.rating, one.rating_original, one.rating_scale) == (share, original, scale)


@pytest.mark.parametrize(
    ("given", "number"),
    [
        *[("120", 120), (120, 120), (120.0, 120), ("1,310", 1310), ("1.310", 1310), ("1 310 222", 1310222), (0, 0)],
        *[("0", 0), (None, None), ("", None), ("many", None), ("1,31", None), (-1, None), ("1.5", None), (True, None)],
    ],
)
def test_counts_are_read_as_text_too_and_missing_is_not_zero(given: Any, number: int | None) -> None:
    assert count(given) == number


# -- dates -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-02T10:20:30Z", "2026-11-02T10:20:30"),
        ("2026-11-02T10:20:30.123+02:00", "2026-11-02T08:20:30.123000"),
        ("2026-11-02T10:20:30+0200", "2026-11-02T08:20:30"),
        ("2026-11-02 10:20:30 +0200", "2026-11-02T08:20:30"),
        ("2026-11-02T10:20", "2026-11-02T15:20:00"),
        ("2026-11-02 10:20:30", "2026-11-02T15:20:30"),
        ("2026-11-02", "2026-11-02T17:00:00"),
        ("2026-7-2", "2026-07-02T16:00:00"),
        ("2026/11/02", "2026-11-02T17:00:00"),
    ],
)
def test_a_moment_without_a_zone_is_the_teams_and_a_day_stays_that_day(text: str, at: str) -> None:
    found = written(text, "America/New_York")
    assert found == datetime.fromisoformat(at).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "reason"),
    [
        (None, "no date"),
        ("", "no date"),
        ({"x": 1}, "no date"),
        ("02/11/2026", "no readable date"),
        ("November 2, 2026", "no readable date"),
        ("2026-13-45", "no readable date"),
        ("2026-11", "no readable date"),
        ("2026", "no readable date"),
        ("yesterday", "no readable date"),
        ("9999-12-31T23:59:59-14:00", "no readable date"),
        ("0001-01-01T00:00:00Z", "cannot be right"),
        ("1970-01-01", "cannot be right"),
        ("2027-03-01", "cannot be right"),
    ],
)
def test_a_review_without_a_readable_date_is_set_aside_with_the_reason(date: Any, reason: str) -> None:
    one = kept(datePublished=date)
    assert isinstance(one, Rejected)
    assert reason in one.reason
    assert one.external_id.startswith("h:")
    assert "Ada" not in repr(one)


def test_the_day_of_creation_stands_in_for_that_of_publication() -> None:
    assert read(datePublished=None, dateCreated="2026-11-05").created_at.day == 5


def test_a_stored_row_without_a_date_is_a_bad_one() -> None:
    with pytest.raises(BadAnswer):
        WEB.map("reviews", {"key": "a"}, ReviewPageConfig(()))


# -- documents ---------------------------------------------------------------------------


def test_a_review_becomes_a_document_with_all_that_matters() -> None:
    one = read(
        **{"@id": "/r/1", "name": "A &amp; B", "reviewBody": "<p>Good</p><p>Very 👍\x00</p>", "inLanguage": "de"},
        publisher={"@type": "Organization", "name": "Verified Ltd"},
        itemReviewed={"name": "Lamp"},
        dateModified="2026-11-04T10:00:00Z",
    )
    assert (one.kind, one.title, one.text, one.language) == ("review", "A & B", "Good\n\nVery 👍", "de")
    assert (one.created_at, one.updated_at) == (
        datetime(2026, 11, 2, 12, tzinfo=UTC),
        datetime(2026, 11, 4, 10, tzinfo=UTC),
    )
    assert one.url == URL
    assert one.extra == {
        "platform": "web",
        "site": "shop.example",
        "item": "Lamp",
        "publisher": "Verified Ltd",
        "published": "2026-11-02",
    }


def test_names_of_authors_are_kept_only_on_request() -> None:
    assert "Ada" not in repr(kept())
    assert read(authors=True).author == "Ada"
    assert read(authors=True, author=[{"name": "Ada"}, "Bob"]).author == "Ada, Bob"
    assert read(authors=True, author={"@type": "Person"}).author == ""


@pytest.mark.parametrize(
    ("given", "language"),
    [
        ("pt-BR", "pt-BR"),
        ({"@type": "Language", "name": "German", "alternateName": "de"}, "de"),
        ({"@type": "Language", "name": "German"}, "German"),
        (None, ""),
        ([], ""),
        (7.5j, ""),
    ],
)
def test_a_language_is_text_or_an_object(given: Any, language: str) -> None:
    given = None if isinstance(given, complex) else given
    assert read(inLanguage=given).language == language


def test_the_language_may_stand_on_the_text_itself() -> None:
    assert read(reviewBody={"@value": "Gut", "@language": "de"}).language == "de"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x/1", "https://[::1/x", 7, "x" * 2_000])
def test_only_web_addresses_are_taken_for_links(url: Any) -> None:
    assert read(url=url).url == URL


def test_a_review_of_nothing_is_set_aside() -> None:
    one = kept(reviewBody=None)
    assert isinstance(one, Rejected)
    assert "neither a text nor a rating" in one.reason


@pytest.mark.parametrize(
    "name", ["name", "author", "reviewRating", "inLanguage", "publisher", "url", "@id", "dateModified"]
)
@pytest.mark.parametrize("odd", [None, 7, [], {}, [[{"name": None}]], {"@value": {}}, "\x00\ud83d"])
def test_odd_fields_are_no_reason_to_fail(name: str, odd: Any) -> None:
    assert read(**{name: odd}).text == "Good"


PROPERTIES = ["@id", "@type", "review", "reviewBody", "reviewRating", "ratingValue", "author", "datePublished", "url"]
JSON = st.recursive(
    st.none() | st.integers() | st.floats() | st.sampled_from(["Review", "4,5", "2026-11-02", "http://[", "#a1234"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PROPERTIES), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=80, deadline=None)
@given(inside=JSON)
def test_no_json_trips_it_up(inside: Any) -> None:
    for one in found({"@type": "Product", "review": inside, "aggregateRating": inside}):
        kept = row(one, address=URL, zone="UTC", now=NOW, authors=True)
        if isinstance(kept, Raw):
            WEB.map("reviews", kept.payload, ReviewPageConfig(()))
    assert total({"@type": "Product", "aggregateRating": inside}).others >= 0


# -- totals ------------------------------------------------------------------------------

RATED = {"@type": "AggregateRating", "ratingValue": "4,5", "reviewCount": "120"}


@pytest.mark.parametrize(
    ("told", "stars", "listed", "counted"),
    [
        (RATED, 4.5, 120, 120),
        ({"ratingValue": 4.5, "ratingCount": 300}, 4.5, 300, 300),
        ({"ratingValue": 4.5, "ratingCount": 300, "reviewCount": 120}, 4.5, 120, 300),
        ({"ratingValue": "9", "bestRating": "10", "worstRating": 0, "reviewCount": 1}, 4.6, 1, 1),
        ({"ratingValue": "4.5"}, 4.5, None, None),
        ({"reviewCount": 120}, None, 120, 120),
        ({"ratingValue": 0, "reviewCount": 0}, None, 0, 0),
        ({"ratingValue": None, "reviewCount": "many"}, None, None, None),
        ([RATED], 4.5, 120, 120),
        ("4.5", None, None, None),
    ],
)
def test_totals_are_read_as_text_too_and_missing_is_not_zero(
    told: Any, stars: float | None, listed: int | None, counted: int | None
) -> None:
    one = total({"@type": "Product", "name": "Lamp", "aggregateRating": told})
    assert (one.stars, one.reviews, one.ratings) == (stars, listed, counted)


def test_totals_are_those_of_the_item_with_the_reviews_and_not_of_the_shop() -> None:
    shop = {"@type": "Organization", "name": "Shop", "aggregateRating": {"ratingValue": 3, "reviewCount": 9}}
    near = {"@type": "Product", "name": "Bulb", "aggregateRating": {"ratingValue": 2, "reviewCount": 8}}
    lamp = {"@type": "Product", "name": "Lamp", "aggregateRating": RATED}
    assert (total(shop, near).item, total(shop).item) == ("Bulb", "Shop")
    assert total(shop, near, {**lamp, "review": GOOD}) == Totals("Lamp", 4.5, 120, 120, others=2)


def test_totals_may_stand_apart_from_their_item() -> None:
    lamp = {"@type": "Product", "@id": "#l", "name": "Lamp"}
    assert total({"@graph": [lamp, {**RATED, "itemReviewed": {"@id": "#l"}}]}).item == "Lamp"
    assert total({"@graph": [{**lamp, "aggregateRating": {"@id": "#r"}}, {**RATED, "@id": "#r"}]}).stars == 4.5


def points(**raw: Any) -> dict[str, float]:
    day = {"day": "2026-11-20", "page": "shop.example/lamp", "stars": None, "reviews": None, "ratings": None}
    made: list[Any] = WEB.map("summary", {**day, **raw}, ReviewPageConfig(()))
    assert all(one.dimensions == {"page": "shop.example/lamp"} for one in made)
    return {one.metric.removeprefix("review_page."): one.value for one in made}


def test_a_reading_holds_what_was_told_and_nothing_else() -> None:
    assert points(stars=4.5, reviews=120, ratings=300) == {"total_reviews": 120, "stars": 1350, "ratings": 300}
    assert points(stars=4.5) == {"stars": 4.5, "ratings": 1}
    assert points(reviews=0, ratings=0) == {"total_reviews": 0}
    assert points(stars=4.5, ratings=0) == {}


# -- pages and addresses -----------------------------------------------------------------


def page(body: str, *, url: str = URL, kind: str = "text/html; charset=utf-8") -> Page:
    return page_of(Answer(200, {"content-type": kind}, body.encode("utf-8" if "utf-8" in kind else "latin-1"), url))


@pytest.mark.parametrize(
    ("body", "following"),
    [
        ('<link rel="next" href="/lamp?page=3">', "https://shop.example/lamp?page=3"),
        ('<a href="?page=3&amp;s=new" rel="nofollow NEXT">more</a>', "https://shop.example/lamp?page=3&s=new"),
        ('<base href="/other/"><a rel=next href=3>', "https://shop.example/other/3"),
        ('<a rel=next href="/a"></a><link rel=next href="/link">', "https://shop.example/link"),
        ('<a rel=next href="http://shop.example/lamp/3#top">', "https://shop.example/lamp/3"),
        ('<a rel=next href="http://shop.example:8080/3">', "https://shop.example/3"),
        ('<a rel=next href="/a b/ü">', "https://shop.example/a%20b/%C3%BC"),
        ('<a rel=nextish href="/3"><a rel=prev href="/1"><a href="/next">', ""),
        ("<a rel=next>", ""),
        ('<a rel=next href="javascript:next()">', ""),
        ('<a rel=next href="https://[x/">', ""),
        ('<!-- <link rel=next href="/3"> --><script>"<link rel=next href=/3>"</script>', ""),
    ],
)
def test_the_next_page_is_where_the_page_says(body: str, following: str) -> None:
    if ":8080" in body:
        assert page(body, url="https://shop.example:8080/2").next == (following.replace("example", "example:8080"), "")
    else:
        assert page(body).next == (following, "")


@pytest.mark.parametrize(
    "href", ["https://other.example/3", "//cdn.shop.example/3", "https://shop.example.evil.example/"]
)
def test_a_next_page_on_another_host_is_only_named(href: str) -> None:
    url, elsewhere = page(f'<a rel=next href="{href}">').next
    assert (url, elsewhere) == ("", href.split("/")[2])


def test_a_page_is_read_in_the_charset_it_names() -> None:
    said = '<meta charset="iso-8859-1"><script type="application/ld+json">{"@type":"X","name":"Bäcker"}</script>'
    assert page(said, kind="text/html").data.objects[0]["name"] == "Bäcker"
    assert page(said, kind="text/html; charset=latin-1").data.objects[0]["name"] == "Bäcker"
    assert page(said.replace("iso-8859-1", "no-such"), kind="text/html").data.objects[0]["name"] == "B\ufffdcker"


@pytest.mark.parametrize(
    ("body", "gated"),
    [
        ("<title>Just a moment...</title>", True),
        ("<title>Access denied</title>", True),
        ('<title>Shop</title><form action="/captcha/check">', True),
        ("<div class='g-recaptcha'></div>", True),
        ("<title>Shop</title><p>Nothing here</p>", False),
        ("<div class='g-recaptcha'></div><p>" + "words " * 500, False),
        ('<div class="h-captcha"></div><script type="application/ld+json">{"@type":"X"}</script>', False),
    ],
)
def test_a_page_that_wants_to_see_a_person_is_told_from_one_with_a_form(body: str, gated: bool) -> None:
    assert page(body).gated is gated


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("shop.example", "https://shop.example/"),
        (" <https://Shop.Example:443/Lamp?a=1#reviews> ", "https://shop.example/Lamp?a=1"),
        ("HTTP://shop.example:80", "http://shop.example/"),
        ("shop.example/a b", "https://shop.example/a%20b"),
        ("müller.example/ä", "https://xn--mller-kva.example/%C3%A4"),
    ],
)
def test_an_address_is_taken_as_people_write_it(line: str, url: str) -> None:
    assert [one.url for one in addresses([line, "", line])] == [url]


@pytest.mark.parametrize(
    "line",
    [
        *[
            "lamp",
            "ftp://shop.example/",
            "javascript:alert(1)",
            "mailto:a@shop.example",
            "https://",
            "file:///etc/passwd",
        ],
        *["https://user:pw@shop.example/", "https://shop.example\\@evil.example/", "https://[::1/", "localhost"],
        *["https://shop.example:99999/", "https://shop.example/" + "x" * 3_000],
    ],
)
def test_what_is_no_address_is_refused_with_the_field_named(line: str) -> None:
    with pytest.raises(Invalid) as caught:
        addresses([line])
    assert list(caught.value.details) == ["addresses"]
    assert "user:pw" not in repr((caught.value.message, caught.value.details))


@pytest.mark.parametrize("lines", [[], ["", " "], [f"shop.example/{number}" for number in range(51)]])
def test_there_are_between_one_and_fifty_addresses(lines: list[str]) -> None:
    with pytest.raises(Invalid, match="between 1 and 50"):
        addresses(lines)


def test_an_address_is_shown_short_and_still_by_itself() -> None:
    long = [f"https://shop.example/{'x' * 300}{end}" for end in "ab"]
    assert shown("https://www.shop.example/lamp/") == "shop.example/lamp"
    assert len({shown(one) for one in long}) == 2
    assert all(len(shown(one)) <= 150 for one in long)


def test_no_address_is_taken_for_a_review_page_by_itself_but_a_person_may_choose_so() -> None:
    link = weblink("https://Shop.example/lamp?a=1#top")
    assert link is not None
    assert WEB.recognise(link) is None
    url = "https://shop.example/lamp?a=1"
    assert WEB.page(link) == Recognised("page", url, url, {"addresses": [url]})
    assert WEB.platform == "web"


def test_a_rating_says_what_it_is_made_of() -> None:
    assert asdict(rating("4,5")) == {"value": 4.5, "worst": 1.0, "best": 5.0}
