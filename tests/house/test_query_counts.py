"""How many statements each address costs, with one row of everything and with fifty.

``tests/query_counts.json`` is the committed baseline. After a wanted change: ``QUERY_COUNTS=write ./test
tests/house/test_query_counts.py`` and read the difference.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings

from accounts import audit, identity
from accounts.actions.sessions import start_session
from accounts.models import ApiToken, Membership, RefreshFamily, Team, User
from livinglytics.lib import clock
from metrics.actions.catalog import define_metric
from metrics.models import Annotation, Restatement
from metrics.selectors import tiles
from sources.models import (
    ApiKey,
    Job,
    JobStatus,
    Preset,
    Project,
    Quarantined,
    Schedule,
    ScheduleSlot,
    Scrape,
    ScrapePart,
    Source,
    Target,
    UploadedFile,
)
from sources.projects.rules import usual
from sources.records import MetricPoint
from tests.cast import make_team, make_user
from tests.metrics.build import land_records
from tests.security.actors import API_ROOTS
from tests.security.routes import Route, filled
from tests.security.routes_api import API
from tests.security.routes_pages import NUMBERS, SETTINGS, SOURCES
from tests.security.world import LINES
from tests.sources.scripted import make_source, scripted

pytestmark = pytest.mark.django_db
BASELINE = Path(__file__).resolve().parents[1] / "query_counts.json"
FEW, MANY = 1, 50
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Counts = dict[str, dict[str, int]]
#: one address, several questions
ROUTES: list[tuple[Route, str]] = [
    (route, call.query)
    for route in (*API, *SETTINGS, *SOURCES, *NUMBERS)
    for call in route.calls
    if call.method == "GET" and (call.ok == 200 or route.pattern == "")
]
NO_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/minute")


class Place:
    """A team with ``rows`` of everything that a list could show."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.owner: User = make_user(f"owner{rows}@count.example")
        self.team: Team = make_team(self.owner, name=f"Count {rows}")
        self.bearer = start_session(user=self.owner).access_token
        self.ids: dict[str, Any] = {
            "slug": self.team.slug,
            "member": self.owner.pk,
            "kind": "scripted",
            "provider": "youtube",
        }
        self._people()
        self._sources()
        self._projects()
        self._numbers()
        self.ids["session"] = RefreshFamily.objects.filter(user=self.owner)[0].pk

    def _people(self) -> None:
        for number in range(self.rows):
            user = make_user(f"one{number}-of{self.rows}@count.example")
            Membership.objects.create(team=self.team, user=user, role="member")
            RefreshFamily.objects.create(user=self.owner)
            audit.record("team.changed", team=self.team, by=user, on=user)
            token = ApiToken(team=self.team, name="t", prefix="ll_x", digest=f"{self.rows}-{number}", created_by=user)
            token.scopes = ["metrics.read"]
            token.save()
            self.ids["token"] = token.pk
            Membership.objects.create(team=make_team(user), user=self.owner, role="viewer")

    def _sources(self) -> None:
        first: Source | None = None
        for number in range(self.rows):
            source = make_source(self.team, name=f"Source {number}", token="x")
            first = first or source
            shared: dict[str, Any] = {"team": self.team, "source": source}
            job = Job.objects.create(status=JobStatus.FAILED, error_code="x", **shared)
            Job.objects.create(status=JobStatus.QUEUED, **shared)
            schedule = Schedule.objects.create(expression="0 6 * * *", next_due_at=NOON, **shared)
            ScheduleSlot.objects.create(schedule=schedule, due_at=NOON, job=job)
        assert first is not None
        jobs = [
            Job(team=self.team, source=first, status=JobStatus.SUCCEEDED, finished_at=NOON) for _ in range(self.rows)
        ]
        Job.objects.bulk_create(jobs)
        slots = [
            ScheduleSlot(schedule=first.schedule, due_at=NOON + timedelta(days=1 + n), job=jobs[n])
            for n in range(self.rows)
        ]
        ScheduleSlot.objects.bulk_create(slots)
        bad = {"team_id": self.team.pk, "source_id": first.pk, "job_id": jobs[0].pk, "stream": "days"}
        Quarantined.objects.bulk_create([Quarantined(reason="bad", **bad) for _ in range(self.rows)])
        self.ids |= {"source": first.pk, "push": first.pk, "job": jobs[0].pk, "broken": first.pk}

    def _projects(self) -> None:
        made = [Project(team=self.team, name=f"Project {number}", config=usual()) for number in range(self.rows)]
        Project.objects.bulk_create(made)
        for number in range(self.rows):
            source = make_source(self.team, name=f"Target {number}")
            Source.objects.filter(pk=source.pk).update(project=made[0])
            address = {"platform": "steam", "kind": "game", "external_id": str(number), "url": f"https://x/{number}"}
            target = Target.objects.create(team=self.team, project=made[0], source=source, **address)
            scrape = Scrape.objects.create(team=self.team, project=made[number], status="running")
            again = Scrape.objects.create(team=self.team, project=made[0], status="completed")
            job = Job.objects.create(team=self.team, source=source, status=JobStatus.QUEUED)
            parts = [ScrapePart(scrape=one, target=target, job=job) for one in (scrape, again)]
            ScrapePart.objects.bulk_create(parts)
            preset = Preset.objects.create(team=self.team, name=f"Preset {number}", config=usual())
            key = ApiKey.objects.create(team=self.team, provider="youtube", label=str(number), sealed="x")
            self.ids |= {"target": target.pk, "preset": preset.pk, "api_key": key.pk}
        self.ids |= {"project": made[0].pk, "scrape": Scrape.objects.filter(project=made[0])[0].pk}

    def _numbers(self) -> None:
        source, day = self.ids["source"], clock.now().date()
        keys = [f"own_metric_{number}" for number in range(self.rows)]
        for key in keys:
            define_metric(team=self.team, by=None, key=key, label=key)
        points = [
            MetricPoint(metric, day - timedelta(days=back), 1.0, {"country": f"c{back % 7}"})
            for metric in ("sessions", "conversions", *keys)
            for back in range(min(40, max(self.rows, 10)))
        ]
        land_records(self.team, points, source=source)
        Annotation.objects.bulk_create(
            [Annotation(team=self.team, day=day - timedelta(days=n), title="n") for n in range(self.rows)]
        )
        changed = {"team_id": self.team.pk, "source_id": source, "series_id": 1, "metric": "sessions", "raw_id": 1}
        Restatement.objects.bulk_create(
            Restatement(day=20_500 + n, at=n, old_value=1, new_value=2, changed_at=NOON, **changed)
            for n in range(self.rows)
        )
        self._files()
        note = Annotation.objects.filter(team=self.team)[0]
        self.ids |= {"note": note.pk, "metric": keys[0], "spare_metric": keys[0]}

    def _files(self) -> None:
        for number in range(self.rows):
            place = Path(settings.MEDIA_ROOT) / f"counted-{self.rows}-{number}.csv"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(LINES)
            file = UploadedFile.objects.create(
                team=self.team, name="a.csv", path=place.name, size=len(LINES), sha256="0", created_by=self.owner
            )
            self.ids["file"] = file.pk

    def client(self, route: Route) -> Client:
        if route.pattern.startswith(API_ROOTS):
            return Client(headers={"Authorization": f"Bearer {self.bearer}", "X-Team": self.team.slug})
        client = Client()
        client.force_login(self.owner)
        return client

    def ask(self, route: Route, query: str) -> Callable[[], int]:
        """A function that asks once and answers how many statements that took."""
        path = {part: self.ids[key] for part, key in route.path.items()}
        address = filled(route.pattern, path) + (f"?{query.format(**self.ids)}" if query else "")
        client = self.client(route)

        def once() -> int:
            said: list[str] = []
            with connection.execute_wrapper(_listening(said)):
                answer = client.get(address)
                if answer.streaming:
                    b"".join(answer)
            assert answer.status_code == 200, f"{address}: {answer.status_code} {answer.content[:300]!r}"
            return len([one for one in said if not one.startswith(_FRAME)])

        return once


