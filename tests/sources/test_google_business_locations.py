"""Which location is read: the only one, by name, by number, by Google's full name, and for ever the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from livinglytics.lib.errors import BadAnswer, Invalid
from sources.connectors._base import State
from sources.connectors.google_business import GoogleBusinessConfig
from sources.connectors.google_business.places import full_name
from tests.fakes._server import json_answer
from tests.fakes.google_business import ACCOUNT, LOCATION, NAME, REVIEWS, GoogleBusinessFake, refusal
from tests.sources.google_business_reading import ONLY, Signed, reading, texts, truth

GROUP = "accounts/202"
MANY = {
    ACCOUNT: {LOCATION: "Café Harbor"},
    GROUP: {LOCATION: "Café Harbor", "locations/2002": "Café Harbor Süd", "locations/2003": "Bakery 24"},
}


@pytest.fixture
def fake() -> Iterator[GoogleBusinessFake]:
    with GoogleBusinessFake(reviews=3) as running:
        yield running


def named(fake: GoogleBusinessFake, text: str) -> Signed:
    return reading(fake, GoogleBusinessConfig("connected", text))


def test_the_only_location_needs_no_setting(fake: GoogleBusinessFake) -> None:
    checked = reading(fake).check()
    assert (checked.ok, checked.identity) == (True, "Café Harbor")
    assert checked.message == "Found 3 reviews of Café Harbor."
    assert checked.details == {"location": NAME, "reviews": 3}


def test_of_several_the_check_lists_them_and_names_the_field(fake: GoogleBusinessFake) -> None:
    fake.places = MANY
    checked = reading(fake).check()
    assert (checked.ok, checked.field) == (False, "location")
    assert "3 locations" in checked.message
    for told in (f"{NAME} (Café Harbor)", f"{GROUP}/locations/2002 (Café Harbor Süd)", "(Bakery 24)"):
        assert told in checked.message


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("bakery", f"{GROUP}/locations/2003"),
        ("SÜD", f"{GROUP}/locations/2002"),
        ("café  harbor", NAME),
        ("2003", f"{GROUP}/locations/2003"),
        ("locations/2002", f"{GROUP}/locations/2002"),
        ("24", f"{GROUP}/locations/2003"),
    ],
)
def test_a_location_is_found_by_number_by_its_whole_name_or_by_a_part(
    fake: GoogleBusinessFake, text: str, location: str
) -> None:
    fake.places = MANY
    fake.refusals.append((f"/v4/{location}", json_answer({"totalReviewCount": 7})))
    assert named(fake, text).check().details["location"] == location


@pytest.mark.parametrize("text", ["Café", "Museum", "99", "accounts/101/locations/", "https://example.com"])
def test_what_fits_none_or_several_names_the_field_and_what_there_is(fake: GoogleBusinessFake, text: str) -> None:
    fake.places = MANY
    checked = named(fake, text).check()
    assert (checked.ok, checked.field) == (False, "location")
    assert "(Café Harbor)" in checked.message


def test_of_very_many_locations_only_some_are_named(fake: GoogleBusinessFake) -> None:
    fake.places = {ACCOUNT: {f"locations/{number}": f"Shop {number}" for number in range(250)}}
    checked = reading(fake).check()
    assert "250 locations" in checked.message
    assert "and 240 more" in checked.message
    assert len(checked.message) < 1_000


def test_a_full_name_is_asked_at_once_and_needs_no_list(fake: GoogleBusinessFake) -> None:
    reader = named(fake, f" {NAME}/ ")
    assert reader.check().identity == "Café Harbor"
    reader.run()
    assert texts(reader) == truth(fake)
    assert fake.hits["/v1/accounts"] == 0


def test_a_title_that_can_not_be_had_does_not_keep_anybody_from_reading(fake: GoogleBusinessFake) -> None:
    fake.refusals.append(("/v1/locations", refusal(403, "PERMISSION_DENIED", "Disabled.")))
    checked = named(fake, NAME).check()
    assert (checked.ok, checked.identity) == (True, NAME)


def test_an_unknown_full_name_names_the_field(fake: GoogleBusinessFake) -> None:
    checked = named(fake, "accounts/101/locations/9").check()
    assert (checked.ok, checked.field) == (False, "location")


@pytest.mark.parametrize("places", [{}, {ACCOUNT: {}}])
def test_an_account_without_a_business_is_told_so(fake: GoogleBusinessFake, places: dict[str, dict[str, str]]) -> None:
    fake.places = places
    checked = reading(fake).check()
    assert (checked.ok, checked.field) == (False, "account")


def test_accounts_and_locations_are_listed_to_their_end(fake: GoogleBusinessFake) -> None:
    fake.listing = 1
    fake.places = {"accounts/1": {}, "accounts/2": {"locations/5": "A", "locations/6": "B"}, **MANY}
    assert "5 locations" in reading(fake).check().message
    assert fake.hits["/v1/accounts"] == 4


def test_a_list_that_never_ends_is_given_up_with_a_way_out(fake: GoogleBusinessFake) -> None:
    fake.listing = 1
    fake.places = {ACCOUNT: {f"locations/{number}": "Shop" for number in range(100)}}
    with pytest.raises(Invalid, match="too many") as caught:
        reading(fake).run()
    assert list(caught.value.details) == ["location"]
    assert fake.requests == 30


def test_a_list_in_a_circle_is_a_bad_answer(fake: GoogleBusinessFake) -> None:
    for _ in range(2):
        fake.refusals.append(("/v1/accounts", json_answer({"accounts": [], "nextPageToken": "t"})))
    with pytest.raises(BadAnswer, match="again"):
        reading(fake).run()


@pytest.mark.parametrize("odd", [[None, 7, {}, {"name": "../x"}, {"name": None}], ["text"]])
def test_odd_entries_of_a_list_are_passed_over(fake: GoogleBusinessFake, odd: list[object]) -> None:
    fake.refusals.append(("/v1/accounts", json_answer({"accounts": [*odd, {"name": ACCOUNT}]})))
    fake.refusals.append((f"/v1/{ACCOUNT}", json_answer({"locations": [*odd, {"name": LOCATION, "title": None}]})))
    checked = reading(fake).check()
    assert (checked.ok, checked.identity) == (True, NAME)


# -- for ever the same -------------------------------------------------------------------


@pytest.mark.parametrize("stream", ["reviews", "summary"])
def test_a_location_is_looked_up_once_and_stays_the_same(fake: GoogleBusinessFake, stream: str) -> None:
    reader = reading(fake)
    reader.run(stream)
    fake.places = {GROUP: {"locations/2002": "Café Harbor"}, **MANY}
    fake.reset_counts()
    reader.run(stream)
    assert set(fake.hits) == {REVIEWS}


def test_another_setting_is_looked_up_anew_and_read_from_nothing(fake: GoogleBusinessFake) -> None:
    reader = reading(fake)
    reader.run()
    again = reader.with_(location="Harbor")
    again.state = {**reader.state}
    again.run()
    assert again.state["asked"] == "Harbor"
    assert again.state["cursor"] == reader.state["cursor"]
    assert fake.hits["/v1/accounts"] == 2


@pytest.mark.parametrize("kept", [{"location": "accounts/1/../2"}, {"location": 7}, {}])
def test_a_state_that_names_no_location_is_no_reason_to_fail(fake: GoogleBusinessFake, kept: State) -> None:
    reader = reading(fake)
    reader.state = {"v": 1, "asked": "", **kept}
    reader.run()
    assert reader.state["location"] == NAME


@pytest.mark.parametrize("text", ["accounts/1", "accounts/1/locations/2/reviews", "accounts/./locations/..", "", None])
def test_a_full_name_is_nothing_but_one(text: str | None) -> None:
    assert full_name(text) == ""
    assert ONLY.location == ""
