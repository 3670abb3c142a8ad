"""A reviews API in the common shape, read page by page with the real HTTP client."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from livinglytics.lib.errors import BadAnswer, BadCredentials, Invalid, NotFound, RateLimited, Terminal, Transient
from sources.connectors._base import Batch, State
from sources.connectors.amazon import AmazonConfig
from sources.connectors.amazon.listing import Listing
from sources.records import Document
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
from tests.fakes.amazon import ASIN, KEY, NEWEST, AmazonFake, Review, api_review
from tests.sources.amazon_reading import AMAZON, api
from tests.sources.reading import NOW, CrashedError, Reader

REVIEWS = "/reviews"


def truth(fake: AmazonFake) -> dict[str, str]:
    return {name: one.text for name, one in fake.everything.items()}


def texts(reader: Reader) -> dict[str, str]:
    return {name: row["text"] for name, row in reader.rows.items()}


def answering(fake: AmazonFake, monkeypatch: pytest.MonkeyPatch, body: Callable[[Request], Any]) -> None:
    """Let the API answer something else."""
    monkeypatch.setattr(fake, "answer", lambda request: json_answer(body(request)))


@pytest.fixture
def fake() -> Iterator[AmazonFake]:
    with AmazonFake(reviews=25) as running:
        yield running


@pytest.fixture
def reader(fake: AmazonFake) -> Reader:
    return api(fake)


# -- reading everything ------------------------------------------------------------------


@pytest.mark.parametrize("paging", ["next_page", "total_pages", "both"])
def test_all_pages_are_read_however_the_api_tells_the_next(reader: Reader, fake: AmazonFake, paging: Any) -> None:
    fake.paging = paging
    assert [len(batch.raws) for batch in reader.run()] == [10, 10, 5]
    assert texts(reader) == truth(fake)
    assert fake.hits == {REVIEWS: 3}
    assert reader.pauses == [0.5, 0.5]


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 20])
def test_a_list_of_any_length_is_read_to_its_end(size: int) -> None:
    with AmazonFake(reviews=size) as fake:
        reader = api(fake)
        reader.run()
        assert texts(reader) == truth(fake)
        assert "page" not in reader.state


def test_the_api_is_asked_with_product_marketplace_page_and_a_key_in_a_header(reader: Reader, fake: AmazonFake) -> None:
    reader.run()
    asked = [dict(one.query) for one in fake.seen]
    assert asked[1] == {"asin": ASIN, "marketplace": "com", "domain": "amazon.com", "page": "2"}
    headers = {name.lower(): value for name, value in fake.seen[0].headers.items()}
    assert headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(asked)


def test_parameters_of_the_address_stay_and_never_reach_the_state(fake: AmazonFake) -> None:
    reader = api(fake, address=f"{fake.url}/reviews?plan=small&token=hidden-77")
    reader.run()
    assert (fake.seen[0].query["plan"], fake.seen[0].query["asin"]) == ("small", ASIN)
    told = repr([(one.state, one.raws, one.warnings, one.progress, one.rejected) for one in reader.batches])
    assert "hidden-77" not in told
    assert KEY not in told


def test_without_a_key_no_header_is_sent(fake: AmazonFake) -> None:
    with pytest.raises(BadCredentials):
        api(fake, key="").run()
    assert "authorization" not in {name.lower() for name in fake.seen[0].headers}


def test_a_review_becomes_a_document_with_all_that_the_api_tells(reader: Reader, fake: AmazonFake) -> None:
    name = fake.add(date(2026, 11, 19), stars=2, title="Leaks", text="It leaks.\nA lot.", helpful=0, verified=True)
    reader.run()
    assert reader.documents()[name] == Document(
        external_id=name,
        text="It leaks.\nA lot.",
        title="Leaks",
        created_at=datetime(2026, 11, 19, 12, tzinfo=UTC),
        language="en",
        rating=0.25,
        rating_original="2",
        rating_scale="1-5",
        url=f"https://www.amazon.com/gp/customer-reviews/{name}",
        extra={
            "platform": "amazon",
            "marketplace": "com",
            "asin": ASIN,
            "foreign": False,
            "shown_date": "Reviewed in the United States on November 19, 2026",
            "verified": True,
            "helpful": 0,
        },
    )


def test_of_the_author_nothing_or_only_the_shown_name_is_kept(fake: AmazonFake) -> None:
    reader, named = api(fake), api(fake, authors=True)
    reader.run()
    named.run()
    assert "Ada" not in repr(reader.rows)
    assert named.documents()["R000ABCDEFGHIJ"].author == "Ada 0"
    assert "amzn1.account" not in repr((reader.rows, named.rows))


# -- the next time -----------------------------------------------------------------------


def test_a_second_run_changes_nothing_and_reads_down_to_a_month(fake: AmazonFake) -> None:
    fake.everything |= {f"ROLD{number:08}": _old(number) for number in range(100)}
    reader = api(fake)
    reader.run()
    before, state = dict(reader.rows), dict(reader.state)
    fake.reset_counts()
    reader.run()
    assert fake.hits[REVIEWS] == 3
    assert (reader.rows, reader.state) == (before, state)
    assert state["cursor"] == NEWEST.isoformat()


def _old(number: int) -> Review:
    return Review(f"ROLD{number:08}", date(2024, 5, 1) - timedelta(days=number), 3, "Old", f"Old {number}", "Eve")


def test_new_reviews_and_edits_of_the_last_month_arrive(reader: Reader, fake: AmazonFake) -> None:
    reader.run()
    fake.change("R004ABCDEFGHIJ", text="I changed my mind.", stars=1)
    added = fake.add(date(2026, 11, 20), text="Fresh.")
    reader.run()
    assert texts(reader) == truth(fake)
    assert (reader.rows[added]["text"], reader.rows["R004ABCDEFGHIJ"]["stars"]) == ("Fresh.", 1)
    assert reader.state["cursor"] == "2026-11-20"


def test_a_cursor_from_the_future_is_set_to_today_and_told(reader: Reader) -> None:
    reader.run()
    reader.state = {**reader.state, "cursor": "2031-01-01"}
    assert any("future" in text for batch in reader.run() for text in batch.warnings)
    assert date.fromisoformat(reader.state["cursor"]) <= NOW.date()


@pytest.mark.parametrize(
    "old",
    [
        {"v": 0, "cursor": "2026-11-18", "page": 3},
        {"v": 1, "scope": "another", "cursor": "2026-11-18", "page": 3},
        {"v": 1, "page": 3},
        {"cursor": 5},
        {"v": 1, "scope": None, "page": "x", "last": [], "mixed": 1},
    ],
)
def test_a_state_of_another_version_or_scope_starts_from_nothing(reader: Reader, fake: AmazonFake, old: State) -> None:
    reader.state = old
    reader.run()
    assert texts(reader) == truth(fake)


@pytest.mark.parametrize(
    "changed",
    [
        {"marketplace": "de"},
        {"product": "B0ANOTHER1"},
        {"authors": True},
        {"provider_address": "https://other.example"},
    ],
)
def test_other_settings_start_from_nothing(reader: Reader, changed: dict[str, Any]) -> None:
    def scope(config: AmazonConfig) -> str:
        ctx = reader.context()
        return Listing(config.provider(ctx), config.shelf(ctx), {}).scope

    assert scope(reader.config) == scope(replace(reader.config, api_key="a-new-key"))
    assert scope(reader.config) != scope(replace(reader.config, **changed))


# -- interrupted -------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [0, 1, 2])
def test_a_run_resumed_after_any_page_equals_an_uninterrupted_one(fake: AmazonFake, stored: int) -> None:
    whole, broken = api(fake), api(fake)
    whole.run()
    with pytest.raises(CrashedError):
        broken.run(die_after=stored)
    fake.reset_counts()
    broken.run()
    assert (broken.rows, broken.state) == (whole.rows, whole.state)
    assert fake.hits[REVIEWS] == 3 - stored
    assert broken.batches[-1].progress == whole.batches[-1].progress


def test_only_the_last_page_promotes_the_cursor(reader: Reader) -> None:
    *pages, last = reader.run()
    assert {one.state["cursor"] for one in pages if one.state} == {None}
    assert last.state is not None
    assert last.state["cursor"] == NEWEST.isoformat()


def test_the_state_stays_small(reader: Reader, fake: AmazonFake) -> None:
    fake.everything |= {f"ROLD{number:08}": _old(number) for number in range(400)}
    assert max(len(json.dumps(one.state)) for one in reader.run()) < 400


def test_a_review_that_moves_down_to_the_next_page_is_told_once_and_is_no_other_order(
    reader: Reader, fake: AmazonFake
) -> None:
    told: list[str] = []

    def two_more_after_the_first_page(batch: Batch) -> None:
        told.extend(raw.external_id for raw in batch.raws)
        if len(told) == 10:
            fake.add(date(2026, 11, 20))
            fake.add(date(2026, 11, 20))

    reader.run(after=two_more_after_the_first_page)
    assert len(told) == len(set(told)) == 25
    assert not any(batch.warnings for batch in reader.batches)


def test_an_api_in_another_order_is_read_to_its_end_every_time_and_that_is_told(
    reader: Reader, fake: AmazonFake
) -> None:
    fake.everything |= {f"ROLD{number:08}": _old(number) for number in range(30)}
    for order in (lambda one: one.at, lambda one: (one.helpful, one.id)):
        fake.order = order
        reader.run()
        fake.reset_counts()
        batches = reader.run()
        assert fake.hits[REVIEWS] == 6
        assert texts(reader) == truth(fake)
        assert len([text for batch in batches for text in batch.warnings if "newest first" in text]) == 1
    fake.order = None
    for pages in (6, 3):
        fake.reset_counts()
        reader.run()
        assert fake.hits[REVIEWS] == pages


@pytest.mark.parametrize("seed", range(8))
def test_after_any_history_what_is_read_is_what_there_is(seed: int) -> None:
    dice = random.Random(seed)
    with AmazonFake(reviews=dice.randrange(30)) as fake:
        fake.size, today = dice.choice([1, 3, 10]), NEWEST
        reader = api(fake)
        for _ in range(5):
            today += timedelta(days=dice.randrange(3))
            reader.now = datetime(today.year, today.month, today.day, 20, tzinfo=UTC)
            for _ in range(dice.randrange(4)):
                fake.add(today, text=f"Text {dice.random()}")
            recent = [name for name, one in fake.everything.items() if today - one.at < timedelta(days=20)]
            if recent:
                fake.change(dice.choice(recent), text=f"Edited {dice.random()}")
            if dice.random() < 0.5:
                with contextlib.suppress(CrashedError):
                    reader.run(die_after=dice.randrange(3))
            reader.run()
            reader.run()
            assert texts(reader) == truth(fake)


# -- lists that end early or never -------------------------------------------------------


@pytest.mark.parametrize("stuck", [1, 2])
def test_a_repeated_page_is_no_success_and_the_list_starts_anew(reader: Reader, fake: AmazonFake, stuck: int) -> None:
    fake.stuck = stuck
    with pytest.raises(BadAnswer, match="goes round"):
        reader.run()
    assert fake.hits[REVIEWS] == stuck + 1
    assert (reader.state["cursor"], "page" in reader.state) == (None, False)
    fake.stuck = 0
    reader.run()
    assert texts(reader) == truth(fake)


def test_a_repeated_page_is_known_again_after_a_restart(reader: Reader, fake: AmazonFake) -> None:
    fake.stuck = 1
    with pytest.raises(CrashedError):
        reader.run(die_after=1)
    fake.reset_counts()
    with pytest.raises(BadAnswer, match="goes round"):
        reader.run()
    assert fake.hits[REVIEWS] == 1


def test_a_list_without_an_end_is_left_after_two_thousand_pages(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.connectors.amazon.listing.MOST_PAGES", 20)

    def endless(request: Request) -> Any:
        number = int(request.query["page"])
        one = replace(fake.everything["R000ABCDEFGHIJ"], id=f"R{number:09}")
        return {"reviews": [api_review(one, fake.words)], "pagination": {"next_page": number + 1}}

    answering(fake, monkeypatch, endless)
    with pytest.raises(BadAnswer, match="goes round"):
        reader.run()
    assert fake.requests == 21


def test_an_empty_page_before_the_end_is_no_success_and_keeps_the_place(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = fake.answer

    def gap(request: Request) -> Answer:
        body = json.loads(usual(request).body)
        return json_answer(body if request.query["page"] != "2" else {**body, "reviews": []})

    monkeypatch.setattr(fake, "answer", gap)
    with pytest.raises(BadAnswer, match="page 2 empty although it has more"):
        reader.run()
    assert (len(reader.rows), reader.state["page"]) == (10, 2)
    monkeypatch.setattr(fake, "answer", usual)
    reader.run()
    assert texts(reader) == truth(fake)


@pytest.mark.parametrize(
    ("pagination", "says"),
    [
        (None, "neither"),
        ({}, "neither"),
        ([], "neither"),
        ({"current_page": 1}, "neither"),
        ({"total_pages": "many"}, "neither"),
        ({"total_pages": None}, "neither"),
        ({"next_page": "https://api.example/?page=2&token=s"}, "no later page"),
        ({"next_page": 1}, "no later page"),
        ({"next_page": -1}, "no later page"),
        ({"next_page": {}}, "no later page"),
    ],
)
def test_a_pagination_that_shows_no_end_is_a_bad_answer(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch, pagination: Any, says: str
) -> None:
    body = {"reviews": [api_review(one, fake.words) for one in fake.everything.values()], "pagination": pagination}
    answering(fake, monkeypatch, lambda request: body)
    with pytest.raises(BadAnswer, match=says) as caught:
        reader.run()
    assert "token" not in caught.value.message


@pytest.mark.parametrize(
    "pagination",
    [{"next_page": None}, {"total_pages": 1}, {"next_page": "", "total_pages": "1"}, {"next_page": False}],
)
def test_a_last_page_is_known_by_either_sign(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch, pagination: Any
) -> None:
    body = {"reviews": [api_review(one, fake.words) for one in fake.everything.values()], "pagination": pagination}
    answering(fake, monkeypatch, lambda request: body)
    reader.run()
    assert (len(reader.rows), fake.requests) == (25, 1)


# -- refusals and faults -----------------------------------------------------------------


def test_a_wrong_key_names_its_field_and_does_not_show_it(fake: AmazonFake) -> None:
    reader = api(fake, key="wrong-key-123")
    with pytest.raises(BadCredentials) as caught:
        reader.run()
    assert list(caught.value.details) == ["api_key"]
    checked = reader.check()
    assert (checked.ok, checked.field, fake.requests) == (False, "api_key", 2)
    assert "wrong-key-123" not in repr((caught.value.message, caught.value.details, checked))


def test_an_unknown_product_names_its_field(reader: Reader) -> None:
    unknown = reader.with_(product="B0NOTHING1")
    with pytest.raises(NotFound) as caught:
        unknown.run()
    assert list(caught.value.details) == ["product"]


def test_an_unpaid_plan_says_so(reader: Reader, fake: AmazonFake) -> None:
    fake.paid = False
    with pytest.raises(Terminal, match="payment"):
        reader.run()


def test_a_short_limit_is_waited_out_and_a_long_one_keeps_the_place(reader: Reader, fake: AmazonFake) -> None:
    fake.script(limited("2"), None, limited("3600"))
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert (caught.value.retry_after, reader.waits, len(reader.rows)) == (3600, [2.0], 10)
    reader.run()
    assert texts(reader) == truth(fake)


@pytest.mark.parametrize("fault", [down(503), TRUNCATED, RESET, slow(1)])
def test_a_passing_fault_is_asked_again_and_one_that_stays_is_no_success(
    reader: Reader, fake: AmazonFake, fault: Fault
) -> None:
    reader.patience = fault.seconds / 4 or reader.patience
    fake.script(None, fault)
    reader.run()
    assert texts(reader) == truth(fake)
    if not fault.seconds:
        fake.script(*[fault] * 3)
        with pytest.raises(Transient):
            reader.run()


@pytest.mark.parametrize("fault", [HTML, MALFORMED])
def test_a_web_page_or_broken_json_is_a_bad_answer_and_keeps_the_place(
    reader: Reader, fake: AmazonFake, fault: Fault
) -> None:
    fake.script(None, fault)
    with pytest.raises(BadAnswer):
        reader.run()
    assert (len(reader.rows), reader.state["page"]) == (10, 2)


@pytest.mark.parametrize("body", [[], {}, {"reviews": None}, {"reviews": {}}, "text", None, 7])
def test_json_of_another_shape_is_a_bad_answer(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch, body: Any
) -> None:
    answering(fake, monkeypatch, lambda request: body)
    with pytest.raises(BadAnswer):
        reader.run()


def test_a_private_address_names_its_field(fake: AmazonFake) -> None:
    reader = api(fake, address="http://192.168.0.7/reviews")
    with pytest.raises(Invalid) as caught:
        reader.run()
    assert list(caught.value.details) == ["provider_address"]


def test_wrong_settings_name_their_field_and_ask_nobody(fake: AmazonFake) -> None:
    for changed, field in (
        ({"provider_address": ""}, "provider_address"),
        ({"api_key": "a key\nof lines"}, "api_key"),
        ({"product": "kettle"}, "product"),
        ({"product": ASIN, "marketplace": "xyz"}, "marketplace"),
    ):
        checked = api(fake).with_(**changed).check()
        assert (checked.ok, checked.field) == (False, field)
    assert fake.requests == 0


def test_check_reads_one_page_and_says_what_is_on_it(reader: Reader, fake: AmazonFake) -> None:
    checked = reader.check()
    assert (checked.ok, checked.identity, fake.requests) == (True, f"{ASIN} on amazon.com", 1)
    assert "10 reviews on the first page" in checked.message


def test_check_is_not_good_where_no_review_can_be_read(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"reviews": [{"review_id": "R1", "stars": 5}], "pagination": {"total_pages": 1}}
    answering(fake, monkeypatch, lambda request: body)
    checked = reader.check()
    assert (checked.ok, checked.field) == (False, "provider_address")


# -- records of any shape ----------------------------------------------------------------


def one_of(reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch, review: Any) -> Batch:
    answering(fake, monkeypatch, lambda request: {"reviews": [review], "pagination": {"next_page": None}})
    (batch,) = reader.run()
    return batch


@pytest.mark.parametrize("name", ["title", "body", "rating", "verified_purchase", "helpful_votes", "profile"])
@pytest.mark.parametrize("odd", [None, [], {}, True, -1, "x" * 500, {"name": None}, 10**30, float("1e300")])
def test_empty_and_odd_fields_are_no_reason_to_set_a_review_aside(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch, name: str, odd: Any
) -> None:
    review = api_review(fake.everything["R001ABCDEFGHIJ"], fake.words) | {name: odd}
    assert one_of(reader, fake, monkeypatch, review).rejected == ()
    assert reader.documents()["R001ABCDEFGHIJ"].created_at.date() == date(2026, 11, 15)


@pytest.mark.parametrize(
    "review",
    [
        None,
        7,
        "text",
        [],
        {},
        {"id": None, "date": {"utc": "2026-11-01"}},
        {"id": "R1ABCDEF"},
        {"id": "R1ABCDEF", "date": "yesterday"},
        {"id": "R1ABCDEF", "date": {"raw": "03/04/2026", "utc": None}},
        {"id": "R1ABCDEF", "date": {"utc": "2026-13-01T00:00:00Z"}},
        {"id": "R1ABCDEF", "date": {"utc": "2026-11-01T00:00:00"}},
        {"id": "R1ABCDEF", "date": {"utc": "2062-11-01T00:00:00Z"}},
        {"id": "R1ABCDEF", "date": {"utc": "0001-01-01T00:00:00Z"}},
    ],
)
def test_a_review_without_an_id_or_a_day_is_set_aside_with_a_reason(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch, review: Any
) -> None:
    batch = one_of(reader, fake, monkeypatch, review)
    assert (batch.raws, len(batch.rejected)) == ((), 1)
    assert batch.rejected[0].reason.startswith("Th")


def test_each_review_without_an_id_is_counted(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(fake, monkeypatch, lambda request: {"reviews": [{}, {}, {}], "pagination": {"next_page": None}})
    assert len(reader.run()[0].rejected) == 3


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ({"raw": "Bewertet in Deutschland am 3. Oktober 2026", "utc": None}, datetime(2026, 10, 3, 16, tzinfo=UTC)),
        ({"raw": "", "utc": "2026-10-03T00:00:00.000Z"}, datetime(2026, 10, 3, 16, tzinfo=UTC)),
        ({"raw": None, "utc": "2026-10-03"}, datetime(2026, 10, 3, 16, tzinfo=UTC)),
        ({"utc": "2026-10-03T21:15:00+02:00"}, datetime(2026, 10, 3, 19, 15, tzinfo=UTC)),
        ({"raw": "3 October 2026", "utc": "2026-10-02T23:00:00Z"}, datetime(2026, 10, 3, 16, tzinfo=UTC)),
    ],
)
def test_a_day_stays_the_day_that_amazon_shows_and_a_moment_is_kept(
    fake: AmazonFake, monkeypatch: pytest.MonkeyPatch, told: Any, at: datetime
) -> None:
    reader = api(fake, zone="America/New_York")
    one_of(reader, fake, monkeypatch, {"id": "R1ABCDEF", "date": told})
    assert reader.documents()["R1ABCDEF"].created_at == at


@pytest.mark.parametrize(
    ("stars", "rating", "original"),
    [
        (1, 0.0, "1"),
        (4.5, 0.875, "4.5"),
        (5, 1.0, "5"),
        ("4.0 out of 5 stars", 0.75, "4"),
        ("4,0 von 5 Sternen", 0.75, "4"),
        (0, None, ""),
        (6, None, ""),
        (True, None, ""),
        ("five", None, ""),
    ],
)
def test_impossible_stars_are_none_and_not_zero(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch, stars: Any, rating: float | None, original: str
) -> None:
    one_of(reader, fake, monkeypatch, {"id": "R1ABCDEF", "date": {"utc": "2026-10-03"}, "rating": stars})
    one = reader.documents()["R1ABCDEF"]
    assert (one.rating, one.rating_original, one.rating_scale) == (rating, original, "1-5" if original else "")


def test_an_id_that_could_lead_elsewhere_makes_no_address(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_of(reader, fake, monkeypatch, {"id": "../../evil?x=1", "date": {"utc": "2026-10-03"}})
    assert reader.documents()["../../evil?x=1"].url == ""


def test_an_api_tells_no_totals_and_says_that_it_may_not_have_all() -> None:
    config = AmazonConfig(ASIN, way="provider")
    (only,) = AMAZON.streams_for(config)
    assert (only.key, AMAZON.metrics_for(config)) == ("reviews", ())
    assert "only its provider knows" in only.note


def test_the_answer_that_the_documentation_shows_is_read(
    reader: Reader, fake: AmazonFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = Path("docs/connectors.md").read_text(encoding="utf-8").partition("## `amazon`")[2]
    body = json.loads(section.partition("```json")[2].partition("```")[0])
    body["pagination"] |= {"next_page": None, "total_pages": 1}
    answering(fake, monkeypatch, lambda request: body)
    reader.run()
    one = reader.documents()["R2ABCDEFGHIJKL"]
    assert (one.title, one.rating, one.created_at) == ("Boils fast", 0.75, datetime(2026, 10, 3, 12, tzinfo=UTC))
