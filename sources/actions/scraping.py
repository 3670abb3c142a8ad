"""What a scrape makes of the runs it waits for: progress while they go on, an end when the last one ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import events, live
from livinglytics.lib import clock
from sources.actions.locks import lock_scrape, lock_targets
from sources.models import Job, JobStatus, Scrape, ScrapePart, ScrapeStatus, Target, TargetStatus
from sources.selectors.scrapes import counted

_MOST = 100


def after_job(job: Job) -> None:
    """A run ended: note what it says about its target, and close the scrapes that waited for it. In a transaction."""
    parts = list(ScrapePart.objects.filter(job=job).select_related("scrape", "scrape__team").order_by("scrape_id"))
    for target in lock_targets(part.target_id for part in parts).values():
        _note(target, job)
    for part in parts:
        if not close_if_done(part.scrape):
            live.push(job.team_id, message(part.scrape))


def tell_progress(job: Job) -> None:
    """Open pages of the project hear how far its scrape is."""
    scrape_id = job.options.get("scrape")
    scrape = Scrape.objects.filter(pk=scrape_id).first() if scrape_id else None
    if scrape is not None:
        live.push(scrape.team_id, message(scrape))


def message(scrape: Scrape, kind: str = "job.progress") -> dict[str, Any]:
    """A scrape as sockets and events show it; see ``docs/api.md``, Sockets."""
    counts = counted([scrape.pk])[scrape.pk]
    return {
        "type": kind,
        "project_id": str(scrape.project_id),
        "job_id": str(scrape.pk),
        "status": str(scrape.status),
        "progress": counts.percent,
        "phase": "scraping" if scrape.is_open else "",
        "done": counts.ended,
        "total": counts.total,
        "unit": "targets",
        "message": "",
        "stats": {
            "targets_total": counts.total,
            "targets_completed": counts.done,
            "results_total": counts.results,
            "requests_made": counts.requests,
            "errors_count": counts.failed,
        },
    }


def _note(target: Target, job: Job) -> None:
    """A target whose run failed says why; one that was read whole is well again."""
    if job.status == JobStatus.FAILED:
        target.status, target.error_message = TargetStatus.ERROR, job.error_message[:300]
        told = {"project_id": str(target.project_id), "target_id": str(target.pk), "error": target.error_message}
        events.publish(job.team, "target.error", told)
    elif job.status == JobStatus.SUCCEEDED and target.status == TargetStatus.ERROR:
        target.status, target.error_message = TargetStatus.ACTIVE, ""
    else:
        return
    target.save(update_fields=["status", "error_message", "updated_at"])


def close_finished() -> int:
    """Close scrapes whose runs have all ended without a word, as when a source was removed; how many."""
    open_ones = Scrape.objects.filter(status=ScrapeStatus.RUNNING).order_by("created_at")[:_MOST]
    return sum(close_if_done(one) for one in list(open_ones))


@transaction.atomic
def close_if_done(scrape: Scrape) -> bool:
    """The last run to end closes the scrape: the row's lock lets one of two that end together see the other."""
    row = lock_scrape(scrape.pk)
    if row is None or not row.is_open:
        return False
    counts = counted([row.pk])[row.pk]
    if counts.ended < counts.total:
        return False
    row.status, row.finished_at = _end(row, counts.done, counts.failed, counts.total), clock.now()
    row.error_message = _reasons(row.pk) if counts.failed else ""
    row.save(update_fields=["status", "finished_at", "error_message", "updated_at"])
    live.push(row.team_id, message(row))
    kind = "scrape.failed" if row.status == ScrapeStatus.FAILED else "scrape.completed"
    seconds = (row.finished_at - row.created_at).total_seconds()
    events.publish(row.team, kind, {**message(row, kind), "results_count": counts.results, "duration_seconds": seconds})
    if row.status == ScrapeStatus.FAILED and row.trigger == "schedule":
        events.publish(row.team, "schedule.failed", message(row, "schedule.failed"))
    return True


def _end(scrape: Scrape, done: int, failed: int, total: int) -> ScrapeStatus:
    if scrape.options.get("cancelled") and done < total:
        return ScrapeStatus.CANCELLED
    if done == total:
        return ScrapeStatus.COMPLETED
    return ScrapeStatus.FAILED if failed == total else ScrapeStatus.PARTIAL


def _reasons(scrape_id: UUID) -> str:
    parts = ScrapePart.objects.filter(scrape_id=scrape_id).select_related("job", "target")
    found = [f"{one.target}: {_why(one)}" for one in parts if _why(one)]
    return " ".join(found)[:500]


def _why(part: ScrapePart) -> str:
    return part.error or (part.job.error_message if part.job is not None else "")
