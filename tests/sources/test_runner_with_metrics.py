"""The whole way from a source to stored numbers, with the real sink."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from livinglytics.pipeline import run_job as run_task
from metrics.models import Observation, Series
from sources.actions.connect import connect_source
from sources.actions.disconnect import disconnect
from sources.actions.receive import push_source, receive
from sources.actions.replay import replay
from sources.actions.sync import queue_sync
from sources.models import Job, JobStatus, RawRecord, Source
from sources.push import parse
from tests.cast import make_team

pytestmark = pytest.mark.django_db


def numbers(source: Source) -> list[tuple[Any, ...]]:
    ids = list(Series.objects.filter(source_id=source.pk).values_list("pk", flat=True))
    names = [one.name for one in Observation._meta.concrete_fields]
    return sorted(Observation.objects.filter(series_id__in=ids).values_list(*names), key=repr)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    """The demo's numbers of today grow with the day: the clock stands still."""
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        yield


def test_the_demo_year_lands_once_and_a_second_sync_or_replay_changes_nothing() -> None:
    team = make_team(time_zone="Europe/Berlin")
    made = connect_source(team=team, by=None, kind="demo", is_demo=True)
    assert made.job is not None
    assert run_task(str(made.job.pk)) == JobStatus.SUCCEEDED, Job.objects.get(pk=made.job.pk).error_message
    once = numbers(made.source)
    assert len(once) > 1000
    again = queue_sync(source=made.source, by=None)
    assert run_task(str(again.pk)) == JobStatus.SUCCEEDED
    assert numbers(made.source) == once
    job = replay(source=made.source, by=None)
    assert run_task(str(job.pk)) == JobStatus.SUCCEEDED
    assert numbers(made.source) == once


def test_pushed_numbers_land_and_removal_takes_them_all() -> None:
    source = push_source(make_team())
    body = b'[{"metric":"orders","value":3,"date":"2026-11-20"},{"metric":"orders","value":4,"date":"2026-11-21"}]'
    receive(source=source, stream="metrics", parsed=parse("metrics", body))
    text = b'{"id":"a","text":"Very good.","created_at":"2026-11-20T10:00:00Z","rating":5,"scale":"1-5"}'
    receive(source=source, stream="documents", parsed=parse("documents", text))
    job = Job.objects.get(source=source)
    assert run_task(str(job.pk)) == JobStatus.SUCCEEDED, Job.objects.get(pk=job.pk).error_message
    assert len(numbers(source)) >= 2
    assert run_task(str(disconnect(source=source, by=None).pk)) == JobStatus.SUCCEEDED
    assert numbers(source) == []
    assert not RawRecord.objects.filter(source_id=source.pk).exists()
    assert not Source.objects.filter(pk=source.pk).exists()
