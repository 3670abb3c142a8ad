"""The doors: tasks, commands, and what is thrown away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from kombu.exceptions import OperationalError as KombuError

from accounts.models import OutboxEvent, Team
from livinglytics import pipeline
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, Invalid, NotFound
from livinglytics.lib.ids import uuid7
from livinglytics.schedule import PERIODIC
from sources.actions.disconnect import disconnect
from sources.actions.prune import prune
from sources.actions.receive import push_source
from sources.actions.run import run_job
from sources.actions.schedule import Wanted, set_schedule
from sources.actions.surroundings import FilesOf
from sources.actions.sweep import sweep
from sources.actions.sync import cancel_job
from sources.actions.upload import look, start_import, store_file
from sources.models import Job, JobKind, JobStatus, Quarantined, RawRecord, Schedule, Source
from tests.cast import make_team
from tests.sources.scripted import Memory, Script, make_job, make_source, run, scripted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def script() -> Iterator[Script]:
    with scripted() as one:
        yield one


def test_every_periodic_task_has_a_function() -> None:
    known = {one.name for one in vars(pipeline).values() if hasattr(one, "name") and hasattr(one, "delay")}
    assert {one.task for one in PERIODIC.values()} <= known
    assert "livinglytics.run_job" in known


def test_the_tasks_do_their_work() -> None:
    source = make_source(make_team())
    Schedule.objects.create(
        team=source.team, source=source, expression="0 * * * *", next_due_at=clock.now() - timedelta(minutes=1)
    )
    assert pipeline.due() == 1
    job = Job.objects.get(source=source)
    assert pipeline.run_job(str(job.pk)) == JobStatus.SUCCEEDED
    assert pipeline.run_job(str(job.pk)) is None, "delivered twice, done once"
    assert pipeline.outbox() >= 2
    pipeline.sweep()
    assert pipeline.prune()["raw"] == 0


def test_a_job_that_is_gone_is_no_error() -> None:
    assert pipeline.run_job(str(uuid7())) is None


def test_old_rows_and_runs_go_and_those_of_files_stay(script: Script, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    script.pages["days"][0][0]["value"] = "much"
    source = make_source(make_team())
    run(make_job(source))
    file = store_file(team=source.team, by=None, name="a.csv", chunks=[b"day,orders\n2026-03-01,1\n2026-03-02,2\n"])
    plan = look(file).plan
    assert plan is not None
    upload = start_import(file=file, by=None, plan=json.loads(plan.to_json()))
    assert run(upload) == JobStatus.SUCCEEDED, upload.error_message
    assert prune(clock.now())["raw"] == 0
    gone = prune(clock.now() + timedelta(days=200))
    assert (gone["raw"], gone["quarantined"]) == (12, 1)
    assert gone["jobs"] >= 2
    assert RawRecord.objects.filter(source_id=upload.source_id).count() == 1
    assert not Quarantined.objects.exists()


def test_what_a_deleted_team_leaves_behind_goes_with_the_next_prune(
    script: Script, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    gone, stays = make_source(make_team()), make_source(make_team())
    script.pages["days"][0][0]["value"] = "much"
    for source in (gone, stays):
        run(make_job(source))
        store_file(team=source.team, by=None, name="a.csv", chunks=[b"a"])
    Team.objects.filter(pk=gone.team_id).delete()
    assert prune(clock.now())["orphans"] == 12 + 1 + 1
    assert set(RawRecord.objects.values_list("source_id", flat=True)) == {stays.pk}
    assert [one.name for one in (tmp_path / "uploads").iterdir()] == [stays.team_id.hex]


def test_rows_that_are_still_seen_are_kept(script: Script) -> None:
    source = make_source(make_team())
    run(make_job(source))
    RawRecord.objects.filter(source_id=source.pk).update(last_seen=clock.now() - timedelta(days=29))
    run(make_job(source))
    assert prune(clock.now() + timedelta(days=5))["raw"] == 0


def test_the_replay_command_queues_a_run() -> None:
    source = make_source(make_team())
    out = StringIO()
    call_command("replay", str(source.pk), "--from", "2026-03-01", stdout=out)
    job = Job.objects.get(source=source)
    assert (job.kind, job.options["since"]) == (JobKind.REPLAY, date(2026, 3, 1).isoformat())
    assert str(job.pk) in out.getvalue()
    for wrong, words in ((source.pk, "is open"), (uuid7(), "no such source")):
        with pytest.raises(CommandError, match=words):
            call_command("replay", str(wrong))


def test_a_connector_that_ends_quietly_when_told_to_stop_is_no_success(script: Script) -> None:
    job = make_job(make_source(make_team()))

    def quiet(ctx: Any) -> str:
        cancel_job(job=job, by=None)
        assert ctx.cancelled()
        return "end"

    script.faults["days", 1] = [quiet]
    assert run(job) == JobStatus.CANCELLED


def test_a_broker_that_is_away_is_no_error_the_sweeper_rings_again(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise KombuError("connection refused")

    monkeypatch.setattr(current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        job = make_job(make_source(make_team()))
    assert job.status == JobStatus.QUEUED
    assert sweep(clock.now() + timedelta(seconds=5)).rung == 0


def test_a_removal_that_is_stopped_goes_back_to_the_queue_and_can_not_be_cancelled() -> None:
    source, sink = make_source(make_team()), Memory()
    run(make_job(source), sink)
    removal = disconnect(source=source, by=None)
    assert run(removal, sink, stop=lambda: True) == JobStatus.QUEUED
    with pytest.raises(Conflict):
        cancel_job(job=removal, by=None)
    assert run_job(removal.pk, sink=sink, worker="w") == JobStatus.SUCCEEDED
    assert not Source.objects.filter(pk=source.pk).exists()


def test_sources_that_are_fed_from_outside_have_no_schedule() -> None:
    source = push_source(make_team())
    with pytest.raises(Invalid):
        set_schedule(source=source, by=None, wanted=Wanted("0 6 * * *"))


def test_a_failed_scheduled_run_is_told_as_such(script: Script) -> None:
    source = make_source(make_team())
    script.faults["days", 0] = [NotFound()]
    job = make_job(source)
    Job.objects.filter(pk=job.pk).update(trigger="schedule")
    assert run(job) == JobStatus.FAILED
    assert OutboxEvent.objects.filter(name="schedule.failed").count() == 1


def test_the_address_of_a_service_can_be_set_for_gateways_and_fakes(script: Script, monkeypatch: Any) -> None:
    seen: list[str] = []
    script.faults["days", 0] = [lambda ctx: seen.append(ctx.base_url("https://example.com"))]
    run(make_job(make_source(make_team())))
    monkeypatch.setenv("SCRIPTED_BASE_URL", "http://127.0.0.1:9")
    script.faults["days", 0] = [lambda ctx: seen.append(ctx.base_url("https://example.com"))]
    run(make_job(make_source(make_team())))
    assert seen == ["https://example.com", "http://127.0.0.1:9"]


def test_a_connector_opens_files_of_its_own_team_only(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    mine, other = make_team(), make_team()
    file = store_file(team=mine, by=None, name="a.csv", chunks=[b"a,b\n"])
    with FilesOf(mine.pk)(str(file.pk)) as opened:
        assert opened.read() == b"a,b\n"
    for team, key in ((other, str(file.pk)), (mine, str(uuid7())), (mine, "../../etc/passwd")):
        with pytest.raises(NotFound):
            FilesOf(team.pk)(key)
