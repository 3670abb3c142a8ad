"""Whatever is stored, restated, withdrawn or replayed: every grouping tells the same truth as a plain model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from accounts.models import Team
from livinglytics.lib.buckets import Period
from metrics.models import Restatement
from metrics.query.engine import ask
from metrics.query.filters import All, Test
from metrics.query.folding import rounded
from metrics.query.model import Answer, Compare, Query, Row, Workspace
from sources.connectors._base import Metric
from sources.records import CompleteDays, MetricPoint
from tests.metrics.build import OTHER_SOURCE, SOURCE, land_records
from tests.metrics.plainly import Plainly, Point, weeks

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 3, 3), date(2026, 3, 14)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
KINDS = {"orders": "sum", "visits": "sum", "wait": "mean", "stock": "last"}
METRICS = [*(Metric(key, key, kind=kind) for key, kind in KINDS.items())]  # type: ignore[arg-type]
RATIO = Metric("per_visit", "Per visit", kind="ratio", parts=("orders", "visits"))
SOURCES = {str(SOURCE): SOURCE, str(OTHER_SOURCE): OTHER_SOURCE}
GROUPINGS: tuple[tuple[str, ...], ...] = (
    (),
    ("country",),
    ("device",),
    ("source",),
    ("source", "country"),
    ("country", "device"),
)
#: accepts everything, and names two dimensions, which no rollup holds
BY_FACTS = All((Test("contains_not", "nowhere", ("§",)), Test("contains_not", "noone", ("§",))))

days = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
moments = st.builds(
    lambda day, quarter: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=15 * quarter),
    days,
    st.integers(0, 95),
)
dims = st.fixed_dictionaries(
    {}, optional={"country": st.sampled_from(["DE", "FR"]), "device": st.sampled_from(["phone", "laptop"])}
).map(lambda found: tuple(sorted(found.items())))
points = st.builds(
    Point,
    metric=st.sampled_from(sorted(KINDS)),
    at=st.one_of(days, moments),
    # quarters: exact as doubles, whatever the order of adding
    value=st.integers(-400, 4000).map(lambda n: n / 4),
    n=st.integers(1, 5),
    dims=dims,
)
promises = st.builds(
    lambda names, a, b: (tuple(sorted(names)), min(a, b), max(a, b)),
    st.sets(st.sampled_from(sorted(KINDS)), min_size=1, max_size=2),
    days,
    days,
)
pages = st.tuples(st.sampled_from(sorted(SOURCES)), st.lists(points, max_size=3), st.one_of(st.none(), promises))
zones = st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
#: no shrinking: it would take minutes, and the note tells the whole example
OFTEN = settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@contextmanager
def undone() -> Iterator[None]:
    """An example of its own: the next one finds nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def land(team: Team, page: Any) -> Any:
    source, found, promise = page
    records = [MetricPoint(one.metric, one.at, one.value, dict(one.dims), one.n) for one in found]
    complete = [CompleteDays(*promise)] if promise else []
    return land_records(team, records, source=SOURCES[source], complete=complete, metrics=[*METRICS, RATIO])


def team_in(zone: str) -> Team:
    return Team.objects.create(slug=f"t{uuid4().hex[:12]}", name="T", time_zone=zone)


def asked(team: Team, metric: str, **more: Any) -> Answer:
    query = Query((metric,), Period(FIRST, LAST), **more)
    return ask(Workspace(team.pk, team.time_zone), query, now=NOW)


def same(row: Row, wanted: tuple[float, int] | None, kind: str) -> None:
    """The engine's value is the model's; where the model has nothing it is missing, or a zero that was proved."""
    found = row.values[0]
    if wanted is None:
        assert found.value is None or (kind == "sum" and found.value == 0 and found.state == "zero"), found
        return
    assert found.value == pytest.approx(wanted[0], rel=1e-11, abs=1e-12), (found, wanted)
    if kind != "last":
        assert found.n == wanted[1]


def check(team: Team, model: Plainly, metric: str, grouping: tuple[str, ...], grain: str | None, where: Any) -> None:
    kind = KINDS[metric]
    found = asked(team, metric, dimensions=grouping, grain=grain, where=where)
    same(found.totals, model.value(metric, kind, FIRST, LAST), kind)
    groups = {row.dimensions for row in found.rows}
    assert groups == (model.groups(metric, FIRST, LAST, grouping) or (set() if grouping else {()}))
    spans = {None: (FIRST, LAST)}
    if grain == "week":
        spans = {monday.isoformat(): (first, last) for monday, first, last in weeks(FIRST, LAST)}
    if grain == "day":
        all_days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
        spans = {day.isoformat(): (day, day) for day in all_days}
    assert {row.time for row in found.rows} == (set(spans) if groups else set())
    for row in found.rows:
        group = dict(zip(grouping, row.dimensions, strict=True))
        same(row, model.value(metric, kind, *spans[row.time], group), kind)
    if kind == "sum" and found.rows:
        assert sum(row.values[0].value or 0 for row in found.rows) == pytest.approx(found.totals.values[0].value or 0)


