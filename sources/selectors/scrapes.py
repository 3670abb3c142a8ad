"""Scrapes with their progress, counted over their runs: two queries, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from accounts.models import Team
from livinglytics.lib.errors import NotFound
from sources.models import OPEN, Job, JobStatus, Project, Scrape, ScrapePart, ScrapeStatus

_NAMES: Final[dict[str, str]] = {"queued": "pending", "paused": "running", "succeeded": "completed"}


@dataclass(frozen=True, slots=True)
class Counts:
    """Runs of a scrape: in all, ended, read whole, not read; ``shares`` adds up their progress from 0 to 1."""

    total: int = 0
    ended: int = 0
    done: int = 0
    failed: int = 0
    results: int = 0
    requests: int = 0
    shares: float = 0.0

    @property
    def percent(self) -> int:
        """Progress in whole percent; 100 only when every run has ended."""
        share = self.shares / self.total if self.total else 1.0
        return 100 if self.ended == self.total else min(99, int(100 * share))


@dataclass(frozen=True, slots=True)
class PartView:
    """One target of a scrape. ``status``: pending, running, completed, partial, failed or cancelled."""

    target_id: UUID
    label: str
    url: str
    platform: str
    status: str
    percent: int | None
    results: int
    error: str
    job: Job | None


@dataclass(frozen=True, slots=True)
class ScrapeView:
    """One scrape with its counts."""

    scrape: Scrape
    counts: Counts
    started_at: datetime

    @property
    def status(self) -> str:
        """queued until the first of its runs begins."""
        waits = self.scrape.is_open and not self.counts.ended and not self.counts.shares
        return "queued" if waits else str(self.scrape.status)


@dataclass(frozen=True, slots=True)
class WholeScrape(ScrapeView):
    """One scrape with every target."""

    targets: tuple[PartView, ...] = ()


def counted(scrape_ids: Sequence[UUID]) -> dict[UUID, Counts]:
    """Scrape -> counts over its runs."""
    found = {pk: Counts() for pk in scrape_ids}
    rows = ScrapePart.objects.filter(scrape_id__in=found).values_list(
        "scrape_id", "error", "job__status", "job__done", "job__total", "job__counts"
    )
    for scrape_id, error, status, done, total, counts in rows:
        found[scrape_id] = _with(found[scrape_id], error, status, done or 0, total, counts or {})
    return found


def scrapes_of(project: Project, *, status: str = "") -> Any:
    """The scrapes of a project, newest first, for a page of them."""
    rows = Scrape.objects.filter(project=project).order_by("-created_at", "-pk")
    if status == "queued":
        status = ScrapeStatus.RUNNING
    return rows.filter(status=status) if status else rows


def running(team: Team) -> Any:
    """All scrapes of the team that are going on, newest first."""
    return Scrape.objects.for_team(team).filter(status=ScrapeStatus.RUNNING).order_by("-created_at", "-pk")


def scrape_of(team: Team, project: Project, pk: UUID) -> Scrape:
    """One scrape of a project. Raises NotFound also for one of another project or team."""
    found = Scrape.objects.for_team(team).select_related("project", "team").filter(project=project, pk=pk).first()
    if found is None:
        raise NotFound("There is no such scrape.")
    return found


def views_of(scrapes: Sequence[Scrape]) -> list[ScrapeView]:
    """Scrapes as they are shown."""
    counts = counted([one.pk for one in scrapes])
    return [ScrapeView(one, counts[one.pk], one.created_at) for one in scrapes]


def whole(scrape: Scrape) -> WholeScrape:
    """A scrape with every target as it is shown."""
    return WholeScrape(scrape, counted([scrape.pk])[scrape.pk], scrape.created_at, tuple(parts_of(scrape)))


def parts_of(scrape: Scrape) -> list[PartView]:
    """The targets of a scrape in the order they were added."""
    rows = ScrapePart.objects.filter(scrape=scrape).select_related("target", "job").order_by("target__created_at", "pk")
    return [_part(one) for one in rows]


def _part(part: ScrapePart) -> PartView:
    job, target = part.job, part.target
    return PartView(
        target_id=target.pk,
        label=target.label or target.url,
        url=target.url,
        platform=target.platform,
        status=_status(part.error, job.status if job else None),
        percent=job.percent if job else None,
        results=_results(job.counts if job else {}),
        error=part.error or (job.error_message if job else ""),
        job=job,
    )


def _status(error: str, status: str | None) -> str:
    if error:
        return "failed"
    return _NAMES.get(status or "", status or "cancelled")


def _results(counts: dict[str, int]) -> int:
    """New and changed rows of a run."""
    return int(counts.get("inserted", 0)) + int(counts.get("updated", 0))


def _with(
    known: Counts, error: str, status: str | None, done: int, total: int | None, counts: dict[str, int]
) -> Counts:
    ended = bool(error) or status not in OPEN
    share = 1.0 if ended else min(1.0, done / total) if total else 0.0
    return replace(
        known,
        total=known.total + 1,
        ended=known.ended + ended,
        done=known.done + (status == JobStatus.SUCCEEDED and not error),
        failed=known.failed + (bool(error) or status == JobStatus.FAILED),
        results=known.results + _results(counts),
        requests=known.requests + int(counts.get("requests", 0)),
        shares=known.shares + share,
    )
