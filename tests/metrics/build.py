"""Numbers for the tests of the metrics floor: land points as a page of a job would."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from accounts.models import Team
from livinglytics.lib.buckets import Period
from metrics.actions.load import land
from metrics.query.engine import ask
from metrics.query.model import Answer, Query, Workspace
from sources.connectors._base import Metric
from sources.landing import Landed, Landing
from sources.records import CompleteDays, MetricPoint, Record

NOW = datetime.fromisoformat("2026-03-20T12:00:00+00:00")


def land_records(
    team: Team,
    records: Iterable[Record],
    *,
    source: UUID | None = None,
    complete: Iterable[CompleteDays] = (),
    metrics: Iterable[Metric] = (),
    raw: int = 1,
) -> Landed:
    """One page, committed."""
    rows = list(records)
    landing = Landing(
        team_id=team.pk,
        source_id=source or SOURCE,
        job_id=uuid4(),
        kind="push",
        stream="metrics",
        zone=team.time_zone,
        records=rows,
        raw_ids=[raw] * len(rows),
        complete=tuple(complete),
        metrics=tuple(metrics),
    )
    with transaction.atomic():
        return land(landing)


SOURCE = UUID("00000000-0000-7000-8000-000000000001")
OTHER_SOURCE = UUID("00000000-0000-7000-8000-000000000002")


def point(metric: str, at: str, value: float, n: int = 1, **dimensions: str) -> MetricPoint:
    """A point from an ISO date or an ISO time with offset."""
    when: date | datetime = date.fromisoformat(at) if len(at) == 10 else datetime.fromisoformat(at)
    return MetricPoint(metric, when, value, dimensions, n)


def workspace(team: Team) -> Workspace:
    return Workspace(team.pk, team.time_zone, team.week_start)


def query(metrics: str, first: str, last: str, **more: object) -> Query:
    """A query over a range of ISO dates; ``metrics`` are separated by blanks."""
    return Query(tuple(metrics.split()), Period(date.fromisoformat(first), date.fromisoformat(last)), **more)  # type: ignore[arg-type]


def answer(team: Team, metrics: str, first: str, last: str, *, now: datetime = NOW, **more: object) -> Answer:
    return ask(workspace(team), query(metrics, first, last, **more), now=now)
