"""Busy days of LiteLLM: read in parts, each whole, resumed anywhere, and never said to be whole when they are not."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Batch
from sources.connectors.litellm import service
from tests.fakes._server import Answer, Request, json_answer
from tests.fakes.litellm import LiteLlmFake, told
from tests.sources.litellm_reading import DAY, LITELLM, NOW, PROXY, TODAY, at, promised, reading, totals, truth
from tests.sources.reading import CrashedError, Reader

BUSY = TODAY - 2 * DAY


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiteLlmFake]:
    """A proxy that counts to 100 and gives pages of 10, so that a few hundred calls are many."""
    monkeypatch.setattr(service, "PAGE_SIZE", 10)
    monkeypatch.setattr(service, "SMALL_PAGE", 5)
    with LiteLlmFake() as running:
        running.cap = 100
        running.fill(TODAY - 3 * DAY, 30)
        running.fill(BUSY, 260)
        running.fill(TODAY - DAY, 30)
        yield running


@pytest.fixture
def reader(fake: LiteLlmFake) -> Reader:
    return reading(fake)


def parts(reader: Reader) -> list[Batch]:
    """The batches that lie inside a day."""
    return [one for one in reader.batches if one.state and "at" in one.state]


def test_a_day_with_more_calls_than_are_counted_is_read_in_parts(reader: Reader, fake: LiteLlmFake) -> None:
    reader.run("calls")
    assert totals(reader) == truth(fake)
    assert totals(reader, "ai_cost") == truth(fake, "spend")
    assert len(parts(reader)) >= 3
    assert not [raw for one in parts(reader) for raw in one.raws]
    assert BUSY in promised(reader)
    assert not any(one.warnings for one in reader.batches)


def test_its_parts_lie_side_by_side_and_what_stands_on_their_border_counts_once(
    reader: Reader, fake: LiteLlmFake
) -> None:
    for hour in range(24):
        fake.add(at(BUSY, hour))
    fake.add(at(BUSY + DAY, 0))
    reader.run("calls")
    assert totals(reader) == truth(fake)


def test_all_calls_in_a_few_seconds_are_reached(reader: Reader, fake: LiteLlmFake) -> None:
    for number in range(300):
        fake.add(at(TODAY - DAY, 7, 30, number / 60))
    reader.run("calls")
    assert totals(reader) == truth(fake)
    assert TODAY - DAY in promised(reader)


def test_a_second_with_more_calls_than_are_counted_is_read_on_and_its_day_not_promised(
    reader: Reader, fake: LiteLlmFake
) -> None:
    for number in range(150):
        fake.add(at(TODAY - DAY, 7, 30, number / 1000))
    reader.run("calls")
    assert totals(reader) == truth(fake)
    assert TODAY - DAY not in promised(reader)
    assert any("more calls in one second" in text for one in reader.batches for text in one.warnings)


def test_the_progress_moves_within_a_busy_day(reader: Reader) -> None:
    reader.run("calls")
    told_ = [one.progress.message for one in parts(reader) if one.progress]
    assert len(set(told_)) == len(told_)
    assert reader.batches[-1].progress
    assert reader.batches[-1].progress.done == reader.batches[-1].progress.total == 6


def test_a_run_resumed_after_any_part_equals_an_uninterrupted_one(fake: LiteLlmFake) -> None:
    whole = reading(fake)
    whole.run("calls")
    for stop in range(1, len(whole.batches), 2):
        broken = reading(fake)
        with pytest.raises(CrashedError):
            broken.run("calls", die_after=stop)
        broken.run("calls")
        assert (broken.rows, broken.state) == (whole.rows, whole.state), stop


def test_a_resumed_part_is_not_asked_for_again(reader: Reader, fake: LiteLlmFake) -> None:
    reader.run("calls")
    stop = reader.batches.index(parts(reader)[-1]) + 1
    broken = reading(fake)
    with pytest.raises(CrashedError):
        broken.run("calls", die_after=stop)
    fake.reset_counts()
    broken.run("calls")
    assert min(one.query["start_date"] for one in fake.seen) > BUSY.isoformat() + " 06:00:00"


def test_a_pass_that_lay_broken_for_a_day_misses_nothing_that_came_meanwhile(reader: Reader, fake: LiteLlmFake) -> None:
    with pytest.raises(CrashedError):
        reader.run("calls", die_after=4)
    fake.add(at(TODAY - 2 * DAY, 0, 0, 1))
    fake.fill(TODAY + DAY, 30)
    reader.now = NOW + 2 * DAY
    reader.run("calls")
    reader.run("calls")
    assert totals(reader) == truth(fake, until=reader.now)


def test_cancelling_ends_between_two_parts_and_the_next_run_goes_on(reader: Reader, fake: LiteLlmFake) -> None:
    asked = iter(range(1000))
    context = replace(reader.context(), cancelled=lambda: next(asked) > 5)
    (*_, last) = LITELLM.read(context, PROXY, "calls", {})
    assert last.state
    assert "begun" in last.state
    reader.run("calls")
    assert totals(reader) == truth(fake)


# -- a list that moves -------------------------------------------------------------------


def test_calls_stored_while_an_old_day_is_read_make_it_read_again(reader: Reader, fake: LiteLlmFake) -> None:
    fake.fill(TODAY - 3 * DAY, 40, custom_llm_provider="more")
    late = iter(range(2))

    def stored_meanwhile(page: int) -> None:
        if page == 3 and next(late, None) is not None:
            fake.add(at(TODAY - 3 * DAY, 0, 0, 1))

    fake.after_page = stored_meanwhile
    reader.run("calls")
    assert totals(reader) == truth(fake)


def test_calls_that_come_while_today_is_read_are_no_fault(reader: Reader, fake: LiteLlmFake) -> None:
    fake.fill(TODAY, 90)
    fake.after_page = lambda page: fake.add(NOW - timedelta(seconds=30))
    reader.run("calls")
    assert totals(reader)[TODAY] >= 45
    fake.after_page = bool
    reader.run("calls")
    assert totals(reader) == truth(fake)


def test_a_call_that_moves_to_the_next_page_counts_once(fake: LiteLlmFake) -> None:
    fake.fill(TODAY, 60)
    reader = reading(fake)
    reader.state = {}
    fake.after_page = lambda page: page == 2 and fake.add(at(TODAY, 0, 0, 0.5))
    reader.run("calls")
    fake.after_page = bool
    reader.run("calls")
    assert totals(reader) == truth(fake)


def test_two_calls_of_one_call_id_are_two(reader: Reader, fake: LiteLlmFake) -> None:
    for _ in range(2):
        fake.add(at(TODAY - DAY), litellm_call_id="chosen by the caller")
    reader.run("calls")
    assert totals(reader) == truth(fake)


@pytest.mark.parametrize("missing", [1, 7])
def test_a_list_that_ends_early_is_no_success(reader: Reader, fake: LiteLlmFake, missing: int) -> None:
    whole = fake.answer

    def cut(request: Request) -> Answer:
        body = json.loads(whole(request).body)
        return json_answer({**body, "data": body["data"][:-missing]})

    fake.answer = cut  # type: ignore[method-assign]
    with pytest.raises(BadAnswer, match="does not match"):
        reader.run("calls")
    assert "done" not in reader.state
    fake.answer = whole  # type: ignore[method-assign]
    reader.run("calls")
    assert totals(reader) == truth(fake)


def test_a_proxy_that_answers_every_page_with_the_first_is_no_success(reader: Reader, fake: LiteLlmFake) -> None:
    fake.mixed_up = True
    with pytest.raises(BadAnswer, match="does not match"):
        reader.run("calls")


def test_a_second_without_end_is_no_success(reader: Reader, fake: LiteLlmFake) -> None:
    for number in range(150):
        fake.add(at(TODAY - 3 * DAY, 7, 30, number / 1000))
    fake.mixed_up = True
    fake.cap = 20
    with pytest.raises(BadAnswer, match=r"twice|does not match"):
        reader.run("calls")


def test_calls_of_another_time_than_asked_for_are_no_success(reader: Reader, fake: LiteLlmFake) -> None:
    for one in fake.calls.values():
        one["startTime"] = one["startTime"].replace("Z", "-05:00")
    with pytest.raises(BadAnswer, match="another time"):
        reader.run("calls")


# -- pages and rows ----------------------------------------------------------------------


def test_a_version_that_gives_small_pages_only_is_asked_for_these(reader: Reader, fake: LiteLlmFake) -> None:
    fake.largest = 5
    reader.run("calls")
    assert totals(reader) == truth(fake)
    assert [one.query["page_size"] for one in fake.seen].count("10") == 1


def test_pages_too_large_to_take_are_asked_for_smaller(reader: Reader, fake: LiteLlmFake) -> None:
    fake.calls = {name: one for name, one in fake.calls.items() if one["startTime"] < told(at(BUSY))}
    for one in list(fake.calls.values())[:10]:
        one["metadata"]["model_map_information"] = "x" * 2_100_000
    reader.run("calls")
    assert totals(reader) == truth(fake)
    assert {one.query["page_size"] for one in fake.seen} == {"10", "5"}


def test_a_proxy_that_gives_no_page_at_all_is_told_of(reader: Reader, fake: LiteLlmFake) -> None:
    fake.largest = 3
    with pytest.raises(BadAnswer, match="small pages"):
        reader.run("calls")


@pytest.mark.parametrize("odd", [{"startTime": "yesterday"}, {"request_id": None, "litellm_call_id": ""}])
def test_a_row_that_cannot_be_read_goes_aside_and_its_day_is_not_promised(
    reader: Reader, fake: LiteLlmFake, odd: dict[str, str | None]
) -> None:
    name = fake.add(at(TODAY - DAY, 9, 10, 30.5))
    answer = fake.answer

    def spoiled(request: Request) -> Answer:
        body = json.loads(answer(request).body)
        body["data"] = [one | odd if one["request_id"] == name else one for one in body["data"]]
        return json_answer(body)

    fake.answer = spoiled  # type: ignore[method-assign]
    reader.run("calls")
    (bad,) = [one for batch in reader.batches for one in batch.rejected]
    assert (bad.external_id, bad.reason[:6]) == ((TODAY - DAY).isoformat(), "1 call")
    assert "ada@example.com" not in repr(bad.payload)
    assert totals(reader)[TODAY - DAY] == 30
    assert TODAY - DAY not in promised(reader)


def test_rows_that_are_no_objects_are_put_aside_too(reader: Reader, fake: LiteLlmFake) -> None:
    fake.answer = lambda request: json_answer({"data": [None, 5, "x"], "total": 3})  # type: ignore[method-assign]
    reader.run("calls")
    assert [one.reason[:7] for batch in reader.batches for one in batch.rejected] == ["3 calls"] * 6


# -- any history -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_any_history_read_in_any_pieces_comes_to_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(service, "PAGE_SIZE", chance.choice([3, 7, 10]))
    with LiteLlmFake() as fake:
        fake.cap = chance.choice([12, 40])
        reader = reading(fake)
        reader.now = NOW - 3 * DAY
        for _ in range(5):
            for _ in range(chance.randrange(60)):
                fake.add(_moment(chance, reader.now))
            try:
                reader.run("calls", die_after=chance.randrange(1, 14))
            except CrashedError:
                reader.run("calls")
            reader.now += timedelta(hours=chance.randrange(1, 20))
        reader.run("calls")
        assert totals(reader) == truth(fake, until=reader.now)


def _moment(chance: random.Random, now: datetime) -> datetime:
    """Some time in the day before; many calls come in the same few seconds."""
    if chance.random() < 0.4:
        return now - timedelta(hours=3, milliseconds=chance.randrange(5000))
    return now - timedelta(seconds=chance.randrange(86_400))
