"""The admin of this floor: everything can be seen, nothing secret, and deeds go through the same actions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from livinglytics.lib.errors import NotFound
from sources import models
from sources.actions.upload import store_file
from sources.models import Job, JobStatus, Quarantined, RawRecord, SavedMapping, Schedule
from tests.cast import make_team
from tests.sources.scripted import Script, make_job, make_source, run, scripted

pytestmark = pytest.mark.django_db
SECRET = "sesame-sesame-3f9a"
SHOWN = ("source", "job", "rawrecord", "quarantined", "uploadedfile", "savedmapping", "schedule", "credential")


@pytest.fixture(autouse=True)
def script() -> Iterator[Script]:
    with scripted() as one:
        yield one


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", "pw"))
    return client


def test_every_list_and_page_opens_and_tells_no_secret(staff: Client, script: Script) -> None:
    team = make_team()
    source = make_source(team, token=SECRET)
    script.pages["days"][0][0]["value"] = "much"
    script.faults["days", 3] = [NotFound(f"?key={SECRET}")]
    run(make_job(source))
    Schedule.objects.create(team=team, source=source, expression="0 6 * * *")
    SavedMapping.objects.create(team=team, signature="0", name="a.csv", plan={})
    store_file(team=team, by=None, name="a.csv", chunks=[b"a,b\n1,2\n"])
    for name in SHOWN:
        answer = staff.get(reverse(f"admin:sources_{name}_changelist"), {"q": "a"})
        assert answer.status_code == 200, name
        assert SECRET not in answer.content.decode()
        model = next(one for one in admin.site._registry if one._meta.label_lower == f"sources.{name}")
        row = model._default_manager.first()
        assert row is not None, name
        answer = staff.get(reverse(f"admin:sources_{name}_change", args=[row.pk]))
        assert answer.status_code == 200, name
        assert SECRET not in answer.content.decode()
    shown = staff.get(reverse("admin:sources_credential_changelist")).content.decode()
    assert "ends …3f9a" in shown


def test_a_raw_row_is_found_by_its_external_id_and_cannot_be_changed(staff: Client) -> None:
    run(make_job(make_source(make_team())))
    row = RawRecord.objects.get(external_id="r1-2")
    found = staff.get(reverse("admin:sources_rawrecord_changelist"), {"q": "r1-2"}).content.decode()
    assert "r1-2" in found
    assert "r1-1" not in found
    staff.post(reverse("admin:sources_rawrecord_change", args=[row.pk]), {"external_id": "x"})
    row.refresh_from_db()
    assert row.external_id == "r1-2"


def act(staff: Client, model: str, action: str, pk: object) -> None:
    address = reverse(f"admin:sources_{model}_changelist")
    answer = staff.post(address, {"action": action, "_selected_action": [str(pk)]}, follow=True)
    assert answer.status_code == 200


def test_staff_cancel_start_again_and_replay_through_the_same_actions(staff: Client, script: Script) -> None:
    source = make_source(make_team())
    job = make_job(source)
    act(staff, "job", "cancel", job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    act(staff, "job", "retry", job.pk)
    again = Job.objects.exclude(pk=job.pk).get()
    assert run(again) == JobStatus.SUCCEEDED
    act(staff, "job", "replay_source", job.pk)
    assert Job.objects.filter(kind="replay").count() == 1
    act(staff, "source", "sync_now", source.pk)
    verbs = set(AuditEvent.objects.filter(team=source.team).values_list("verb", flat=True))
    assert {"job.cancelled", "job.retried", "source.replayed"} <= verbs


def test_what_does_not_fit_is_said_not_raised(staff: Client) -> None:
    job = make_job(make_source(make_team()))
    run(job)
    address = reverse("admin:sources_job_changelist")
    answer = staff.post(address, {"action": "cancel", "_selected_action": [str(job.pk)]}, follow=True)
    assert "has ended already" in answer.content.decode()


def test_every_model_of_the_floor_is_in_the_admin_or_inside_a_page_of_it() -> None:
    inside = {models.StreamState, models.ScheduleSlot, models.ScrapePart}
    shown = {one for one in admin.site._registry if one._meta.app_label == "sources"}
    assert shown | inside == {
        getattr(models, name) for name in models.__all__ if hasattr(getattr(models, name), "_meta")
    }
    assert Quarantined in shown
