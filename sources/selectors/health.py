"""How the sources of a team are doing: a fixed number of queries, however many there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery

from accounts.models import Team
from livinglytics.lib import clock
from livinglytics.lib.errors import NotFound
from livinglytics.lib.numbers import duration
from sources import vault
from sources.connectors import connectors
from sources.models import OPEN, Credential, Job, JobKind, JobStatus, Quarantined, Schedule, Source, SourceState
from sources.querysets import DataQuerySet

_TO_DO = {
    "source.bad_credentials": "Enter new credentials in the source's settings.",
    "source.too_many_bad_rows": "Look at the bad rows, correct their cause, then sync again.",
    "rate_limited": "Nothing to do: it goes on by itself.",
    "internal": "Give the number to the operator, then sync again.",
    "poisoned": "Look at the log of the workers, then sync again.",
    "VALIDATION_ERROR": "Correct the file or the settings, then start it again.",
    "NOT_FOUND": "Check the source's settings.",
    "secret.cannot_open": "Enter the credentials again in the source's settings.",
}
_TRY_AGAIN = "Sync again. If it stays, check the source's settings."


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong last, and what to do about it."""

    code: str
    message: str
    to_do: str
    at: datetime | None
    streams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One source as lists and its page show it.

    ``status``: running, waiting, paused, attention, failed, partial, ok or new. ``freshness`` says
    it in words. ``secrets`` holds masked hints only. ``next_run_at`` is None without a schedule.
    """

    source: Source
    label: str
    icon: str
    category: str
    connect: str
    status: str
    freshness: str
    last_success_at: datetime | None
    next_run_at: datetime | None
    open_job: Job | None
    last_job: Job | None
    trouble: Trouble | None
    bad_rows: int
    secrets: dict[str, str]


def sources_of(team: Team) -> list[SourceHealth]:
    """All sources of the team, by name; those that read a project's targets stand with their project."""
    return _healths(list(_with_last_job(Source.objects.for_team(team).filter(project=None))))


def source_health(team: Team, pk: UUID) -> SourceHealth:
    """One source. Raises NotFound also for one of another team."""
    found = _with_last_job(Source.objects.for_team(team).filter(pk=pk)).first()
    if found is None:
        raise NotFound("There is no such source.")
    return _healths([found])[0]


def _with_last_job(rows: Any) -> Any:
    runs = Job.objects.filter(source=OuterRef("pk")).exclude(kind=JobKind.BACKFILL)
    latest = runs.order_by("-created_at", "-pk").values("pk")[:1]
    rows = rows.select_related("team", "credential", "schedule", "project").defer("credential__sealed")
    return rows.annotate(last_job_id=Subquery(latest)).order_by("name", "pk")


def _healths(sources: list[Any]) -> list[SourceHealth]:
    jobs = Job.objects.in_bulk([one.last_job_id for one in sources if one.last_job_id])
    bad = _bad_rows([one.pk for one in sources])
    now = clock.now()
    return [_health(one, jobs.get(one.last_job_id), now, bad=bad.get(one.pk, 0)) for one in sources]


def _bad_rows(ids: Iterable[UUID]) -> dict[UUID, int]:
    rows = DataQuerySet(Quarantined).filter(source_id__in=list(ids)).order_by()
    return dict(rows.values_list("source_id").annotate(Count("pk")))


def _health(source: Source, job: Job | None, now: datetime, *, bad: int) -> SourceHealth:
    credential: Credential | None = getattr(source, "credential", None)
    schedule: Schedule | None = getattr(source, "schedule", None)
    due = schedule.next_due_at if schedule is not None and schedule.enabled else None
    hints = credential.hints if credential is not None else {}
    known = connectors.get(source.kind) if source.kind in connectors else None
    status = _status(source, job)
    return SourceHealth(
        source=source,
        label=known.label if known else source.kind,
        icon=known.icon if known else "plug",
        category=known.category if known else "web",
        connect=known.connect if known else "form",
        status=status,
        freshness=_freshness(source, job, status, now),
        last_success_at=source.last_success_at,
        next_run_at=due if source.state == SourceState.ACTIVE else None,
        open_job=job if job and job.status in OPEN else None,
        last_job=job,
        trouble=trouble(job),
        bad_rows=bad,
        secrets={name: vault.in_words(hint) for name, hint in hints.items()},
    )


def _status(source: Source, job: Job | None) -> str:
    if job is not None and job.status == JobStatus.RUNNING:
        return "running"
    if source.state != SourceState.ACTIVE:
        return str(source.state)
    if job is not None and job.status in OPEN:
        return "waiting"
    if job is not None and job.status in (JobStatus.FAILED, JobStatus.PARTIAL):
        return str(job.status)
    return "ok" if source.last_success_at else "new"


def _freshness(source: Source, job: Job | None, status: str, now: datetime) -> str:
    last = ago(source.last_success_at, now)
    match status:
        case "running":
            return f"Syncing now, {job.percent} %" if job and job.percent is not None else "Syncing now"
        case "waiting":
            return f"Waiting until {job.run_after:%H:%M} UTC" if job and job.run_after else "Waiting for a worker"
        case "new":
            return "No data yet"
        case "ok":
            return f"Synced {last}"
        case _:
            return f"Last success {last}" if source.last_success_at else "Never synced"


def ago(moment: datetime | None, now: datetime) -> str:
    """``just now``, ``5m 00s ago``, ``3 days ago``; ``never`` for None."""
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return "just now"
    days = int(seconds // 86_400)
    if days:
        return f"{days} day{'s' if days > 1 else ''} ago"
    return f"{int(seconds // 60)} min ago" if seconds < 3600 else f"{duration(seconds)} ago"


def trouble(job: Job | None) -> Trouble | None:
    """The error of a run in words, None when it has none."""
    if job is None or not job.error_code:
        return None
    return Trouble(
        code=job.error_code,
        message=job.error_message,
        to_do=_TO_DO.get(job.error_code, _TRY_AGAIN),
        at=job.finished_at or job.updated_at,
        streams=tuple(job.error_details.get("streams", ())),
    )
