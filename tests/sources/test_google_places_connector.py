"""The Google Places connector against a local Places API, with the real HTTP client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from livinglytics.lib.errors import BadAnswer, BadCredentials, NotFound, RateLimited, Transient
from sources.connectors._base import connectors
from sources.connectors.google_places import GooglePlaces, GooglePlacesConfig
from sources.records import MetricPoint
from tests.fakes._server import HTML, MALFORMED, TRUNCATED, Answer, Fault, limited
from tests.fakes.google_places import KEY, PLACE, GooglePlacesFake, header, info, refusal, review
from tests.sources.reading import Reader

GOOGLE = GooglePlaces()


def reading(fake: GooglePlacesFake, **how: Any) -> Reader:
    return Reader(GOOGLE, fake, GooglePlacesConfig(KEY, PLACE), **how)


@pytest.fixture
def fake() -> Iterator[GooglePlacesFake]:
    with GooglePlacesFake() as running:
        yield running


@pytest.fixture
def reader(fake: GooglePlacesFake) -> Reader:
    return reading(fake)


def test_the_connector_is_found_by_its_key_and_says_that_five_reviews_are_all() -> None:
    assert isinstance(connectors.get("google_places"), GooglePlaces)
    assert "at most five reviews" in GOOGLE.streams[0].note


def test_the_reviews_become_documents_in_the_language_they_were_written_in(reader: Reader) -> None:
    reader.run()
    assert list(reader.documents()) == ["Ci1", "Ci2", "Ci3", "Ci4", "Ci5"]
    one = reader.documents()["Ci3"]
    assert (one.text, one.language, one.author) == ("Visite 3 : très bien", "fr", "Ada 3")
    assert (one.rating, one.rating_original, one.rating_scale) == (0.75, "4", "1-5")
    assert one.created_at == datetime(2026, 11, 3, 9, 30, 0, 123456, tzinfo=UTC)
    assert one.url.endswith("!1sCi3")
    assert one.extra["author_url"] == "https://www.google.com/maps/contrib/1/reviews", "Google wants the author shown"


def test_totals_are_one_reading_of_the_teams_day(reader: Reader, fake: GooglePlacesFake) -> None:
    reader.run("summary")
    reader.run("summary")
    day = date(2026, 11, 20)
    assert list(reader.rows) == ["2026-11-20"]
    points = GOOGLE.map("summary", reader.rows["2026-11-20"], reader.config)
    assert points == [
        MetricPoint("google_places.rating_count", day, 812),
        MetricPoint("google_places.rating", day, 4.4),
    ]
    tokyo = reading(fake, zone="Asia/Tokyo")
    tokyo.run("summary")
    assert list(tokyo.rows) == ["2026-11-21"]


def test_a_place_without_ratings_has_no_average_instead_of_zero(reader: Reader, fake: GooglePlacesFake) -> None:
    fake.place |= {"userRatingCount": 0, "rating": 0}
    reader.run("summary")
    (point,) = GOOGLE.map("summary", reader.rows["2026-11-20"], reader.config)
    assert point == MetricPoint("google_places.rating_count", date(2026, 11, 20), 0)


def test_what_google_leaves_out_is_told_and_not_kept(reader: Reader, fake: GooglePlacesFake) -> None:
    fake.place = {"id": PLACE, "rating": None, "userRatingCount": "812"}
    batch = reader.one("summary")
    assert (batch.raws, batch.warnings) == ((), ("Google sent no totals this time.",))
    assert reader.one().raws == ()


def test_a_second_run_changes_nothing_though_a_week_becomes_two(reader: Reader, fake: GooglePlacesFake) -> None:
    first = reader.one()
    for one in fake.place["reviews"]:
        one["relativePublishTimeDescription"] = "2 weeks ago"
    assert reader.one().raws == first.raws


def test_a_changed_review_is_updated_and_one_no_longer_shown_stays(reader: Reader, fake: GooglePlacesFake) -> None:
    reader.run()
    changed = review(5, originalText={"text": "Non.", "languageCode": "fr"}, rating=2)
    fake.place["reviews"] = [changed, review(6)]
    reader.run()
    documents = reader.documents()
    assert (documents["Ci5"].text, documents["Ci5"].rating) == ("Non.", 0.25)
    assert set(documents) == {f"Ci{number}" for number in range(1, 7)}


def test_signs_of_all_scripts_and_missing_values_are_read(reader: Reader, fake: GooglePlacesFake) -> None:
    signs = review(1, originalText={"text": "とても良い 🍰\x00", "languageCode": "ja"}, authorAttribution=None)
    empty = review(2, text=None, originalText=None, rating=None, googleMapsUri="https://google.com.evil.example/x")
    fake.place["reviews"] = [signs, empty, review(3, originalText=None)]
    reader.run()
    one, two, three = reader.documents().values()
    assert (one.text, one.language, one.author) == ("とても良い 🍰", "ja", "")
    assert (two.text, two.rating, two.rating_scale, two.url) == ("", None, "", "")
    assert (three.text, three.language) == ("Visit 3: lovely", "en")


def test_a_review_without_id_or_time_is_set_aside_and_the_others_stay(reader: Reader, fake: GooglePlacesFake) -> None:
    fake.place["reviews"] = [None, review(1, name=None), review(2, publishTime="soon"), review(3)]
    batch = reader.one()
    assert [one.external_id for one in batch.rejected] == ["", "", "Ci2"]
    assert list(reader.rows) == ["Ci3"]


# -- things go wrong ---------------------------------------------------------------------

DAILY = "Quota exceeded for quota metric 'GetPlaceRequest' and limit 'GetPlaceRequest per day'."
DELAY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "900s"}


@pytest.mark.parametrize("short", [None, refusal(429, "RESOURCE_EXHAUSTED", Retry_After="1")])
def test_a_short_limit_is_waited_out(reader: Reader, fake: GooglePlacesFake, short: Answer | None) -> None:
    if short:
        fake.refusals = [short]
    else:
        fake.script(limited("1"))
    reader.run()
    assert (len(reader.rows), reader.waits) == (5, [1])


@pytest.mark.parametrize(
    ("long", "wait"),
    [
        (refusal(429, "RESOURCE_EXHAUSTED", Retry_After="3600"), 3600),
        (refusal(429, "RESOURCE_EXHAUSTED", "Slow down.", DELAY), 900),
        (refusal(429, "RESOURCE_EXHAUSTED", DAILY), 8.5 * 3600),
    ],
)
def test_a_long_limit_goes_up_with_its_wait(reader: Reader, fake: GooglePlacesFake, long: Answer, wait: float) -> None:
    fake.refusals = [long]
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert (caught.value.retry_after, reader.waits, fake.requests) == (wait, [], 1)


def test_a_wrong_key_names_the_field(reader: Reader) -> None:
    wrong = reader.with_(api_key="wrong")
    with pytest.raises(BadCredentials, match="does not know this API key") as caught:
        wrong.run()
    assert list(caught.value.details) == ["api_key"]
    checked = wrong.check()
    assert (checked.ok, checked.field) == (False, "api_key")


@pytest.mark.parametrize(
    ("reason", "said"), [("SERVICE_DISABLED", "not switched on"), ("BILLING_DISABLED", "billing"), ("", "restrictions")]
)
def test_a_key_that_may_not_read_says_what_to_do(
    reader: Reader, fake: GooglePlacesFake, reason: str, said: str
) -> None:
    fake.refusals = [refusal(403, "PERMISSION_DENIED", "No.", *([info(reason)] if reason else []))]
    with pytest.raises(BadCredentials, match=said) as caught:
        reader.run("summary")
    assert list(caught.value.details) == ["api_key"]


@pytest.mark.parametrize("answer", [None, refusal(404, "NOT_FOUND", "The Place ID is no longer valid.")])
def test_an_unknown_place_names_the_field(reader: Reader, fake: GooglePlacesFake, answer: Answer | None) -> None:
    fake.refusals = [answer, answer] if answer else []
    elsewhere = reader.with_(place="ChIJunknown_unknown")
    with pytest.raises(NotFound) as caught:
        elsewhere.run()
    assert list(caught.value.details) == ["place"]
    assert elsewhere.check().field == "place"


@pytest.mark.parametrize(("fault", "said"), [(HTML, "web page"), (MALFORMED, "cannot be read")])
def test_a_body_that_is_no_json_is_told_in_plain_words(
    reader: Reader, fake: GooglePlacesFake, fault: Fault, said: str
) -> None:
    fake.script(fault)
    with pytest.raises(BadAnswer, match=said):
        reader.run()


def test_a_body_that_breaks_off_costs_one_more_request_or_is_tried_later(
    reader: Reader, fake: GooglePlacesFake
) -> None:
    fake.script(TRUNCATED)
    reader.run()
    assert (len(reader.rows), fake.requests) == (5, 2)
    fake.script(TRUNCATED, TRUNCATED, TRUNCATED)
    with pytest.raises(Transient):
        reader.run()


@pytest.mark.parametrize("body", [[], "x", None, {}, {"id": PLACE, "reviews": "many"}])
def test_json_of_another_shape_is_a_bad_answer(reader: Reader, fake: GooglePlacesFake, body: Any) -> None:
    fake.odd = [body]
    with pytest.raises(BadAnswer):
        reader.run()


def test_the_check_names_the_place_and_asks_for_nothing_dear(reader: Reader, fake: GooglePlacesFake) -> None:
    checked = reader.check()
    assert (checked.ok, checked.identity) == (True, "Café Nord")
    assert header(fake.seen[0], "x-goog-fieldmask") == "id,displayName"


def test_the_key_travels_in_a_header_and_is_in_no_state_row_or_message(reader: Reader, fake: GooglePlacesFake) -> None:
    batch = reader.one()
    assert {header(request, "x-goog-api-key") for request in fake.seen} == {KEY}
    assert not any(KEY in request.path + str(request.query) for request in fake.seen)
    assert KEY not in repr(batch)
    wrong = reader.with_(api_key="wrong-" + KEY)
    assert KEY not in repr(wrong.check())
    with pytest.raises(BadCredentials) as caught:
        wrong.run()
    assert KEY not in f"{caught.value}{caught.value.details}"
