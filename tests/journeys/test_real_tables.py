"""Real public tables, uploaded through the API and read back through every door."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts.models import Team
from livinglytics.pipeline import run_job
from sources.models import Job, JobStatus
from tests.cast import api_client_for, make_member, make_team
from tests.sources.tabular.files import real

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def _imported(client: APIClient, path: Path, name: str, **changes: Any) -> Job:
    """The file uploaded, its proposed plan corrected, the import done."""
    upload = SimpleUploadedFile(path.name, path.read_bytes(), "text/csv")
    told = client.post("/api/v1/uploads", {"file": upload}, format="multipart").json()
    plan = {**told["plan"], **changes}
    plan["metrics"] = [one for one in plan["metrics"] if one["column"] in changes.get("only", [one["column"]])]
    plan.pop("only", None)
    where = f"/api/v1/uploads/{told['file']['id']}/import"
    answer = client.post(where, {"plan": plan, "name": name}, format="json")
    assert answer.status_code == 202, answer.content
    run_job(answer.json()["id"])
    job = Job.objects.get(pk=answer.json()["id"])
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    return job


def _ask(client: APIClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/metrics/query", body, format="json")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def _by_time(answer: dict[str, Any]) -> dict[str, float]:
    return {row["dimensions"]["time"]: row["metrics"][0]["value"] for row in answer["results"]}


@pytest.fixture
def new_york() -> Team:
    team = make_team()
    team.time_zone = "America/New_York"
    team.save()
    return team


def test_half_hourly_taxi_counts_over_the_clock_change_equal_pandas(new_york: Team) -> None:
    path = real("nyc_taxi.csv")
    client = api_client_for(make_member(new_york), new_york)
    _imported(client, path, "Taxis")
    table = pd.read_csv(path, parse_dates=["timestamp"])
    days = table.groupby(table["timestamp"].dt.date)["value"].sum()
    span = ["2014-07-01", "2015-01-31"]
    daily = _ask(client, metrics=["value"], range=span, grain="day")
    assert _by_time(daily) == {day.isoformat(): float(total) for day, total in days.items()}
    weeks = table.groupby(table["timestamp"].dt.to_period("W-SUN").dt.start_time.dt.date)["value"].sum()
    weekly = _ask(client, metrics=["value"], range=span, grain="week")
    assert _by_time(weekly) == {day.isoformat(): float(total) for day, total in weeks.items()}
    assert weekly["totals"]["metrics"][0]["value"] == float(table["value"].sum())


def test_the_known_odd_days_of_the_taxi_counts_stand_apart_from_their_weekdays(new_york: Team) -> None:
    path = real("nyc_taxi.csv")
    client = api_client_for(make_member(new_york), new_york)
    _imported(client, path, "Taxis")
    daily = _by_time(_ask(client, metrics=["value"], range=["2014-07-01", "2015-01-31"], grain="day"))
    series = pd.Series(daily)
    series.index = pd.to_datetime(series.index)
    same_weekday = series.groupby(series.index.day_of_week)
    spread = (series - same_weekday.transform("median")).abs() / same_weekday.transform(
        lambda one: (one - one.median()).abs().median()
    )
    for odd in ("2014-11-27", "2014-12-25", "2015-01-01", "2015-01-27"):
        assert spread[odd] > 3.5, odd


def test_the_clock_change_day_has_twenty_five_hours(new_york: Team) -> None:
    path = real("nyc_taxi.csv")
    client = api_client_for(make_member(new_york), new_york)
    _imported(client, path, "Taxis")
    hours = _ask(client, metrics=["value"], range=["2014-11-02", "2014-11-02"], grain="hour")
    assert len(hours["results"]) == 25


def test_rentals_by_season_and_weather_add_up_to_their_totals() -> None:
    path = real("bike_sharing_day.csv")
    team = make_team()
    client = api_client_for(make_member(team), team)
    dims = [{"column": "season", "key": "season"}, {"column": "weathersit", "key": "weather"}]
    _imported(client, path, "Bikes", dimensions=dims, only=["casual", "reg", "cnt"])
    table = pd.read_csv(path)
    whole = {"metrics": ["casual", "reg", "cnt"], "range": ["2011-01-01", "2012-12-31"]}
    for dimension, column in (("season", "season"), ("weather", "weathersit")):
        answer = _ask(client, **whole, dimensions=[dimension])
        expected = table.groupby(table[column].astype(str))[["casual", "reg", "cnt"]].sum()
        for row in answer["results"]:
            got = [one["value"] for one in row["metrics"]]
            assert got == expected.loc[row["dimensions"][dimension]].tolist()
        totals = [one["value"] for one in answer["totals"]["metrics"]]
        assert totals == table[["casual", "reg", "cnt"]].sum().tolist()
        parts = [[one["value"] for one in row["metrics"]] for row in answer["results"]]
        assert [sum(column) for column in zip(*parts, strict=True)] == totals
    both = _ask(client, **whole, dimensions=["season", "weather"])
    assert sum(row["metrics"][2]["value"] for row in both["results"]) == table["cnt"].sum()


def test_the_export_holds_what_the_query_answers() -> None:
    path = real("bike_sharing_day.csv")
    team = make_team()
    client = api_client_for(make_member(team), team)
    _imported(client, path, "Bikes", only=["cnt"])
    daily = _by_time(_ask(client, metrics=["cnt"], range=["2011-01-01", "2011-03-31"], grain="day"))
    answer = client.get("/api/v1/metrics/export?format=csv&metrics=cnt&range=2011-01-01,2011-03-31&grain=day")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["time"]: float(row["cnt"]) for row in rows} == daily
