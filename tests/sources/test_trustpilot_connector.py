"""The Trustpilot connector against a local Trustpilot, with the real HTTP client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from livinglytics.lib.errors import BadAnswer, BadCredentials, Invalid, NotFound, RateLimited, Transient
from sources.connectors._base import Batch, State, connectors
from sources.connectors.trustpilot import Trustpilot, TrustpilotConfig
from sources.connectors.trustpilot.target import domain_of
from sources.records import Document, MetricPoint
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Answer, Fault, Request, down, json_answer, limited
from tests.fakes.trustpilot import KEY, UNIT, UNITS, TrustpilotFake
from tests.sources.reading import CrashedError, Reader

NOW = datetime.fromtimestamp(1_795_100_000, UTC)
SHOP = TrustpilotConfig(KEY, "example.com")
TRUSTPILOT = Trustpilot()
REVIEWS = f"{UNITS}{UNIT}/reviews"


def reading(fake: TrustpilotFake, config: TrustpilotConfig = SHOP) -> Reader:
    return Reader(TRUSTPILOT, fake, config, now=NOW, zone="UTC")


def texts(reader: Reader) -> dict[str, str]:
    return {key: row["text"] for key, row in reader.rows.items()}


def truth(fake: TrustpilotFake) -> dict[str, str]:
    return {key: one["text"] for key, one in fake.everything.items()}


@pytest.fixture
def fake() -> Iterator[TrustpilotFake]:
    with TrustpilotFake(reviews=250) as running:
        yield running


@pytest.fixture
def reader(fake: TrustpilotFake) -> Reader:
    return reading(fake)


# -- reading everything ------------------------------------------------------------------


def test_the_connector_is_found_by_its_key() -> None:
    assert isinstance(connectors.get("trustpilot"), Trustpilot)


def test_all_reviews_come_page_by_page_newest_first(reader: Reader, fake: TrustpilotFake) -> None:
    batches = reader.run()
    assert texts(reader) == truth(fake)
    assert [len(batch.raws) for batch in batches] == [100, 100, 50]
    assert fake.hits[REVIEWS] == 3
    assert [one.progress.total for one in batches if one.progress] == [250, 250, 250]
    assert list(reader.rows) == sorted(fake.everything, reverse=True)


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 200])
def test_a_list_of_any_length_is_read_to_its_end(size: int) -> None:
    with TrustpilotFake(reviews=size) as fake:
        reader = reading(fake)
        reader.run()
        assert texts(reader) == truth(fake)
        assert "page" not in reader.state


def test_the_key_goes_into_a_header_and_never_into_an_address_state_or_row(
    reader: Reader, fake: TrustpilotFake
) -> None:
    reader.run()
    assert all(KEY not in repr((one.path, one.query)) for one in fake.seen)
    assert KEY not in repr([(one.state, one.raws, one.warnings, one.progress) for one in reader.batches])


def test_requests_are_never_faster_than_trustpilot_advises(reader: Reader, fake: TrustpilotFake) -> None:
    reader.run()
    assert len(reader.pauses) == fake.requests - 1
    assert all(pause >= max(300 / 833, 3600 / 10_000) for pause in reader.pauses)


# -- the next time -----------------------------------------------------------------------


def test_a_second_run_changes_nothing_and_reads_two_pages_at_most(reader: Reader, fake: TrustpilotFake) -> None:
    reader.run()
    before, state = dict(reader.rows), dict(reader.state)
    fake.reset_counts()
    reader.run()
    assert fake.hits[REVIEWS] <= 2
    assert (reader.rows, reader.state) == (before, state)
    assert {one.progress.total for one in reader.batches if one.progress} == {None}


def test_new_and_edited_reviews_and_replies_of_the_last_month_arrive(reader: Reader, fake: TrustpilotFake) -> None:
    reader.run()
    *_, earlier, recent = sorted(fake.everything)
    fake.edit(recent, at=NOW, text="I changed my mind.", stars=1)
    fake.reply(earlier, "Thank you!", at=NOW)
    added = fake.add(at=NOW, text="Fresh.")
    reader.run()
    assert texts(reader) == truth(fake)
    assert reader.rows[added]["text"] == "Fresh."
    assert reader.rows[earlier]["companyReply"]["text"] == "Thank you!"


def test_a_reply_that_is_taken_back_does_not_make_the_review_older(reader: Reader, fake: TrustpilotFake) -> None:
    name = max(fake.everything)
    fake.reply(name, "Thank you!", at=NOW)
    with_reply = reader.run()[0].raws[0].updated_at
    fake.everything[name]["companyReply"] = None
    assert reader.run()[0].raws[0].updated_at == with_reply
    assert reader.rows[name]["companyReply"] is None


def test_a_cursor_from_the_future_is_set_to_now_and_told(reader: Reader) -> None:
    reader.run()
    reader.state = {**reader.state, "cursor": (NOW + timedelta(days=90)).isoformat()}
    assert any("future" in text for batch in reader.run() for text in batch.warnings)
    assert datetime.fromisoformat(reader.state["cursor"]) <= NOW


@pytest.mark.parametrize(
    "old", [{"v": 0, "cursor": NOW.isoformat()}, {"v": 1, "scope": "www.example.com", "page": 3}, {"cursor": 5}]
)
def test_a_state_of_another_version_or_company_starts_from_nothing(
    reader: Reader, fake: TrustpilotFake, old: State
) -> None:
    reader.state = old
    reader.run()
    assert texts(reader) == truth(fake)


# -- interrupted -------------------------------------------------------------------------


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_run_resumed_after_any_page_equals_an_uninterrupted_one(fake: TrustpilotFake, page: int) -> None:
    whole, broken = reading(fake), reading(fake)
    whole.run()
    with pytest.raises(CrashedError):
        broken.run(die_after=page)
    fake.reset_counts()
    broken.run()
    assert (broken.rows, broken.state) == (whole.rows, whole.state)
    assert fake.hits[REVIEWS] == 3 - page
    assert broken.batches[-1].progress == whole.batches[-1].progress


def test_reviews_written_while_a_run_lay_broken_arrive_with_the_next_one(reader: Reader, fake: TrustpilotFake) -> None:
    with pytest.raises(CrashedError):
        reader.run(die_after=1)
    for minutes in range(30):
        fake.add(at=NOW + timedelta(minutes=minutes))
    reader.now = NOW + timedelta(hours=1)
    reader.run()
    reader.run()
    assert texts(reader) == truth(fake)


def test_only_the_last_page_promotes_the_cursor(reader: Reader, fake: TrustpilotFake) -> None:
    *pages, last = reader.run()
    assert {page.state["cursor"] for page in pages if page.state} == {None}
    assert last.state is not None
    assert datetime.fromisoformat(last.state["cursor"]) == datetime.fromtimestamp(1_795_000_000, UTC)


def test_a_review_that_moves_down_to_the_next_page_is_told_once(reader: Reader, fake: TrustpilotFake) -> None:
    told: list[str] = []

    def two_more_after_the_first_page(batch: Batch) -> None:
        told.extend(raw.external_id for raw in batch.raws)
        if len(told) == 100:
            fake.add(at=NOW)
            fake.add(at=NOW)

    reader.run(after=two_more_after_the_first_page)
    assert len(told) == len(set(told)) == 250


@pytest.mark.parametrize("stuck", [1, 2])
def test_a_repeated_page_is_no_success_and_older_reviews_come_next_time(
    reader: Reader, fake: TrustpilotFake, stuck: int
) -> None:
    fake.stuck = stuck
    with pytest.raises(BadAnswer, match="same page twice"):
        reader.run()
    assert fake.hits[REVIEWS] == stuck + 1
    assert reader.state["cursor"] is None
    fake.stuck = 0
    reader.run()
    assert texts(reader) == truth(fake)


def test_a_repeated_page_is_known_again_after_a_restart(reader: Reader, fake: TrustpilotFake) -> None:
    fake.stuck = 1
    with pytest.raises(CrashedError):
        reader.run(die_after=1)
    fake.reset_counts()
    with pytest.raises(BadAnswer, match="same page twice"):
        reader.run()
    assert fake.hits[REVIEWS] == 1


# -- refusals ----------------------------------------------------------------------------


def test_a_short_limit_is_waited_out(reader: Reader, fake: TrustpilotFake) -> None:
    fake.script(None, None, limited("2"))
    reader.run()
    assert texts(reader) == truth(fake)
    assert reader.waits == [2.0]


def test_a_long_limit_goes_up_with_the_pages_before_it_kept(reader: Reader, fake: TrustpilotFake) -> None:
    fake.script(None, None, limited("3600"))
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert (caught.value.retry_after, len(reader.rows), reader.waits) == (3600.0, 100, [])
    reader.run()
    assert texts(reader) == truth(fake)


@pytest.mark.parametrize("stream", ["reviews", "summary"])
def test_a_wrong_key_is_refused_with_its_field_named_and_without_the_key(fake: TrustpilotFake, stream: str) -> None:
    reader = reading(fake, TrustpilotConfig("tp-wrong-key", "example.com"))
    with pytest.raises(BadCredentials) as caught:
        reader.run(stream)
    assert list(caught.value.details) == ["api_key"]
    assert "tp-wrong-key" not in repr((caught.value.message, caught.value.details))
    assert fake.requests == 1


def test_a_key_without_rights_is_told_apart_from_a_wrong_one(reader: Reader, fake: TrustpilotFake) -> None:
    fake.allowed = False
    with pytest.raises(BadCredentials, match="allowed to do") as caught:
        reader.run()
    assert list(caught.value.details) == ["api_key"]


@pytest.mark.parametrize("domain", ["unknown.example", "www.example.com"])
def test_an_unknown_company_names_the_field_at_fault(fake: TrustpilotFake, domain: str) -> None:
    with pytest.raises(NotFound, match=domain) as caught:
        reading(fake, TrustpilotConfig(KEY, domain)).run()
    assert list(caught.value.details) == ["domain"]


@pytest.mark.parametrize("fault", [HTML, MALFORMED])
def test_a_web_page_or_broken_json_is_a_bad_answer_and_keeps_the_place(
    reader: Reader, fake: TrustpilotFake, fault: Fault
) -> None:
    fake.script(None, None, fault)
    with pytest.raises(BadAnswer):
        reader.run()
    assert (len(reader.rows), reader.state["page"]) == (100, 2)
    reader.run()
    assert texts(reader) == truth(fake)


@pytest.mark.parametrize("fault", [TRUNCATED, RESET, down(503)])
def test_a_body_that_breaks_off_is_asked_for_again(reader: Reader, fake: TrustpilotFake, fault: Fault) -> None:
    fake.script(None, fault)
    reader.run()
    assert texts(reader) == truth(fake)
    fake.script(*[fault] * 3)
    with pytest.raises(Transient):
        reader.run()


@pytest.mark.parametrize("body", [[], {}, {"reviews": None}, {"reviews": {}}, "text", None])
def test_json_of_another_shape_is_a_bad_answer(
    reader: Reader, fake: TrustpilotFake, monkeypatch: pytest.MonkeyPatch, body: Any
) -> None:
    usual = fake.answer

    def odd(request: Request) -> Answer:
        return json_answer(body) if request.path == REVIEWS else usual(request)

    monkeypatch.setattr(fake, "answer", odd)
    with pytest.raises(BadAnswer):
        reader.run()
    monkeypatch.setattr(fake, "answer", lambda request: json_answer(body))
    with pytest.raises(BadAnswer):
        reader.run("summary")


@pytest.mark.parametrize("odd", [{"id": None}, {"createdAt": None}, {"createdAt": "soon"}])
def test_a_bad_review_is_set_aside_and_the_others_are_read(
    reader: Reader, fake: TrustpilotFake, odd: dict[str, Any]
) -> None:
    fake.add(at=NOW, **odd)
    reader.run()
    assert len(reader.rows) == 250
    assert len([one for batch in reader.batches for one in batch.rejected]) == 1


# -- totals and check --------------------------------------------------------------------


def test_trustpilots_own_totals_come_once_a_day(reader: Reader) -> None:
    reader.run("summary")
    reader.run("summary")
    assert list(reader.rows) == [NOW.date().isoformat()]
    assert TRUSTPILOT.map("summary", reader.rows[NOW.date().isoformat()], SHOP) == [
        MetricPoint("trustpilot.total_reviews", NOW.date(), 250),
        MetricPoint("trustpilot.trust_score", NOW.date(), 4.3),
    ]


def test_a_company_without_reviews_has_a_count_and_no_score() -> None:
    with TrustpilotFake(reviews=0) as fake:
        fake.score = 0
        reader = reading(fake)
        reader.run("summary")
        (point,) = TRUSTPILOT.map("summary", next(iter(reader.rows.values())), SHOP)
        assert point == MetricPoint("trustpilot.total_reviews", NOW.date(), 0)


def test_check_tells_the_companys_name_and_how_much_there_is(reader: Reader) -> None:
    checked = reader.check()
    assert (checked.ok, checked.identity, checked.details["reviews"]) == (True, "Example Shop", 250)


@pytest.mark.parametrize(
    ("config", "at_fault"),
    [
        (TrustpilotConfig("tp-wrong-key", "example.com"), "api_key"),
        (TrustpilotConfig("", "example.com"), "api_key"),
        (TrustpilotConfig("a key\nwith lines", "example.com"), "api_key"),
        (TrustpilotConfig(KEY, "unknown.example"), "domain"),
        (TrustpilotConfig(KEY, "https://nottrustpilot.com/review/example.com"), "domain"),
    ],
)
def test_check_names_the_field_at_fault(fake: TrustpilotFake, config: TrustpilotConfig, at_fault: str) -> None:
    checked = reading(fake, config).check()
    assert (checked.ok, checked.field) == (False, at_fault)
    assert checked.message
    assert "tp-wrong-key" not in repr(checked)


def test_check_takes_a_limit_for_a_good_answer_and_a_failure_for_none(reader: Reader, fake: TrustpilotFake) -> None:
    fake.script(limited("3600"))
    assert reader.check().ok
    fake.script(HTML)
    failed = reader.check()
    assert (failed.ok, failed.field) == (False, "")


# -- records -----------------------------------------------------------------------------


def mapped(**raw: Any) -> Document:
    (found,) = TRUSTPILOT.map("reviews", {"id": "6700aa", "createdAt": "2026-11-19T10:00:00Z", **raw}, SHOP)
    assert isinstance(found, Document)
    return found


def test_a_review_becomes_a_document_with_all_that_matters(reader: Reader, fake: TrustpilotFake) -> None:
    name = fake.add(at=NOW, stars=4, title="Good", text="Fast delivery", language="en", isVerified=True, updatedAt=None)
    fake.reply(name, "Thanks", at=NOW + timedelta(days=1))
    reader.run()
    (one,) = TRUSTPILOT.map("reviews", reader.rows[name], SHOP)
    assert isinstance(one, Document)
    assert (one.rating, one.rating_original, one.rating_scale) == (0.75, "4", "1-5")
    assert (one.title, one.text, one.language, one.author) == ("Good", "Fast delivery", "en", "Ada 250")
    assert (one.created_at, one.updated_at) == (NOW, NOW)
    assert one.url == f"https://www.trustpilot.com/reviews/{name}"
    assert (one.extra["platform"], one.extra["verified"], one.extra["company_reply"]) == ("trustpilot", True, "Thanks")
    assert one.extra["answered_at"] == (NOW + timedelta(days=1)).isoformat()


def test_of_the_author_only_the_shown_name_is_kept(reader: Reader) -> None:
    reader.run()
    assert not any("Lyon" in repr(row) or "consumer" in row for row in reader.rows.values())


@pytest.mark.parametrize(
    ("stars", "rating", "original"),
    [
        (1, 0.0, "1"),
        (3, 0.5, "3"),
        (5, 1.0, "5"),
        (0, None, ""),
        (6, None, ""),
        (None, None, ""),
        ("5", 1.0, "5"),
        ("five", None, ""),
    ],
)
def test_stars_become_a_rating_from_0_to_1_and_impossible_ones_none(
    stars: Any, rating: float | None, original: str
) -> None:
    assert (mapped(stars=stars).rating, mapped(stars=stars).rating_original) == (rating, original)


@pytest.mark.parametrize(
    "name", ["title", "text", "language", "updatedAt", "companyReply", "isVerified", "numberOfLikes", "author"]
)
@pytest.mark.parametrize("odd", [None, 7, [], {"text": None}])
def test_empty_and_odd_fields_are_no_reason_to_fail(name: str, odd: Any) -> None:
    one = mapped(**{name: odd})
    assert one.created_at == datetime(2026, 11, 19, 10, tzinfo=UTC)
    assert "company_reply" not in one.extra


def test_signs_of_all_scripts_stay_and_those_no_database_takes_go(reader: Reader, fake: TrustpilotFake) -> None:
    name = fake.add(at=NOW, title="素晴らしい\x00\n👩‍👩‍👧", text="مرحبا\x00 🎉\nzweite Zeile \ud83d")
    reader.run()
    (one,) = TRUSTPILOT.map("reviews", reader.rows[name], SHOP)
    assert isinstance(one, Document)
    assert (one.title, one.text) == ("素晴らしい 👩‍👩‍👧", "مرحبا 🎉\nzweite Zeile")


# -- what people paste -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pasted", "domain"),
    [
        ("example.com", "example.com"),
        (" www.example.com ", "www.example.com"),
        ("Example.com", "Example.com"),
        ("https://example.com/", "example.com"),
        ("https://www.trustpilot.com/review/example.com", "example.com"),
        ("https://www.trustpilot.com/review/www.example.com?page=2&languages=all", "www.example.com"),
        ("trustpilot.com/review/example.com/", "example.com"),
        ("HTTPS://DE.TRUSTPILOT.COM/review/example.com#reviews", "example.com"),
        ("https://fr-be.trustpilot.com/review/example.com/transparency", "example.com"),
        ("https://uk.trustpilot.com./evaluate/shop.example.co.uk", "shop.example.co.uk"),
        ("https://www.trustpilot.com/review/m%C3%BCller.de", "müller.de"),
        ("xn--mller-kva.de", "xn--mller-kva.de"),
    ],
)
def test_the_domain_is_kept_exactly_as_given(pasted: str, domain: str) -> None:
    assert domain_of(pasted) == domain


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "Example Shop",
        "example",
        "nottrustpilot.com/review/example.com",
        "https://nottrustpilot.com/review/example.com",
        "https://www.trustpilot.com.evil.example/review/example.com",
        "https://trustpilot.com@evil.example/review/example.com",
        "https://trustpilot.com@evil.example",
        "https://evil.example\\@trustpilot.com/review/example.com",
        "https://evil.example/?u=https://www.trustpilot.com/review/example.com",
        "https://evil.trustpilot.com/review/example.com",
        "https://trustpilot.co/review/example.com",
        "https://www.trustpilot.com",
        "https://www.trustpilot.com/categories/shop",
        "https://www.trustpilot.com/reviews/6700000000000000000000aa",
        "https://www.trustpilot.com/review/",
        "https://www.trustpilot.com/review/example%252Ecom",
        "ftp://www.trustpilot.com/review/example.com",
        "javascript:alert(1)",
        "https://[::1/review/example.com",
        "127.0.0.1",
        "example.com:8000",
        "../find",
        "-example.com",
    ],
)
def test_look_alike_hosts_and_anything_else_are_refused_with_the_field_named(pasted: str) -> None:
    with pytest.raises(Invalid) as caught:
        domain_of(pasted)
    assert list(caught.value.details) == ["domain"]
