"""What a person is told who connects a business on Yelp."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes._server import down
from tests.fakes.yelp import YelpFake
from tests.sources.reading import Reader
from tests.sources.yelp_reading import reading


@pytest.fixture
def fake() -> Iterator[YelpFake]:
    with YelpFake() as running:
        yield running


@pytest.fixture
def reader(fake: YelpFake) -> Reader:
    return reading(fake)


def test_check_tells_the_name_and_what_is_left(reader: Reader) -> None:
    checked = reader.check()
    assert (checked.ok, checked.identity) == (True, "Café zum Test")
    assert (checked.details["reviews"], checked.details["remaining"]) == (238, 298)


@pytest.mark.parametrize(
    ("changed", "at_fault"),
    [
        ({"api_key": "wrong"}, "api_key"),
        ({"api_key": "two words"}, "api_key"),
        ({"api_key": ""}, "api_key"),
        ({"business": "nowhere"}, "business"),
        ({"business": "https://notyelp.com/biz/x"}, "business"),
        ({"locale": "german"}, "locale"),
        ({"locale": "xx_XX"}, "locale"),
        ({"zone": "Mars/Base"}, "zone"),
    ],
)
def test_check_names_the_field_at_fault(reader: Reader, changed: dict[str, str], at_fault: str) -> None:
    bent = reader.with_(**changed)
    checked = bent.check()
    assert (checked.ok, checked.field) == (False, at_fault)
    assert checked.message


def test_check_takes_a_limit_for_a_good_answer_and_a_failure_for_none(reader: Reader, fake: YelpFake) -> None:
    fake.refusals = [(429, "ACCESS_LIMIT_REACHED", {})]
    assert reader.check().ok
    fake.script(*[down(503)] * 3)
    failed = reader.check()
    assert (failed.ok, failed.field) == (False, "")
