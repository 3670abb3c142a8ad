"""The Yelp connector against a local Yelp, with the real HTTP client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from livinglytics.lib.errors import BadAnswer, BadCredentials, NotFound, RateLimited, Transient
from sources.connectors._base import connectors
from sources.connectors.yelp import Yelp
from sources.records import MetricPoint
from tests.fakes._server import HTML, MALFORMED, TRUNCATED, Fault, down, limited
from tests.fakes.yelp import ID, KEY, YelpFake, review, sent_key
from tests.sources.reading import Reader
from tests.sources.yelp_reading import CAFE, YELP, reading


@pytest.fixture
def fake() -> Iterator[YelpFake]:
    with YelpFake() as running:
        yield running


@pytest.fixture
def reader(fake: YelpFake) -> Reader:
    return reading(fake)


# -- reading -----------------------------------------------------------------------------


def test_the_connector_is_found_by_its_key_and_says_that_three_excerpts_are_all() -> None:
    assert isinstance(connectors.get("yelp"), Yelp)
    assert "three excerpts" in YELP.streams[0].note


def test_the_three_newest_excerpts_become_documents(reader: Reader) -> None:
    reader.run()
    assert list(reader.documents()) == ["review-5", "review-4", "review-3"]
    one = reader.documents()["review-3"]
    assert (one.text, one.author) == ("Visit number 3: the cake was good and the…", "Ella 3.")
    assert (one.rating, one.rating_original, one.rating_scale) == (0.75, "4", "1-5")
    assert one.url == "https://www.yelp.com/biz/caf%C3%A9-zum-test-berlin-2?hrid=review-3"


def test_times_without_a_zone_are_taken_for_the_teams_or_that_of_the_business(reader: Reader) -> None:
    reader.run()
    one = reader.documents()["review-3"]
    assert one.created_at == datetime(2026, 11, 3, 0, 22, 50, tzinfo=ZoneInfo("America/New_York"))
    assert (one.extra["written_at"], one.extra["assumed_zone"]) == ("2026-11-03 00:22:50", "America/New_York")
    berlin = reader.with_(zone="Europe/Berlin")
    berlin.run()
    assert berlin.documents()["review-3"].created_at == datetime(2026, 11, 2, 23, 22, 50, tzinfo=UTC)


def test_totals_are_one_reading_of_the_teams_day(reader: Reader, fake: YelpFake) -> None:
    reader.run("summary")
    reader.run("summary")
    day = date(2026, 11, 20)
    assert list(reader.rows) == ["2026-11-20"]
    points = YELP.map("summary", reader.rows["2026-11-20"], CAFE)
    assert points == [MetricPoint("yelp.review_count", day, 238), MetricPoint("yelp.rating", day, 4.5)]
    tokyo = reading(fake, zone="Asia/Tokyo")
    tokyo.run("summary")
    assert list(tokyo.rows) == ["2026-11-21"]


def test_a_business_without_reviews_has_no_rating_instead_of_zero(reader: Reader, fake: YelpFake) -> None:
    fake.business |= {"review_count": 0, "rating": 0}
    reader.run("summary")
    (point,) = YELP.map("summary", reader.rows["2026-11-20"], CAFE)
    assert point == MetricPoint("yelp.review_count", date(2026, 11, 20), 0)


@pytest.mark.parametrize("odd", [None, "238", -1, True])
def test_totals_that_are_no_numbers_are_told_and_not_kept(reader: Reader, fake: YelpFake, odd: Any) -> None:
    fake.business["review_count"] = odd
    batch = reader.one("summary")
    assert (batch.raws, batch.warnings) == ((), ("Yelp sent no totals this time.",))


def test_what_is_left_of_the_days_requests_is_reported(reader: Reader) -> None:
    expected = {"remaining": 298, "limit": 300, "resets_at": "2026-11-21T00:00:00+00:00"}
    assert reader.one().quota == expected
    assert reader.one("summary").quota == {**expected, "remaining": 297}


def test_a_second_run_changes_nothing(reader: Reader) -> None:
    first = reader.one()
    rows = dict(reader.rows)
    again = reader.one()
    assert (again.raws, reader.rows) == (first.raws, rows)


def test_a_review_that_changed_is_updated_and_one_no_longer_shown_stays(reader: Reader, fake: YelpFake) -> None:
    reader.run()
    fake.reviews[-1] = review(5, text="I changed my mind.", rating=2)
    fake.reviews.append(review(6))
    reader.run()
    documents = reader.documents()
    assert (documents["review-5"].text, documents["review-5"].rating) == ("I changed my mind.", 0.25)
    assert set(documents) == {"review-3", "review-4", "review-5", "review-6"}


@pytest.mark.parametrize("redirects", [True, False])
def test_a_business_that_moved_is_found_under_its_new_id(reader: Reader, fake: YelpFake, redirects: bool) -> None:
    fake.moved, fake.redirects = {"old-id": ID}, redirects
    moved = reader.with_(business="old-id")
    moved.run()
    moved.run("summary")
    assert len(moved.rows) == 4


def test_a_business_that_moves_in_circles_is_no_success(reader: Reader, fake: YelpFake) -> None:
    fake.moved, fake.redirects = {"a": "b", "b": "a"}, False
    with pytest.raises(BadAnswer):
        reader.with_(business="a").run()


# -- things go wrong ---------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [(429, "TOO_MANY_REQUESTS_PER_SECOND", {}), None])
def test_a_short_limit_is_waited_out(reader: Reader, fake: YelpFake, refusal: Any) -> None:
    if refusal:
        fake.refusals = [refusal]
    else:
        fake.script(limited("1"))
    reader.run()
    assert (len(reader.rows), reader.waits) == (3, [1])


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"RateLimit-ResetTime": "2026-11-21T02:00:00+00:00"}, 9000),
        ({"RateLimit-ResetTime": "2026-11-21T02:00:00Z"}, 9000),
        ({"RateLimit-ResetTime": "tomorrow"}, 1800),
        ({}, 1800),
    ],
)
def test_the_daily_limit_goes_up_with_the_wait_until_its_reset(
    reader: Reader, fake: YelpFake, headers: dict[str, str], wait: float
) -> None:
    fake.refusals = [(429, "ACCESS_LIMIT_REACHED", headers)]
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert caught.value.retry_after == wait
    assert (reader.waits, fake.requests) == ([], 1)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "TOKEN_INVALID"), (400, "TOKEN_MISSING"), (401, "UNAUTHORIZED_ACCESS_TOKEN"), (403, "AUTHORIZATION_ERROR")],
)
def test_a_key_that_yelp_refuses_names_the_field(reader: Reader, fake: YelpFake, status: int, code: str) -> None:
    fake.refusals = [(status, code, {})]
    with pytest.raises(BadCredentials) as caught:
        reader.run()
    assert list(caught.value.details) == ["api_key"]


def test_an_unknown_business_names_the_field(reader: Reader) -> None:
    for stream in ("reviews", "summary"):
        with pytest.raises(NotFound) as caught:
            reader.with_(business="nowhere").run(stream)
        assert list(caught.value.details) == ["business"]


def test_a_business_that_yelp_holds_back_names_the_field_and_not_the_key(reader: Reader, fake: YelpFake) -> None:
    fake.refusals = [(403, "BUSINESS_UNAVAILABLE", {})]
    with pytest.raises(NotFound, match="closed, merged or held back") as caught:
        reader.run()
    assert list(caught.value.details) == ["business"]


@pytest.mark.parametrize(("fault", "words"), [(HTML, "web page"), (MALFORMED, "cannot be read")])
def test_a_body_that_is_no_json_is_told_in_plain_words(
    reader: Reader, fake: YelpFake, fault: Fault, words: str
) -> None:
    fake.script(None, fault)
    with pytest.raises(BadAnswer, match=words):
        reader.run()


@pytest.mark.parametrize("fault", [TRUNCATED, down(502)])
def test_a_passing_fault_costs_one_more_request_and_a_lasting_one_is_tried_later(
    reader: Reader, fake: YelpFake, fault: Fault
) -> None:
    fake.script(None, fault)
    reader.run()
    assert (len(reader.rows), fake.requests) == (3, 3)
    fake.script(fault, fault, fault)
    with pytest.raises(Transient):
        reader.run()


@pytest.mark.parametrize("body", [[], "x", None, {}, {"reviews": "many"}, {"reviews": None}])
def test_json_of_another_shape_is_a_bad_answer(reader: Reader, fake: YelpFake, body: Any) -> None:
    fake.odd = [body]
    with pytest.raises(BadAnswer, match="no list of reviews"):
        reader.run()


# -- the key stays secret ----------------------------------------------------------------


def test_the_key_travels_in_a_header_and_is_in_no_state_row_or_message(reader: Reader, fake: YelpFake) -> None:
    batch = reader.one()
    assert {sent_key(request) for request in fake.seen} == {f"Bearer {KEY}"}
    assert not any(KEY in request.path + str(request.query) for request in fake.seen)
    assert KEY not in repr(batch)
    wrong = reader.with_(api_key="wrong-" + KEY)
    checked = wrong.check()
    assert KEY not in repr(checked)
    with pytest.raises(BadCredentials) as caught:
        wrong.run()
    assert KEY not in f"{caught.value}{caught.value.details}"
