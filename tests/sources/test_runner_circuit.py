"""A source that fails again and again: it stops asking, or asks less often, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from livinglytics.lib import clock
from livinglytics.lib.errors import BadCredentials, Invalid, NotFound, ServiceDown
from sources.actions.circuit import MOST_REFUSALS, gap
from sources.actions.due import take_due
from sources.actions.ending import MOST_ATTEMPTS
from sources.actions.schedule import Wanted, set_schedule
from sources.actions.update import resume_source
from sources.connectors._base import Checked
from sources.models import Job, JobKind, JobStatus, Schedule, Source, SourceState
from tests.cast import make_team
from tests.sources.scripted import Script, make_job, make_source, run, scripted

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
QUARTERLY = "*/15 * * * *"


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted() as one:
        yield one


@pytest.fixture
def source(script: Script) -> Source:
    made = make_source(make_team(time_zone="UTC"))
    set_schedule(source=made, by=None, wanted=Wanted(QUARTERLY))
    return made


def fail(script: Script, source: Source, error: Exception, kind: JobKind = JobKind.SYNC) -> Source:
    """One run that ends as failed, with all its attempts."""
    script.faults["days", 0] = [error for _ in range(MOST_ATTEMPTS)]
    job = make_job(source, kind)
    while run(job) == JobStatus.QUEUED:
        Job.objects.filter(pk=job.pk).update(run_after=None)
    script.faults.clear()
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    source.refresh_from_db()
    return source


def due_in(source: Source) -> timedelta:
    due = Schedule.objects.get(source=source).next_due_at
    assert due is not None
    return due - clock.now()


def test_the_same_refusal_three_times_in_a_row_stops_the_source(script: Script, source: Source) -> None:
    for _ in range(2):
        assert fail(script, source, NotFound("There is no such page.")).state == SourceState.ACTIVE
    fail(script, source, NotFound("There is no such page."))
    assert (source.state, source.state_reason) == (SourceState.ATTENTION, "There is no such page.")
    assert take_due(clock.now() + HOUR) == 0, "the schedule asks no more"


def test_different_refusals_and_outages_do_not_stop_a_source(script: Script, source: Source) -> None:
    for error in (NotFound(), Invalid("Too long."), NotFound(), ServiceDown(), NotFound()):
        assert fail(script, source, error).state == SourceState.ACTIVE


def test_a_success_in_between_starts_the_count_anew(script: Script, source: Source) -> None:
    for _ in range(2):
        fail(script, source, NotFound())
    assert run(make_job(source)) == JobStatus.SUCCEEDED
    assert fail(script, source, NotFound()).state == SourceState.ACTIVE
    assert source.failures_in_a_row == 1


def test_a_fault_of_ours_never_blames_the_settings(script: Script, source: Source) -> None:
    for _ in range(4):
        assert fail(script, source, ZeroDivisionError()).state == SourceState.ACTIVE


def test_files_that_cannot_be_read_say_nothing_about_the_sources_settings(script: Script, source: Source) -> None:
    for _ in range(MOST_REFUSALS):
        assert fail(script, source, Invalid("No table."), JobKind.UPLOAD).state == SourceState.ACTIVE


def test_from_the_fifth_failure_on_scheduled_runs_keep_a_growing_distance(script: Script, source: Source) -> None:
    for _ in range(4):
        fail(script, source, ServiceDown())
    assert due_in(source) <= timedelta(minutes=15)
    fail(script, source, ServiceDown())
    assert HOUR <= due_in(source) + timedelta(seconds=30) <= HOUR + timedelta(minutes=16)
    fail(script, source, ServiceDown())
    assert 2 * HOUR <= due_in(source) + timedelta(seconds=30) <= 2 * HOUR + timedelta(minutes=16)
    assert source.state == SourceState.ACTIVE


def test_the_distance_never_grows_beyond_a_day() -> None:
    assert [gap(failures) / HOUR for failures in (5, 6, 9, 10, 5000)] == [1, 2, 16, 24, 24]


def test_one_success_brings_the_written_schedule_back(script: Script, source: Source) -> None:
    for _ in range(6):
        fail(script, source, ServiceDown())
    assert due_in(source) > HOUR
    assert run(make_job(source)) == JobStatus.SUCCEEDED
    source.refresh_from_db()
    assert source.failures_in_a_row == 0
    assert due_in(source) <= timedelta(minutes=15)


def test_a_switched_off_schedule_stays_off(script: Script, source: Source) -> None:
    Schedule.objects.filter(source=source).update(enabled=False, next_due_at=None)
    for _ in range(5):
        fail(script, source, ServiceDown())
    assert Schedule.objects.get(source=source).next_due_at is None


def test_resuming_a_refused_source_checks_it_first_and_names_the_setting(script: Script, source: Source) -> None:
    fail(script, source, BadCredentials("The key was revoked."))
    script.check = lambda config: Checked(False, "Still revoked.", field="token")
    with pytest.raises(Invalid) as refused:
        resume_source(source=source, by=None)
    assert refused.value.details == {"token": ["Still revoked."]}
    source.refresh_from_db()
    assert source.state == SourceState.ATTENTION


def test_a_refused_source_whose_check_is_good_works_again(script: Script, source: Source) -> None:
    for _ in range(3):
        fail(script, source, NotFound())
    resume_source(source=source, by=None)
    source.refresh_from_db()
    assert (source.state, source.state_reason, source.failures_in_a_row) == (SourceState.ACTIVE, "", 0)
    assert script.checks == 1
    assert due_in(source) <= timedelta(minutes=15)
