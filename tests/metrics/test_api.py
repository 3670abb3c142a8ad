"""What the API promises about questions, the catalog, notes and stored numbers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import AuditEvent, Team
from metrics.models import Annotation, CustomMetric, Rollup
from sources.connectors._base import Metric
from sources.models import Source
from sources.records import CompleteDays
from tests.cast import anonymous, api_client_for, bearer, make_member, make_team, make_token, make_user
from tests.metrics.build import OTHER_SOURCE, SOURCE, land_records, point

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon on 20 March 2026 for the numbers; tokens live by the real clock."""
    monkeypatch.setattr("metrics.query.request.clock", _Noon)
    monkeypatch.setattr("metrics.query.engine.clock", _Noon)
    monkeypatch.setattr("metrics.selectors.tiles.clock", _Noon)
    monkeypatch.setattr("metrics.api.files.clock", _Noon)


class _Noon:
    @staticmethod
    def now() -> datetime:
        return datetime.fromisoformat("2026-03-20T12:00:00+00:00")


@pytest.fixture
def team() -> Team:
    return make_team(name="North", time_zone="Europe/Berlin")


@pytest.fixture
def client(team: Team) -> APIClient:
    return bearer(make_token(team, "metrics.read", "metrics.write").secret)


def ask(client: APIClient, **body: Any) -> Any:
    answer = client.post(f"{API}/metrics/query", body, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def error(answer: Any) -> tuple[int, str, list[str]]:
    told = answer.json()["error"]
    return answer.status_code, told["code"], sorted(told["details"])


def week(team: Team, metric: str = "sessions", **dimensions: str) -> None:
    days = [point(metric, f"2026-03-{day:02}", day, **dimensions) for day in range(1, 20)]
    land_records(team, days, complete=[CompleteDays((metric,), date(2026, 3, 1), date(2026, 3, 19))])


# ---- POST /metrics/query


def test_an_answer_holds_results_totals_the_resolved_question_and_what_to_know(team: Team, client: APIClient) -> None:
    week(team)
    found = ask(client, metrics=["sessions"], range="7d", grain="day", compare="previous")
    assert found["results"][0] == {
        "dimensions": {"time": "2026-03-13"},
        "metrics": [
            {
                "metric": "sessions",
                "value": 13.0,
                "state": "value",
                "n": 1,
                "comparison": {
                    "value": 6.0,
                    "state": "value",
                    "n": 1,
                    "change": {"absolute": 7.0, "relative": pytest.approx(7 / 6), "pp": None, "text": "+7 (+116.7 %)"},
                },
            }
        ],
    }
    total = found["totals"]["metrics"][0]
    assert (total["value"], total["state"], total["n"]) == (112.0, "value", 7)
    assert total["comparison"]["value"] == 63.0
    assert total["comparison"]["change"]["absolute"] == 49.0
    assert total["comparison"]["basis"] == ["2026-03-13", "2026-03-19"]
    assert total["comparison"]["against"] == ["2026-03-06", "2026-03-12"]
    assert "weekdays matched" in total["comparison"]["rule"]
    assert found["query"]["range"] == ["2026-03-13", "2026-03-19"]
    assert found["query"]["timezone"] == "Europe/Berlin"
    assert found["query"]["compare"]["against"] == ["2026-03-06", "2026-03-12"]
    meta = found["meta"]
    assert (meta["truncated"], meta["total"], meta["next_cursor"]) == (False, 7, None)
    assert meta["timezone"] == "Europe/Berlin"
    assert meta["complete_through"][0]["complete_through"] == "2026-03-19"
    assert meta["complete_through"][0]["metrics"] == ["sessions"]


def test_sources_are_named(team: Team, client: APIClient) -> None:
    source = Source.objects.create(team=team, kind="push", name="Shop", slug="shop")
    land_records(team, [point("sessions", "2026-03-12", 4)], source=source.pk)
    line = ask(client, metrics=["sessions"], range="7d")["meta"]["complete_through"][0]
    assert (line["source"], line["source_name"], line["proved"]) == (str(source.pk), "Shop", False)


def test_shares_change_in_percentage_points(team: Team, client: APIClient) -> None:
    land_records(
        team,
        [
            point("sessions", "2026-03-12", 100),
            point("conversions", "2026-03-12", 10),
            point("sessions", "2026-03-19", 100),
            point("conversions", "2026-03-19", 12),
        ],
    )
    found = ask(client, metrics=["conversion_rate"], range="2026-03-19,2026-03-19", compare="previous")
    change = found["totals"]["metrics"][0]["comparison"]["change"]
    assert (change["pp"], change["absolute"]) == (pytest.approx(2.0), pytest.approx(0.02))


def test_a_base_of_zero_is_new_and_a_missing_one_has_no_change(team: Team, client: APIClient) -> None:
    land_records(team, [point("sessions", "2026-03-12", 0), point("sessions", "2026-03-19", 5)])
    found = ask(client, metrics=["sessions"], range="2026-03-19,2026-03-19", compare="previous")
    change = found["totals"]["metrics"][0]["comparison"]["change"]
    assert (change["relative"], change["text"]) == (None, "new")
    missing = ask(client, metrics=["sessions"], range="2026-03-12,2026-03-12", compare="previous")
    assert missing["totals"]["metrics"][0]["comparison"]["change"] is None


def test_pages_of_an_answer_add_up_to_the_whole_and_old_ones_say_that_numbers_changed(
    team: Team, client: APIClient
) -> None:
    land_records(team, [point("sessions", "2026-03-18", n, country=f"C{n:02}") for n in range(1, 26)])
    body: dict[str, Any] = {"metrics": ["sessions"], "range": "7d", "dimensions": ["country"], "limit": 10}
    seen: list[str] = []
    first = page = ask(client, **body)
    assert (first["meta"]["truncated"], first["meta"]["total"], first["other"]["groups"]) == (True, 25, 15)
    shown = sum(row["metrics"][0]["value"] for row in first["results"])
    assert shown + first["other"]["metrics"][0]["value"] == first["totals"]["metrics"][0]["value"] == 325
    while True:
        seen += [row["dimensions"]["country"] for row in page["results"]]
        if not page["meta"]["next_cursor"]:
            break
        page = ask(client, **body, cursor=page["meta"]["next_cursor"])
    assert len(seen) == len(set(seen)) == 25
    land_records(team, [point("sessions", "2026-03-18", 99, country="C01")])
    again = ask(client, **body, cursor=first["meta"]["next_cursor"])
    assert "changed since the page before" in again["meta"]["warnings"][0]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["metrics"]),
        ({"metrics": ["nonsense"]}, ["metrics"]),
        ({"metrics": ["sessions"], "range": "x", "speed": 1}, ["range", "speed"]),
        ({"metrics": ["sessions"], "grain": "hour", "range": "91d"}, ["grain"]),
        ({"metrics": ["sessions"], "range": "9999d"}, ["range"]),
        ({"metrics": ["sessions"], "filters": ["is"]}, ["filters"]),
    ],
)
def test_a_wrong_question_is_refused_by_field(client: APIClient, body: dict[str, Any], fields: list[str]) -> None:
    assert error(client.post(f"{API}/metrics/query", body, format="json")) == (422, "VALIDATION_ERROR", fields)


