"""A source connected, run and counted by the real actions, the real runner and the real sink."""

from __future__ import annotations

from typing import Any

from livinglytics.pipeline import run_job
from metrics.models import Document, Observation, Series
from sources.actions.connect import connect_source
from sources.models import Job, Source
from tests.cast import make_team


def connected(kind: str, **config: Any) -> tuple[Source, Job]:
    """A checked and connected source of a new team in Berlin, with its first run queued."""
    made = connect_source(team=make_team(time_zone="Europe/Berlin"), by=None, kind=kind, config=config)
    assert made.job is not None
    return made.source, made.job


def ran(job: Job) -> Job:
    run_job(str(job.pk))
    job.refresh_from_db()
    return job


def texts() -> dict[str, str]:
    """External id -> text of all documents that are not withdrawn."""
    return dict(Document.objects.filter(deleted_at=None).values_list("external_id", "text"))


def sums(source: Source) -> dict[str, float]:
    """Metric -> sum of all that is stored."""
    found: dict[str, float] = {}
    for series in Series.objects.filter(source_id=source.pk):
        for one in Observation.objects.filter(series_id=series.pk):
            found[series.metric] = found.get(series.metric, 0.0) + float(one.value)
    return found
