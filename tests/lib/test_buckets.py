from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livinglytics.lib.buckets import (
    GRAINS,
    Period,
    add_months,
    bucket_start,
    buckets,
    day_bounds,
    day_number,
    epoch,
    from_day_number,
    hour_bounds,
    local_day,
    next_bucket,
    resolve_range,
    zone_info,
)
from livinglytics.lib.errors import Invalid

#: zone, local day, first instant (UTC), length in hours; from the IANA time zone database.
GOLDEN = [
    ("America/New_York", "2014-11-02", "2014-11-02T04:00", 25),
    ("America/New_York", "2014-03-09", "2014-03-09T05:00", 23),
    ("America/New_York", "2014-11-03", "2014-11-03T05:00", 24),
    ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", 23),
    ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", 25),
    ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", 24.5),
    ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30", 23.5),
    ("Asia/Kathmandu", "2026-05-01", "2026-04-30T18:15", 24),
    ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00", 23),  # midnight does not exist
    ("Africa/Cairo", "2026-10-29", "2026-10-28T21:00", 25),
    ("America/St_Johns", "2010-11-06", "2010-11-06T02:30", 24),  # 00:01 goes back to 23:01
    ("America/St_Johns", "2010-11-07", "2010-11-07T02:30", 25),
    ("America/St_Johns", "2026-11-01", "2026-11-01T02:30", 25),
    ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00", 24),
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", 0),  # Samoa skipped this day
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", 24),
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", 23),  # midnight does not exist
    ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00", 25),
    ("America/Toronto", "1919-03-30", "1919-03-30T05:00", 23.5),  # 23:30 jumps to 00:30
    ("America/Toronto", "1919-03-31", "1919-03-31T04:30", 23.5),
    ("America/Havana", "2026-11-01", "2026-11-01T04:00", 25),  # midnight comes twice
    ("America/Havana", "2026-03-08", "2026-03-08T05:00", 23),
    ("UTC", "2026-01-01", "2026-01-01T00:00", 24),
]
ZONES = sorted({zone for zone, *_ in GOLDEN} | {"Asia/Tehran", "Asia/Beirut", "Pacific/Kiritimati", "Europe/Lisbon"})
DAYS = st.dates(date(1975, 1, 1), date(2037, 12, 31))


@pytest.mark.parametrize(("zone", "day", "start", "hours"), GOLDEN)
def test_a_local_day_has_the_length_the_clocks_gave_it(zone: str, day: str, start: str, hours: float) -> None:
    first, after = day_bounds(date.fromisoformat(day), zone)
    assert first == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert after - first == timedelta(hours=hours)
    assert first.tzinfo is UTC


@pytest.mark.parametrize(("zone", "day", "start", "hours"), GOLDEN)
def test_the_hours_of_a_day_fill_it_without_a_gap(zone: str, day: str, start: str, hours: float) -> None:
    first, after = day_bounds(date.fromisoformat(day), zone)
    found = hour_bounds(date.fromisoformat(day), zone)
    assert len(found) == -(-hours // 1)
    assert sum((end - begin for begin, end in found), timedelta()) == after - first
    assert all(one[1] == two[0] for one, two in pairwise(found))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ZONES), DAYS)
def test_days_join_without_gap_or_overlap(zone: str, day: date) -> None:
    start, after = day_bounds(day, zone)
    assert start <= after == day_bounds(day + timedelta(days=1), zone)[0]
    assert timedelta(0) <= after - start <= timedelta(hours=25)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ZONES), st.datetimes(datetime(1975, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)))
def test_every_instant_belongs_to_exactly_the_day_that_holds_it(zone: str, instant: datetime) -> None:
    start, after = day_bounds(local_day(instant, zone), zone)
    assert start <= instant < after


def test_the_hour_that_a_zone_repeats_across_midnight_stays_in_one_day() -> None:
    wall_says_saturday_again = datetime(2010, 11, 7, 3, 0, tzinfo=UTC)
    assert wall_says_saturday_again.astimezone(ZoneInfo("America/St_Johns")).date() == date(2010, 11, 6)
    assert local_day(wall_says_saturday_again, "America/St_Johns") == date(2010, 11, 7)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        local_day(datetime(2026, 1, 1), "UTC")
    with pytest.raises(ValueError, match="zone"):
        epoch(datetime(2026, 1, 1))


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", "/etc/passwd", "Europe", "\0"])
def test_an_unknown_zone_is_explained(zone: str) -> None:
    with pytest.raises(Invalid) as caught:
        zone_info(zone)
    assert "time_zone" in caught.value.details


def test_epoch_and_day_numbers_count_from_1970() -> None:
    assert epoch(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert epoch(datetime(2026, 1, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))) == 1767225600
    assert epoch(datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)) == -1
    assert day_number(date(1970, 1, 1)) == 0
    assert day_number(date(2026, 1, 1)) == 20454
    assert from_day_number(day_number(date(2024, 2, 29))) == date(2024, 2, 29)


def test_bucket_starts() -> None:
    day = date(2026, 8, 19)  # a Wednesday
    assert bucket_start(day, "hour") == bucket_start(day, "day") == day
    assert bucket_start(day, "week") == date(2026, 8, 17)
    assert bucket_start(day, "week", week_start=6) == date(2026, 8, 16)
    assert bucket_start(day, "month") == date(2026, 8, 1)
    assert bucket_start(day, "quarter") == date(2026, 7, 1)
    assert bucket_start(day, "year") == date(2026, 1, 1)