def test_questions_cost_the_same_with_one_source_and_with_fifty(team: Team, client: APIClient) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            ask(client, metrics=["sessions", "conversion_rate"], range="28d", grain="day", compare="previous")
            ask(client, metrics=["sessions"], range="28d", dimensions=["source"])
        return len(seen)

    land_records(team, [point("sessions", "2026-03-12", 4)], source=uuid4())
    ask(client, metrics=["sessions"])
    one = cost()
    for _ in range(49):
        land_records(team, [point("sessions", "2026-03-12", 4)], source=uuid4())
    assert cost() == one
    assert one <= 8


def test_another_teams_numbers_stay_its_own(team: Team) -> None:
    week(team)
    stranger = make_user()
    make_team(stranger, name="South")
    found = ask(api_client_for(stranger), metrics=["sessions"], range="7d")
    assert found["totals"]["metrics"][0]["state"] == "missing"


def test_nobody_asks_without_the_right_to(team: Team) -> None:
    body = {"metrics": ["sessions"]}
    assert anonymous().post(f"{API}/metrics/query", body, format="json").status_code == 401
    other = bearer(make_token(team, "sources.read").secret)
    assert other.post(f"{API}/metrics/query", body, format="json").status_code == 403


# ---- timeline and old shape


def test_a_timeline_is_a_list_of_days_with_gaps_as_null(team: Team, client: APIClient) -> None:
    land_records(team, [point("sessions", "2026-03-18", 4)])
    found = client.get(f"{API}/metrics/timeline?days=3").json()
    assert [row["date"] for row in found] == ["2026-03-17", "2026-03-18", "2026-03-19"]
    assert [row["sessions"] for row in found] == [None, 4.0, None]
    assert found[0]["states"]["sessions"] == "missing"
    assert set(found[0]) == {"date", "sessions", "conversions", "ig_reach", "engagement", "states"}