def _listening(said: list[str]) -> Callable[..., Any]:
    """Notes every statement; unlike the debugging cursor it leaves COPY as it is."""

    def wrapper(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        said.append(sql)
        return execute(sql, *rest)

    return wrapper


_FRAME = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT", "PRAGMA", "SET ")


@pytest.fixture(scope="module")
def places(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[int, Place]]:
    from django.db import transaction

    with django_db_blocker.unblock(), override_settings(RATE_LIMITS=NO_LIMITS), scripted(), transaction.atomic():
        yield {rows: Place(rows) for rows in (FEW, MANY)}
        transaction.set_rollback(True)


def _count(place: Place, route: Route, query: str) -> tuple[int, int]:
    """Statements after authentication: asked cold (nothing remembered but who asks), then again."""
    once = place.ask(route, query)
    once()
    cache.clear()
    tiles.forget()
    return once(), once()


@pytest.fixture(scope="module")
def counts(places: dict[int, Place], django_db_blocker: Any) -> Counts:
    found: Counts = {}
    with django_db_blocker.unblock():
        for route, query in ROUTES:
            name = f"/{route.pattern}{'?' + query if query else ''}"
            identity._clear()
            few, many = _count(places[FEW], route, query), _count(places[MANY], route, query)
            found[name] = {"one": few[0], "fifty": many[0], "warm": many[1]}
    return found


def test_no_address_costs_more_statements_for_fifty_rows_than_for_one(counts: Counts) -> None:
    assert {name: one for name, one in counts.items() if one["fifty"] > one["one"]} == {}


def test_the_counts_are_those_of_the_baseline(counts: Counts) -> None:
    if os.environ.get("QUERY_COUNTS") == "write":
        BASELINE.write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n")
    kept: Counts = json.loads(BASELINE.read_text())
    assert set(counts) == set(kept), "an address came or went: write the baseline anew"
    worse = {name: (kept[name], one) for name, one in counts.items() if any(one[k] > kept[name][k] for k in one)}
    assert worse == {}


def test_a_tile_costs_two_statements_cold_and_one_warm(counts: Counts) -> None:
    tiles = {name: one for name, one in counts.items() if "dashboard/tiles" in name}
    assert tiles
    assert all(one["fifty"] <= 2 and one["warm"] <= 1 for one in tiles.values()), tiles


#: more than a list: a source's bad rows are in the data plane, which is never joined with sources and jobs
DEARER = {
    "/api/v1/sources": 3,
    "/api/v1/metrics/timeline": 3,
    "/api/v1/metrics/export": 4,
    # the scrapes of a page are counted over their runs
    "/api/v1/projects/scrape/running": 3,
}


def test_a_list_of_the_api_costs_two_statements(counts: Counts) -> None:
    whole = {name: one["fifty"] for name, one in counts.items() if name.startswith("/api/") and "<" not in name}
    dear = {name: cost for name, cost in whole.items() if cost > DEARER.get(name.partition("?")[0], 2)}
    assert dear == {}


def test_the_overview_costs_twelve_statements(counts: Counts) -> None:
    assert counts["/"]["fifty"] <= 12
