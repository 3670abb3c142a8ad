"""What Google Business Profile refuses, and what that means to a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from livinglytics.lib.errors import (
    BadAnswer,
    BadCredentials,
    Invalid,
    NotFound,
    ProductError,
    RateLimited,
    ServiceDown,
    Transient,
)
from sources.connectors.google_business import GoogleBusinessConfig
from tests.fakes._server import (
    HTML,
    MALFORMED,
    RESET,
    TRUNCATED,
    Answer,
    Fault,
    Request,
    down,
    json_answer,
    limited,
    slow,
)
from tests.fakes.google_business import INFO, NAME, REVIEWS, TOKEN, GoogleBusinessFake, quota, refusal
from tests.sources.google_business_reading import NOW, Signed, reading, texts, truth

FULL = GoogleBusinessConfig("connected", NAME)
DENIED = refusal(403, "PERMISSION_DENIED", "The caller does not have permission")
DISABLED = refusal(
    403,
    "PERMISSION_DENIED",
    "Google My Business API has not been used in project 123456 before or it is disabled.",
    {"@type": INFO, "reason": "SERVICE_DISABLED", "metadata": {"service": "mybusiness.googleapis.com"}},
)
NARROW = refusal(
    403,
    "PERMISSION_DENIED",
    "Request had insufficient authentication scopes.",
    {"@type": INFO, "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"},
)
UNVERIFIED = refusal(400, "FAILED_PRECONDITION", "Location is not verified.")
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "90s"}


@pytest.fixture
def fake() -> Iterator[GoogleBusinessFake]:
    with GoogleBusinessFake(reviews=70) as running:
        yield running


@pytest.fixture
def reader(fake: GoogleBusinessFake) -> Signed:
    return reading(fake, FULL)


# -- the account -------------------------------------------------------------------------


def test_a_refused_token_is_named_once_and_the_fresh_one_goes_on(reader: Signed, fake: GoogleBusinessFake) -> None:
    reader.token = lambda refused: TOKEN if refused else "ya29.ended"
    reader.run()
    assert texts(reader) == truth(fake)
    assert reader.refused == ["", "ya29.ended", "", "ya29.ended"]


def test_a_second_refusal_is_the_end_and_names_the_account(reader: Signed, fake: GoogleBusinessFake) -> None:
    reader.token = lambda refused: "ya29.ended"
    with pytest.raises(BadCredentials, match="Connect it again") as caught:
        reader.run()
    assert (list(caught.value.details), fake.requests) == (["account"], 2)
    assert "ya29" not in repr((caught.value.message, caught.value.details))


@pytest.mark.parametrize(
    ("answer", "kind", "field", "words"),
    [
        (DENIED, BadCredentials, "location", "The caller does not have permission"),
        (DISABLED, BadCredentials, "account", "library/mybusiness.googleapis.com"),
        (NARROW, BadCredentials, "account", "allow it"),
        (quota("0"), BadCredentials, "account", "apply at"),
        (UNVERIFIED, Invalid, "location", "verified"),
        (refusal(404, "NOT_FOUND", "Requested entity was not found."), NotFound, "location", "anew"),
    ],
)
@pytest.mark.parametrize("stream", ["reviews", "summary"])
def test_a_refusal_says_what_to_do_and_where(
    fake: GoogleBusinessFake, stream: str, answer: Answer, kind: type[ProductError], field: str, words: str
) -> None:
    for _ in range(2):
        fake.refusals.append((REVIEWS, answer))
    reader = reading(fake, FULL)
    with pytest.raises(kind, match=words) as caught:
        reader.run(stream)
    assert list(caught.value.details) == [field]
    checked = reader.check()
    assert (checked.ok, checked.field) == (False, field)


def test_an_account_that_may_not_list_its_businesses_is_told_apart(fake: GoogleBusinessFake) -> None:
    fake.refusals.append(("/v1/accounts", DENIED))
    checked = reading(fake).check()
    assert (checked.ok, checked.field) == (False, "account")
    assert "list its businesses" in checked.message


def test_a_refusal_in_mid_run_keeps_what_was_read_and_the_place(reader: Signed, fake: GoogleBusinessFake) -> None:
    fake.script(None, down(403))
    with pytest.raises(BadCredentials):
        reader.run()
    assert (len(reader.rows), "token" in reader.state) == (50, True)
    reader.run()
    assert texts(reader) == truth(fake)


# -- limits ------------------------------------------------------------------------------


def test_a_short_limit_is_waited_out(reader: Signed, fake: GoogleBusinessFake) -> None:
    fake.script(None, limited("2"))
    reader.run()
    assert texts(reader) == truth(fake)
    assert reader.waits == [2.0]


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", Retry_After="3600"), 3600.0),
        (refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", RETRY), 90.0),
        (quota("10000", "1/d/{project}"), 17 * 3600 + 6 * 60 + 40),
    ],
)
def test_a_long_limit_goes_up_with_the_pages_before_it_kept(
    reader: Signed, fake: GoogleBusinessFake, answer: Answer, wait: float
) -> None:
    usual, left = fake.answer, [None, answer]
    fake.answer = lambda request: (left.pop(0) if left else None) or usual(request)  # type: ignore[method-assign]
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert (caught.value.retry_after, len(reader.rows)) == (wait, 50)
    assert NOW.isoformat() == "2026-11-19T14:53:20+00:00"  # midnight Pacific is at 08:00 in UTC
    reader.run()
    assert texts(reader) == truth(fake)


def test_a_limit_by_the_minute_is_waited_out_as_long(reader: Signed, fake: GoogleBusinessFake) -> None:
    fake.refusals.append((REVIEWS, quota("300")))
    reader.run()
    assert reader.waits == [60.0]
    assert texts(reader) == truth(fake)


def test_check_takes_a_limit_for_a_good_answer_and_a_failure_for_none(reader: Signed, fake: GoogleBusinessFake) -> None:
    fake.script(None, limited("3600"))
    assert reader.check().ok
    fake.script(None, HTML)
    failed = reader.check()
    assert (failed.ok, failed.field) == (False, "")


# -- broken answers ----------------------------------------------------------------------


@pytest.mark.parametrize("fault", [HTML, MALFORMED])
def test_a_web_page_or_broken_json_is_a_bad_answer_and_keeps_the_place(
    reader: Signed, fake: GoogleBusinessFake, fault: Fault
) -> None:
    fake.script(None, fault)
    with pytest.raises(BadAnswer):
        reader.run()
    assert (len(reader.rows), "token" in reader.state) == (50, True)
    reader.run()
    assert texts(reader) == truth(fake)


@pytest.mark.parametrize("fault", [TRUNCATED, RESET, down(500), down(503)])
def test_what_breaks_off_is_asked_for_again(reader: Signed, fake: GoogleBusinessFake, fault: Fault) -> None:
    fake.script(None, fault)
    reader.run()
    assert texts(reader) == truth(fake)
    fake.script(*[fault] * 3)
    with pytest.raises(Transient):
        reader.run()


def test_a_service_that_stays_silent_is_down(reader: Signed, fake: GoogleBusinessFake) -> None:
    reader.patience = 0.1
    fake.script(*[slow(5)] * 3)
    with pytest.raises(ServiceDown):
        reader.run()


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        None,
        {"reviews": None},
        {"reviews": {}},
        {"reviews": [], "nextPageToken": 7},
        {"nextPageToken": "x" * 5000},
    ],
)
@pytest.mark.parametrize("stream", ["reviews", "summary"])
def test_json_of_another_shape_is_a_bad_answer(
    reader: Signed, fake: GoogleBusinessFake, monkeypatch: pytest.MonkeyPatch, body: Any, stream: str
) -> None:
    monkeypatch.setattr(fake, "answer", lambda request: json_answer(body))
    with pytest.raises(BadAnswer):
        reader.run(stream)


def test_empty_pages_without_an_end_are_no_success(
    reader: Signed, fake: GoogleBusinessFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def empty(request: Request) -> Answer:
        return json_answer({"nextPageToken": f"t{fake.requests}"})

    monkeypatch.setattr(fake, "answer", empty)
    with pytest.raises(BadAnswer, match="circle"):
        reader.run()
    assert fake.requests < 10


@pytest.mark.parametrize(
    "odd",
    [{"reviewId": None}, {"reviewId": "x" * 300}, {"createTime": None}, {"createTime": "soon"}, {"reviewId": 7}],
)
def test_a_bad_review_is_set_aside_and_the_others_are_read(
    reader: Signed, fake: GoogleBusinessFake, odd: dict[str, Any]
) -> None:
    fake.add(at=NOW, **odd)
    reader.run()
    assert len(reader.rows) == 70
    assert len([one for batch in reader.batches for one in batch.rejected]) == 1
