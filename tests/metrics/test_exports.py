"""What exports promise: every format holds the engine's own values, text is inert, nothing is cut."""

from __future__ import annotations

import csv
import io
import json
import random
import tracemalloc
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from django.db import connection
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from rest_framework.test import APIClient

from accounts.models import Team
from livinglytics.lib.errors import Invalid
from livinglytics.lib.spreadsheets import original_text, safe_text
from metrics.exports import as_csv, as_json, as_parquet, as_xlsx
from metrics.exports.observations import csv_pieces
from metrics.exports.table import Column, Table
from metrics.models import Observation, Series
from metrics.query.engine import ask
from metrics.query.request import from_body
from metrics.store import for_team
from metrics.store.raw import Wanted
from sources.connectors._base import Metric
from sources.records import MetricPoint
from tests.cast import bearer, make_team, make_token
from tests.metrics.build import NOW, OTHER_SOURCE, SOURCE, land_records, point, workspace

API = "/api/v1"
FORMATS = ("csv", "json", "xlsx", "parquet")
HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '"=1',
    "'=1",
    "''",
    " =cmd|' /C calc'!A0",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    '","=1+1',
    "a\r\n=1",
    "plain",
    "ünï – text",
    "%0A",
    "\ufeff=1",
)


class _Noon:
    @staticmethod
    def now() -> datetime:
        return NOW


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("metrics.query.request", "metrics.query.engine", "metrics.api.files"):
        monkeypatch.setattr(f"{module}.clock", _Noon)


@pytest.fixture
def team(db: None) -> Team:
    return make_team(name="North", time_zone="Europe/Berlin")


@pytest.fixture
def client(team: Team) -> APIClient:
    return bearer(make_token(team, "metrics.read").secret)


