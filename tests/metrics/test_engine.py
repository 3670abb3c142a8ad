"""What the query engine promises about numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import events
from accounts.actions.teams import change_team, delete_team
from accounts.models import Team, User
from livinglytics.lib.errors import Invalid
from metrics.models import Annotation, CustomMetric, Cut, Observation, Restatement, Rollup, Series, SeriesCut
from metrics.query.context import context
from metrics.query.engine import ask
from metrics.query.filters import parse
from metrics.query.model import Compare
from sources.connectors._base import Metric
from sources.records import CompleteDays, Remark
from tests.metrics.build import NOW, OTHER_SOURCE, SOURCE, answer, land_records, point, query, workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team.objects.create(slug="north", name="North", time_zone="Europe/Berlin")


def _states(found: object) -> list[tuple[float | None, str]]:
    return [(row.values[0].value, row.values[0].state) for row in found.rows]  # type: ignore[attr-defined]


def test_a_day_without_a_number_is_missing_until_a_sync_proved_that_there_was_none(team: Team) -> None:
    land_records(team, [point("orders", "2026-03-01", 4), point("orders", "2026-03-03", 0)])
    assert _states(answer(team, "orders", "2026-03-01", "2026-03-04", grain="day")) == [
        (4, "value"),
        (None, "missing"),
        (0, "zero"),
        (None, "missing"),
    ]
    complete = CompleteDays(("orders",), date(2026, 3, 1), date(2026, 3, 4))
    land_records(team, [point("orders", "2026-03-01", 4), point("orders", "2026-03-03", 0)], complete=[complete])
    assert _states(answer(team, "orders", "2026-03-01", "2026-03-04", grain="day")) == [
        (4, "value"),
        (0, "zero"),
        (0, "zero"),
        (0, "zero"),
    ]


def test_the_same_page_again_changes_nothing(team: Team) -> None:
    page = [point("orders", f"2026-03-{day:02}", day, country="DE") for day in range(1, 15)]
    assert land_records(team, page).inserted == 14
    again = land_records(team, page)
    assert (again.inserted, again.updated, again.deleted, again.unchanged) == (0, 0, 0, 14)
    assert Restatement.objects.count() == 0


def test_a_changed_number_replaces_the_old_one_and_is_noted(team: Team) -> None:
    land_records(team, [point("orders", "2026-03-01", 4)])
    assert land_records(team, [point("orders", "2026-03-01", 5)]).updated == 1
    found = answer(team, "orders", "2026-03-01", "2026-03-01")
    assert found.totals.values[0].value == 5
    noted = Restatement.objects.get()
    assert (float(noted.old_value), float(noted.new_value or 0)) == (4, 5)
    assert found.restated[0]["days"] == 1


def test_a_promised_day_loses_what_the_new_answer_does_not_hold(team: Team) -> None:
    land_records(team, [point("orders", "2026-03-01", 4, country="DE"), point("orders", "2026-03-01", 2, country="FR")])
    complete = CompleteDays(("orders",), date(2026, 3, 1), date(2026, 3, 1))
    landed = land_records(team, [point("orders", "2026-03-01", 4, country="DE")], complete=[complete])
    assert landed.deleted == 1
    found = answer(team, "orders", "2026-03-01", "2026-03-01", dimensions=("country",))
    assert [(row.dimensions, row.values[0].value) for row in found.rows] == [(("DE",), 4)]
    assert found.totals.values[0].value == 4


def test_a_ratio_is_sum_over_sum_at_every_grain(team: Team) -> None:
    land_records(
        team,
        [
            point("conversions", "2026-03-02", 1),
            point("sessions", "2026-03-02", 10),
            point("conversions", "2026-03-03", 90),
            point("sessions", "2026-03-03", 100),
        ],
    )
    found = answer(team, "conversion_rate", "2026-03-02", "2026-03-08", grain="week")
    assert found.rows[0].values[0].value == pytest.approx(91 / 110)
    assert found.totals.values[0].value == pytest.approx(91 / 110)


def test_a_ratio_without_denominator_is_missing_and_with_a_zero_one_not_applicable(team: Team) -> None:
    land_records(
        team,
        [
            point("conversions", "2026-03-02", 1),
            point("sessions", "2026-03-03", 0),
            point("conversions", "2026-03-03", 0),
        ],
    )
    found = answer(team, "conversion_rate", "2026-03-02", "2026-03-03", grain="day")
    assert _states(found) == [(None, "missing"), (None, "na")]


def test_a_mean_weighs_by_its_number_of_values(team: Team) -> None:
    metrics = [Metric("wait", "Wait", kind="mean", unit="seconds")]
    land_records(team, [point("wait", "2026-03-02", 100, n=10), point("wait", "2026-03-03", 30, n=1)], metrics=metrics)
    total = answer(team, "wait", "2026-03-01", "2026-03-08").totals.values[0]
    assert (total.value, total.n) == (pytest.approx(130 / 11), 11)


def test_last_values_are_added_over_series_but_never_over_days(team: Team) -> None:
    metrics = [Metric("followers", "Followers", kind="last")]
    points = [point("followers", f"2026-03-{day:02}", 100 + day, account=name) for day in (1, 2, 3) for name in "ab"]
    land_records(team, points, metrics=metrics)
    found = answer(team, "followers", "2026-03-01", "2026-03-31", grain="week")
    assert found.totals.values[0].value == 206
    assert [row.values[0].value for row in found.rows][:2] == [202, 206]


def test_distinct_counts_are_never_added(team: Team) -> None:
    metrics = [Metric("users", "Users", kind="distinct")]
    points = [point("users", "2026-03-01", 70), point("users", "2026-03-02", 80)]
    points += [point("users", "2026-03-01", 50, country="DE"), point("users", "2026-03-01", 40, country="FR")]
    land_records(team, points, metrics=metrics)
    day = answer(team, "users", "2026-03-01", "2026-03-01", dimensions=("country",))
    assert day.totals.values[0].value == 70
    assert {row.dimensions[0]: row.values[0].value for row in day.rows} == {"DE": 50, "FR": 40}
    whole = answer(team, "users", "2026-03-01", "2026-03-02").totals.values[0]
    assert (whole.value, whole.state) == (None, "na")
    assert "can't be added" in whole.note


def test_a_distinct_count_that_nobody_made_over_all_parts_is_missing_not_zero(team: Team) -> None:
    metrics = [Metric("users", "Users", kind="distinct")]
    land_records(team, [point("users", "2026-03-01", 50, country="DE")], metrics=metrics)
    found = answer(team, "users", "2026-03-01", "2026-03-01", dimensions=("country",))
    assert [row.values[0].value for row in found.rows] == [50]
    assert (found.totals.values[0].value, found.totals.values[0].state) == (None, "missing")


@pytest.mark.parametrize("grain", [None, "day"])
def test_the_compared_period_costs_no_statement_of_its_own(team: Team, grain: Any) -> None:
    land_records(team, [point("orders", f"2026-03-{day:02}", day, country="DE") for day in range(1, 15)])
    known = context(team.pk)
    for dimensions in ((), ("country",)):
        asked = query("orders", "2026-03-08", "2026-03-14", compare=Compare(), grain=grain, dimensions=dimensions)
        with CaptureQueriesContext(connection) as seen:
            found = ask(workspace(team), replace(asked, notes=False), now=NOW, known=known)
        assert len(seen) == 1
        assert (found.totals.compared[0].now.value, found.totals.compared[0].before.value) == (77, 28)


def test_percentiles_come_from_single_values(team: Team) -> None:
    metrics = [Metric("latency", "Latency", kind="percentile", percentile=0.5, unit="ms")]
    points = [point("latency", f"2026-03-01T{hour:02}:00:00+00:00", hour) for hour in range(1, 12)]
    points += [point("latency", "2026-03-02T10:00:00+00:00", 100)]
    land_records(team, points, metrics=metrics)
    found = answer(team, "latency", "2026-03-01", "2026-03-02", grain="day")
    assert [row.values[0].value for row in found.rows] == [6, 100]
    assert found.totals.values[0].value == 6.5


def test_what_carries_no_dimension_is_shown_as_not_set_so_that_parts_add_up(team: Team) -> None:
    land_records(team, [point("orders", "2026-03-01", 4, country="DE"), point("orders", "2026-03-01", 3)])
    found = answer(team, "orders", "2026-03-01", "2026-03-01", dimensions=("country",))
    assert {row.dimensions[0]: row.values[0].value for row in found.rows} == {"DE": 4, "(not set)": 3}
    assert found.totals.values[0].value == 7


def test_a_limit_leaves_an_other_row_that_makes_the_total(team: Team) -> None:
    land_records(team, [point("orders", "2026-03-01", n, country=f"C{n}") for n in range(1, 11)])
    found = answer(team, "orders", "2026-03-01", "2026-03-01", dimensions=("country",), limit=3)
    assert [row.values[0].value for row in found.rows] == [10, 9, 8]
    assert found.other is not None
    assert (found.other.values[0].value, found.other_groups, found.truncated, found.total_rows) == (28, 7, True, 10)
    assert found.totals.values[0].value == 55


def test_filters_and_several_dimensions_are_answered_from_observations(team: Team) -> None:
    points = [
        point("orders", "2026-03-01", 1, country="DE", device="phone"),
        point("orders", "2026-03-01", 2, country="DE", device="laptop"),
        point("orders", "2026-03-02", 4, country="FR", device="phone"),
    ]
    land_records(team, points)
    where = parse(["is", "country", ["DE"]])
    found = answer(team, "orders", "2026-03-01", "2026-03-02", dimensions=("device",), where=where)
    assert {row.dimensions[0]: row.values[0].value for row in found.rows} == {"phone": 1, "laptop": 2}
    both = answer(team, "orders", "2026-03-01", "2026-03-02", dimensions=("country", "device"))
    assert sum(row.values[0].value or 0 for row in both.rows) == both.totals.values[0].value == 7
    nobody = answer(team, "orders", "2026-03-01", "2026-03-02", where=parse(["not", ["contains", "country", "e"]]))
    assert nobody.totals.values[0].value == 4


def test_an_open_day_is_so_far_and_left_out_of_the_comparison(team: Team) -> None:
    land_records(
        team, [point("orders", f"2026-03-{day:02}", 10) for day in range(1, 20)] + [point("orders", "2026-03-20", 3)]
    )
    found = answer(team, "orders", "2026-03-14", "2026-03-20", compare=Compare())
    assert (found.totals.values[0].value, found.totals.values[0].state) == (63, "partial")
    compared = found.totals.compared[0]
    assert (compared.now.value, compared.before.value) == (60, 60)
    assert compared.basis.days == 6
    assert "first 6 complete days" in compared.rule


def test_instants_are_compared_up_to_the_same_time_of_day(team: Team) -> None:
    points = [point("calls", f"2026-03-{day:02}T{hour:02}:00:00+00:00", 1) for day in (13, 20) for hour in range(24)]
    land_records(team, points)
    found = answer(team, "calls", "2026-03-20", "2026-03-20", compare=Compare())
    compared = found.totals.compared[0]
    # Berlin midnight is 23:00 UTC: thirteen hours have begun by 13:00 local time
    assert compared.before.value == 12
    assert "13:00" in compared.rule


def test_sources_add_up_and_can_be_told_apart(team: Team) -> None:
    land_records(team, [point("orders", "2026-03-01", 4)])
    land_records(team, [point("orders", "2026-03-01", 6)], source=OTHER_SOURCE)
    found = answer(team, "orders", "2026-03-01", "2026-03-01", dimensions=("source",))
    assert {row.dimensions[0]: row.values[0].value for row in found.rows} == {str(SOURCE): 4, str(OTHER_SOURCE): 6}
    only = answer(team, "orders", "2026-03-01", "2026-03-01", where=parse(["is", "source", [str(SOURCE)]]))
    assert only.totals.values[0].value == 4


def test_an_unknown_metric_is_refused_by_name(team: Team) -> None:
    with pytest.raises(Invalid, match="no metric “nonsense”"):
        answer(team, "nonsense", "2026-03-01", "2026-03-02")


def test_a_first_seen_metric_gets_a_definition_that_can_be_edited(team: Team) -> None:
    land_records(team, [point("warehouse_boxes", "2026-03-01", 4)])
    assert CustomMetric.objects.get(team=team).label == "Warehouse boxes"


def test_another_teams_numbers_are_never_seen(team: Team) -> None:
    other = Team.objects.create(slug="south", name="South")
    land_records(other, [point("sessions", "2026-03-01", 99)])
    assert answer(team, "sessions", "2026-03-01", "2026-03-01").totals.values[0].state == "missing"


def test_a_page_that_fails_leaves_nothing_behind(team: Team) -> None:
    with pytest.raises(Invalid):
        land_records(team, [point("orders", "2026-03-01", 1), point("orders", "2026-03-02", float("inf"))])
    assert Observation.objects.count() == 0


def test_hours_are_shown_for_instants_and_refused_for_long_ranges(team: Team) -> None:
    land_records(team, [point("calls", f"2026-03-29T{hour:02}:00:00+00:00", 1) for hour in range(22)])
    now = "2026-03-30T12:00:00+00:00"
    found = answer(team, "calls", "2026-03-29", "2026-03-29", grain="hour", now=datetime.fromisoformat(now))
    assert len(found.rows) == 23
    assert found.rows[2].time == "2026-03-29T03:00:00+02:00"
    assert found.totals.values[0].value == 22
    with pytest.raises(Invalid, match="Hours"):
        answer(team, "calls", "2026-01-01", "2026-03-01", grain="hour")


def test_another_time_zone_moves_instants_to_other_days(team: Team) -> None:
    land_records(team, [point("calls", "2026-03-01T23:30:00+00:00", 5)])
    assert answer(team, "calls", "2026-03-02", "2026-03-02").totals.values[0].value == 5
    change_team(team=team, by=User.objects.create_user("zoe@example.com"), changes={"time_zone": "America/New_York"})
    events.deliver_pending()
    team.refresh_from_db()
    assert answer(team, "calls", "2026-03-01", "2026-03-01").totals.values[0].value == 5
    assert answer(team, "calls", "2026-03-02", "2026-03-02").totals.values[0].state == "missing"


def test_deleting_a_team_leaves_none_of_its_numbers(team: Team) -> None:
    land_records(team, [point("orders", "2026-03-01", 5, country="DE")])
    delete_team(team=team, by=User.objects.create_user("zoe@example.com"))
    assert [model.objects.count() for model in (Series, Cut, SeriesCut, Observation, Rollup)] == [0, 0, 0, 0, 0]


def test_a_remark_of_a_source_is_noted_once(team: Team) -> None:
    remark = Remark(date(2026, 3, 1), "Release 2.0", "release")
    land_records(team, [remark])
    land_records(team, [remark])
    assert [one.title for one in Annotation.objects.for_team(team)] == ["Release 2.0"]
