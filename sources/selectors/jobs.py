"""Runs as lists, pages and the API show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import Team
from livinglytics.lib import clock
from livinglytics.lib.errors import Invalid, NotFound
from sources.models import Job, JobKind, JobStatus
from sources.querysets import JobQuerySet
from sources.selectors.health import Trouble, trouble

FILTERS = ("source", "status", "kind", "trigger")
_CHOICES: dict[str, Any] = {"status": JobStatus, "kind": JobKind}


@dataclass(frozen=True, slots=True)
class JobView:
    """One run. ``percent`` is None when the service doesn't say how much there is; ``seconds`` so far or in all."""

    job: Job
    source_name: str
    percent: int | None
    seconds: float | None
    rate: float | None
    trouble: Trouble | None
    can_cancel: bool
    can_retry: bool


def jobs_of(team: Team, filters: Mapping[str, str] | None = None) -> JobQuerySet:
    """The team's runs, newest first, for a page of them. Raises Invalid for a filter or value that is not known."""
    rows = JobQuerySet(Job).for_team(team).select_related("source")
    for name, value in (filters or {}).items():
        if name not in FILTERS:
            raise Invalid(details={name: [f"Filter by {', '.join(FILTERS)}."]})
        if name in _CHOICES and value not in _CHOICES[name].values:
            raise Invalid(details={name: [f"Choose one of {', '.join(_CHOICES[name].values)}."]})
        rows = rows.filter(**{"source_id" if name == "source" else name: _uuid(value) if name == "source" else value})
    return rows.order_by("-created_at", "-pk")


def jobs_shown(team: Team, statuses: tuple[str, ...] = ()) -> JobQuerySet:
    """The team's runs in one of these statuses (in any), newest first, for a page of them."""
    rows = jobs_of(team)
    return rows.filter(status__in=statuses) if statuses else rows


def job_of(team: Team, pk: UUID) -> JobView:
    """One run. Raises NotFound also for one of another team."""
    found: Job | None = jobs_of(team).select_related("source", "team").filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such run.")
    return view_of(found)


def view_of(job: Job, now: datetime | None = None) -> JobView:
    """A row whose source is loaded as it is shown."""
    seconds = job.seconds(now or clock.now())
    ended = (JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.PARTIAL)
    return JobView(
        job=job,
        source_name=job.source.name,
        percent=job.percent,
        seconds=seconds,
        rate=job.done / seconds if seconds and job.done else None,
        trouble=trouble(job),
        can_cancel=job.is_open and job.cancel_requested_at is None,
        can_retry=job.status in ended,
    )


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise Invalid(details={"source": ["Give the id of a source."]}) from None