def content(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


# ---- reading the files back, each in its own way


def read_csv(raw: bytes) -> list[dict[str, Any]]:
    return [_typed(row) for row in csv.DictReader(io.StringIO(raw.decode(), newline=""))]


def _typed(row: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, text in row.items():
        number = name.endswith(("_n", "_before")) or name in METRICS
        found[name] = (None if text == "" else float(text)) if number else original_text(text)
    return found


def read_json(raw: bytes) -> list[dict[str, Any]]:
    return list(json.loads(raw)["rows"])


def read_xlsx(raw: bytes) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(raw), read_only=True)["Data"]
    names, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def read_parquet(raw: bytes, folder: Path) -> list[dict[str, Any]]:
    path = folder / "read.parquet"
    path.write_bytes(raw)
    found = duckdb.sql(f"SELECT * FROM read_parquet('{path}')")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


# ---- fifty questions


METRICS = ("orders", "takings", "wait", "stock", "orders_per_visit", "visits")
KINDS = [
    Metric("orders", "Orders"),
    Metric("visits", "Visits"),
    Metric("takings", "Takings", unit="eur"),
    Metric("wait", "Wait", kind="mean", unit="seconds"),
    Metric("stock", "Stock", kind="last"),
    Metric("orders_per_visit", "Orders per visit", kind="ratio", parts=("orders", "visits"), unit="percent"),
]


def _numbers(dice: random.Random) -> list[MetricPoint]:
    found = []
    for day in range(1, 70):
        at = f"2026-{1 + day // 28:02}-{1 + day % 28:02}"
        for country in ("DE", "FR", "=ES", ""):
            dims = {"country": country, "device": dice.choice(["phone", "laptop"])} if country else {}
            if dice.random() < 0.3:
                continue
            found.append(point("orders", at, dice.randint(0, 50), **dims))
            found.append(point("visits", at, dice.randint(0, 90), **dims))
            found.append(point("takings", at, round(dice.uniform(-5, 500), 2), **dims))
            found.append(point("stock", at, dice.randint(10, 99), **dims))
            hour = f"{at}T{dice.randint(0, 23):02}:30:00+00:00"
            found.append(point("wait", hour, dice.uniform(1, 90), n=dice.randint(1, 9), **dims))
    return found


def _question(dice: random.Random) -> dict[str, Any]:
    body: dict[str, Any] = {"metrics": dice.sample(METRICS, dice.randint(1, 3))}
    body["range"] = dice.choice(["7d", "28d", "91d", "month", "quarter", "2026-01-03,2026-02-11", "all"])
    body["dimensions"] = dice.sample(["country", "device", "source"], dice.choice([0, 0, 1, 1, 2]))
    if dice.random() < 0.6:
        body["grain"] = dice.choice(["day", "week", "month"])
    if dice.random() < 0.4:
        body["compare"] = dice.choice(["previous", "year", {"kind": "previous", "match": "date"}])
    if dice.random() < 0.3:
        body["filters"] = [dice.choice([["is", "country", ["DE"]], ["contains_not", "device", ["phone"]]])]
    if dice.random() < 0.3:
        body["order_by"] = [[body["metrics"][0], dice.choice(["asc", "desc"])]]
    return body


def test_fifty_questions_have_the_same_values_in_every_format(
    team: Team, client: APIClient, tmp_path: Path, settings: Any
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"export": "1000/minute"}
    dice = random.Random(2026)
    numbers = _numbers(dice)
    ratio = MetricPoint("orders_per_visit", NOW.date(), 1.0)
    land_records(team, [*numbers, ratio], metrics=KINDS)
    land_records(team, numbers[::3], source=OTHER_SOURCE, metrics=KINDS)
    Observation.objects.filter(series_id__in=Series.objects.filter(metric="orders_per_visit").values("id")).delete()
    for _ in range(50):
        body = _question(dice)
        answer = ask(workspace(team), from_body(body, workspace(team), now=NOW, largest=None).query, now=NOW)
        wanted = [_cells(row, answer) for row in answer.rows]
        told = client.post(f"{API}/metrics/query", body | {"limit": 1000}, format="json").json()
        assert [_told(row) for row in told["results"]] == [_bare(row) for row in wanted[:1000]], body
        address = f"{API}/metrics/export?format="
        files = {one: content(client.post(f"{address}{one}", body, format="json")) for one in FORMATS}
        assert read_csv(files["csv"]) == wanted, body
        assert read_json(files["json"]) == wanted, body
        assert read_xlsx(files["xlsx"]) == wanted, body
        assert read_parquet(files["parquet"], tmp_path) == wanted, body


def _cells(row: Any, answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"time": row.time} if row.time is not None else {}
    found |= dict(zip(answer.query.dimensions, row.dimensions, strict=True))
    for index, definition in enumerate(answer.definitions):
        value = row.values[index]
        found |= {definition.key: value.value, f"{definition.key}_state": value.state, f"{definition.key}_n": value.n}
        if answer.query.compare:
            found[f"{definition.key}_before"] = row.before[index].value
    return found


def _told(row: dict[str, Any]) -> dict[str, Any]:
    found = dict(row["dimensions"])
    for one in row["metrics"]:
        found |= {one["metric"]: one["value"], f"{one['metric']}_state": one["state"], f"{one['metric']}_n": one["n"]}
    return found


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.endswith("_before")}


# ---- what a file says about itself