def test_a_timeline_takes_metrics_a_range_and_a_grain(team: Team, client: APIClient) -> None:
    week(team)
    found = client.get(f"{API}/metrics/timeline?metrics=sessions&range=2026-03-02,2026-03-15&grain=week").json()
    assert [(row["date"], row["sessions"]) for row in found] == [("2026-03-02", 35.0), ("2026-03-09", 84.0)]


@pytest.mark.parametrize(
    "text", ["days=0", "days=x", "dimensions=country", "compare=previous", "colour=red", "limit=4"]
)
def test_a_timeline_refuses_what_it_cannot_show(client: APIClient, text: str) -> None:
    assert client.get(f"{API}/metrics/timeline?{text}").status_code == 422


# ---- catalog


def test_the_catalog_lists_definitions_and_what_has_numbers(team: Team, client: APIClient) -> None:
    week(team)
    page = client.get(f"{API}/metrics/catalog?q=sessions&page_size=100").json()
    by_key = {one["key"]: one for one in page["items"]}
    assert by_key["sessions"]["has_numbers"] is True
    assert (by_key["sessions"]["first_day"], by_key["sessions"]["last_day"]) == ("2026-03-01", "2026-03-19")
    only = client.get(f"{API}/metrics/catalog?with_numbers=true").json()
    assert [one["key"] for one in only["items"]] == ["sessions"]


def test_one_metric_tells_its_lineage(team: Team, client: APIClient) -> None:
    source = Source.objects.create(team=team, kind="push", name="Shop", slug="shop")
    land_records(team, [point("sessions", "2026-03-12", 4, country="DE")], source=source.pk)
    found = client.get(f"{API}/metrics/catalog/conversion_rate").json()
    assert [one["key"] for one in found["part_definitions"]] == ["conversions", "sessions"]
    assert found["brought_by"][0]["source_name"] == "Shop"
    assert found["dimensions"] == [{"name": "country", "values": 1, "examples": ["DE"]}]
    base = client.get(f"{API}/metrics/catalog/sessions").json()
    assert "conversion_rate" in base["used_by"]
    assert client.get(f"{API}/metrics/catalog/nonsense").status_code == 404


def test_a_metric_of_ones_own_is_asked_like_any_other(team: Team, client: APIClient) -> None:
    land_records(team, [point("sessions", "2026-03-19", 10), point("conversions", "2026-03-19", 2)])
    body = {
        "key": "sessions_per_conversion",
        "label": "Sessions per conversion",
        "kind": "ratio",
        "numerator": "sessions",
        "denominator": "conversions",
    }
    made = client.post(f"{API}/metrics/catalog", body, format="json")
    assert (made.status_code, made.json()["formula"]) == (201, "sum of sessions ÷ sum of conversions")
    found = ask(client, metrics=["sessions_per_conversion"], range="7d")
    assert found["totals"]["metrics"][0]["value"] == 5.0
    assert AuditEvent.objects.filter(team=team, verb="metric.defined").count() == 1
    assert client.post(f"{API}/metrics/catalog", body, format="json").status_code == 409


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        ({"key": "Sessions!", "label": "x"}, 422, ["key"]),
        ({"key": "own", "label": ""}, 422, ["label"]),
        ({"key": "own", "label": "Own", "kind": "ratio"}, 422, ["denominator", "numerator"]),
        (
            {"key": "own", "label": "Own", "kind": "ratio", "numerator": "conversion_rate", "denominator": "sessions"},
            422,
            ["numerator"],
        ),
        ({"key": "own", "label": "Own", "kind": "percentile"}, 422, ["percentile"]),
        ({"key": "own", "label": "Own", "team": "x"}, 422, ["team"]),
        ({"key": "sessions", "label": "Own"}, 409, ["key"]),
    ],
)
def test_a_metric_that_makes_no_sense_is_refused(
    client: APIClient, body: dict[str, Any], status: int, fields: list[str]
) -> None:
    answer = client.post(f"{API}/metrics/catalog", body, format="json")
    assert (answer.status_code, sorted(answer.json()["error"]["details"])) == (status, fields)


