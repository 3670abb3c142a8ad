"""The promises of the file upload: all or nothing, exact sums, resumable, flat memory."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pandas as pd
import pytest

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import Invalid
from sources.connectors._base import connectors
from sources.connectors.upload import Config, Upload
from sources.records import CompleteDays, Document, MetricPoint
from sources.tabular import guess_plan, importing, inspect
from tests.sources.tabular.files import context, on_disk, plan_json, real, workbook

UPLOAD = Upload()
COUNTRY = [{"column": "country", "key": "country"}]


def config(partial: bool = False, **parts: object) -> Config:
    return Config("f", plan_json(**parts), partial)


def batches(content: bytes, settings: Config, state: dict | None = None, zone: str = "UTC") -> list:
    return list(UPLOAD.read(context(content, zone), settings, "rows", state or {}))


def stored(found: list, settings: Config) -> list:
    """What a loader gets, after the payload went through storage."""
    raws = [raw for batch in found for raw in batch.raws]
    return [one for raw in raws for one in UPLOAD.map("rows", json.loads(json.dumps(raw.payload)), settings)]


def as_dict(points: list[MetricPoint]) -> dict:
    """Keyed as the store keys them; a key that comes twice is an error."""
    keyed = {(one.metric, one.at, tuple(one.dimensions.values())): (one.value, one.n) for one in points}
    assert len(keyed) == len(points)
    return keyed


def days(count: int, first: date = date(2020, 1, 1)) -> list[date]:
    return [first + timedelta(days=step) for step in range(count)]


def test_the_connector_is_registered_and_takes_a_file():
    assert connectors.get("upload").connect == "file"


def test_a_check_names_the_field_at_fault():
    content = b"day,visits\n2026-01-01,1\n"
    good = UPLOAD.check(context(content), config())
    assert (good.ok, good.details["shape"]["columns"][0]["name"]) == (True, "day")
    assert json.dumps(good.details)
    wrong = UPLOAD.check(context(b"day,clicks\n2026-01-01,1\n"), config())
    assert (wrong.ok, wrong.field) == (False, "plan")
    assert UPLOAD.check(context(b""), config()).field == "file"
    assert UPLOAD.check(context(b"%PDF-1.7"), config()).field == "file"
    assert UPLOAD.check(context(content), Config("f", "{")).field == "plan"


def test_streams_and_metrics_follow_the_plan():
    settings = config(metrics=[{"column": "visits", "key": "v", "label": "Visits", "kind": "mean", "unit": "usd"}])
    assert [one.key for one in UPLOAD.streams_for(settings)] == ["rows"]
    assert [(one.key, one.label, one.kind, one.unit) for one in UPLOAD.metrics_for(settings)] == [
        ("v", "Visits", "mean", "usd")
    ]
    reviews = config(metrics=[], review={"text": "t"})
    assert [one.record for one in UPLOAD.streams_for(reviews)] == ["documents"]


def test_days_become_points_and_an_empty_cell_gives_none():
    content = b"day,country,visits\n2026-01-01,DE,10\n2026-01-01,,5\n2026-01-02,DE,\n2026-01-03,DE,0\n"
    settings = config(dimensions=COUNTRY)
    assert stored(batches(content, settings), settings) == [
        MetricPoint("visits", date(2026, 1, 1), 10.0, {"country": "DE"}),
        MetricPoint("visits", date(2026, 1, 1), 5.0, {"country": "(none)"}),
        MetricPoint("visits", date(2026, 1, 3), 0.0, {"country": "DE"}),
    ]


def test_one_bad_row_stops_the_upload_before_anything_is_handed_out():
    lines = [f"{day},{index}" for index, day in enumerate(days(12_000, date(1990, 1, 1)))]
    lines[11_000] = "2020-02-30,1"
    lines[11_001] = "2020-03-01,1,234"
    lines[11_002] = '2020-03-02,"1,234"'
    content = ("day,visits\n" + "\n".join(lines) + "\n").encode()
    handed = []
    with pytest.raises(Invalid) as caught:
        handed.extend(UPLOAD.read(context(content), config(), "rows", {}))
    assert not any(batch.raws for batch in handed)
    assert caught.value.details["rows"] == [
        "row 11002: '2020-02-30' is not a date that exists (expected YYYY-MM-DD)",
        "row 11003: has 3 cells, the table has 2 columns",
        (
            "row 11004: column 'visits': '1,234' does not fit the number format 1234.56; "
            "it could be 1234 (format 1,234.56) or 1.234 (format 1234,56)"
        ),
    ]
    assert "3 of 12,000 rows" in caught.value.message


def test_a_thousand_errors_are_listed_and_all_are_counted():
    content = b"day,visits\n" + b"abc,1\n" * 1_500
    with pytest.raises(Invalid) as caught:
        batches(content, config())
    assert (len(caught.value.details["rows"]), caught.value.total) == (1_000, 1_500)
    found = batches(b"day,visits\n2026-01-01,7\n" + b"abc,1\n" * 1_500, config(partial=True))
    assert sum(len(batch.rejected) for batch in found) == 1_000
    assert found[0].warnings[0].startswith("1,500 of 1,501 rows were left out")
    assert len(stored(found, config())) == 1


@pytest.mark.parametrize("repeat", [False, True])
def test_a_partial_upload_stores_the_good_rows_and_quarantines_the_rest(repeat):
    content = b"day,visits\n2026-01-01,1\nabc,2\n2026-01-02,\0\n2026-01-03,4\n" + b"2026-01-03,5\n" * repeat
    found = batches(content, config(partial=True))
    assert [one.reason for batch in found for one in batch.rejected] == [
        "row 3: 'abc' is not a date (expected YYYY-MM-DD)",
        "row 4: the line holds a zero byte (NUL)",
    ]
    assert "\0" not in json.dumps([one.payload for batch in found for one in batch.rejected])
    assert [one.value for one in stored(found, config())] == [1.0, 9.0 if repeat else 4.0]


@pytest.mark.parametrize("order", ["rising", "falling", "shuffled", "by country"])
@pytest.mark.parametrize("repeats", [1, 3])
def test_sums_are_exact_whatever_the_order_and_the_chunk_borders(order, repeats):
    rows = [(day, place, step) for day in days(2_500) for place in ("DE", "FR") for step in range(repeats)]
    if order == "falling":
        rows.reverse()
    elif order == "shuffled":
        random.Random(7).shuffle(rows)
    elif order == "by country":
        rows.sort(key=lambda row: row[1])
    content = "day,country,visits\n" + "".join(f"{day},{place},{1 + step}\n" for day, place, step in rows)
    settings = config(dimensions=COUNTRY)
    got = as_dict(stored(batches(content.encode(), settings), settings))
    assert got == {
        ("visits", day, (place,)): (float(sum(range(1, repeats + 1))), 1)
        for day in days(2_500)
        for place in ("DE", "FR")
    }


def test_means_carry_their_count_and_last_keeps_the_last_row():
    content = b"day,a,b\n2026-01-01,1,1\n2026-01-01,2,2\n2026-01-01,,9\n2026-01-02,4,\n"
    settings = config(
        metrics=[{"column": "a", "key": "a", "kind": "mean"}, {"column": "b", "key": "b", "kind": "last"}]
    )
    assert as_dict(stored(batches(content, settings), settings)) == {
        ("a", date(2026, 1, 1), ()): (3.0, 2),
        ("b", date(2026, 1, 1), ()): (9.0, 1),
        ("a", date(2026, 1, 2), ()): (4.0, 1),
    }


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("repeats", [1, 2])
def test_zero_days_cover_the_whole_span_without_overlap(order, repeats):
    known = [day for index, day in enumerate(days(9_000, date(1995, 1, 1))) if index % 7 not in (5, 6)]
    lines = [f"{day},{place},1\n" for day in known[::order] for place in ("DE", "FR") for _ in range(repeats)]
    settings = config(dimensions=COUNTRY, zero_days=True)
    found = batches(("day,country,visits\n" + "".join(lines)).encode(), settings)
    told = [complete for batch in found for complete in batch.complete]
    assert len(told) == len([batch for batch in found if batch.raws]) > 1
    assert (told[0].first, told[-1].last) == (known[0], known[-1])
    assert all(later.first == before.last + timedelta(days=1) for before, later in pairwise(told))
    for batch in found:
        at = {one.at for raw in batch.raws for one in UPLOAD.map("rows", raw.payload, settings)}
        assert all(complete.first <= day <= complete.last for day in at for complete in batch.complete)


def test_without_zero_days_nothing_is_promised():
    assert not any(batch.complete for batch in batches(b"day,visits\n2026-01-01,1\n", config()))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("repeats", [1, 2])
@pytest.mark.parametrize("zero_days", [False, True])
def test_going_on_after_a_kill_gives_the_same_tables(packed, repeats, zero_days, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 100)
    lines = [f"{day},{index}\n" for index, day in enumerate(days(950)) for _ in range(repeats)]
    lines[333] = "abc,1\n"
    content = ("day,visits\n" + "".join(lines)).encode()
    content = gzip.compress(content) if packed else content
    settings = config(partial=True, zero_days=zero_days)
    whole = batches(content, settings)
    for stop in range(len(whole)):
        state = json.loads(json.dumps(whole[stop].state)) if whole[stop].state else {}
        rest = batches(content, settings, state)
        assert stored(whole[: stop + 1] + rest, settings) == stored(whole, settings)
        joined = whole[: stop + 1] + rest
        assert [one for batch in joined for one in batch.complete] == [c for batch in whole for c in batch.complete]
        assert sum(len(batch.rejected) for batch in joined) == 1


def test_a_second_run_changes_nothing_and_another_plan_starts_anew():
    content = b"day,visits\n2026-01-01,1\n"
    state = batches(content, config())[-1].state
    assert batches(content, config(), state) == []
    assert len(batches(content, config(zero_days=True), state)) == 1
    corrected = Config("another file", plan_json())
    assert [one.value for one in stored(batches(b"day,visits\n2026-01-01,2\n", corrected, state), corrected)] == [2.0]


def test_a_killed_import_goes_on_in_the_middle_of_a_repeated_hour(monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 1)
    walls = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]
    content = ("day,visits\n" + "".join(f"2014-11-02 {wall},{i}\n" for i, wall in enumerate(walls))).encode()
    settings = config(date={"column": "day", "format": "YYYY-MM-DD HH:MM", "daily": False})
    whole = batches(content, settings, zone="America/New_York")
    instants = [one.at for one in stored(whole, settings)]
    assert instants == [datetime(2014, 11, 2, 4, 30, tzinfo=UTC) + timedelta(minutes=30 * i) for i in range(6)]
    for stop in range(6):
        rest = batches(content, settings, json.loads(json.dumps(whole[stop].state)), "America/New_York")
        assert stored(whole[: stop + 1] + rest, settings) == stored(whole, settings)


@pytest.mark.parametrize("repeats", [1, 2])
def test_a_kept_range_is_read_again_from_the_file(repeats, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 100)
    content = ("day,visits\n" + "".join(f"{day},1\n" * repeats for day in days(350)) + "abc,1\n").encode()
    settings = config(partial=True)
    for batch in batches(content, settings):
        for raw in batch.raws:
            keep = json.loads(json.dumps(raw.keep))
            assert set(keep) >= {"file", "first", "last"}
            again = UPLOAD.restore(context(content), settings, keep)
            assert json.dumps(again) == json.dumps(raw.payload)


def test_progress_counts_up_to_the_size_of_the_file(monkeypatch):
    monkeypatch.setattr(importing, "STEP", 1_000)
    content = ("day,visits\n" + "".join(f"{day},1\n" for day in days(6_000))).encode()
    seen = [batch.progress for batch in batches(content, config())]
    assert [one.phase for one in seen] == ["checking"] * 6 + ["reading"] * 2
    assert (seen[-1].done, seen[-1].total, seen[-1].unit) == (len(content), len(content), "bytes")


def test_reviews_become_documents():
    content = json.dumps([
        {"id": 7, "text": "Opens quickly", "stars": 4, "when": "2026-01-01T10:00:00Z", "who": "Ann"},
        {"id": 8, "text": "Lost my work", "stars": None, "when": "2026-01-02T10:00:00Z", "who": None},
    ]).encode()  # fmt: skip
    review = {"id": "id", "text": "text", "rating": "stars", "author": "who"}
    when = {"column": "when", "format": "YYYY-MM-DDTHH:MM:SSZ", "daily": False}
    settings = config(metrics=[], review=review, date=when)
    first, second = stored(batches(content, settings), settings)
    assert first == Document(
        "7", "Opens quickly", datetime(2026, 1, 1, 10, tzinfo=UTC), author="Ann", rating=0.75, rating_original="4",
        rating_scale="1-5",
    )  # fmt: skip
    assert (second.rating, second.rating_scale) == (None, "")


def test_a_rating_outside_its_scale_is_a_bad_row():
    settings = config(metrics=[], review={"text": "t", "rating": "r"})
    with pytest.raises(Invalid, match="outside the scale 1-5"):
        batches(b"day,t,r\n2026-01-01,fine,7\n", settings)


def test_a_workbook_gives_the_same_points_as_its_csv():
    table = [["day", "visits"], *([day, index] for index, day in enumerate(days(20)))]
    csv = "\n".join(f"{a},{b}" for a, b in table).encode()
    daily = config(date={"column": "day", "format": "YYYY-MM-DD HH:MM:SS", "daily": True})
    assert stored(batches(workbook(table), daily), daily) == stored(batches(csv, config()), config())


def test_new_york_taxis_agree_with_pandas_over_the_clock_change():
    """The file holds the hour from 01:00 of 2014-11-02 once (both occurrences already added together),
    so each local day's sum is that of its wall-clock rows."""
    path = real("nyc_taxi.csv")
    with path.open("rb") as file:
        plan = guess_plan(inspect(file), "America/New_York")
    settings = Config("f", plan.to_json())
    found = list(UPLOAD.read(on_disk(path, "America/New_York"), settings, "rows", {}))
    points = stored(found, settings)
    frame = pd.read_csv(path, parse_dates=["timestamp"])
    expected = frame.groupby(frame["timestamp"].dt.date)["value"].sum().to_dict()
    sums: dict[date, float] = defaultdict(float)
    for one in points:
        sums[local_day(one.at, "America/New_York")] += one.value
    assert dict(sums) == expected
    assert len({one.at for one in points}) == len(frame) == 10_320
    zoned = frame["timestamp"].dt.tz_localize("America/New_York", ambiguous=[True] * len(frame), nonexistent="raise")
    assert [one.at for one in points] == [moment.to_pydatetime() for moment in zoned.dt.tz_convert("UTC")]
    assert [text for batch in found for text in batch.warnings] == [
        (
            "2014-11-02: clocks go back in America/New_York; the file holds the hour that occurs twice only once; "
            "it counts as its first occurrence"
        )
    ]


def test_bike_rentals_agree_with_pandas():
    path = real("bike_sharing_day.csv")
    with path.open("rb") as file:
        settings = Config("f", guess_plan(inspect(file)).to_json())
    points = stored(list(UPLOAD.read(on_disk(path), settings, "rows", {})), settings)
    frame = pd.read_csv(path)
    for name in ("casual", "reg", "cnt"):
        assert sum(one.value for one in points if one.metric == name) == frame[name].sum()
    seasons = frame.groupby("season")["cnt"].sum().to_dict()
    got: dict[str, float] = defaultdict(float)
    for one in points:
        if one.metric == "cnt":
            got[one.dimensions["season"]] += one.value
    assert got == seasons


def test_complete_days_name_every_metric_of_the_plan():
    settings = config(zero_days=True)
    (batch,) = batches(b"day,visits\n2026-01-01,1\n2026-01-05,1\n", settings)
    assert batch.complete == (CompleteDays(("visits",), date(2026, 1, 1), date(2026, 1, 5)),)
    assert SimpleNamespace(**batch.state).done
