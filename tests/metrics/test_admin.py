"""What staff can see and do with numbers in the admin."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.test import Client

from accounts.models import AuditEvent, Team
from metrics import models
from metrics.models import Annotation, CustomMetric
from sources.records import Document
from tests.cast import make_team, make_user
from tests.metrics.build import land_records, point

pytestmark = pytest.mark.django_db
FACTS = {"series": models.Series, "cut": models.Cut, "restatement": models.Restatement, "document": models.Document}


@pytest.fixture
def team() -> Team:
    made = make_team(name="North")
    land_records(made, [point("boxes", "2026-03-01", 4, country="DE")])
    land_records(made, [point("boxes", "2026-03-01", 5, country="DE")])
    text = Document("r1", "Lovely kettle", datetime(2026, 3, 1, tzinfo=UTC), title="Five stars", rating=1.0)
    land_records(made, [text])
    return made


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("name", [*FACTS, "custommetric", "annotation"])
def test_every_list_and_its_search_open(team: Team, staff: Client, name: str) -> None:
    assert staff.get(f"/admin/metrics/{name}/").status_code == 200
    assert staff.get(f"/admin/metrics/{name}/?q=kettle").status_code == 200


@pytest.mark.parametrize("name", FACTS)
def test_facts_can_be_looked_at_and_not_touched(team: Team, staff: Client, name: str) -> None:
    row = FACTS[name].objects.first()
    assert row is not None
    assert staff.get(f"/admin/metrics/{name}/{row.pk}/change/").status_code == 200
    assert staff.get(f"/admin/metrics/{name}/add/").status_code == 403
    assert staff.post(f"/admin/metrics/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_documents_are_found_by_their_words(team: Team, staff: Client) -> None:
    assert b"Five stars" in staff.get("/admin/metrics/document/?q=kettle").content
    assert b"Five stars" not in staff.get("/admin/metrics/document/?q=teapot").content


def test_a_metric_is_changed_through_the_action(team: Team, staff: Client) -> None:
    metric = CustomMetric.objects.get(key="boxes")
    form = {"label": "Boxes", "kind": "mean", "unit": "count", "direction": "up", "settle_hours": 0, "floor": 0}
    assert staff.post(f"/admin/metrics/custommetric/{metric.pk}/change/", form).status_code == 302
    metric.refresh_from_db()
    assert (metric.label, metric.kind) == ("Boxes", "mean")
    assert AuditEvent.objects.filter(verb="metric.changed").count() == 1
    assert models.Cut.objects.get(metric="boxes", dimension="").fold == models.Fold.MEAN


def test_what_the_action_refuses_is_told_and_nothing_happens(team: Team, staff: Client) -> None:
    metric = CustomMetric.objects.get(key="boxes")
    answer = staff.post(f"/admin/metrics/custommetric/{metric.pk}/delete/", {"post": "yes"}, follow=True)
    assert b"has stored numbers" in answer.content
    assert CustomMetric.objects.filter(pk=metric.pk).exists()


def test_notes_are_made_through_the_action(team: Team, staff: Client) -> None:
    form = {"team": str(team.pk), "day": "2026-03-01", "title": "Launch", "kind": "note"}
    assert staff.post("/admin/metrics/annotation/add/", form).status_code == 302
    assert Annotation.objects.get().title == "Launch"
    assert AuditEvent.objects.filter(verb="annotation.added").count() == 1


def test_tables_with_composite_keys_are_left_out() -> None:
    shown = {model for model in admin.site._registry if model._meta.app_label == "metrics"}
    assert {models.Observation, models.Rollup, models.SeriesCut, models.DataVersion}.isdisjoint(shown)