def test_the_buckets_of_a_range_begin_with_the_one_that_holds_its_first_day() -> None:
    assert buckets(date(2026, 1, 15), date(2026, 3, 1), "month") == [date(2026, m, 1) for m in (1, 2, 3)]
    assert buckets(date(2025, 12, 31), date(2026, 1, 5), "week") == [date(2025, 12, 29), date(2026, 1, 5)]
    assert buckets(date(2026, 1, 1), date(2026, 1, 3), "day") == [date(2026, 1, d) for d in (1, 2, 3)]
    assert buckets(date(2026, 1, 2), date(2026, 1, 1), "day") == []


@given(DAYS, st.sampled_from(GRAINS), st.integers(0, 6))
def test_a_day_lies_in_its_bucket_and_before_the_next(day: date, grain: str, week_start: int) -> None:
    start = bucket_start(day, grain, week_start)  # type: ignore[arg-type]
    assert start <= day < next_bucket(start, grain)  # type: ignore[arg-type]
    assert bucket_start(start, grain, week_start) == start  # type: ignore[arg-type]


def test_months_are_added_within_shorter_months() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2024, 3, 31), -1) == date(2024, 2, 29)
    assert add_months(date(2026, 1, 1), -1) == date(2025, 12, 1)


def test_a_period_counts_both_ends_and_cannot_run_backwards() -> None:
    assert Period(date(2026, 1, 1), date(2026, 1, 28)).days == 28
    assert date(2026, 1, 28) in Period(date(2026, 1, 1), date(2026, 1, 28))
    with pytest.raises(ValueError, match="ends"):
        Period(date(2026, 1, 2), date(2026, 1, 1))


def test_the_previous_period_meets_the_same_weekdays() -> None:
    thirty = Period(date(2026, 6, 1), date(2026, 6, 30))
    assert thirty.previous() == Period(date(2026, 4, 27), date(2026, 5, 26))
    assert thirty.previous().first.weekday() == thirty.first.weekday()
    seven = Period(date(2026, 6, 2), date(2026, 6, 8))
    assert seven.previous() == Period(date(2026, 5, 26), date(2026, 6, 1))


def test_the_previous_period_by_date() -> None:
    assert Period(date(2026, 6, 3), date(2026, 6, 12)).previous("date") == Period(date(2026, 5, 24), date(2026, 6, 2))
    assert Period(date(2026, 3, 1), date(2026, 3, 31)).previous("date") == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert Period(date(2026, 3, 1), date(2026, 3, 10)).previous("date") == Period(date(2026, 2, 1), date(2026, 2, 10))
    assert Period(date(2026, 1, 1), date(2026, 12, 31)).previous("date") == Period(date(2025, 1, 1), date(2025, 12, 31))


def test_a_year_ago() -> None:
    leap = Period(date(2024, 2, 1), date(2024, 2, 29))
    assert leap.year_ago("date") == Period(date(2023, 2, 1), date(2023, 2, 28))
    assert Period(date(2025, 2, 1), date(2025, 2, 28)).year_ago("date") == leap
    assert leap.year_ago() == Period(date(2023, 2, 2), date(2023, 3, 2))


@given(DAYS, st.integers(0, 800), st.sampled_from(["weekday", "date"]))
def test_comparison_periods_never_overlap_the_one_they_precede(first: date, more: int, match: str) -> None:
    period = Period(first, first + timedelta(days=more))
    assert period.previous(match).last < period.first  # type: ignore[arg-type]
    assert period.year_ago(match).first < period.first  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("7d", "2026-11-16", "2026-11-22"),
        ("28d", "2026-10-26", "2026-11-22"),
        ("91d", "2026-08-24", "2026-11-22"),
        ("month", "2026-11-01", "2026-11-22"),
        ("quarter", "2026-10-01", "2026-11-22"),
        ("year", "2026-01-01", "2026-11-22"),
        ("12mo", "2025-12-01", "2026-11-22"),
        ("2026-01-01,2026-01-31", "2026-01-01", "2026-01-31"),
    ],
)
def test_a_named_range_becomes_days(text: str, first: str, last: str) -> None:
    expected = Period(date.fromisoformat(first), date.fromisoformat(last))
    assert resolve_range(text, date(2026, 11, 22)) == expected


def test_a_complete_range_leaves_today_out() -> None:
    assert resolve_range("7d", date(2026, 11, 22), complete=True) == Period(date(2026, 11, 15), date(2026, 11, 21))
    assert resolve_range("month", date(2026, 11, 1), complete=True) == Period(date(2026, 10, 1), date(2026, 10, 31))


@pytest.mark.parametrize(
    "text",
    ["", "0d", "d", "99999d", "٧d", "week", "2026-01-01", "2026-02-01,2026-01-01", "2026-02-30,2026-03-01", "a,b"],
)
def test_a_range_that_makes_no_sense_is_explained(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        resolve_range(text, date(2026, 11, 22))
    assert "28d" in caught.value.message
