"""How runs end: paused, tried again, failed, partly done; and what is told about it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from accounts import live
from livinglytics.lib import clock
from livinglytics.lib.errors import BadCredentials, NotFound, RateLimited, ServiceDown
from sources.actions.ending import MOST_ATTEMPTS
from sources.actions.sync import retry_job
from sources.models import Job, JobStatus, RawRecord, SourceState
from tests.cast import make_team
from tests.sources.scripted import Memory, Script, make_job, make_source, run, scripted, simple_pages

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted() as one:
        yield one


def test_a_long_rate_limit_pauses_the_job_instead_of_a_worker(script: Script) -> None:
    source, sink = make_source(make_team()), Memory()
    script.faults["days", 2] = [RateLimited("Wait an hour.", retry_after=3600.0)]
    job = make_job(source)
    assert run(job, sink) == JobStatus.PAUSED
    assert job.run_after is not None
    assert timedelta(seconds=3600) < job.run_after - clock.now() < timedelta(seconds=4000)
    assert (job.attempt, job.error_code) == (0, "rate_limited")
    assert run(job, sink) is None, "not before its time"
    Job.objects.filter(pk=job.pk).update(run_after=clock.now() - HOUR)
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert (len(sink.cells), job.error_code) == (12, "")


def test_a_connector_that_asks_for_a_long_pause_is_paused(script: Script) -> None:
    job = make_job(make_source(make_team()))
    script.faults["days", 0] = [lambda ctx: ctx.pause(61)]
    assert run(job) == JobStatus.PAUSED


def test_a_temporary_error_is_tried_again_by_itself_with_growing_gaps(script: Script) -> None:
    source, sink = make_source(make_team()), Memory()
    script.faults["days", 2] = [ServiceDown() for _ in range(3)]
    job = make_job(source)
    for attempt in range(1, 4):
        assert run(job, sink) == JobStatus.QUEUED
        assert job.attempt == attempt
        assert job.run_after is not None
        most = 10 * 2 ** (attempt - 1)
        assert timedelta(seconds=most / 2 - 1) < job.run_after - clock.now() <= timedelta(seconds=most)
        Job.objects.filter(pk=job.pk).update(run_after=None)
    assert run(job, sink) == JobStatus.SUCCEEDED
    assert len(sink.cells) == 12


def test_after_five_attempts_a_temporary_error_is_a_failure(script: Script) -> None:
    source = make_source(make_team())
    script.faults["days", 0] = [ServiceDown() for _ in range(9)]
    job = make_job(source)
    for _ in range(MOST_ATTEMPTS):
        run(job)
        Job.objects.filter(pk=job.pk).update(run_after=None)
    job.refresh_from_db()
    assert (job.status, job.error_code, job.attempt) == (JobStatus.FAILED, "service_unavailable", 5)


def test_refused_credentials_fail_at_once_and_the_source_asks_for_attention(script: Script) -> None:
    source = make_source(make_team())
    script.faults["days", 0] = [BadCredentials("The key was revoked.")]
    job = make_job(source)
    assert run(job) == JobStatus.FAILED
    source.refresh_from_db()
    assert (source.state, source.state_reason) == (SourceState.ATTENTION, "The key was revoked.")
    assert source.failures_in_a_row == 1


def test_a_stream_that_fails_does_not_keep_the_others_from_being_read(script: Script) -> None:
    script.pages["texts"] = simple_pages(2)
    source, sink = make_source(make_team()), Memory()
    script.faults["days", 1] = [NotFound("The report is gone.")]
    job = make_job(source)
    assert run(job, sink) == JobStatus.PARTIAL
    assert job.error_details["streams"] == ["days"]
    assert job.error_message == "The report is gone."
    assert sink.finished == [], "partly is not whole"
    source.refresh_from_db()
    assert source.last_success_at is None


def test_a_finished_stream_is_not_read_again_when_the_job_goes_on(script: Script) -> None:
    script.pages["texts"] = simple_pages(2)
    source = make_source(make_team())
    script.faults["texts", 0] = [RateLimited(retry_after=900.0)]
    job = make_job(source)
    assert run(job) == JobStatus.PAUSED
    Job.objects.filter(pk=job.pk).update(run_after=None)
    assert run(job) == JobStatus.SUCCEEDED
    assert script.reads["days", 0] == 1


def test_a_fault_of_ours_fails_the_job_with_a_number_that_is_in_the_log(
    script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_source(make_team(), token="sesame-sesame-sesame")
    script.faults["days", 1] = [ZeroDivisionError("with sesame-sesame-sesame in it")]
    job = make_job(source)
    with caplog.at_level(logging.ERROR, logger="livinglytics.jobs"):
        logging.getLogger("livinglytics.jobs").propagate = True
        assert run(job) == JobStatus.FAILED
    assert job.error_code == "internal"
    assert job.error_details["id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "sesame-sesame" not in caplog.text
    assert RawRecord.objects.filter(source_id=source.pk).count() == 3, "what was read is kept"


def test_a_database_that_goes_away_is_a_temporary_error(script: Script) -> None:
    job = make_job(make_source(make_team()))
    script.faults["days", 1] = [OperationalError("server closed the connection")]
    assert run(job) == JobStatus.QUEUED
    assert job.run_after is not None


def test_secrets_are_in_no_row_and_no_message(script: Script) -> None:
    secret = "sesame-sesame-sesame"
    source = make_source(make_team(), token=secret)
    script.faults["days", 1] = [NotFound(f"https://example.com/?key={secret} is gone")]
    job = make_job(source)
    run(job)
    assert script.tokens[-1] == secret, "the connector got it"
    assert "•••" in job.error_message
    for table in ("sources_job", "sources_source", "sources_credential", "accounts_outboxevent", "accounts_auditevent"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            assert secret not in repr(cursor.fetchall()), table


def test_progress_is_pushed_at_most_four_times_a_second(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    pushed: list[dict[str, Any]] = []
    monkeypatch.setattr(live, "push", lambda team_id, message, **how: pushed.append(message))
    script.pages["days"] = simple_pages(40, 1)
    source = make_source(make_team())
    started = clock.monotonic()
    run(make_job(source))
    seconds = clock.monotonic() - started
    assert len(pushed) <= 4 * seconds + 4
    assert {"project_id", "source_id", "job_id", "status", "progress", "stats"} <= set(pushed[0])
    assert pushed[-1]["status"] == JobStatus.SUCCEEDED


def test_retry_makes_a_new_run_that_goes_on_at_the_checkpoint(script: Script) -> None:
    source, sink = make_source(make_team()), Memory()
    script.faults["days", 2] = [NotFound()]
    job = make_job(source)
    run(job, sink)
    again = retry_job(job=job, by=None)
    assert again.pk != job.pk
    assert run(again, sink) == JobStatus.SUCCEEDED
    assert script.reads["days", 0] == 1
