"""The LiteLLM connector against a local proxy, with the real HTTP client: what is read, and what it means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sources.connectors._base import State, connectors
from sources.connectors.litellm import LiteLlm, LiteLlmConfig
from sources.connectors.litellm.calls import MOST_CELLS, OTHER, Tally, read
from sources.connectors.litellm.service import base_of
from sources.records import MetricPoint
from tests.fakes.litellm import KEY, PATH, LiteLlmFake
from tests.sources.litellm_reading import DAY, LITELLM, NOW, PROXY, TODAY, at, points, promised, reading, totals, truth
from tests.sources.reading import Reader


@pytest.fixture
def fake() -> Iterator[LiteLlmFake]:
    with LiteLlmFake() as running:
        for back in range(4):
            running.fill(TODAY - back * DAY, 60)
        yield running


@pytest.fixture
def reader(fake: LiteLlmFake) -> Reader:
    return reading(fake)


def one_call(fake: LiteLlmFake, **fields: Any) -> dict[str, MetricPoint]:
    """The points of a day that holds nothing but this call."""
    fake.calls.clear()
    fake.add(at(TODAY - DAY), **fields)
    reader = reading(fake)
    reader.run("calls")
    return {one.metric: one for one in points(reader)}


# -- what is read ------------------------------------------------------------------------


def test_the_connector_is_found_by_its_key() -> None:
    assert isinstance(connectors.get("litellm"), LiteLlm)


def test_every_call_is_counted_on_its_day_in_utc(reader: Reader, fake: LiteLlmFake) -> None:
    reader.run("calls")
    assert totals(reader) == truth(fake)
    assert totals(reader, "ai_cost") == truth(fake, "spend")
    assert totals(reader, "ai_tokens_input") == truth(fake, "prompt_tokens")
    assert totals(reader, "ai_tokens_output") == truth(fake, "completion_tokens")
    assert totals(reader, "ai_tokens_total") == truth(fake, "total_tokens")
    assert totals(reader, "ai_latency_ms") == truth(fake, "request_duration_ms")


def test_without_a_first_day_the_last_thirty_days_are_read(fake: LiteLlmFake) -> None:
    fake.add(at(TODAY - 29 * DAY))
    fake.add(at(TODAY - 30 * DAY))
    reader = reading(fake, LiteLlmConfig("https://litellm.example.com", KEY))
    reader.run("calls")
    assert min(totals(reader)) == TODAY - 29 * DAY


def test_a_first_day_in_the_future_reads_nothing_and_says_so(fake: LiteLlmFake) -> None:
    reader = reading(fake).with_(since=TODAY + DAY)
    assert "not reached yet" in reader.one("calls").warnings[0]
    assert fake.requests == 0


def test_only_days_that_are_over_are_promised(reader: Reader) -> None:
    reader.run("calls")
    assert promised(reader) == [TODAY - 3 * DAY, TODAY - 2 * DAY, TODAY - DAY]
    assert TODAY.isoformat() in reader.rows


def test_right_after_midnight_yesterday_is_read_and_not_promised_yet(reader: Reader, fake: LiteLlmFake) -> None:
    reader.now = at(TODAY, 0, 10)
    reader.run("calls")
    assert totals(reader)[TODAY - DAY] == 60
    assert promised(reader)[-1] == TODAY - 2 * DAY
    reader.now = at(TODAY, 0, 40)
    reader.run("calls")
    assert promised(reader)[-1] == TODAY - DAY


def test_days_before_the_first_call_are_not_promised_and_empty_ones_after_it_are_zero(fake: LiteLlmFake) -> None:
    fake.calls.clear()
    fake.add(at(TODAY - 3 * DAY))
    reader = reading(fake)
    reader.run("calls")
    assert promised(reader) == promised(reader, "ai_cost") == [TODAY - 3 * DAY, TODAY - 2 * DAY, TODAY - DAY]
    assert reader.rows[(TODAY - 2 * DAY).isoformat()]["cells"] == []


def test_the_newest_day_comes_first_so_that_there_is_something_to_look_at(reader: Reader) -> None:
    first = reader.run("calls")[0]
    assert [raw.external_id for raw in first.raws] == [TODAY.isoformat()]
    assert not first.complete


def test_no_key_prompt_person_or_single_call_is_kept(reader: Reader, fake: LiteLlmFake) -> None:
    reader.run("calls")
    kept = json.dumps([(one.state, [raw.payload for raw in one.raws], one.warnings) for one in reader.batches])
    assert all(
        word not in kept for word in (KEY, "ada@example.com", "203.0.113.9", "u-17", "chatcmpl", "88dc", "sess-9")
    )
    assert all(KEY not in repr((one.path, one.query)) for one in fake.seen)
    assert len(json.dumps(reader.state)) < 300


# -- the next time -----------------------------------------------------------------------


def test_a_second_run_changes_nothing_and_reads_the_last_two_days_again(reader: Reader, fake: LiteLlmFake) -> None:
    reader.run("calls")
    before, state = dict(reader.rows), dict(reader.state)
    fake.reset_counts()
    reader.run("calls")
    assert (reader.rows, reader.state) == (before, state)
    assert [one.query["start_date"] for one in fake.seen] == [f"2026-11-{day} 00:00:00" for day in (19, 20, 21)]


def test_calls_that_are_stored_late_or_corrected_arrive_and_deleted_ones_go(reader: Reader, fake: LiteLlmFake) -> None:
    reader.run("calls")
    fake.add(at(TODAY - 2 * DAY), model="late-model", custom_llm_provider="late")
    gone = next(name for name, one in fake.calls.items() if one["startTime"].startswith("2026-11-20"))
    del fake.calls[gone]
    reader.now = NOW + timedelta(hours=1)
    reader.run("calls")
    assert totals(reader) == truth(fake, until=reader.now)
    assert promised(reader) == [TODAY - 2 * DAY, TODAY - DAY]


def test_after_a_long_silence_everything_since_the_last_pass_is_read(reader: Reader, fake: LiteLlmFake) -> None:
    reader.run("calls")
    for ahead in range(1, 10):
        fake.fill(TODAY + ahead * DAY, 20)
    reader.now = NOW + 9 * DAY
    reader.run("calls")
    assert totals(reader) == truth(fake, until=reader.now)


def test_a_last_reading_in_the_future_is_set_to_now_and_told(reader: Reader, fake: LiteLlmFake) -> None:
    reader.run("calls")
    reader.state = {**reader.state, "done": (NOW + 90 * DAY).isoformat()}
    assert any("future" in text for batch in reader.run("calls") for text in batch.warnings)
    assert reader.state["done"] == NOW.isoformat()


@pytest.mark.parametrize(
    "old",
    [
        {"v": 0, "done": NOW.isoformat()},
        {"v": 1, "scope": "of another proxy", "done": NOW.isoformat()},
        {"v": 1, "done": 5, "begun": [], "day": "soon", "cells": {}},
        {"scope": None},
    ],
)
def test_a_state_of_another_version_proxy_or_shape_starts_from_nothing(
    reader: Reader, fake: LiteLlmFake, old: State
) -> None:
    reader.state = old
    reader.run("calls")
    assert totals(reader) == truth(fake)


@pytest.mark.parametrize(
    "odd",
    [
        {"day": "2027-05-01", "at": 7},
        {"day": "1999-01-01", "at": -1, "cells": "none"},
        {"day": "2026-11-20", "at": 86_401, "cells": []},
        {"day": None, "begun": (NOW + DAY).isoformat()},
    ],
)
def test_an_odd_place_in_an_unfinished_pass_is_no_reason_to_fail(
    reader: Reader, fake: LiteLlmFake, odd: dict[str, Any]
) -> None:
    reader.run("calls")
    reader.state = {**reader.state, "begun": NOW.isoformat(), **odd}
    reader.run("calls")
    assert totals(reader) == truth(fake)
    assert set(reader.state) == {"v", "scope", "found", "done"}


# -- what it means -----------------------------------------------------------------------


def test_a_call_becomes_its_numbers_by_model_and_provider(fake: LiteLlmFake) -> None:
    tokens = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    named = {"model": "groq/llama", "custom_llm_provider": "groq"}
    found = one_call(fake, **named, **tokens, spend=0.25, request_duration_ms=1780, cache_hit="True")
    assert {key: one.value for key, one in found.items()} == {
        "ai_sessions": 1, "ai_errors": 0, "ai_cost": 0.25, "ai_tokens_input": 100, "ai_tokens_output": 20,
        "ai_tokens_total": 120, "ai_latency_ms": 1780, "ai_cache_lookups": 1, "ai_cache_hits": 1,
    }  # fmt: skip
    assert {tuple(one.dimensions.items()) for one in found.values()} == {(("model", "llama"), ("provider", "groq"))}
    assert {one.at for one in found.values()} == {TODAY - DAY}


def test_a_failed_call_counts_as_call_and_error_and_its_zeros_as_unknown(fake: LiteLlmFake) -> None:
    fake.calls.clear()
    fake.fail(at(TODAY - DAY))
    reader = reading(fake)
    reader.run("calls")
    assert {one.metric: one.value for one in points(reader)} == {"ai_sessions": 1, "ai_errors": 1}
    assert promised(reader) == [TODAY - DAY]
    assert promised(reader, "ai_cost") == []


def test_a_failed_call_that_did_cost_something_costs_it(fake: LiteLlmFake) -> None:
    assert one_call(fake, status="failure", spend=0.01)["ai_cost"].value == 0.01


def test_a_time_that_is_not_told_is_missing_and_the_mean_is_over_those_that_are(fake: LiteLlmFake) -> None:
    fake.calls.clear()
    for millis in (100, None, 300, None):
        fake.add(at(TODAY - DAY), model="m", custom_llm_provider="p", request_duration_ms=millis)
    reader = reading(fake)
    reader.run("calls")
    (one,) = (one for one in points(reader) if one.metric == "ai_latency_ms")
    assert (one.value, one.n) == (400, 2)


@pytest.mark.parametrize(
    ("told", "expected"),
    [("True", (1, 1)), ("False", (1, 0)), (True, (1, 1)), ("None", None), ("", None), (None, None)],
)
def test_a_cache_that_is_not_told_of_is_neither_hit_nor_miss(
    fake: LiteLlmFake, told: Any, expected: tuple[int, int] | None
) -> None:
    found = one_call(fake, cache_hit=told)
    values = [found[key].value for key in ("ai_cache_lookups", "ai_cache_hits") if key in found]
    assert values == list(expected or ())


@pytest.mark.parametrize("field", ["spend", "prompt_tokens", "total_tokens", "request_duration_ms", "cache_hit"])
@pytest.mark.parametrize("odd", [None, "many", [], {"a": 1}, True])
def test_odd_fields_are_missing_and_no_reason_to_fail(fake: LiteLlmFake, field: str, odd: Any) -> None:
    found = one_call(fake, **{field: odd})
    assert found["ai_sessions"].value == 1
    metric = {"spend": "ai_cost", "prompt_tokens": "ai_tokens_input", "total_tokens": "ai_tokens_total"}.get(field)
    assert metric not in found


def test_a_corrected_cost_below_zero_is_taken_as_it_is(fake: LiteLlmFake) -> None:
    assert one_call(fake, spend=-0.5)["ai_cost"].value == -0.5


@pytest.mark.parametrize(
    ("model", "provider", "shown"),
    [
        ("openai/gpt-4o", "openai", ("gpt-4o", "openai")),
        ("openai/gpt-4o", "openrouter", ("openai/gpt-4o", "openrouter")),
        ("", None, ("small", "(not set)")),
        ("模型\x00\n一", "p", ("模型 一", "p")),
        ({}, [], ("small", "(not set)")),
        ("x" * 500, "y" * 500, ("x" * 100, "y" * 60)),
    ],
)
def test_models_are_named_without_their_provider(
    fake: LiteLlmFake, model: Any, provider: Any, shown: tuple[str, str]
) -> None:
    found = one_call(fake, model=model, custom_llm_provider=provider)["ai_sessions"].dimensions
    assert (found["model"], found["provider"]) == shown


@pytest.mark.parametrize(
    ("split", "name", "expected"),
    [("team", "team", {"search", "t1"}), ("key", "key", {"web", "batch", "(not set)"})],
)
def test_calls_can_be_split_by_team_or_name_of_the_key(
    fake: LiteLlmFake, split: str, name: str, expected: set[str]
) -> None:
    reader = reading(fake).with_(split=split)
    reader.run("calls")
    assert {one.dimensions[name] for one in points(reader)} == expected
    assert totals(reader) == truth(fake)


@pytest.mark.parametrize("metadata", ['{"user_api_key_alias": "web"}', {"user_api_key_alias": "web"}])
def test_metadata_is_read_as_object_and_as_text(metadata: Any) -> None:
    call = read({"request_id": "a", "startTime": "2026-11-20T01:00:00Z", "metadata": metadata}, "key")
    assert call is not None
    assert call.key[2] == "web"


@pytest.mark.parametrize(
    "text", ["2026-11-20T10:00:00.120000Z", "2026-11-20T10:00:00.120+00:00", "2026-11-20T10:00:00.120000"]
)
def test_all_ways_in_which_times_are_written_are_utc(text: str) -> None:
    call = read({"request_id": "a", "startTime": text}, "none")
    assert call is not None
    assert call.at == at(TODAY - DAY, 10, 0, 0.12)


def test_names_that_callers_make_up_do_not_become_endless_series() -> None:
    tally = Tally()
    for number in range(MOST_CELLS * 3):
        tally.add((f"model-{number}", "p", ""), {"calls": 1})
    assert len(tally.cells) == MOST_CELLS + 1
    assert tally.cells[(OTHER, OTHER, "")]["calls"] == MOST_CELLS * 2
    assert tally.calls == MOST_CELLS * 3
    assert Tally(json.loads(json.dumps(tally.rows()))).cells == tally.cells


def test_the_ratios_are_of_what_is_brought() -> None:
    ratios = {one.key: one.parts for one in LITELLM.metrics if one.kind == "ratio"}
    assert ratios == {
        "ai_error_rate": ("ai_errors", "ai_sessions"),
        "ai_cache_hit_rate": ("ai_cache_hits", "ai_cache_lookups"),
    }


# -- the address -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("https://litellm.example.com", "https://litellm.example.com"),
        (" https://LiteLLM.example.com/ ", "https://litellm.example.com"),
        ("https://litellm.example.com/v1", "https://litellm.example.com"),
        ("https://litellm.example.com/ui/?page=logs", "https://litellm.example.com"),
        ("http://litellm.internal:4000/gateway/", "http://litellm.internal:4000/gateway"),
        ("http://[fd00::1]:4000", "http://[fd00::1]:4000"),
    ],
)
def test_the_base_address_is_found_in_those_of_dashboard_and_interface(given: str, base: str) -> None:
    assert base_of(given) == base


def test_it_is_asked_at_its_list_with_a_bearer_key(reader: Reader, fake: LiteLlmFake) -> None:
    assert PROXY.service(reader.context()).base == "https://litellm.example.com"
    reader.run("calls")
    (asked,) = {one.path for one in fake.seen}
    assert asked == PATH
    assert {one.headers["authorization"] for one in fake.seen} == {f"Bearer {KEY}"}
