"""What PostgreSQL may not do: read a large table whole for a page, whatever it believes about its size."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Team
from metrics.actions.load import land
from metrics.models import Observation
from metrics.store.memory import Memory
from sources.records import CompleteDays, MetricPoint
from tests.metrics.test_runs import page

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL"),
]
FIRST = date(2026, 1, 1)
LARGE = ("metrics_observation", "metrics_rollup", "metrics_seriescut", "metrics_cut", "metrics_series")


def points(days: int, value: float) -> list[MetricPoint]:
    return [
        MetricPoint("orders", FIRST + timedelta(days=day), value, {"country": str(country)})
        for day in range(days)
        for country in range(30)
    ]


def write(team: Team, found: list[MetricPoint], *complete: CompleteDays) -> None:
    landing = page(team, found)
    object.__setattr__(landing, "complete", complete)
    with transaction.atomic():
        land(landing, Memory())


def believe_it_is_empty() -> None:
    """Emptied and vacuumed: its pages are still there, and the planner takes them for free of rows."""
    with connection.cursor() as cursor:
        for table in LARGE:
            cursor.execute(f"DELETE FROM {table}")
            cursor.execute(f"VACUUM (TRUNCATE false) {table}")


def explained(plans: list[str]) -> Callable[..., Any]:
    """Asks for the plan of every statement over temporary tables, just before it runs."""

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if (
            " ll_" in sql
            and "FROM" in sql
            and not many
            and ";" not in sql
            and not sql.startswith(("EXPLAIN", "DELETE FROM ll_"))
        ):
            cursor = context["cursor"]
            execute(f"EXPLAIN {sql}", params, many, context)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
        return execute(sql, params, many, context)

    return wrapper


def test_a_page_finds_its_rows_by_key_in_tables_that_were_emptied_and_filled_again(team: Team) -> None:
    write(team, points(60, 1.0))
    believe_it_is_empty()
    write(team, points(60, 1.0))
    plans: list[str] = []
    with connection.execute_wrapper(explained(plans)):
        write(team, points(50, 2.0), CompleteDays(("orders",), FIRST, FIRST + timedelta(days=59)))
    assert len(plans) >= 6
    for plan in plans:
        assert "Materialize" not in plan, plan
        for table in LARGE:
            assert f"Seq Scan on {table} " not in plan, plan
    assert Observation.objects.count() == 50 * 30


@pytest.fixture
def team() -> Team:
    return Team.objects.create(slug="keys", name="Keys", time_zone="UTC")
