"""Backfill: older days slice by slice, beside fresh syncs, without moving the live cursor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from accounts.models import Team
from livinglytics.lib.errors import Conflict, Invalid
from livinglytics.pipeline import run_job
from metrics.models import Observation
from sources.actions import backfill
from sources.actions.backfill import start_backfill
from sources.actions.sync import cancel_job, queue_sync, retry_job
from sources.models import Job, JobKind, JobStatus, Source, StreamState
from tests.fakes.litellm import KEY, LiteLlmFake
from tests.sources.scripted import make_source, scripted
from tests.sources.whole_way import connected, ran, sums

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 20)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    """A LiteLLM proxy of which the last five days were read; twenty older ones are there."""
    with LiteLlmFake() as fake, time_machine.travel("2026-10-25T12:00:00Z"):
        for day in range(1, 26):
            fake.add(datetime(2026, 10, day, 10, tzinfo=UTC), spend=float(day))
        monkeypatch.setenv("LITELLM_BASE_URL", fake.url)
        made, job = connected("litellm", address="http://proxy.example", api_key=KEY, since="2026-10-21")
        assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
        yield made


def cost(source: Source) -> float:
    return sums(source)["ai_cost"]


def states(source: Source) -> dict[str, Any]:
    return dict(StreamState.objects.filter(source=source).values_list("stream", "state"))


def done(job: Job) -> Job:
    while ran(job).is_open and job.run_after is None:
        pass
    return job


def test_older_days_are_read_and_the_live_cursor_stays(source: Source) -> None:
    before, live = cost(source), states(source)
    job = start_backfill(source=source, by=None, first=FIRST, last=LAST)
    assert done(job).status == JobStatus.SUCCEEDED, job.error_message
    assert cost(source) == before + sum(range(1, 21))
    assert states(source) == live
    assert (job.done, job.total, job.unit) == (20, 20, "days")


def test_it_goes_from_the_newest_slice_to_the_oldest(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[date] = []
    monkeypatch.setattr(backfill, "_read_slice", lambda run, stream, begin, until: seen.append(begin))
    done(start_backfill(source=source, by=None, first=FIRST, last=LAST))
    assert seen == [date(2026, 10, 14), date(2026, 10, 7), FIRST]


def test_a_second_one_changes_nothing(source: Source) -> None:
    done(start_backfill(source=source, by=None, first=FIRST, last=LAST))
    once = list(Observation.objects.order_by("series_id", "at").values_list("series_id", "at", "value"))
    again = done(start_backfill(source=source, by=None, first=FIRST, last=LAST))
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert list(Observation.objects.order_by("series_id", "at").values_list("series_id", "at", "value")) == once


def test_a_fresh_sync_is_queued_beside_it_and_goes_first(source: Source) -> None:
    job = start_backfill(source=source, by=None, first=FIRST, last=LAST)
    sync = queue_sync(source=source, by=None)
    assert sync.kind == JobKind.SYNC
    ran(job)
    assert (job.status, job.done) == (JobStatus.QUEUED, 0)
    assert job.run_after is not None
    assert ran(sync).status == JobStatus.SUCCEEDED
    Job.objects.filter(pk=job.pk).update(run_after=None)
    assert done(job).status == JobStatus.SUCCEEDED


def test_a_stopped_one_goes_on_where_it_was_when_it_is_started_again(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cost(source)
    real, slices = backfill._read_slice, []

    def one_slice(run: Any, stream: Any, begin: date, until: date) -> None:
        real(run, stream, begin, until)
        slices.append(begin)
        if len(slices) == 1:
            cancel_job(job=Job.objects.get(pk=run.claim.job.pk), by=None)

    monkeypatch.setattr(backfill, "_read_slice", one_slice)
    job = ran(start_backfill(source=source, by=None, first=FIRST, last=LAST))
    assert job.status == JobStatus.CANCELLED
    assert before + sum(range(14, 21)) <= cost(source) < before + sum(range(1, 21))
    again = done(retry_job(job=job, by=None))
    assert again.status == JobStatus.SUCCEEDED
    assert slices[0] == date(2026, 10, 14)
    assert slices.count(date(2026, 10, 14)) == 1
    assert cost(source) == before + sum(range(1, 21))


def test_two_at_once_make_a_conflict(source: Source) -> None:
    start_backfill(source=source, by=None, first=FIRST, last=LAST)
    with pytest.raises(Conflict):
        start_backfill(source=source, by=None, first=FIRST, last=LAST)


@pytest.mark.parametrize(
    ("first", "last"), [(date(2026, 10, 25), None), (LAST, FIRST), (date(1999, 1, 1), date(2026, 1, 1))]
)
def test_days_that_cannot_be_read_are_refused(source: Source, first: date, last: date | None) -> None:
    with pytest.raises(Invalid) as error:
        start_backfill(source=source, by=None, first=first, last=last)
    assert list(error.value.details) == ["from"]


def test_a_source_without_days_of_its_own_says_so(team: Team) -> None:
    with scripted():
        source = make_source(team)
        with pytest.raises(Conflict):
            start_backfill(source=source, by=None, first=FIRST)


def test_a_failing_backfill_says_nothing_about_fresh_syncs(source: Source) -> None:
    job = start_backfill(source=source, by=None, first=FIRST, last=LAST)
    source.refresh_from_db()
    last = source.last_success_at
    run_job(str(job.pk))
    source.refresh_from_db()
    assert source.last_success_at == last
