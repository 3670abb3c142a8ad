"""What goes wrong between the product and a LiteLLM proxy, and what a person is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from livinglytics.lib.errors import (
    AddressRefused,
    BadAnswer,
    BadCredentials,
    Invalid,
    NotFound,
    ProductError,
    RateLimited,
    Transient,
)
from livinglytics.lib.http import Client
from sources.connectors.litellm.service import base_of
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Fault, down, json_answer, limited, slow
from tests.fakes.litellm import KEY, OWN_KEY, LiteLlmFake
from tests.sources.litellm_reading import DAY, LITELLM, NOW, PROXY, TODAY, reading, totals, truth
from tests.sources.reading import Reader


@pytest.fixture
def fake() -> Iterator[LiteLlmFake]:
    with LiteLlmFake() as running:
        for back in range(4):
            running.fill(TODAY - back * DAY, 30)
        yield running


@pytest.fixture
def reader(fake: LiteLlmFake) -> Reader:
    return reading(fake)


# -- while reading -----------------------------------------------------------------------


def test_a_short_limit_is_waited_out(reader: Reader, fake: LiteLlmFake) -> None:
    fake.script(None, None, limited("2"))
    reader.run("calls")
    assert totals(reader) == truth(fake)
    assert reader.waits == [2.0]


def test_a_long_limit_goes_up_with_the_days_before_it_kept(reader: Reader, fake: LiteLlmFake) -> None:
    fake.script(*[None] * 5, limited("3600"))
    with pytest.raises(RateLimited) as caught:
        reader.run("calls")
    assert (caught.value.retry_after, reader.waits) == (3600.0, [])
    assert (TODAY - 3 * DAY).isoformat() in reader.rows
    reader.run("calls")
    assert totals(reader) == truth(fake)


@pytest.mark.parametrize("fault", [down(), down(500), down(502), RESET, TRUNCATED])
def test_a_passing_fault_is_tried_again(reader: Reader, fake: LiteLlmFake, fault: Fault) -> None:
    fake.script(None, None, fault)
    reader.run("calls")
    assert totals(reader) == truth(fake)


@pytest.mark.parametrize("fault", [down(), RESET, TRUNCATED])
def test_a_lasting_fault_goes_up_and_the_next_run_goes_on(reader: Reader, fake: LiteLlmFake, fault: Fault) -> None:
    fake.script(None, None, None, *[fault] * 3)
    with pytest.raises(Transient):
        reader.run("calls")
    place = reader.state["day"]
    fake.reset_counts()
    reader.run("calls")
    assert fake.seen[0].query["start_date"].startswith(place)
    assert totals(reader) == truth(fake)


@pytest.mark.parametrize(
    ("fault", "said"), [(MALFORMED, "not valid JSON"), (HTML, "web page"), (down(400), "refused the request")]
)
def test_an_answer_that_is_none_is_no_empty_day(reader: Reader, fake: LiteLlmFake, fault: Fault, said: str) -> None:
    fake.script(None, None, fault)
    with pytest.raises(ProductError, match=said):
        reader.run("calls")
    assert "done" not in reader.state


@pytest.mark.parametrize(
    "body", [[], {}, {"data": {}}, {"data": None, "total": 0}, {"data": []}, {"data": [], "total": "few"}, None]
)
def test_an_answer_without_calls_is_no_empty_day(reader: Reader, fake: LiteLlmFake, body: Any) -> None:
    fake.answer = lambda request: json_answer(body)  # type: ignore[method-assign]
    with pytest.raises(BadAnswer, match="without calls"):
        reader.run("calls")


def test_a_slow_proxy_is_waited_for_and_a_silent_one_is_not(reader: Reader, fake: LiteLlmFake) -> None:
    fake.script(slow(0.05))
    reader.run("calls")
    assert totals(reader) == truth(fake)
    silent = replace(reading(fake), patience=0.2)
    fake.script(*[slow(5)] * 3)
    with pytest.raises(Transient, match=r"in time|too long"):
        silent.run("calls")


# -- keys --------------------------------------------------------------------------------


def test_a_wrong_key_is_refused_with_its_field_named_and_without_the_key(fake: LiteLlmFake) -> None:
    reader = reading(fake).with_(api_key="sk-wrong-4711")
    with pytest.raises(BadCredentials, match="does not take this key") as caught:
        reader.run("calls")
    assert list(caught.value.details) == ["api_key"]
    assert "4711" not in repr((caught.value.message, caught.value.details))
    assert fake.requests == 1


def test_a_key_of_somebody_who_is_no_admin_is_told_apart(fake: LiteLlmFake) -> None:
    found = reading(fake).with_(api_key=OWN_KEY).check()
    assert (found.ok, found.field) == (False, "api_key")
    assert "role admin viewer" in found.message


def test_a_role_that_is_refused_with_403_is_told_the_same(reader: Reader, fake: LiteLlmFake) -> None:
    said = "user not allowed to access this route, role= proxy_admin_viewer. Trying to access: /spend/logs/v2"
    fake.answer = lambda request: json_answer({"error": {"message": said, "code": "403"}}, 403)  # type: ignore[method-assign]
    found = reader.check()
    assert (found.ok, found.field) == (False, "api_key")
    assert "may not see" in found.message


@pytest.mark.parametrize("key", ["", " ", "sk- two words", "sk-\nline", "schlüssel"])
def test_what_cannot_be_a_key_is_refused_before_anything_is_asked(fake: LiteLlmFake, key: str) -> None:
    found = reading(fake).with_(api_key=key).check()
    assert (found.ok, found.field, fake.requests) == (False, "api_key", 0)


def test_blanks_around_a_key_do_no_harm(fake: LiteLlmFake) -> None:
    assert reading(fake).with_(api_key=f" {KEY}\n").check().ok


# -- addresses ---------------------------------------------------------------------------


def test_an_old_version_is_told_the_least_that_is_needed(reader: Reader, fake: LiteLlmFake) -> None:
    fake.has_list = False
    found = reader.check()
    assert (found.ok, found.field) == (False, "address")
    assert "1.80.8 or newer" in found.message
    with pytest.raises(NotFound):
        reader.run("calls")


def test_a_proxy_without_a_database_is_told_apart_from_one_that_is_down(reader: Reader, fake: LiteLlmFake) -> None:
    fake.database = False
    found = reader.check()
    assert (found.ok, found.field) == (False, "address")
    assert "no database" in found.message
    assert reader.waits == []


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("http://10.0.0.7:4000", "10.0.0.7:4000"),
        ("http://litellm.internal", "litellm.internal:80"),
        ("https://localhost/v1", "localhost:443"),
        ("https://litellm.example.com:4000", "litellm.example.com:4000"),
    ],
)
def test_a_private_address_names_who_can_allow_it_and_how(reader: Reader, address: str, place: str) -> None:
    config = replace(PROXY, address=address)
    context = replace(reader.context(), http=Client(), base_url=lambda default: default)
    with pytest.raises(AddressRefused) as caught:
        LITELLM.check(context, config)
    assert f"add {place} to ALLOWED_PRIVATE_HOSTS" in caught.value.message
    assert list(caught.value.details) == ["address"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "litellm.example.com",
        "ftp://litellm.example.com",
        "https://",
        "https://ada:secret@litellm.example.com",
        "https://litellm.example.com:0",
        "https://litellm.example.com:port",
        "https://[::1",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address_is_refused_with_its_field_named(address: str) -> None:
    with pytest.raises(Invalid) as caught:
        base_of(address)
    assert list(caught.value.details) == ["address"]


# -- the check ---------------------------------------------------------------------------


def test_a_good_check_asks_once_for_one_call_and_counts_the_last_day(reader: Reader, fake: LiteLlmFake) -> None:
    found = reader.check()
    assert (found.ok, found.identity, found.details["calls"]) == (True, "litellm.example.com", 31)
    assert "31 calls" in found.message
    assert fake.requests == 1
    assert fake.seen[0].query["page_size"] == "1"


def test_a_proxy_without_calls_is_good_with_a_hint(reader: Reader, fake: LiteLlmFake) -> None:
    fake.calls.clear()
    found = reader.check()
    assert found.ok
    assert "disable_spend_logs" in found.details["warnings"][0]


def test_a_count_that_is_capped_is_said_to_be_more(reader: Reader, fake: LiteLlmFake) -> None:
    fake.cap = 10
    assert "more than 10 calls" in reader.check().message


def test_a_first_day_in_the_future_is_refused(reader: Reader) -> None:
    found = reader.with_(since=(NOW + timedelta(days=1)).date()).check()
    assert (found.ok, found.field) == (False, "since")


def test_a_limit_at_the_check_means_that_the_settings_are_good(reader: Reader, fake: LiteLlmFake) -> None:
    fake.script(limited("1800"))
    found = reader.check()
    assert (found.ok, found.details["retry_after"]) == (True, 1800.0)


def test_a_proxy_that_is_down_is_no_good_check(reader: Reader, fake: LiteLlmFake) -> None:
    fake.script(*[down()] * 3)
    assert not reader.check().ok
