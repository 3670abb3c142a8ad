"""The connector of Google Business Profile against a local one, with the real HTTP client: reviews and totals."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Batch, State, connectors
from sources.connectors.google_business import GoogleBusiness
from sources.records import MetricPoint
from tests.fakes.google_business import NAME, REVIEWS, TOKEN, GoogleBusinessFake
from tests.sources.google_business_reading import BUSINESS, NOW, ONLY, Signed, reading, texts, truth
from tests.sources.reading import CrashedError


@pytest.fixture
def fake() -> Iterator[GoogleBusinessFake]:
    with GoogleBusinessFake(reviews=120) as running:
        yield running


@pytest.fixture
def reader(fake: GoogleBusinessFake) -> Signed:
    return reading(fake)


# -- reading everything ------------------------------------------------------------------


def test_the_connector_is_found_by_its_key() -> None:
    assert isinstance(connectors.get("google_business"), GoogleBusiness)


def test_all_reviews_come_page_by_page_newest_change_first(reader: Signed, fake: GoogleBusinessFake) -> None:
    batches = reader.run()
    assert texts(reader) == truth(fake)
    assert [len(batch.raws) for batch in batches] == [50, 50, 20]
    assert [one.progress.total for one in batches if one.progress] == [120, 120, 120]
    assert list(reader.rows) == sorted(fake.everything, reverse=True)
    asked = [one.query for one in fake.seen if one.path == REVIEWS]
    assert {(one["pageSize"], one["orderBy"]) for one in asked} == {("50", "updateTime desc")}


@pytest.mark.parametrize("size", [0, 1, 49, 50, 51, 100])
def test_a_list_of_any_length_is_read_to_its_end(size: int) -> None:
    with GoogleBusinessFake(reviews=size) as fake:
        reader = reading(fake)
        batches = reader.run()
        assert texts(reader) == truth(fake)
        assert "token" not in reader.state
        assert not [text for batch in batches for text in batch.warnings]


def test_the_access_token_goes_into_a_header_and_nowhere_else(reader: Signed, fake: GoogleBusinessFake) -> None:
    reader.run()
    assert all(TOKEN not in repr((one.path, one.query)) for one in fake.seen)
    assert TOKEN not in repr([(one.state, one.raws, one.warnings, one.progress) for one in reader.batches])


def test_requests_are_never_faster_than_google_lets(reader: Signed, fake: GoogleBusinessFake) -> None:
    reader.run()
    assert len(reader.pauses) == fake.requests - 1
    assert all(pause >= 60 / 300 for pause in reader.pauses)


def test_of_the_author_nothing_is_kept_unless_somebody_wants_it(reader: Signed, fake: GoogleBusinessFake) -> None:
    fake.add(at=NOW, author="Ada", name="accounts/1/…")
    reader.run()
    assert "Ada" not in repr(reader.rows)
    named = reader.with_(authors=True)
    named.run()
    authors = {row["reviewId"]: row.get("author") for row in named.rows.values()}
    assert (authors["AbFvOq000002"], authors["AbFvOq000003"]) == ("Ada 2", None)
    assert "googleusercontent" not in repr(named.rows)


def test_another_wish_for_authors_reads_everything_again(reader: Signed, fake: GoogleBusinessFake) -> None:
    reader.run()
    named = reader.with_(authors=True)
    named.state = reader.state
    named.run()
    assert len(named.rows) == 120


# -- the next time -----------------------------------------------------------------------


def test_a_second_run_changes_nothing_and_reads_two_pages(reader: Signed, fake: GoogleBusinessFake) -> None:
    reader.run()
    before, state = dict(reader.rows), dict(reader.state)
    fake.reset_counts()
    reader.run()
    assert fake.requests == fake.hits[REVIEWS] == 2
    assert (reader.rows, reader.state) == (before, state)
    assert {one.progress.total for one in reader.batches if one.progress} == {None}


def test_new_and_edited_reviews_and_late_replies_to_old_ones_arrive(reader: Signed, fake: GoogleBusinessFake) -> None:
    reader.run()
    oldest, second, *_ = sorted(fake.everything)
    fake.edit(second, at=NOW, comment="I changed my mind.", starRating="ONE")
    fake.reply(oldest, "Thank you!", at=NOW + timedelta(minutes=1))
    added = fake.add(at=NOW, comment="Fresh.")
    reader.now = NOW + timedelta(hours=1)
    reader.run()
    assert texts(reader) == truth(fake)
    assert reader.rows[added]["comment"] == "Fresh."
    assert reader.rows[oldest]["reviewReply"]["comment"] == "Thank you!"


def test_a_reply_that_is_taken_back_within_a_day_goes(reader: Signed, fake: GoogleBusinessFake) -> None:
    name = max(fake.everything)
    fake.reply(name, "Thank you!", at=NOW)
    reader.run()
    del fake.everything[name]["reviewReply"]
    reader.run()
    assert "reviewReply" not in reader.rows[name]


def test_a_deleted_review_stays_because_google_gives_no_sign(reader: Signed, fake: GoogleBusinessFake) -> None:
    reader.run()
    name = max(fake.everything)
    del fake.everything[name]
    reader.run()
    assert name in reader.rows


def test_a_cursor_from_the_future_is_set_to_now_and_told(reader: Signed) -> None:
    reader.run()
    reader.state = {**reader.state, "cursor": (NOW + timedelta(days=90)).isoformat()}
    assert any("future" in text for batch in reader.run() for text in batch.warnings)
    assert datetime.fromisoformat(reader.state["cursor"]) <= NOW


@pytest.mark.parametrize(
    "old",
    [
        {"v": 0, "scope": ["2001", False], "cursor": NOW.isoformat()},
        {"v": 1, "scope": ["2002", False], "cursor": NOW.isoformat(), "token": "MDo1MA=="},
        {"v": 1, "scope": ["2001", True], "cursor": NOW.isoformat()},
        {"v": 1, "scope": ["2001", False], "cursor": 5, "token": [], "location": "../../x", "asked": ""},
    ],
)
def test_a_state_of_another_version_or_location_starts_from_nothing(
    reader: Signed, fake: GoogleBusinessFake, old: State
) -> None:
    reader.state = old
    reader.run()
    assert texts(reader) == truth(fake)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_between_runs_arrives(seed: int) -> None:
    dice = random.Random(seed)
    with GoogleBusinessFake(reviews=60) as fake:
        reader = reading(fake)
        for _ in range(4):
            try:
                reader.run(die_after=dice.choice([0, 1, 2, None]))
            except CrashedError:
                fake.forget() if dice.random() < 0.5 else None
            for name in dice.sample(sorted(fake.everything), 5):
                reader.now += timedelta(minutes=dice.randrange(1, 3000))
                fake.edit(name, at=reader.now, comment=f"Anew {dice.random()}")
            fake.add(at=reader.now)
        reader.run()
        reader.run()
        assert texts(reader) == truth(fake)


# -- interrupted -------------------------------------------------------------------------


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_run_resumed_after_any_page_equals_an_uninterrupted_one(fake: GoogleBusinessFake, page: int) -> None:
    whole, broken = reading(fake), reading(fake)
    whole.run()
    with pytest.raises(CrashedError):
        broken.run(die_after=page)
    fake.reset_counts()
    broken.run()
    assert (broken.rows, broken.state) == (whole.rows, whole.state)
    assert fake.hits[REVIEWS] == 3 - page
    assert broken.batches[-1].progress == whole.batches[-1].progress


def test_a_place_that_google_forgot_is_read_from_the_top_again(reader: Signed, fake: GoogleBusinessFake) -> None:
    with pytest.raises(CrashedError):
        reader.run(die_after=1)
    fake.forget()
    reader.run()
    assert texts(reader) == truth(fake)
    assert reader.batches[-1].progress is not None
    assert reader.batches[-1].progress.done == 120


def test_a_place_that_google_forgets_in_mid_run_is_no_success(reader: Signed, fake: GoogleBusinessFake) -> None:
    def forget(batch: Batch) -> None:
        fake.forget()

    with pytest.raises(BadAnswer, match="next page"):
        reader.run(after=forget)
    reader.run()
    assert texts(reader) == truth(fake)


def test_what_changes_while_a_run_lay_broken_arrives_with_the_next_one(
    reader: Signed, fake: GoogleBusinessFake
) -> None:
    with pytest.raises(CrashedError):
        reader.run(die_after=1)
    oldest = min(fake.everything)
    fake.edit(oldest, at=NOW, comment="Moved to the top.")
    reader.now = NOW + timedelta(hours=1)
    reader.run()
    reader.run()
    assert texts(reader) == truth(fake)


def test_only_the_last_page_promotes_the_cursor(reader: Signed) -> None:
    *pages, last = reader.run()
    assert {page.state["cursor"] for page in pages if page.state} == {None}
    assert last.state is not None
    assert datetime.fromisoformat(last.state["cursor"]).timestamp() == 1_795_000_000
    assert len(repr(pages[0].state)) < 500


def test_a_review_that_moves_down_to_the_next_page_is_told_once(reader: Signed, fake: GoogleBusinessFake) -> None:
    told: list[str] = []

    def two_more_after_the_first_page(batch: Batch) -> None:
        told.extend(raw.external_id for raw in batch.raws)
        if len(told) == 50:
            fake.add(at=NOW)
            fake.add(at=NOW)

    reader.run(after=two_more_after_the_first_page)
    assert len(told) == len(set(told)) == 120


@pytest.mark.parametrize("stuck", [1, 2])
def test_pages_in_a_circle_are_no_success_and_older_reviews_come_next_time(
    reader: Signed, fake: GoogleBusinessFake, stuck: int
) -> None:
    fake.stuck = stuck
    with pytest.raises(BadAnswer, match="circle"):
        reader.run()
    assert fake.hits[REVIEWS] == stuck + 1
    assert (reader.state["cursor"], "token" in reader.state) == (None, False)
    fake.stuck = 0
    reader.run()
    assert texts(reader) == truth(fake)


def test_a_repeated_page_is_known_again_after_a_restart(reader: Signed, fake: GoogleBusinessFake) -> None:
    fake.stuck = 1
    with pytest.raises(CrashedError):
        reader.run(die_after=1)
    fake.reset_counts()
    with pytest.raises(BadAnswer, match="circle"):
        reader.run()
    assert fake.hits[REVIEWS] == 1


# -- totals ------------------------------------------------------------------------------


def test_googles_own_totals_come_once_a_day(reader: Signed) -> None:
    reader.run("summary")
    reader.run("summary")
    assert list(reader.rows) == [NOW.date().isoformat()]
    assert BUSINESS.map("summary", reader.rows[NOW.date().isoformat()], ONLY) == [
        MetricPoint("google_business.total_reviews", NOW.date(), 120),
        MetricPoint("google_business.rating", NOW.date(), 3.0),
    ]
    assert reader.state == {"v": 1, "asked": "", "location": NAME}


def test_totals_that_google_leaves_out_are_missing_and_not_zero() -> None:
    with GoogleBusinessFake(reviews=0) as fake:
        reader = reading(fake)
        (batch,) = reader.run("summary")
        assert (batch.raws, batch.warnings) == ((), ("Google sent no totals this time.",))
    half: Any = {"day": "2026-11-19", "total": 3, "rating": None}
    (point,) = BUSINESS.map("summary", half, ONLY)
    assert isinstance(point, MetricPoint)
    assert point.metric == "google_business.total_reviews"


def test_a_count_above_what_was_listed_is_told_and_none_listed_at_all_is_no_success(
    reader: Signed, fake: GoogleBusinessFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.counted = 125
    *_, last = reader.run()
    assert last.warnings == ("Google counts 125 reviews and listed 120.",)
    monkeypatch.setattr(fake, "_whole", lambda body, following, there: {"totalReviewCount": 125})
    with pytest.raises(BadAnswer, match="sent none"):
        reading(fake, type(ONLY)("connected", NAME)).run()