def test_another_kind_adds_the_stored_days_up_anew(team: Team, client: APIClient) -> None:
    stamps = [point("wait", f"2026-03-18T{hour:02}:00:00+00:00", hour, desk=d) for hour in (1, 2, 3) for d in "ab"]
    land_records(team, stamps)
    assert ask(client, metrics=["wait"], range="7d")["totals"]["metrics"][0]["value"] == 12.0

    def become(kind: str) -> tuple[float | None, dict[str, float | None]]:
        answer = client.patch(f"{API}/metrics/catalog/wait", {"kind": kind}, format="json")
        assert answer.status_code == 200, answer.content
        found = ask(client, metrics=["wait"], range="7d", dimensions=["desk"])
        parts = {row["dimensions"]["desk"]: row["metrics"][0]["value"] for row in found["results"]}
        return found["totals"]["metrics"][0]["value"], parts

    assert become("last") == (6.0, {"a": 3.0, "b": 3.0})
    assert become("mean") == (2.0, {"a": 2.0, "b": 2.0})
    assert become("sum") == (12.0, {"a": 6.0, "b": 6.0})
    become("distinct")
    # one total cut and one per desk
    assert become("sum") == (12.0, {"a": 6.0, "b": 6.0})
    assert Rollup.objects.count() == 3


