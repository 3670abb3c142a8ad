"""What tiles promise: the engine's own numbers, in two statements, or one where they are remembered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts import identity
from accounts.models import Team
from metrics import versions
from metrics.query import context as contexts
from metrics.query.model import Compare, Workspace
from metrics.query.request import from_body
from metrics.selectors.tiles import Tiles, _Memory, spark_grain, tiles
from sources.records import CompleteDays
from tests.cast import bearer, make_team, make_token
from tests.metrics.build import NOW, answer, land_records, point, workspace

pytestmark = pytest.mark.django_db
TILES = "/api/v1/dashboard/tiles"
FOUR = ("sessions", "conversions", "ig_reach", "engagement")


class _Noon:
    @staticmethod
    def now() -> datetime:
        return NOW


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("metrics.query.request", "metrics.query.engine", "metrics.selectors.tiles"):
        monkeypatch.setattr(f"{module}.clock", _Noon)


@pytest.fixture
def team() -> Team:
    made = make_team(name="North", time_zone="Europe/Berlin")
    days = [f"2026-{month:02}-{day:02}" for month in (1, 2, 3) for day in range(1, 29) if (month, day) < (3, 20)]
    land_records(made, [point(key, day, at + n) for n, key in enumerate(FOUR) for at, day in enumerate(days)])
    return made


@pytest.fixture
def client(team: Team) -> APIClient:
    return bearer(make_token(team, "metrics.read").secret)


def statements(client: APIClient, address: str = TILES) -> list[str]:
    """What the endpoint itself asks the database, once the asker is known."""
    identity._clear()
    client.get("/api/v1/metrics/timeline?days=1&metrics=sessions")
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return [one["sql"] for one in seen.captured_queries]


def ask_tiles(team: Team, now: datetime = NOW) -> Tiles:
    """One question, always in the same words."""
    body = {"metrics": ["sessions"], "compare": "previous"}
    return tiles(workspace(team), "metrics=sessions", lambda at: from_body(body, workspace(team), now=at), now=now)


def test_four_tiles_come_with_change_the_value_before_and_a_sparkline(team: Team, client: APIClient) -> None:
    found = client.get(TILES).json()
    assert set(found) == {*FOUR, "meta"}
    engine = answer(team, " ".join(FOUR), "2026-02-20", "2026-03-19", grain="day", compare=Compare())
    for index, key in enumerate(FOUR):
        tile, value, compared = found[key], engine.totals.values[index], engine.totals.compared[index]
        assert (tile["value"], tile["state"], tile["n"]) == (value.value, value.state, value.n)
        assert (tile["previous"], tile["rule"]) == (compared.before.value, compared.rule)
        assert tile["change"]["absolute"] == pytest.approx(compared.now.value - compared.before.value)
        assert tile["sparkline"] == [row.values[index].value for row in engine.rows]
    assert found["meta"]["range"] == ["2026-02-20", "2026-03-19"]
    assert len(found["meta"]["times"]) == 28


def test_cold_tiles_cost_two_statements_and_warm_ones_one(team: Team, client: APIClient) -> None:
    contexts._catalogs.clear()
    versions.bump(team.pk)
    assert len(statements(client)) == 2
    assert len(statements(client)) == 1


def test_fifty_sources_cost_no_more_statements(team: Team, client: APIClient) -> None:
    for _ in range(50):
        land_records(team, [point("sessions", "2026-03-12", 4)], source=uuid4())
    assert len(statements(client)) == 2


def test_a_remembered_answer_is_gone_with_the_next_number_and_the_next_hour(
    team: Team,
) -> None:
    first = ask_tiles(team)
    assert (first.cached, ask_tiles(team).cached) == (False, True)
    assert ask_tiles(team).json == first.json
    assert ask_tiles(team, datetime.fromisoformat("2026-03-20T13:00:00+00:00")).cached is False
    land_records(team, [point("sessions", "2026-03-19", 1000)])
    fresh = ask_tiles(team)
    assert fresh.cached is False
    assert fresh.body["sessions"]["value"] != first.body["sessions"]["value"]


def test_the_memory_of_answers_is_bounded_and_loses_the_oldest_first() -> None:
    memory = _Memory(most=3_000)
    keys = [(Workspace(uuid4()), 1, "2026032012", "metrics=sessions") for _ in range(6)]
    for key in keys[:5]:
        memory.keep(key, b"x" * 300)
        memory.get(keys[0])
    memory.keep(keys[5], b"x" * 300)
    assert memory.get(keys[0]) is not None
    assert [memory.get(key) is not None for key in keys[1:]] == [False, False, False, True, True]
    memory.keep(keys[0], b"x" * 10_000)
    assert memory.get(keys[0]) is None


def test_a_renamed_zone_asks_anew_and_the_last_days_move_with_it(team: Team, client: APIClient) -> None:
    before = client.get(f"{TILES}?range=1d").json()["meta"]
    Team.objects.filter(pk=team.pk).update(time_zone="Pacific/Kiritimati")
    identity._clear()
    after = client.get(f"{TILES}?range=1d").json()["meta"]
    assert (before["timezone"], after["timezone"]) == ("Europe/Berlin", "Pacific/Kiritimati")
    assert (before["range"], after["range"]) == (["2026-03-19"] * 2, ["2026-03-20"] * 2)


def test_no_team_sees_what_was_remembered_for_another(client: APIClient) -> None:
    client.get(TILES)
    other = bearer(make_token(make_team(name="South", time_zone="Europe/Berlin"), "metrics.read").secret)
    assert other.get(TILES).json()["sessions"]["state"] == "missing"


def test_the_old_address_answers_the_same(client: APIClient) -> None:
    assert client.get("/v1/dashboard/tiles").status_code in (200, 404)
    from metrics.api.old_roots import urlpatterns

    assert [one.pattern._route for one in urlpatterns] == ["v1/dashboard/tiles"]


def test_tiles_take_metrics_ranges_and_filters(team: Team, client: APIClient) -> None:
    land_records(team, [point("calls", "2026-03-18", 3, country="DE"), point("calls", "2026-03-18", 4, country="FR")])
    found = client.get(f"{TILES}?metrics=calls&range=7d&f=country:is:DE&compare=none").json()
    assert (found["calls"]["value"], found["calls"]["change"], found["meta"]["against"]) == (3.0, None, None)


def test_days_without_numbers_are_gaps_and_proved_zeros_are_zeros(team: Team, client: APIClient) -> None:
    land_records(team, [point("calls", "2026-03-17", 3)])
    assert client.get(f"{TILES}?metrics=calls&range=3d").json()["calls"]["sparkline"] == [3.0, None, None]
    promise = CompleteDays(("calls",), date(2026, 3, 1), date(2026, 3, 19))
    land_records(team, [point("calls", "2026-03-17", 3)], complete=[promise])
    assert client.get(f"{TILES}?metrics=calls&range=3d").json()["calls"]["sparkline"] == [3.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "text", ["dimensions=country", "grain=day", "limit=3", "metrics=nonsense", "colour=red", "range=x"]
)
def test_what_makes_no_sense_for_tiles_is_refused(client: APIClient, text: str) -> None:
    assert client.get(f"{TILES}?{text}").status_code == 422


@pytest.mark.parametrize("text", ["year", "91d", "12mo", "all"])
def test_long_ranges_have_short_sparklines_and_the_same_value(team: Team, client: APIClient, text: str) -> None:
    found: dict[str, Any] = client.get(f"{TILES}?metrics=sessions&range={text}").json()
    first, last = found["meta"]["range"]
    assert found["sessions"]["value"] == answer(team, "sessions", first, last).totals.values[0].value
    assert len(found["sessions"]["sparkline"]) <= 105
    assert found["meta"]["grain"] == spark_grain((date.fromisoformat(last) - date.fromisoformat(first)).days + 1)
