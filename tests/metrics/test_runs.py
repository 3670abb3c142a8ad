"""What the pages of one run promise: they learn from each other, and nothing that changes meanwhile is missed."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Team
from metrics.actions.catalog import change_metric
from metrics.actions.load import land
from metrics.actions.team import rebuild_days
from metrics.models import CustomMetric, Observation, Rollup, Series
from metrics.store import for_team, rollups
from metrics.store.memory import Memory
from sources.landing import Landing
from sources.records import MetricPoint
from tests.metrics.build import SOURCE

pytestmark = pytest.mark.django_db(transaction=True)

DAY = date(2026, 3, 2)
EVENING = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)


@pytest.fixture
def team() -> Team:
    return Team.objects.create(slug="runs", name="Runs", time_zone="UTC")


def page(team: Team, points: Iterable[MetricPoint]) -> Landing:
    records = list(points)
    return Landing(
        team_id=team.pk,
        source_id=SOURCE,
        job_id=uuid4(),
        kind="push",
        stream="metrics",
        zone=team.time_zone,
        records=list(records),
        raw_ids=[1] * len(records),
    )


def orders(*values: float, at: date = DAY) -> list[MetricPoint]:
    return [MetricPoint("orders", at, value, {"country": str(number)}) for number, value in enumerate(values)]


def write(landing: Landing, memory: Memory) -> None:
    with transaction.atomic():
        land(landing, memory)


def cells() -> set[tuple[object, ...]]:
    return set(Rollup.objects.values_list("cut_id", "day", "n", "total"))


def rebuilt(team: Team) -> set[tuple[object, ...]]:
    with transaction.atomic():
        rollups.rebuild(for_team(team.pk), SOURCE, zone=team.time_zone)
    return cells()


def test_a_run_asks_for_its_series_once(team: Team) -> None:
    memory = Memory()
    write(page(team, orders(1, 2)), memory)
    write(page(team, orders(3, 4)), memory)
    with CaptureQueriesContext(connection) as asked:
        write(page(team, orders(5, 6, at=date(2026, 3, 3))), memory)
    texts = [one["sql"] for one in asked.captured_queries]
    assert not [sql for sql in texts if "metrics_series" in sql]
    assert cells() == rebuilt(team)


def test_a_page_that_was_undone_teaches_the_run_nothing(team: Team) -> None:
    memory = Memory()
    write(page(team, orders(1)), memory)
    with transaction.atomic():
        land(page(team, orders(1, 2, 3)), memory)
        transaction.set_rollback(True)
    write(page(team, orders(1, 2, 3)), memory)
    assert set(Observation.objects.values_list("series_id", flat=True)) == set(
        Series.objects.values_list("pk", flat=True)
    )
    assert sorted(Observation.objects.values_list("value", flat=True)) == [1, 2, 3]
    assert cells() == rebuilt(team)


def test_a_run_follows_a_metric_that_changes_its_kind_meanwhile(team: Team) -> None:
    memory = Memory()
    write(page(team, orders(1, 2)), memory)
    change_metric(metric=CustomMetric.objects.get(key="orders"), by=None, changes={"kind": "mean"})
    write(page(team, orders(3, 4, at=date(2026, 3, 3))), memory)
    assert Rollup.objects.exclude(low=None).count() == Rollup.objects.count()
    assert cells() == rebuilt(team)


def test_a_run_follows_its_team_to_another_time_zone(team: Team) -> None:
    memory = Memory()
    late = page(team, [MetricPoint("orders", EVENING, 7, {})])
    Team.objects.filter(pk=team.pk).update(time_zone="Europe/Berlin")
    rebuild_days(team.pk, "Europe/Berlin")
    write(late, memory)
    assert set(Rollup.objects.values_list("day", flat=True)) == {(date(2026, 3, 3) - date(1970, 1, 1)).days}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_days_are_not_added_up_anew_while_a_page_is_being_written(team: Team) -> None:
    write(page(team, orders(1, 2)), Memory())
    written, may_commit = threading.Event(), threading.Event()

    def page_in_flight() -> None:
        try:
            with transaction.atomic():
                land(page(team, orders(10, 20, at=date(2026, 3, 3))), Memory())
                written.set()
                may_commit.wait(10)
        finally:
            connection.close()

    def change() -> None:
        try:
            change_metric(metric=CustomMetric.objects.get(key="orders"), by=None, changes={"kind": "mean"})
        finally:
            connection.close()

    threads = [threading.Thread(target=page_in_flight), threading.Thread(target=change)]
    threads[0].start()
    assert written.wait(10)
    threads[1].start()
    threads[1].join(0.5)
    assert threads[1].is_alive()
    may_commit.set()
    for one in threads:
        one.join(10)
    assert Rollup.objects.exclude(low=None).count() == Rollup.objects.count() == 6
    assert cells() == rebuilt(team)
