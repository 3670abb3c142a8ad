"""Reviews of Yelp with empty, odd or hostile content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.yelp import YelpFake, review
from tests.sources.reading import Reader
from tests.sources.yelp_reading import reading


@pytest.fixture
def fake() -> Iterator[YelpFake]:
    with YelpFake() as running:
        yield running


@pytest.fixture
def reader(fake: YelpFake) -> Reader:
    return reading(fake)


def test_empty_fields_are_no_reason_to_fail(reader: Reader, fake: YelpFake) -> None:
    fake.reviews = [review(1, text=None, rating=None, user=None, url=None)]
    reader.run()
    one = reader.documents()["review-1"]
    assert (one.text, one.author, one.url) == ("", "", "")
    assert (one.rating, one.rating_original, one.rating_scale) == (None, "", "")


def test_every_script_arrives_unharmed_and_broken_signs_are_left_out(reader: Reader, fake: YelpFake) -> None:
    fake.reviews = [review(1, text="寿司 🍣 Größe\x00\ud800 \u200fטעים", user={"name": "Zoë\n Ł."})]
    reader.run()
    one = reader.documents()["review-1"]
    assert (one.text, one.author) == ("寿司 🍣 Größe \u200fטעים", "Zoë Ł.")


@pytest.mark.parametrize("stars", [0, 6, -1, "5", True])
def test_a_rating_that_cannot_be_is_left_out(reader: Reader, fake: YelpFake, stars: Any) -> None:
    fake.reviews = [review(1, rating=stars)]
    reader.run()
    assert reader.documents()["review-1"].rating is None


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://notyelp.com/biz/x", "http://www.yelp.com/biz/x", 7])
def test_a_link_that_leads_elsewhere_is_left_out(reader: Reader, fake: YelpFake, link: Any) -> None:
    fake.reviews = [review(1, url=link)]
    reader.run()
    assert reader.documents()["review-1"].url == ""


def test_a_bad_review_is_set_aside_and_the_others_are_read(reader: Reader, fake: YelpFake) -> None:
    fake.reviews = [review(1, id=None), review(2, time_created="soon"), review(3)]
    batch = reader.one()
    assert [raw.external_id for raw in batch.raws] == ["review-3"]
    assert sorted(one.external_id for one in batch.rejected) == ["", "review-2"]