def test_every_file_says_what_it_holds_and_csv_stays_pure(team: Team, client: APIClient, tmp_path: Path) -> None:
    land_records(team, [point("sessions", "2026-03-18", 4)])
    address = f"{API}/metrics/export?metrics=sessions&range=7d&grain=day"
    sidecar = client.get(f"{address}&sidecar=1").json()
    assert (sidecar["truncated"], sidecar["rows"], sidecar["meta"]["timezone"]) == (False, 7, "Europe/Berlin")
    assert sidecar["columns"] == ["time", "sessions", "sessions_state", "sessions_n"]
    assert sidecar["query"]["range"] == ["2026-03-13", "2026-03-19"]
    assert sidecar["definitions"][0]["formula"] == "sum of sessions"
    assert sidecar["meta"]["complete_through"][0]["complete_through"] == "2026-03-18"
    pure = content(client.get(f"{address}&format=csv")).decode()
    assert pure.splitlines()[0] == "time,sessions,sessions_state,sessions_n"
    assert pure.splitlines()[6] == "2026-03-18,4,value,1"
    assert len(pure.splitlines()) == 8
    assert json.loads(content(client.get(f"{address}&format=json")))["about"] == sidecar
    book = openpyxl.load_workbook(io.BytesIO(content(client.get(f"{address}&format=xlsx"))))
    about = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}
    assert about["meta.timezone"] == "Europe/Berlin"
    assert about["definitions.1.formula"] == "sum of sessions"
    path = tmp_path / "x.parquet"
    path.write_bytes(content(client.get(f"{address}&format=parquet")))
    kept = duckdb.sql(f"SELECT value FROM parquet_kv_metadata('{path}') WHERE key = 'livinglytics'").fetchall()
    assert json.loads(kept[0][0]) == sidecar


