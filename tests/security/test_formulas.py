"""Text that a spreadsheet would run comes out of every export as text, and back in as it was."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from rest_framework.test import APIClient

from accounts.models import Team
from livinglytics.lib.spreadsheets import original_text
from metrics.actions.sink import MetricsSink
from metrics.models import Series
from sources.actions.run import run_job
from sources.records import MetricPoint
from tests.cast import api_client_for, make_member, make_team
from tests.metrics.build import land_records

pytestmark = pytest.mark.django_db
API = "/api/v1"
RANGE = "range=2026-03-01,2026-03-31"
FORMULAS = (
    *("=1+1", "+1+1", "-1+1", "@SUM(A1)", "%appdata%", "|calc", "=cmd|' /C calc'!A0", '=HYPERLINK("http://e.example")'),
    *("'=1+1", "''=1+1", '"=1+1', " =1+1", "\u00a0=1+1", "\ufeff=1+1", "\u200b=1+1", "\u200e@x"),
    *("＝1+1", "＋1", "－1", "＠x", "−1"),
    *("plain", "it's", "a,b", 'say "x"', "a;b", "-", "5", "007", "1e5"),
)
#: with these signs in front a spreadsheet program begins to compute
STARTERS = "=+-@|%\t\r\n＝＋－＠−"


@pytest.fixture
def home() -> Team:
    return make_team()


@pytest.fixture
def client(home: Team) -> APIClient:
    points = [
        MetricPoint("orders_made", date(2026, 3, 1 + at), 1.0, {"what": text}) for at, text in enumerate(FORMULAS)
    ]
    land_records(home, points, source=UUID(int=5))
    return api_client_for(make_member(home), home)


def _ask(client: APIClient, kind: str) -> bytes:
    address = f"{API}/metrics/export?metrics=orders_made&{RANGE}&dimensions=what&format={kind}"
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def _inert(text: str) -> bool:
    """As a program reads it: marks that it skips are skipped here too."""
    bare = text.lstrip(' \u00a0\ufeff\u200b\u200e\u2060"')
    return not bare or bare[0] not in STARTERS


def test_no_cell_of_a_csv_begins_to_compute_and_each_gives_the_text_back(client: APIClient) -> None:
    rows = list(csv.DictReader(io.StringIO(_ask(client, "csv").decode())))
    shown = [row["what"] for row in rows]
    assert [text for text in shown if not _inert(text)] == []
    assert {original_text(text) for text in shown} == set(FORMULAS)


def test_the_cells_of_a_workbook_are_texts_and_never_formulas(client: APIClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(_ask(client, "xlsx")))
    kinds: dict[str, set[Any]] = {}
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                kinds.setdefault(cell.data_type, set()).add(cell.value)
                assert cell.hyperlink is None
    assert "f" not in kinds, kinds.get("f")
    assert set(FORMULAS) <= kinds["s"]


def test_json_and_parquet_keep_the_text_as_it_is(client: APIClient) -> None:
    told = json.loads(_ask(client, "json"))
    assert set(FORMULAS) <= _texts(told)
    assert _ask(client, "parquet")[:4] == b"PAR1"


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {one for inner in value.values() for one in _texts(inner)}
    if isinstance(value, list):
        return {one for inner in value for one in _texts(inner)}
    return {value} if isinstance(value, str) else set()


@pytest.mark.django_db(transaction=True)
def test_all_stored_numbers_as_csv_hold_no_cell_that_computes(client: APIClient, home: Team) -> None:
    answer = client.get(f"{API}/observations/export")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert len(rows) == len(FORMULAS)
    texts = [text for row in rows for name, text in row.items() if name in ("metric", "dimensions", "source")]
    assert [text for text in texts if not _inert(text)] == []
    assert {json.loads(row["dimensions"])["what"] for row in rows} == set(FORMULAS)


def test_an_exported_file_uploaded_again_gives_the_texts_that_were_exported(client: APIClient, home: Team) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    exported = _ask(client, "csv").decode()
    rows = list(csv.DictReader(io.StringIO(exported)))
    again = io.StringIO()
    writer = csv.writer(again)
    writer.writerow(["date", "what", "orders_again"])
    # often enough that the column is taken for what it is: something that splits the numbers
    writer.writerows([f"2026-04-{day:02}", row["what"], 1] for day in range(1, 21) for row in rows)
    sent = SimpleUploadedFile("again.csv", again.getvalue().encode())
    looked = client.post(f"{API}/uploads", {"file": sent}, format="multipart").json()
    plan = looked["plan"] | {"dimensions": [{"column": "what", "key": "what"}]}
    where = f"{API}/uploads/{looked['file']['id']}/import"
    started = client.post(where, {"name": "Again", "plan": plan}, format="json")
    assert started.status_code == 202, started.content
    assert run_job(UUID(started.json()["id"]), sink=MetricsSink(), worker="w") == "succeeded"
    stored = Series.objects.filter(team_id=home.pk, metric="orders_again").values_list("dimensions", flat=True)
    found = {text for one in stored for text in one.values()}
    blank = {text for text in FORMULAS if text.strip() != text}
    assert {text for text in FORMULAS if text not in blank} <= found, sorted(set(FORMULAS) - found)
