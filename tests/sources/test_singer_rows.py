"""Rows of a Singer tap: kept once, read on from the last STATE, mapped one by one."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from livinglytics.lib.errors import BadAnswer, Invalid
from sources.connectors.singer import reading as reading_module
from sources.records import Document, MetricPoint
from tests.sources.reading import NOW, CrashedError
from tests.sources.singer_reading import ORDERS, REVIEWS, SINGER, TOKEN, World, again, orders, reading, reviews


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.stream("reviews", reviews(7))
    made.stream("orders", orders(6))
    return made


def test_every_row_is_kept_under_stream_and_key(world: World) -> None:
    reader = reading(world)
    reader.run("tap")
    assert set(reader.rows) == {f"reviews:r{n}" for n in range(7)} | {f"orders:{n}" for n in range(6)}
    assert reader.rows["reviews:r3"] == {"stream": "reviews", "record": world.streams["reviews"]["rows"][3]}
    assert reader.batches[-1].progress.done == 13  # type: ignore[union-attr]


def test_a_page_ends_at_each_state_so_that_it_is_never_ahead_of_its_rows(world: World) -> None:
    reader = reading(world, streams=("reviews",))
    batches = reader.run("tap")
    assert [len(one.raws) for one in batches] == [3, 3, 1]
    marks = [one.state["state"]["bookmarks"]["reviews"]["replication_key_value"] for one in batches]  # type: ignore[index]
    assert marks == [2, 5, 6]


def test_rows_between_two_states_come_in_pages_without_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "PAGE", 2)
    world.every = 0
    batches = reading(world, streams=("reviews",)).run("tap")
    assert [(len(one.raws), one.state is None) for one in batches] == [(2, True), (2, True), (2, True), (1, False)]


@pytest.mark.parametrize("pages", [0, 1, 3])
def test_a_reading_that_was_killed_after_any_page_goes_on_to_the_same_rows(world: World, pages: int) -> None:
    whole = reading(world)
    whole.run("tap")
    reader = reading(world)
    with pytest.raises(CrashedError):
        reader.run("tap", die_after=pages)
    reader.run("tap")
    assert reader.rows == whole.rows


def test_a_second_reading_brings_only_what_the_tap_sends_again(world: World) -> None:
    reader = reading(world)
    reader.run("tap")
    before = dict(reader.rows)
    second = reader.run("tap")
    assert sum(len(one.raws) for one in second) == 2  # the boundary row of each stream
    assert reader.rows == before
    world.streams["reviews"]["rows"].append({**reviews(8)[7]})
    reader = again(reader, world)
    reader.run("tap")
    assert set(reader.rows) - set(before) == {"reviews:r7"}


def test_other_streams_or_another_start_begin_anew_and_an_old_or_odd_state_too(world: World) -> None:
    reader = reading(world, streams=("reviews",))
    reader.run("tap")
    assert "--state" not in world.spied()["arguments"]
    reader.run("tap")
    assert "--state" in world.spied()["arguments"]
    for state in ({**reader.state, "v": 0}, {**reader.state, "scope": "another"}, {"cursor": "x"}, {}):
        again(reader, world, state=state).run("tap")
        assert "--state" not in world.spied()["arguments"]
    assert TOKEN not in json.dumps(reader.state)


def test_only_chosen_streams_are_selected_and_what_a_tap_sends_besides_is_left_out(world: World) -> None:
    reader = reading(world, streams=("reviews",))
    reader.run("tap")
    assert {one.partition(":")[0] for one in reader.rows} == {"reviews"}
    extra = {"type": "RECORD", "stream": "orders", "record": {"id": 1}}
    world.faults = {"rubbish": [json.dumps(extra)]}
    reader = again(reader, world, state={}, rows={})
    reader.run("tap")
    assert {one.partition(":")[0] for one in reader.rows} == {"reviews"}
    assert reader.warnings() == ["The tap also sent rows of orders, which is not chosen. They are left out."]


def test_a_row_without_a_key_is_known_by_its_content_and_one_that_lacks_its_key_is_put_aside(world: World) -> None:
    world.stream("reviews", [{"n": 1, "id": "a"}, {"n": 1, "id": "a"}, {"n": 2, "id": "b"}], keys=())
    world.stream("orders", [{"id": 1, "n": 1}, {"id": None, "n": 2}, {"n": 3}, {"id": "", "n": 4}])
    reader = reading(world)
    reader.run("tap")
    assert len(reader.rows) == 3
    assert reader.reasons() == ["This row has no value for its key (id)."] * 3


def test_a_key_of_several_parts_is_not_mixed_up(world: World) -> None:
    world.streams.clear()
    world.stream(
        "pairs", [{"a": "x|y", "b": "z"}, {"a": "x", "b": "y|z"}, {"a": 1, "b": {"deep": "ü"}}], keys=("a", "b")
    )
    reader = reading(world)
    reader.run("tap")
    assert set(reader.rows) == {'pairs:["x|y", "z"]', 'pairs:["x", "y|z"]', 'pairs:[1, {"deep": "ü"}]'}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Traceback (most recent call last):", "This line is no JSON."),
        ("<html>", "This line is no JSON."),
        ("[" * 100_000, "This line is no JSON."),
        ("[1, 2]", "This line is no Singer message."),
        ('{"type": "RECORD", "record": {}}', "This RECORD names no stream."),
        ('{"type": "RECORD", "stream": "reviews", "record": 3}', "This RECORD has no row."),
        ('{"type": "RECORD", "stream": "orders", "record": {"id": 1}}', "This row came before the SCHEMA"),
        ('{"type": "STATE", "value": "soon"}', "This STATE is no JSON object."),
        ('{"type": "SCHEMA", "stream": "reviews", "key_properties": "id"}', "This SCHEMA has no list"),
    ],
)
def test_a_line_that_makes_no_sense_is_put_aside_with_a_reason(world: World, line: str, reason: str) -> None:
    world.faults = {"rubbish": [line]}
    reader = reading(world)
    reader.run("tap")
    assert len(reader.reasons()) == 1
    assert reader.reasons()[0].startswith(reason)
    assert len(reader.rows) == 13


def test_messages_that_mean_nothing_here_are_passed_over_and_rows_in_files_are_refused(world: World) -> None:
    world.faults = {"rubbish": ['{"type": "ACTIVATE_VERSION", "stream": "reviews", "version": 1}']}
    reader = reading(world)
    reader.run("tap")
    assert (reader.reasons(), len(reader.rows)) == ([], 13)
    world.faults = {"rubbish": ['{"type": "BATCH", "stream": "reviews", "manifest": []}']}
    with pytest.raises(BadAnswer, match="batch_config"):
        again(reader, world, state={}).run("tap")


def test_a_state_from_the_future_is_told_and_a_huge_one_refused(world: World) -> None:
    odd = {"bookmarks": {}, "partitions": [{"since": "2031-01-01T00:00:00Z"}, 3, None]}
    world.faults = {"state": odd}
    reader = reading(world)
    reader.run("tap")
    assert reader.warnings() == [
        "The tap's STATE lies in the future (2031-01-01T00:00:00Z). It may miss rows until then."
    ]
    world.faults = {"state": {"bookmarks": {}, "partitions": ["x" * 300_000]}}
    with pytest.raises(BadAnswer, match="STATE is larger"):
        again(reader, world).run("tap")


def test_a_credential_never_reaches_rows_or_state(world: World) -> None:
    world.streams["reviews"]["rows"][0]["body"] = f"echo {TOKEN}"
    reader = reading(world)
    reader.run("tap")
    assert TOKEN not in json.dumps(reader.rows)
    assert reader.rows["reviews:r0"]["record"]["body"] == "echo •••"
    world.faults = {"state": {"next": f"https://example.com/?token={TOKEN}"}}
    with pytest.raises(BadAnswer, match="value of its config") as caught:
        again(reader, world).run("tap")
    assert TOKEN not in str(caught.value)


def test_a_tap_without_state_is_given_up_before_its_run_makes_room_for_ever(world: World) -> None:
    world.every = 0
    reader = reading(world)
    clock = iter(NOW + timedelta(minutes=10 * count) for count in range(1000))
    context = reader.context
    reader.context = lambda: type(context())(**{**vars(context()), "now": lambda: next(clock)})  # type: ignore[method-assign]
    with pytest.raises(BadAnswer, match="no STATE within 14 minutes"):
        reader.run("tap")


def test_a_review_becomes_a_document_with_its_rating(world: World) -> None:
    reader = reading(world, mapping={"reviews": REVIEWS})
    reader.run("tap")
    found = {raw: SINGER.map("tap", row, reader.config) for raw, row in reader.rows.items()}
    (one,) = found["reviews:r2"]
    assert isinstance(one, Document)
    assert (one.external_id, one.text, one.title) == ("reviews:r2", "Grüße 2 🎉", "Title 2")
    assert (one.rating, one.rating_original, one.rating_scale) == (0.5, "3", "1-5")
    assert one.created_at == datetime(2026, 11, 3, 10, tzinfo=UTC)
    assert found["orders:1"] == []  # kept, not counted


def test_a_row_that_is_the_number_of_its_day_becomes_a_point(world: World) -> None:
    mapping = {**ORDERS, "rows": "days", "dimensions": {"land": "where.country"}}
    config = reading(world, mapping={"orders": mapping}).config

    def mapped(**row: Any) -> list[Any]:
        return SINGER.map("tap", {"stream": "orders", "record": row}, config)

    day = date(2026, 11, 1)
    for written in ("2026-11-01", "2026-11-01T00:00:00Z", "2026-11-01 23:30:00", "2026-11-01T23:30:00-09:00"):
        made = mapped(created_at=written, total="12.5", where={"country": "DE"})
        assert made == [MetricPoint("orders.revenue", day, 12.5, {"land": "DE"})]
    assert mapped(created_at="2026-11-01", total=None) == []  # missing is not zero
    assert mapped(created_at="2026-11-01", total=0) == [MetricPoint("orders.revenue", day, 0.0, {"land": "(none)"})]
    for odd in ({"created_at": "soon"}, {}, {"created_at": "0001-01-01"}, {"created_at": True}, {"created_at": 1e300}):
        with pytest.raises(ValueError, match=r"date|years|seconds"):
            mapped(total=1, **odd)
    for odd_total in ("much", True, [1], {"a": 1}):
        with pytest.raises(ValueError, match="total"):
            mapped(created_at="2026-11-01", total=odd_total)


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ("[1]", "no JSON object"),
        ("{", "no JSON object"),
        ('{"orders": 3}', 'needs a "kind"'),
        ('{"orders": {"kind": "session"}}', 'needs a "kind"'),
        ('{"orders": {"kind": "metric", "metric": "a"}}', "misses a part"),
        ('{"orders": {"kind": "metric", "metric": "A b", "at": "d"}}', "is no key"),
        ('{"orders": {"kind": "metric", "metric": "a", "at": "d", "where": "x"}}', "unknown part 'where'"),
        ('{"orders": {"kind": "metric", "metric": "a", "at": 3}}', "at is a text"),
        ('{"orders": {"kind": "metric", "metric": "a", "at": "d", "n": 0}}', "n is a field"),
        ('{"orders": {"kind": "metric", "metric": "a", "at": "d", "value": []}}', "value is a field"),
        ('{"orders": {"kind": "metric", "metric": "a", "at": "d", "rows": "all"}}', 'rows is "events"'),
        ('{"orders": {"kind": "metric", "metric": "a", "at": "d", "dimensions": {"x": 1}}}', "dimensions is a list"),
        (
            '{"a": {"kind": "metric", "metric": "m", "at": "d"}, "b": {"kind": "metric", "metric": "m", "at": "d"}}',
            "twice",
        ),
        ('{"r": {"kind": "document", "id": "i", "text": "t"}}', "misses a part"),
        ('{"r": {"kind": "document", "id": "", "text": "t", "created_at": "c"}}', "empty part"),
        (
            '{"r": {"kind": "document", "id": "i", "text": "t", "created_at": "c", "rating_scale": "1-7"}}',
            "no rating scale",
        ),
        ('{"r": {"kind": "document", "id": "i", "text": "t", "created_at": "c", "as": "poem"}}', '"as" is one of'),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_at_its_field(world: World, mapping: str, told: str) -> None:
    config = type(reading(world).config)(tap="fake", mapping=mapping)
    with pytest.raises(Invalid) as caught:
        SINGER.streams_for(config)
    assert told in caught.value.message
    assert list(caught.value.details) == ["mapping"]
