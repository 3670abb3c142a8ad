"""Reviews of Google Business Profile as documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sources.connectors.google_business.texts import original
from sources.records import Document
from tests.fakes.google_business import GoogleBusinessFake
from tests.sources.google_business_reading import BUSINESS, NOW, ONLY, reading


def mapped(**raw: Any) -> Document:
    (found,) = BUSINESS.map(
        "reviews", {"reviewId": "AbF1", "createTime": "2026-11-19T10:00:00.123456789Z", **raw}, ONLY
    )
    assert isinstance(found, Document)
    return found


def test_a_review_becomes_a_document_with_all_that_matters() -> None:
    with GoogleBusinessFake(reviews=1) as fake:
        name = fake.add(at=NOW, starRating="FOUR", comment="Good coffee")
        fake.reply(name, "Thanks", at=NOW + timedelta(minutes=5))
        reader = reading(fake)
        reader.now = NOW + timedelta(hours=1)
        reader.run()
        one = reader.documents()[name]
    assert (one.rating, one.rating_original, one.rating_scale) == (0.75, "4", "1-5")
    assert (one.text, one.author, one.created_at) == ("Good coffee", "", NOW)
    assert one.updated_at == NOW + timedelta(minutes=5)
    assert (one.extra["platform"], one.extra["translated"], one.extra["company_reply"]) == ("google", False, "Thanks")
    assert one.extra["answered_at"] == (NOW + timedelta(minutes=5)).isoformat()


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        ("(Translated by Google) Very good.\n\n(Original)\nSehr gut.", "Sehr gut."),
        ("(Translated by Google) One\ntwo\n\n(Original)\nEins\n\nzwei", "Eins\n\nzwei"),
        ("Sehr gut.\n\n(Translated by Google)\nVery good.", "Sehr gut."),
        ("Eins\nzwei\n\n(Translated by Google)\nOne\ntwo", "Eins\nzwei"),
        ("Plain", "Plain"),
        ("(Original) recipe, I liked it", "(Original) recipe, I liked it"),
        ("I read (Translated by Google) here", "I read (Translated by Google) here"),
        ("(Translated by Google) Very good.", "(Translated by Google) Very good."),
        ("(Translated by Google) Very good.\n\n(Original)\n", "(Translated by Google) Very good.\n\n(Original)"),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_the_text_is_what_the_author_wrote_and_not_the_translation(comment: Any, text: str) -> None:
    assert original(comment) == text
    assert mapped(comment=comment).text == text
    assert mapped(comment=comment).extra["translated"] is (text not in ("", str(comment).strip()))


def test_a_long_text_of_markers_is_read_quickly() -> None:
    assert original("\n(Translated by Google)" * 20_000)
    assert original("(Translated by Google) x" + "\n(Original" * 20_000)
    assert original("x" + "\n" * 50_000 + " " * 50_000 + "y")


@pytest.mark.parametrize(
    ("stars", "rating", "shown"),
    [
        ("ONE", 0.0, "1"),
        ("THREE", 0.5, "3"),
        ("FIVE", 1.0, "5"),
        ("STAR_RATING_UNSPECIFIED", None, ""),
        ("five", None, ""),
        (5, None, ""),
        (None, None, ""),
        ([], None, ""),
    ],
)
def test_words_for_stars_become_a_rating_from_0_to_1_and_others_none(
    stars: Any, rating: float | None, shown: str
) -> None:
    one = mapped(starRating=stars)
    assert (one.rating, one.rating_original) == (rating, shown)


@pytest.mark.parametrize("name", ["comment", "updateTime", "reviewReply", "author", "starRating"])
@pytest.mark.parametrize("odd", [None, 7, [], {"comment": None}])
def test_empty_and_odd_fields_are_no_reason_to_fail(name: str, odd: Any) -> None:
    one = mapped(**{name: odd})
    assert one.created_at == one.updated_at == datetime(2026, 11, 19, 10, 0, 0, 123456, UTC)
    assert "company_reply" not in one.extra


def test_signs_of_all_scripts_stay_and_those_no_database_takes_go() -> None:
    with GoogleBusinessFake(reviews=0) as fake:
        name = fake.add(at=NOW, comment="مرحبا\x00 🎉 👩‍👩‍👧\n素晴らしい \ud83d")
        reader = reading(fake)
        reader.run()
        assert reader.documents()[name].text == "مرحبا 🎉 👩‍👩‍👧\n素晴らしい"
