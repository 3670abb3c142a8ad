"""The review page connector against a local website, with the real HTTP client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livinglytics.lib.errors import BadAnswer, NotFound, ProductError, RateLimited, Transient
from sources.connectors._base import State, connectors
from sources.connectors.review_page import ReviewPage, ReviewPageConfig
from sources.connectors.review_page.memory import MOST_PAGES
from tests.fakes._server import RESET, TRUNCATED, Answer, Fault, down, limited, slow
from tests.fakes.review_page import READ, UNTIL, ReviewPageFake, page
from tests.sources.reading import CrashedError, Reader

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
LAMP, KETTLE, BAKERY = "/product/lamp", "/graph/kettle", "/local/bakery"
WEB = ReviewPage()


def reading(fake: ReviewPageFake, *paths: str, **settings: Any) -> Reader:
    addresses = tuple(fake.address(one) for one in paths or (LAMP, KETTLE, BAKERY))
    return Reader(WEB, fake, ReviewPageConfig(addresses, **settings), now=NOW, zone="America/New_York")


@pytest.fixture
def fake() -> Iterator[ReviewPageFake]:
    with ReviewPageFake(reviews=24) as running:
        yield running


@pytest.fixture
def reader(fake: ReviewPageFake) -> Reader:
    return reading(fake)


def seen(reader: Reader) -> list[tuple[str, str]]:
    return sorted((one.title, one.text) for one in reader.documents().values())


def truth(fake: ReviewPageFake, *paths: str) -> list[tuple[str, str]]:
    """Title and text of all reviews as a person reads them on the pages."""
    found = []
    for path in paths or tuple(fake.items):
        for one in fake.items[path].reviews:
            title = one.get("name") or one.get("headline") or ""
            number = int(title.rpartition(" ")[2] or 0) if title.startswith("Order ") else -1
            written = one.get("reviewBody") or one.get("description") or ""
            found.append((title, READ[number % 5] if number >= 0 else written))
    return sorted(found)


def warned(reader: Reader) -> str:
    return "\n".join(text for batch in reader.batches for text in batch.warnings)


# -- reading everything ------------------------------------------------------------------


def test_the_connector_is_found_by_its_key() -> None:
    assert isinstance(connectors.get("review_page"), ReviewPage)


def test_all_reviews_of_three_kinds_of_pages_come_list_by_list(reader: Reader, fake: ReviewPageFake) -> None:
    batches = reader.run()
    assert seen(reader) == truth(fake)
    assert [len(one.raws) for one in batches] == [10, 10, 4, 10, 10, 4, 1]
    assert [one.progress.done for one in batches if one.progress] == [1, 2, 3, 4, 5, 6, 7]
    assert warned(reader) == ""


def test_a_link_in_a_script_or_comment_is_never_followed(reader: Reader, fake: ReviewPageFake) -> None:
    reader.run()
    assert fake.hits["/trap"] == 0
    assert set(fake.hits) == {"/robots.txt", LAMP, KETTLE, BAKERY}


@pytest.mark.parametrize("size", [0, 1, 10, 11, 20])
def test_a_list_of_any_length_is_read_to_its_end(fake: ReviewPageFake, size: int) -> None:
    fake.items[KETTLE].reviews = fake.items[KETTLE].reviews[:size]
    reader = reading(fake, KETTLE)
    reader.run()
    assert seen(reader) == truth(fake, KETTLE)
    assert "until" not in reader.state


def test_lists_are_followed_only_if_wanted_and_only_so_far(fake: ReviewPageFake) -> None:
    first = reading(fake, LAMP, KETTLE, follow=False)
    first.run()
    assert (len(first.rows), warned(first)) == (20, "")
    two = reading(fake, LAMP, pages=2)
    two.run()
    assert len(two.rows) == 20
    assert "2 pages of it are read, as set" in warned(two)


def test_a_review_on_two_pages_is_one(fake: ReviewPageFake) -> None:
    for path in (LAMP, BAKERY):
        fake.items[path].reviews = [{**fake.items[LAMP].reviews[0], "@id": "/reviews/1"}]
    reader = reading(fake, LAMP, BAKERY)
    assert [len(one.raws) for one in reader.run()] == [1, 0]


def test_names_of_authors_are_kept_only_on_request(fake: ReviewPageFake) -> None:
    without, named = reading(fake), reading(fake, authors=True)
    without.run()
    named.run()
    assert "Ada" not in repr((without.rows, without.state, without.batches))
    assert {one.author for one in named.documents().values()} == {"Grace", *(f"Ada {number}" for number in range(24))}
    assert without.rows.keys() == named.rows.keys()


# -- the next time -----------------------------------------------------------------------


@pytest.mark.parametrize("validators", [True, False])
def test_a_second_run_changes_nothing(reader: Reader, fake: ReviewPageFake, validators: bool) -> None:
    fake.validators = validators
    reader.run()
    before, state = dict(reader.rows), dict(reader.state)
    reader.run()
    assert (reader.rows, reader.state) == (before, state)
    assert sum(len(one.raws) for one in reader.batches) == (0 if validators else 49)


def test_unchanged_pages_are_asked_for_with_their_validators_and_their_lists_are_still_followed(
    reader: Reader, fake: ReviewPageFake
) -> None:
    reader.run()
    fake.reset_counts()
    fake.items[KETTLE].reviews[-1] |= {"description": "On the last page.", "headline": "Edited"}
    reader.run()
    assert fake.requests == 8
    assert all("If-None-Match" in {name.title() for name in one.headers} for one in list(fake.seen)[1:])
    assert [len(one.raws) for one in reader.batches] == [0, 0, 0, 0, 0, 4, 0]
    assert seen(reader) == truth(fake)


def test_new_and_edited_reviews_arrive_on_the_next_run(reader: Reader, fake: ReviewPageFake) -> None:
    reader.run()
    fake.items[KETTLE].reviews[3] |= {"description": "I changed my mind.", "headline": "Edited"}
    fake.add(KETTLE, at=NOW, description="Fresh.", headline="New")
    fake.add(LAMP, at=NOW, reviewBody="Fresh too.", name="New")
    reader.run()
    assert seen(reader) == truth(fake)


def test_an_edited_review_without_a_name_of_its_own_counts_as_a_new_one_and_only_its_text_does_so(
    fake: ReviewPageFake,
) -> None:
    reader = reading(fake, LAMP)
    reader.run()
    fake.items[LAMP].reviews[3]["reviewRating"]["ratingValue"] = 1
    reader.run()
    assert len(reader.rows) == 24
    fake.items[LAMP].reviews[3]["reviewBody"] = "I changed my mind."
    reader.run()
    assert len(reader.rows) == 25
    assert "edited one counts as a new one" in WEB.streams[0].note


def test_a_review_that_is_gone_from_the_page_stays(reader: Reader, fake: ReviewPageFake) -> None:
    reader.run()
    del fake.items[KETTLE].reviews[5:]
    reader.run()
    assert len(reader.rows) == 49


@pytest.mark.parametrize(
    "changed",
    [
        {"v": 0},
        {"v": None},
        {"scope": "other"},
        {"pages": 5},
        {"pages": {"x": 1, "0" * 12: [1]}},
        {"until": "2099-01-01T00:00:00Z"},
        {"until": NOW.isoformat(), "done": 5, "open": {"a": 1, "b": ["", 1, []], "c": [1, 2]}},
    ],
)
def test_an_odd_state_or_one_of_another_version_or_from_the_future_starts_from_nothing(
    reader: Reader, fake: ReviewPageFake, changed: State
) -> None:
    reader.run()
    everything, state = dict(reader.rows), dict(reader.state)
    reader.rows, reader.state = {}, {**state, "done": [*state["pages"]], **changed}
    fake.reset_counts()
    reader.run()
    assert fake.requests == 8
    assert reader.rows == ({} if "until" in changed else everything)
    assert reader.state == state


@pytest.mark.parametrize("changed", [{"follow": False}, {"pages": 9}, {"authors": True}])
def test_other_settings_start_from_nothing(reader: Reader, changed: dict[str, Any]) -> None:
    reader.run()
    other = replace(reader, config=replace(reader.config, **changed), rows={})
    other.run()
    assert len(other.rows) == (21 if "follow" in changed else 49)


def test_the_state_stays_small_and_stores_no_address_that_may_carry_a_session(fake: ReviewPageFake) -> None:
    path = "/product/lamp?sessionid=5&page="
    for number in range(1, 4):
        more = f'<a rel="next" href="{path}{number + 1}">' if number < 3 else ""
        block = {"@type": "Review", "reviewBody": f"{number}", "datePublished": "2026-11-02"}
        answer = page([block], body=more)
        fake.other[f"{LAMP}?page={number}"] = replace(answer, headers={"ETag": f'"{number}"'})
    reader = reading(fake, f"{LAMP}?page=1")
    reader.run()
    assert len(reader.rows) == 3
    assert all("sessionid" not in repr(one.state) for one in reader.batches)
    with pytest.raises(CrashedError):
        reader.with_(pages=5).run(die_after=1)
    again = reader.with_(pages=5)
    with pytest.raises(CrashedError):
        again.run(die_after=2)
    again.run()
    assert again.rows == reader.rows


def test_only_so_many_pages_are_remembered(fake: ReviewPageFake) -> None:
    fake.items[LAMP].size, fake.items[LAMP].reviews = 1, fake.items[LAMP].reviews[:1] * 300
    for number, one in enumerate(fake.items[LAMP].reviews):
        fake.items[LAMP].reviews[number] = {**one, "reviewBody": f"{number}"}
    paths = [f"{LAMP}?page={start}" for start in (1, 101, 201)]
    reader = reading(fake, *paths, pages=100)
    reader.run()
    assert len(reader.rows) == 300
    assert len(reader.state["pages"]) == MOST_PAGES
    assert len(json.dumps(reader.state)) < 60_000


# -- interrupted -------------------------------------------------------------------------


@pytest.mark.parametrize("pages", range(7))
def test_a_run_resumed_after_any_page_equals_an_uninterrupted_one(fake: ReviewPageFake, pages: int) -> None:
    whole, broken = reading(fake), reading(fake)
    whole.run()
    with pytest.raises(CrashedError):
        broken.run(die_after=pages)
    fake.reset_counts()
    broken.run()
    assert (broken.rows, broken.state) == (whole.rows, whole.state)
    assert fake.requests - fake.hits["/robots.txt"] == 7 - pages
    assert broken.batches[-1].progress == whole.batches[-1].progress


def test_a_pass_that_lay_broken_for_long_begins_anew(reader: Reader, fake: ReviewPageFake) -> None:
    with pytest.raises(CrashedError):
        reader.run(die_after=4)
    fake.add(LAMP, at=NOW, name="New", reviewBody="On a page that was read before.")
    reader.now = NOW + timedelta(hours=1)
    reader.run()
    assert seen(reader) == truth(fake)


# -- where lists end ---------------------------------------------------------------------


def test_a_next_page_that_was_seen_before_ends_the_list(fake: ReviewPageFake) -> None:
    fake.stuck = True
    reader = reading(fake, LAMP)
    reader.run()
    assert (len(reader.rows), fake.hits[LAMP]) == (20, 2)


def test_two_pages_that_name_each_other_end_also_after_a_restart(fake: ReviewPageFake) -> None:
    for number, other in ((1, 2), (2, 1)):
        block = {"@type": "Review", "reviewBody": f"{number}", "datePublished": "2026-11-02"}
        fake.other[f"/loop?page={number}"] = page([block], body=f'<a rel="next" href="?page={other}">')
    reader = reading(fake, "/loop?page=1")
    with pytest.raises(CrashedError):
        reader.run(die_after=1)
    reader.run()
    assert (len(reader.rows), fake.hits["/loop"]) == (2, 3)


def test_pages_that_all_carry_the_same_reviews_are_not_asked_for_to_the_end(fake: ReviewPageFake) -> None:
    fake.endless, fake.items[LAMP].reviews = True, fake.items[LAMP].reviews[:3]
    for number in range(2, 99):
        fake.other[f"{LAMP}?page={number}"] = page([{"@type": "Product", "review": fake.items[LAMP].reviews}], body=(
            f'<a rel="next" href="?page={number + 1}">'
        ))  # fmt: skip
    reader = reading(fake, LAMP, pages=100)
    reader.run()
    assert (len(reader.rows), fake.hits[LAMP]) == (3, 2)
    assert "repeats the reviews" in warned(reader)


def test_a_further_page_without_reviews_ends_the_list_and_says_so(fake: ReviewPageFake) -> None:
    fake.endless = True
    reader = reading(fake, KETTLE)
    reader.run()
    assert (len(reader.rows), fake.hits[KETTLE]) == (24, 4)
    assert "carries no reviews" in warned(reader)
    fake.reset_counts()
    reader.run()
    assert fake.hits[KETTLE] == 4


def test_a_list_that_goes_on_at_another_host_is_not_followed_and_that_is_told(fake: ReviewPageFake) -> None:
    block = {"@type": "Review", "reviewBody": "a", "datePublished": "2026-11-02"}
    fake.other["/x"] = page([block], head='<link rel="next" href="https://other.example/x?page=2">')
    reader = reading(fake, "/x")
    reader.run()
    assert len(reader.rows) == 1
    assert "other.example, another host" in warned(reader)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(b"", 404), NotFound),
        (Answer(b"gone", 410), NotFound),
        (Answer(b"no", 400), ProductError),
        (Answer(b"{}", 200), BadAnswer),
        (Answer(b"", 204, kind="text/html"), BadAnswer),
        (Answer(b"", 304, kind="text/html"), BadAnswer),
        (page(['{"@type": "Review"']), BadAnswer),
    ],
)
def test_a_next_page_that_cannot_be_read_is_no_success_and_the_other_addresses_are_read(
    reader: Reader, fake: ReviewPageFake, answer: Answer, error: type[ProductError]
) -> None:
    fake.other[f"{LAMP}?page=2"] = answer
    with pytest.raises(error) as caught:
        reader.run()
    assert "addresses" in caught.value.details
    assert len(reader.rows) == 10 + 24 + 1
    assert "until" not in reader.state
    fake.other.clear()
    reader.run()
    assert seen(reader) == truth(fake)


# -- broken pages ------------------------------------------------------------------------


def test_a_broken_block_is_told_with_its_page_each_time_and_the_others_are_read(
    reader: Reader, fake: ReviewPageFake
) -> None:
    fake.items[LAMP].more = '<script type="application/ld+json">{"@type": "Product",}</script>'
    for _ in range(2):
        reader.run()
        assert seen(reader) == truth(fake)
        assert "/product/lamp: JSON-LD block 3 of 3 cannot be read" in warned(reader)


def test_a_bad_review_is_set_aside_each_time_and_the_others_are_read(reader: Reader, fake: ReviewPageFake) -> None:
    fake.add(LAMP, at=NOW, datePublished="last week")
    for _ in range(2):
        reader.run()
        (bad,) = [one for batch in reader.batches for one in batch.rejected]
        assert "last week" in bad.reason
        assert len(reader.rows) == 49


@pytest.mark.parametrize(
    "body",
    ["", "<html>", "<p>" * 1_000, '<script type="application/ld+json">{"@type": "WebSite"}</script>', "\x00\xff"],
)
def test_a_page_without_reviews_is_no_success(fake: ReviewPageFake, body: str) -> None:
    fake.other["/x"] = Answer(body.encode(), kind="text/html")
    with pytest.raises(BadAnswer, match="carries no reviews") as caught:
        reading(fake, "/x", LAMP).run()
    assert list(caught.value.details) == ["addresses"]
    assert fake.hits[LAMP] == 3


def test_a_product_that_nobody_has_reviewed_is_told_and_is_no_error(fake: ReviewPageFake) -> None:
    fake.items[LAMP].reviews, fake.items[LAMP].total = [], None
    reader = reading(fake, LAMP)
    reader.run()
    assert "shows no reviews at present" in warned(reader)


def test_several_pages_that_fail_are_told_together(fake: ReviewPageFake) -> None:
    reader = reading(fake, "/a", LAMP, "/b")
    with pytest.raises(NotFound, match=r"/a any more.*1 more of the pages") as caught:
        reader.run()
    assert len(caught.value.details["addresses"]) == 2
    assert "/b any more" in warned(reader)
    assert len(reader.rows) == 24


# -- what may pass by itself -------------------------------------------------------------


def on(path: str, fault: Fault) -> Fault:
    return replace(fault, path=path)


@pytest.mark.parametrize("fault", [TRUNCATED, RESET, down(503), down(500), limited("1"), down(408)])
def test_what_passes_is_asked_for_again(reader: Reader, fake: ReviewPageFake, fault: Fault) -> None:
    fake.script(on(KETTLE, fault))
    reader.run()
    assert seen(reader) == truth(fake)


@pytest.mark.parametrize("fault", [TRUNCATED, RESET, down(503)])
def test_a_page_that_stays_down_does_not_keep_the_others_and_only_it_is_asked_for_again(
    reader: Reader, fake: ReviewPageFake, fault: Fault
) -> None:
    fake.script(*[on(KETTLE, fault)] * 3)
    with pytest.raises(Transient):
        reader.run()
    assert len(reader.rows) == 25
    fake.reset_counts()
    reader.run()
    assert seen(reader) == truth(fake)
    assert set(fake.hits) == {"/robots.txt", KETTLE}
    fake.reset_counts()
    reader.run()
    assert fake.hits.keys() == {"/robots.txt", LAMP, KETTLE, BAKERY}


def test_after_half_an_hour_a_page_that_stays_down_no_longer_keeps_the_others_from_being_read_anew(
    reader: Reader, fake: ReviewPageFake
) -> None:
    fake.script(*[on(KETTLE, down())] * 3)
    with pytest.raises(Transient):
        reader.run()
    reader.now = NOW + timedelta(minutes=40)
    fake.reset_counts()
    fake.script(*[on(KETTLE, down())] * 3)
    with pytest.raises(Transient):
        reader.run()
    assert fake.hits[LAMP] == 3


def test_a_silent_page_is_a_passing_failure(reader: Reader, fake: ReviewPageFake) -> None:
    reader.patience = 0.3
    fake.script(*[on(BAKERY, slow(5))] * 3)
    with pytest.raises(Transient):
        reader.run()
    assert len(reader.rows) == 48


def test_a_long_limit_goes_up_with_the_pages_before_it_kept_and_its_place_waits_as_long(
    reader: Reader, fake: ReviewPageFake
) -> None:
    fake.script(None, None, on(LAMP, limited("7200")))
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert (caught.value.retry_after, len(reader.rows), reader.waits) == (7200.0, 10, [])
    assert fake.hits == {"/robots.txt": 1, LAMP: 2}
    reader.now = NOW + timedelta(seconds=7_300)
    fake.reset_counts()
    reader.run()
    assert seen(reader) == truth(fake)
    assert fake.hits[LAMP] == 2


# -- whatever happens --------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "edit", "run", "crash", "fail", "limit"]), st.integers(0, 30)), max_size=9
)


@settings(max_examples=15, deadline=None)
@given(steps=STEPS)
def test_whatever_happens_in_between_the_end_is_what_one_clean_reading_brings(steps: list[tuple[str, int]]) -> None:
    with ReviewPageFake(reviews=12) as fake:
        fake.items[KETTLE].size = 5
        reader = reading(fake, KETTLE, BAKERY)
        for number, (what, where) in enumerate(steps):
            if what == "add":
                fake.add(KETTLE, at=UNTIL, headline=f"New {number}", description=f"{where}")
            elif what == "edit":
                held = fake.items[KETTLE].reviews
                held[where % len(held)] |= {"headline": f"Edit {number}", "description": f"{where}"}
            elif what == "fail":
                fake.script(*[on(KETTLE, down())] * 3)
            elif what == "limit":
                fake.script(on(KETTLE, limited("4000")))
            with suppress(CrashedError, ProductError):
                if what != "add":
                    reader.run(die_after=where % 4 if what == "crash" else None)
        fake.script()
        fake._script.clear()
        reader.now = NOW + timedelta(days=2)
        reader.run()
        assert seen(reader) == truth(fake, KETTLE, BAKERY)