@OFTEN
@given(st.lists(pages, min_size=1, max_size=6), zones)
def test_every_grouping_tells_what_a_plain_model_tells(steps: list[Any], zone: str) -> None:
    with undone():
        note(f"{zone}: {steps!r}")
        team, model = team_in(zone), Plainly(zone)
        for page in steps:
            land(team, page)
            model.land(*page)
        for metric in KINDS:
            if not model.rows(metric, date.min, date.max) and metric not in _known(team):
                continue
            for number, grouping in enumerate(GROUPINGS):
                check(team, model, metric, grouping, (None, "day", "week")[number % 3], All())
                check(team, model, metric, grouping, (None, "day", "week")[number % 3], BY_FACTS)


def _known(team: Team) -> set[str]:
    from metrics.catalog.team import for_team

    return {one.key for one in for_team(team.pk)}


@OFTEN
@given(st.lists(pages, min_size=1, max_size=5), zones)
def test_a_page_delivered_again_changes_nothing(steps: list[Any], zone: str) -> None:
    with undone():
        team = team_in(zone)
        for page in steps:
            land(team, page)
            before = _everything(team)
            again = land(team, page)
            assert (again.inserted, again.updated, again.deleted) == (0, 0, 0)
            assert _everything(team) == before


def _everything(team: Team) -> Any:
    known = _known(team)
    answers = [asked(team, metric, grain="day", dimensions=("country",)) for metric in KINDS if metric in known]
    return Restatement.objects.filter(team_id=team.pk).count(), [(one.rows, one.totals) for one in answers]


@OFTEN
@given(st.lists(pages, min_size=1, max_size=5), zones)
def test_a_ratio_is_the_sum_over_the_sum_of_every_group(steps: list[Any], zone: str) -> None:
    with undone():
        note(f"{zone}: {steps!r}")
        team, model = team_in(zone), Plainly(zone)
        for page in steps:
            land(team, page)
            model.land(*page)
        land(team, (str(SOURCE), [Point("orders", FIRST, 1, 1, ()), Point("visits", FIRST, 4, 1, ())], None))
        model.land(str(SOURCE), [Point("orders", FIRST, 1, 1, ()), Point("visits", FIRST, 4, 1, ())], None)
        query = Query(("orders", "visits"), Period(FIRST, LAST), dimensions=("country",))
        parts = ask(Workspace(team.pk, zone), query, now=NOW)
        for row in (*parts.rows, parts.totals):
            orders, visits = (
                model.value(key, "sum", FIRST, LAST, dict(zip(("country",), row.dimensions, strict=False)))
                for key in ("orders", "visits")
            )
            if orders and visits and visits[0]:
                assert row.values[0].value / row.values[1].value == pytest.approx(orders[0] / visits[0])


@OFTEN
@given(st.lists(pages, min_size=1, max_size=5), zones, st.sampled_from([*KINDS]))
def test_a_comparison_is_the_same_question_about_the_other_days(steps: list[Any], zone: str, metric: str) -> None:
    with undone():
        note(f"{zone}: {steps!r}")
        team, model = team_in(zone), Plainly(zone)
        for page in steps:
            land(team, page)
            model.land(*page)
        if metric in _known(team):
            half = Period(FIRST + timedelta(days=7), LAST - timedelta(days=1))
            for grain in (None, "day"):
                query = Query((metric,), half, compare=Compare("previous", "date"), grain=grain)  # type: ignore[arg-type]
                found = ask(Workspace(team.pk, zone), query, now=NOW)
                other = found.against
                assert other is not None
                alone = ask(Workspace(team.pk, zone), Query((metric,), other, grain=grain), now=NOW)  # type: ignore[arg-type]
                assert [row.before for row in found.rows] == [row.values for row in alone.rows]
                assert found.totals.before == alone.totals.values
                wanted = model.value(metric, KINDS[metric], half.first, half.last)
                same(found.totals, wanted, KINDS[metric])


def test_what_one_source_sends_is_no_business_of_another() -> None:
    team = team_in("UTC")
    land(team, (str(SOURCE), [Point("orders", FIRST, 4, 1, ())], None))
    land(team, (str(OTHER_SOURCE), [], (("orders",), FIRST, LAST)))
    assert asked(team, "orders").totals.values[0].value == 4


@given(st.one_of(st.floats(allow_nan=False), st.integers(-(10**13), 10**13).map(lambda cents: cents / 100)))
def test_a_number_is_told_with_twelve_digits_however_it_was_added_up(number: float) -> None:
    assert rounded(number) == float(f"{number:.12g}")