def test_files_are_named_after_what_they_hold(team: Team, client: APIClient) -> None:
    answer = client.get(f"{API}/metrics/export?metrics=reviews.count&range=7d&format=xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="reviews-count-2026-03-13-2026-03-19.xlsx"'
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")


def test_more_rows_than_a_page_are_all_exported(team: Team, client: APIClient) -> None:
    land_records(team, [point("sessions", "2026-03-18", n, page=f"/{n}") for n in range(1, 1501)])
    raw = content(client.get(f"{API}/metrics/export?metrics=sessions&range=7d&dimensions=page"))
    assert len(raw.decode().splitlines()) == 1501


def test_an_export_without_rows_is_a_header(team: Team, client: APIClient, tmp_path: Path) -> None:
    address = f"{API}/metrics/export?metrics=sessions&range=7d&dimensions=page"
    assert content(client.get(address)) == b"page,sessions,sessions_state,sessions_n\r\n"
    assert read_json(content(client.get(f"{address}&format=json"))) == []
    assert read_xlsx(content(client.get(f"{address}&format=xlsx"))) == []
    assert read_parquet(content(client.get(f"{address}&format=parquet")), tmp_path) == []


@pytest.mark.parametrize("text", ["format=pdf", "metrics=nonsense", "range=x", "colour=red", "format="])
def test_a_wrong_export_is_refused_before_anything_is_sent(client: APIClient, text: str) -> None:
    answer = client.get(f"{API}/metrics/export?{text}" + ("" if "metrics" in text else "&metrics=sessions"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_ERROR")


def test_a_dimension_never_takes_the_place_of_a_metrics_column(team: Team, client: APIClient) -> None:
    land_records(team, [point("sessions", "2026-03-18", 4, sessions_n="x")])
    answer = client.get(f"{API}/metrics/export?metrics=sessions&range=7d&dimensions=sessions_n")
    assert answer.status_code == 422


# ---- formulas


@given(st.text())
@example("'=1")
@example("''=1")
@example("'")
def test_neutralised_text_comes_back_as_it_was(text: str) -> None:
    safe = safe_text(text)
    assert original_text(safe) == text
    assert not safe.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))


def _hostile() -> Table:
    rows = [(text, float(at), at) for at, text in enumerate(HOSTILE)]
    return Table("x", (Column("name", "text"), Column("value", "number"), Column("n", "whole")), rows)


def test_no_text_is_a_formula_in_csv_and_numbers_stay_numbers() -> None:
    raw = b"".join(as_csv.write(_hostile())).decode()
    rows = list(csv.reader(io.StringIO(raw, newline="")))[1:]
    for text, (name, value, _) in zip(HOSTILE, rows, strict=True):
        assert name.lstrip(" \"'\ufeff")[:1] not in "=+-@\t\r＝＋－＠" or name.startswith("'")
        assert original_text(name) == text
        float(value)
    negative = Table("x", (Column("v", "number"),), [(-5.5,)])
    assert b"".join(as_csv.write(negative)) == b"v\r\n-5.5\r\n"


def test_no_text_is_a_formula_in_xlsx_json_and_parquet(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(b"".join(as_xlsx.write(_hostile()))))
    cells = [row[0] for row in book["Data"].iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    # a sheet keeps a carriage return as _x000D_, which programs turn back
    assert [unescape(cell.value) for cell in cells] == list(HOSTILE)
    assert [row["name"] for row in json.loads(b"".join(as_json.write(_hostile())))["rows"]] == list(HOSTILE)
    parquet = read_parquet(b"".join(as_parquet.write(_hostile())), tmp_path)
    assert [row["name"] for row in parquet] == list(HOSTILE)


def test_a_sheet_that_is_too_small_is_said_before_the_file_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_xlsx, "_MOST_ROWS", 3)
    with pytest.raises(Invalid, match="at most 3 rows"):
        as_xlsx.write(_hostile())


# ---- stored numbers


def test_stored_numbers_are_exported_as_they_are(team: Team, client: APIClient) -> None:
    land_records(
        team,
        [
            point("sessions", "2026-03-18", 4, country="=DE"),
            point("takings", "2026-03-18", 4.25),
            point("calls", "2026-03-18T10:00:00+01:00", 3, n=2),
        ],
        raw=7,
    )
    land_records(make_team(name="South"), [point("sessions", "2026-03-18", 99)])
    raw = content(client.get(f"{API}/observations/export?format=csv")).decode()
    rows = sorted(csv.reader(io.StringIO(raw, newline="")), key=lambda row: row[1])
    assert rows == [
        [str(SOURCE), "calls", "{}", "instant", "2026-03-18T09:00:00Z", "2", "3", "7"],
        ["source", "metric", "dimensions", "clock", "at", "n", "value", "raw_id"],
        [str(SOURCE), "sessions", '{"country": "=DE"}', "day", "2026-03-18", "1", "4", "7"],
        [str(SOURCE), "takings", "{}", "day", "2026-03-18", "1", "4.25", "7"],
    ]
    only = content(client.get(f"{API}/observations/export?metrics=takings&range=2026-03-18,2026-03-18")).decode()
    assert len(only.splitlines()) == 2
    assert client.get(f"{API}/observations/export?format=xlsx").status_code == 422


def test_a_metric_named_like_a_formula_is_inert_in_the_raw_export(team: Team) -> None:
    land_records(team, [point("sessions", "2026-03-18", 4)])
    for name in ("=1+1", "＝1", " @x", "'-1", "plain"):
        Series.objects.update(metric=name)
        raw = b"".join(csv_pieces(for_team(team.pk), Wanted())).decode()
        assert list(csv.reader(io.StringIO(raw)))[1][1] == safe_text(name)


def test_memory_stays_flat_however_many_rows_there_are(team: Team) -> None:
    land_records(team, [point("sessions", "2026-03-18", 4)])
    series = Series.objects.get()
    rows = ((series.pk, at, 1, 1, 1.5) for at in range(-60_000, 0))
    with connection.cursor() as cursor:
        columns = "series_id, at, raw_id, n, value"
        cursor.executemany(f"INSERT INTO metrics_observation ({columns}) VALUES (%s, %s, %s, %s, %s)", rows)

    def peak(wanted: Wanted) -> tuple[int, int]:
        tracemalloc.start()
        size = sum(len(piece) for piece in csv_pieces(for_team(team.pk), wanted))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, most

    few = from_body({"metrics": ["sessions"], "range": "2026-03-01,2026-03-19"}, workspace(team), now=NOW).query.period
    peak(Wanted(period=few))
    size, most = peak(Wanted())
    assert size > 4_000_000
    assert most < 2_500_000


def test_an_export_that_nobody_reads_on_lets_go_of_the_database(team: Team) -> None:
    land_records(team, [point("sessions", f"2026-03-{day:02}", day) for day in range(1, 20)])
    pieces = csv_pieces(for_team(team.pk), Wanted())
    next(pieces)
    next(pieces)
    pieces.close()
    assert Observation.objects.count() == 19
