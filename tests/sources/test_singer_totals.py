"""Numbers of events: added up by day over a whole pass, right however often and in whatever form a row comes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from livinglytics.lib.errors import BadAnswer, Invalid
from sources.records import CompleteDays
from tests.sources.reading import NOW
from tests.sources.singer_reading import ORDERS, SINGER, TapReader, World, again, orders, reading

COUNT = {"kind": "metric", "metric": "orders.count", "at": "created_at"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.stream("orders", orders(4))
    return made


def totals(world: World, **more: Any) -> TapReader:
    return reading(world, mapping={"orders": [ORDERS, COUNT], **more})


def test_rows_of_a_day_add_up_by_dimension(world: World) -> None:
    world.stream("orders", [*orders(4), {**orders(1)[0], "id": 9}])
    reader = totals(world)
    found = reader.points(reader.run("totals"))
    assert found["orders.revenue", "2026-11-01", "DE"] == 20.0
    assert found["orders.revenue", "2026-11-01", "FR"] == 10.0
    assert found["orders.count", "2026-11-01", ""] == 3
    assert found["orders.count", "2026-11-02", ""] == 2
    assert "--state" not in world.spied()["arguments"]


def test_a_row_that_comes_twice_counts_once_and_an_edited_one_as_it_is_last(world: World) -> None:
    first = orders(4)
    world.stream("orders", [*first, first[0], {**first[1], "n": 8, "total": 99.0}, {**first[2], "n": 9, "total": None}])
    reader = totals(world)
    found = reader.points(reader.run("totals"))
    assert found["orders.count", "2026-11-01", ""] == 2
    assert found["orders.revenue", "2026-11-01", "FR"] == 99.0
    assert ("orders.revenue", "2026-11-02", "DE") not in found  # its number was taken back: missing is not zero
    assert found["orders.count", "2026-11-02", ""] == 2


def test_a_whole_pass_promises_its_days_up_to_yesterday(world: World) -> None:
    (batch,) = (one for one in totals(world).run("totals") if one.raws)
    yesterday = date(2026, 11, 20)  # in Berlin it is past midnight
    assert batch.complete == (CompleteDays(("orders.revenue", "orders.count"), date(2026, 11, 1), yesterday),)
    assert len(batch.raws) == 20  # days without rows too
    assert batch.raws[-1].payload == {"stream": "orders", "day": "2026-11-20", "points": []}


def test_a_time_counts_on_the_day_of_the_team_and_one_without_a_zone_as_written(world: World) -> None:
    rows = [{"id": 1, "created_at": "2026-11-01T23:30:00Z"}, {"id": 2, "created_at": "2026-11-01T23:30:00"}]
    world.stream("orders", [*rows, {"id": 3, "created_at": "2026-11-01"}, {"id": 4, "created_at": 1_793_664_000}])
    reader = reading(world, mapping={"orders": COUNT})
    found = reader.points(reader.run("totals"))
    assert {day: value for (_, day, _), value in found.items()} == {"2026-11-01": 2, "2026-11-02": 1, "2026-11-03": 1}


def test_a_mean_keeps_its_sum_and_how_many(world: World) -> None:
    mapping = {**ORDERS, "fold": "mean", "n": "items", "dimensions": []}
    world.stream("orders", [{**row, "items": 1 + row["id"]} for row in orders(2)])
    reader = reading(world, mapping={"orders": mapping})
    (raw,) = (raw for one in reader.run("totals") for raw in one.raws if raw.payload["points"])
    assert raw.payload["points"] == [{"metric": "orders.revenue", "dimensions": {}, "value": 20.0, "n": 3}]
    assert SINGER.metrics_for(reader.config)[0].kind == "mean"


@pytest.mark.parametrize("seed", range(3))
def test_any_order_and_any_repetition_give_the_same_sums(world: World, seed: int) -> None:
    chance = random.Random(seed)
    truth = [{**one, "total": chance.choice([0.1, 0.2, 1e9, 3.3])} for one in orders(30)]
    want: dict[tuple[str, str], list[float]] = {}
    for one in truth:
        want.setdefault((one["created_at"][:10], one["country"]), []).append(one["total"])
    sent = [*truth, *chance.choices(truth, k=15)]
    stale = [{**one, "total": 7.0, "country": "IT"} for one in chance.sample(truth, 5)]
    chance.shuffle(sent)
    world.stream("orders", [{**one, "n": 0} for one in (*stale, *sent)])
    reader = reading(world, mapping={"orders": ORDERS})
    found = reader.points(reader.run("totals"))
    assert {key[1:]: value for key, value in found.items()} == {key: pytest.approx(sum(v)) for key, v in want.items()}


def test_a_pass_that_fails_or_skips_a_stream_changes_nothing(world: World) -> None:
    for faults, told in (({"crash": "x", "after": 3}, "failed"), ({"skips": "orders"}, "without sending orders")):
        world.faults = faults
        reader = totals(world)
        with pytest.raises(BadAnswer, match=told):
            reader.run("totals")
        assert reader.rows == {}


def test_a_stream_without_a_key_cannot_be_added_up(world: World) -> None:
    world.stream("orders", orders(4), keys=())
    with pytest.raises(Invalid) as caught:
        totals(world).run("totals")
    assert "orders has no key" in caught.value.details["mapping"][0]


def test_a_few_bad_rows_are_listed_and_many_stop_the_pass(world: World) -> None:
    bad = [{"id": f"b{n}", "created_at": "soon"} for n in range(12)]
    world.stream("orders", [*orders(40), {"created_at": "2026-11-01"}, *bad[:1]])
    reader = totals(world)
    reader.run("totals")
    assert len(reader.reasons()) == 2
    assert reader.warnings() == ["2 of 42 rows were left out; up to 10 are listed."]
    world.stream("orders", [*orders(40), *bad])
    with pytest.raises(BadAnswer, match="Too many bad rows: 12 of 52"):
        again(reader, world).run("totals")


def test_an_empty_pass_takes_nothing_back(world: World) -> None:
    world.stream("orders", [])
    reader = totals(world)
    (batch,) = reader.run("totals")
    assert (batch.raws, batch.complete) == ((), ())
    assert "What was stored before stays" in batch.warnings[0]


def test_a_long_pass_is_not_begun_again_by_the_run_that_made_room(world: World) -> None:
    reader = totals(world)
    clock = iter(NOW + timedelta(minutes=5 * count) for count in range(1000))
    context = reader.context()
    slow = SINGER.read(replace(context, now=lambda: next(clock)), reader.config, "totals", {})
    (state,) = (one.state for one in slow if one.state)
    at = next(clock)
    rest = list(SINGER.read(replace(context, now=lambda: at), reader.config, "totals", state))
    assert rest == []
    later = replace(context, now=lambda: at + timedelta(minutes=30))
    assert list(SINGER.read(later, reader.config, "totals", state))
    for odd in ({**state, "scope": "another"}, {**state, "v": 0}, {**state, "rest": "2099-01-01T00:00:00+00:00"}):
        assert list(SINGER.read(replace(context, now=lambda: at), reader.config, "totals", odd))


def test_streams_are_read_the_way_their_mapping_needs(world: World) -> None:
    world.stream("notes", [{"id": 1}])

    def keys(**more: Any) -> list[str]:
        return [one.key for one in SINGER.streams_for(reading(world, **more).config)]

    assert keys() == ["tap"]
    assert keys(mapping={"orders": COUNT}) == ["tap", "totals"]
    assert keys(mapping={"orders": COUNT}, streams=("orders",)) == ["totals"]
    assert keys(mapping={"orders": COUNT}, streams=("orders", "notes")) == ["tap", "totals"]
    assert keys(mapping={"orders": {**COUNT, "rows": "days"}}, streams=("orders",)) == ["tap"]
    reader = reading(world, mapping={"orders": COUNT})
    reader.run("tap")
    assert set(reader.rows) == {"notes:1"}