def test_a_change_that_would_break_stored_numbers_is_refused_with_the_reason(team: Team, client: APIClient) -> None:
    land_records(team, [point("boxes", "2026-03-18", 4)])
    address = f"{API}/metrics/catalog/boxes"
    ratio = {"kind": "ratio", "numerator": "sessions", "denominator": "conversions"}
    refused = client.patch(address, ratio, format="json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "CONFLICT_ERROR")
    assert "can't become a ratio" in refused.json()["error"]["message"]
    assert client.patch(address, {"key": "cartons"}, format="json").status_code == 409
    assert client.delete(address).status_code == 409
    assert client.patch(address, {"label": "Boxes", "unit": "boxes"}, format="json").json()["label"] == "Boxes"
    assert client.patch(f"{API}/metrics/catalog/sessions", {"label": "Visits"}, format="json").status_code == 403


def test_a_part_of_a_ratio_stays_a_part(team: Team, client: APIClient) -> None:
    client.post(f"{API}/metrics/catalog", {"key": "own", "label": "Own"}, format="json")
    body = {"key": "rate", "label": "Rate", "kind": "ratio", "numerator": "own", "denominator": "sessions"}
    client.post(f"{API}/metrics/catalog", body, format="json")
    assert "rate" in client.delete(f"{API}/metrics/catalog/own").json()["error"]["message"]
    assert client.delete(f"{API}/metrics/catalog/rate").status_code == 204
    assert client.delete(f"{API}/metrics/catalog/own").status_code == 204
    assert CustomMetric.objects.count() == 0


def test_a_viewer_reads_and_does_not_define(team: Team) -> None:
    viewer = api_client_for(make_member(team, "viewer"), team)
    assert viewer.get(f"{API}/metrics/catalog").status_code == 200
    assert viewer.post(f"{API}/metrics/catalog", {"key": "own", "label": "x"}, format="json").status_code == 403
    assert viewer.post(f"{API}/annotations", {"day": "2026-03-01", "title": "x"}, format="json").status_code == 403


# ---- annotations, restatements


def test_notes_are_made_changed_listed_and_taken_away(team: Team, client: APIClient) -> None:
    made = client.post(f"{API}/annotations", {"day": "2026-03-01", "title": "Launch"}, format="json")
    assert (made.status_code, made.json()["kind"]) == (201, "note")
    address = f"{API}/annotations/{made.json()['id']}"
    assert client.patch(address, {"title": "Relaunch"}, format="json").json()["title"] == "Relaunch"
    assert client.put(address, {"day": "2026-03-02", "title": "Go"}, format="json").json()["day"] == "2026-03-02"
    assert client.get(f"{API}/annotations?date_from=2026-03-02&date_to=2026-03-02").json()["total"] == 1
    assert client.get(f"{API}/annotations?date_from=2026-03-03").json()["total"] == 0
    assert client.get(f"{API}/annotations?date_from=soon").status_code == 422
    assert client.delete(address).status_code == 204
    assert Annotation.objects.count() == 0
    verbs = list(AuditEvent.objects.filter(team=team, verb__startswith="annotation").values_list("verb", flat=True))
    assert sorted(verbs) == ["annotation.added", "annotation.changed", "annotation.changed", "annotation.deleted"]


def test_another_teams_note_does_not_exist(team: Team, client: APIClient) -> None:
    other = make_team(name="South")
    note = Annotation.objects.create(team=other, day=date(2026, 3, 1), title="theirs")
    address = f"{API}/annotations/{note.pk}"
    assert client.get(address).status_code == 404
    assert client.patch(address, {"title": "mine"}, format="json").status_code == 404
    assert client.delete(address).status_code == 404


def test_restatements_are_listed_newest_first_by_cursor(team: Team, client: APIClient) -> None:
    days = [f"2026-03-{day:02}" for day in range(1, 6)]
    land_records(team, [point("sessions", day, 1) for day in days])
    land_records(team, [point("sessions", day, 2) for day in days])
    first = client.get(f"{API}/metrics/restatements?page_size=3").json()
    rest = client.get(f"{API}/metrics/restatements?page_size=3&cursor={first['next_cursor']}").json()
    assert [one["day"] for one in (*first["items"], *rest["items"])] == sorted(days, reverse=True)
    assert (first["items"][0]["old_value"], first["items"][0]["new_value"]) == (1.0, 2.0)
    assert client.get(f"{API}/metrics/restatements?metric=conversions").json()["items"] == []
    assert client.get(f"{API}/metrics/restatements?source={SOURCE}").json()["next_cursor"] is None
    assert client.get(f"{API}/metrics/restatements?source=x").status_code == 422


# ---- observations


def test_stored_numbers_are_paged_by_their_key(team: Team, client: APIClient) -> None:
    land_records(team, [point("sessions", f"2026-03-{day:02}", day, country=c) for day in range(1, 8) for c in "ab"])
    land_records(team, [point("calls", "2026-03-05T10:00:00+01:00", 1.5)], source=OTHER_SOURCE)
    seen: list[tuple[int, str]] = []
    cursor = ""
    while cursor is not None:
        page = client.get(f"{API}/observations?page_size=4&cursor={cursor}").json()
        seen += [(one["series"], one["at"]) for one in page["items"]]
        cursor = page["next_cursor"]
        assert page["truncated"] == (cursor is not None)
    assert len(seen) == len(set(seen)) == 15
    only = client.get(f"{API}/observations?metrics=calls&source={OTHER_SOURCE}&range=2026-03-05,2026-03-05").json()
    found = [(one["at"], one["value"], one["clock"]) for one in only["items"]]
    assert found == [("2026-03-05T09:00:00Z", 1.5, "instant")]
    days = client.get(f"{API}/observations?range=2026-03-07,2026-03-07&metrics=sessions").json()["items"]
    assert [(one["at"], one["dimensions"]) for one in days] == [
        ("2026-03-07", {"country": "a"}),
        ("2026-03-07", {"country": "b"}),
    ]


@pytest.mark.parametrize(
    "text", ["cursor=x", "cursor=W10=", "page_size=0", "page_size=9999", "source=x", "range=x", "a=b"]
)
def test_a_wrong_page_of_stored_numbers_is_refused(client: APIClient, text: str) -> None:
    assert client.get(f"{API}/observations?{text}").status_code == 422


def test_a_metric_with_a_declared_kind_keeps_it(team: Team, client: APIClient) -> None:
    land_records(team, [point("wait", "2026-03-18", 10, n=5)], metrics=[Metric("wait", "Wait", kind="mean")])
    assert ask(client, metrics=["wait"], range="7d")["totals"]["metrics"][0]["value"] == 2.0
