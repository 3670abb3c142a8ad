from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.connectors.upload import Config, Upload
from sources.tabular.wallclock import Zone
from tests.sources.tabular.files import context, plan_json

NEW_YORK = "America/New_York"
START = datetime(2014, 11, 2, 4, tzinfo=UTC)  # midnight in New York; 01:00 occurs at 05:00 and 06:00 UTC


def plan(**parts: object) -> str:
    return plan_json(date={"column": "day", "format": "YYYY-MM-DD HH:MM", "daily": False, "zone": NEW_YORK}, **parts)


def table(instants: list[datetime], names: tuple[str, ...] = ("",)) -> bytes:
    """Each instant as New York shows it, numbered in true order."""
    lines = [
        f"{instant.astimezone(ZoneInfo(NEW_YORK)):%Y-%m-%d %H:%M},{int((instant - START).total_seconds() // 60)},{name}"
        for instant in instants
        for name in names
    ]
    return ("day,visits,who\n" + "\n".join(lines) + "\n").encode()


def points(content: bytes, config: str, zone: str = NEW_YORK) -> tuple[list, list[str]]:
    connector = Upload()
    settings = Config("f", config)
    batches = list(connector.read(context(content, zone), settings, "rows", {}))
    records = [one for batch in batches for raw in batch.raws for one in connector.map("rows", raw.payload, settings)]
    return records, [text for batch in batches for text in batch.warnings]


def every(minutes: int, hours: int = 6) -> list[datetime]:
    return [START + timedelta(minutes=minutes * step) for step in range(hours * 60 // minutes)]


@pytest.mark.parametrize("minutes", [10, 30, 60])
@pytest.mark.parametrize("names", [("",), ("a", "b")])
def test_an_hour_that_the_file_holds_twice_is_told_apart_by_order(minutes, names):
    dims = [{"column": "who", "key": "who"}]
    made, warnings = points(table(every(minutes), names), plan(dimensions=dims))
    assert len(made) == len(every(minutes)) * len(names)
    assert all(one.at == START + timedelta(minutes=one.value) for one in made)
    assert "both times" in warnings[0]


@pytest.mark.parametrize("minutes", [10, 60])
def test_a_file_with_the_newest_row_first_is_understood(minutes):
    made, _ = points(table(every(minutes)[::-1]), plan())
    assert all(one.at == START + timedelta(minutes=one.value) for one in made)


def test_rows_grouped_by_dimension_are_understood():
    content = table(every(30), ("a",)) + table(every(30), ("b",)).split(b"\n", 1)[1]
    made, _ = points(content, plan(dimensions=[{"column": "who", "key": "who"}]))
    assert len(made) == 24
    assert all(one.at == START + timedelta(minutes=one.value) for one in made)


def test_a_gap_in_the_first_pass_does_not_shift_the_second():
    instants = [instant for instant in every(30) if instant != START + timedelta(minutes=90)]
    made, _ = points(table(instants), plan())
    assert all(one.at == START + timedelta(minutes=one.value) for one in made)


def test_an_hour_that_the_file_holds_once_counts_as_its_first_occurrence_and_is_said():
    once = [instant for instant in every(30) if not START.replace(hour=6) <= instant < START.replace(hour=7)]
    for order in (once, once[::-1]):
        made, warnings = points(table(order), plan())
        assert {one.at for one in made} == set(once)
        assert "only once" in warnings[0]


def test_a_time_that_clocks_skip_is_moved_forward_and_reported():
    content = b"day,visits\n2026-03-08 01:30,1\n2026-03-08 02:30,2\n2026-03-08 03:00,3\n2026-03-08 03:30,4\n"
    made, warnings = points(content, plan())
    assert {(one.at, one.value) for one in made} == {
        (datetime(2026, 3, 8, 6, 30, tzinfo=UTC), 1.0),
        (datetime(2026, 3, 8, 7, 0, tzinfo=UTC), 3.0),
        (datetime(2026, 3, 8, 7, 30, tzinfo=UTC), 6.0),
    }
    assert warnings[0].startswith("row 3: 2026-03-08 02:30 does not exist in America/New_York")


def test_times_with_an_offset_need_no_guess():
    content = b"day,visits\n2014-11-02T01:30:00-04:00,1\n2014-11-02T01:30:00-05:00,2\n"
    config = plan_json(date={"column": "day", "format": "YYYY-MM-DDTHH:MM:SSZ", "daily": False, "zone": NEW_YORK})
    made, warnings = points(content, config)
    assert [one.at.hour for one in made] == [5, 6]
    assert warnings == []


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from(["Europe/Berlin", NEW_YORK, "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]),
    st.booleans(),
)
def test_every_wall_clock_time_agrees_with_the_zone_database(wall, zone, second):
    got = Zone(zone)
    fold = int(second and (got.change(wall) is not None) and got.change(wall).kind == "twice")
    assert got.instant(wall, second=second) == wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def test_half_an_hour_of_change_is_understood():
    zone = Zone("Australia/Lord_Howe")
    walls = [datetime(2026, 4, 5, 1, minute) for minute in (0, 15, 30, 45)]
    kinds = [change.kind if (change := zone.change(wall)) else "" for wall in walls]
    assert kinds == ["", "", "twice", "twice"]
    assert all(b > a for a, b in pairwise(zone.instant(wall) for wall in walls))
