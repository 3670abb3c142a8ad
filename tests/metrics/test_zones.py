"""Days, weeks and hours over clock changes: golden tables of half-hourly numbers, engine = API = CSV."""

from __future__ import annotations

import csv
import io
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas
import pytest

from livinglytics.lib import buckets
from sources.records import MetricPoint
from tests.cast import bearer, make_team, make_token
from tests.metrics.build import answer, land_records

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
#: zone, day of the change, half-hours of the days before, on and after it
GOLDEN = [
    ("America/New_York", "2014-11-02", (48, 50, 48), 25),
    ("America/New_York", "2015-03-08", (48, 46, 48), 23),
    ("Europe/Berlin", "2026-03-29", (48, 46, 48), 23),
    ("Europe/Berlin", "2025-10-26", (48, 50, 48), 25),
    ("Australia/Lord_Howe", "2026-04-05", (48, 49, 48), 25),
    ("Australia/Lord_Howe", "2025-10-05", (48, 47, 48), 24),
    ("Asia/Kathmandu", "2026-03-29", (48, 48, 48), 24),
    ("America/Sao_Paulo", "2018-11-04", (48, 46, 48), 23),
    ("America/Sao_Paulo", "2018-02-17", (48, 50, 48), 25),
    ("Africa/Cairo", "2026-04-24", (48, 46, 48), 23),
    ("Africa/Cairo", "2025-10-30", (48, 50, 48), 25),
]


@pytest.mark.parametrize(("zone", "day", "counts", "hours"), GOLDEN)
def test_days_weeks_and_hours_are_those_of_the_wall_clock(
    zone: str, day: str, counts: tuple[int, int, int], hours: int
) -> None:
    team = make_team(name="North", time_zone=zone)
    change = date.fromisoformat(day)
    start = datetime(change.year, change.month, change.day, tzinfo=UTC) - timedelta(days=12)
    moments = [start + timedelta(minutes=30 * n) for n in range(48 * 24)]
    land_records(team, [MetricPoint("calls", at, 1.0) for at in moments])
    local = [at.astimezone(ZoneInfo(zone)) for at in moments]
    first, last = change - timedelta(days=8), change + timedelta(days=8)

    days = answer(team, "calls", first.isoformat(), last.isoformat(), grain="day", now=NOW)
    by_day = {row.time: row.values[0].value for row in days.rows}
    around = [(change + timedelta(days=n)).isoformat() for n in (-1, 0, 1)]
    assert tuple(by_day[one] for one in around) == counts
    assert by_day == {
        (first + timedelta(days=n)).isoformat(): sum(at.date() == first + timedelta(days=n) for at in local)
        for n in range(17)
    }
    weeks = answer(team, "calls", first.isoformat(), last.isoformat(), grain="week", now=NOW)
    for row in weeks.rows:
        monday = date.fromisoformat(row.time or "")
        inside = [at for at in local if first <= at.date() <= last and 0 <= (at.date() - monday).days < 7]
        assert row.values[0].value == len(inside)
    found = answer(team, "calls", day, day, grain="hour", now=NOW)
    assert len(found.rows) == hours
    assert sum(row.values[0].value or 0 for row in found.rows) == counts[1]
    assert [buckets.local_day(datetime.fromisoformat(row.time or ""), zone) for row in found.rows] == [change] * hours

    client = bearer(make_token(team, "metrics.read").secret)
    for grain, wanted in (("day", days), ("week", weeks), ("hour", found)):
        period = wanted.query.period
        body = {"metrics": ["calls"], "range": [period.first.isoformat(), period.last.isoformat()], "grain": grain}
        values = [(row.time, row.values[0].value) for row in wanted.rows]
        told = client.post("/api/v1/metrics/query", body, format="json").json()
        assert [(row["dimensions"]["time"], row["metrics"][0]["value"]) for row in told["results"]] == values
        raw = b"".join(client.post("/api/v1/metrics/export?format=csv", body, format="json").streaming_content)
        rows = list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
        assert [(row["time"], float(row["calls"])) for row in rows] == values


def _taxi() -> Path | None:
    folders = [os.environ.get("LIVINGLYTICS_DATA", ""), str(Path(__file__).resolve().parents[3] / "shared" / "data")]
    return next((path for one in folders if one and (path := Path(one) / "nyc_taxi.csv").exists()), None)


@pytest.mark.skipif(_taxi() is None, reason="nyc_taxi.csv is not here (LIVINGLYTICS_DATA names its folder)")
def test_seven_months_of_taxi_rides_are_what_pandas_says() -> None:
    team = make_team(name="North", time_zone="America/New_York")
    path = _taxi()
    assert path is not None
    rides = pandas.read_csv(path, parse_dates=["timestamp"], index_col="timestamp")["value"]
    zone = ZoneInfo("America/New_York")
    points = [MetricPoint("rides", at.to_pydatetime().replace(tzinfo=zone), float(n)) for at, n in rides.items()]
    assert land_records(team, points).inserted == len(rides)
    days = answer(team, "rides", "2014-07-01", "2015-01-31", grain="day", now=NOW)
    daily = rides.resample("D").sum()
    assert [row.values[0].value for row in days.rows] == [float(one) for one in daily]
    weeks = answer(team, "rides", "2014-07-01", "2015-01-31", grain="week", now=NOW)
    weekly = rides.resample("W-MON", label="left", closed="left").sum()
    assert [(row.time, row.values[0].value) for row in weeks.rows] == [
        (at.date().isoformat(), float(one)) for at, one in weekly.items()
    ]
    assert days.totals.values[0].value == float(rides.sum())
