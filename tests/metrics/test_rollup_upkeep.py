"""What the upkeep of rollups promises: whatever was landed in whatever order, they equal a computation from scratch."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Team
from metrics.models import Cut, Observation, Rollup
from metrics.store import for_team, rollups
from sources.connectors._base import Metric
from sources.records import CompleteDays, MetricPoint
from tests.metrics.build import SOURCE, land_records

pytestmark = pytest.mark.django_db

#: the days around both clock changes of a year in Berlin
STARTS = (date(2026, 3, 27), date(2026, 10, 23))
METRICS = (Metric("made", "Made"), Metric("stock", "Stock", kind="last"), Metric("rating", "Rating", kind="mean"))


def _stored() -> dict[tuple[int, int], tuple[object, ...]]:
    columns = ("cut_id", "day", "n", "total", "squares", "low", "high")
    return {row[:2]: row[2:] for row in Rollup.objects.values_list(*columns)}


def _points(chance: random.Random, first: date) -> list[MetricPoint]:
    found = []
    for _ in range(chance.randrange(1, 60)):
        metric = chance.choice(METRICS).key
        day = first + timedelta(days=chance.randrange(5))
        at = datetime(day.year, day.month, day.day, chance.randrange(24), chance.choice((0, 15, 30)), tzinfo=UTC)
        dims = {"country": chance.choice("AB")} | ({"device": chance.choice("XY")} if chance.random() < 0.7 else {})
        value, n = chance.choice((1.0, 2.5, 3.25, 40.0)), chance.choice((1, 2, 4)) if metric == "rating" else 1
        found.append(MetricPoint(metric, chance.choice((day, at)), value, dims, n))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_rollups_equal_a_rebuild_after_any_landings_restatements_and_withdrawals(seed: int) -> None:
    chance = random.Random(seed)
    team = Team.objects.create(slug="upkeep", name="Upkeep", time_zone="Europe/Berlin")
    first = chance.choice(STARTS)
    for _ in range(8):
        day = first + timedelta(days=chance.randrange(5))
        promise = [CompleteDays((chance.choice(METRICS).key,), day, day + timedelta(days=1))]
        complete = promise if chance.random() < 0.5 else []
        land_records(team, _points(chance, first), complete=complete, metrics=METRICS)
    kept = _stored()
    rollups.rebuild(for_team(team.pk), SOURCE, zone=team.time_zone)
    assert kept == _stored()
    assert kept or not Observation.objects.exists()


def test_the_same_page_again_writes_nothing_and_a_promise_is_not_noted_twice() -> None:
    team = Team.objects.create(slug="again", name="Again", time_zone="Europe/Berlin")
    points = _points(random.Random(1), STARTS[0])
    promise = CompleteDays(tuple(one.key for one in METRICS), STARTS[0], STARTS[0] + timedelta(days=4))
    land_records(team, points, complete=[promise], metrics=METRICS)
    cells, cuts = _stored(), list(Cut.objects.order_by("pk").values_list())
    landed = land_records(team, points, complete=[promise], metrics=METRICS)
    assert (landed.inserted, landed.updated, landed.deleted) == (0, 0, 0)
    assert _stored() == cells
    assert list(Cut.objects.order_by("pk").values_list()) == cuts
