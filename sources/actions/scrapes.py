"""Scrapes: all targets of a project read at once, a run of its own for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts import audit, events
from accounts.models import User
from livinglytics.lib.errors import Conflict, Invalid
from sources.actions.locks import lock_jobs, lock_scrape, lock_sources, lock_targets
from sources.actions.queue import queue_job
from sources.actions.scraping import close_if_done
from sources.actions.sync import cancel_job
from sources.actions.targets import connect_target
from sources.models import (
    Job,
    JobKind,
    Project,
    ProjectStatus,
    Scrape,
    ScrapePart,
    ScrapeStatus,
    SourceState,
    Target,
    TargetStatus,
)


@transaction.atomic
def start_scrape(
    *, project: Project, by: User | None, trigger: str = "manual", options: Mapping[str, Any] | None = None
) -> tuple[Scrape, bool]:
    """Queue a run for every active target, or find the scrape that is going on; true for a new one.

    ``options``: ``max_results`` (1 to 1,000 for each target), ``include_replies``, ``date_from``, ``date_to``.
    A target whose source is being read already joins that run. Raises Conflict where there is nothing to read.
    """
    row = Project.objects.select_for_update(of=("self",), no_key=True).select_related("team").get(pk=project.pk)
    if row.status != ProjectStatus.ACTIVE:
        raise Conflict(f"This project is {row.status}. Set it active first.")
    going = Scrape.objects.filter(project=row, status=ScrapeStatus.RUNNING).first()
    if going is not None:
        return going, False
    targets = _wanted(row)
    if not targets:
        raise Conflict("There is nothing to scrape. Add a target, or resume one that is paused.")
    scrape = Scrape.objects.create(
        team_id=row.team_id, project=row, trigger=trigger, options=checked(options or {}), created_by=by
    )
    queued = [_queue(scrape, target, by) for target in targets]
    told = {"project_id": str(row.pk), "job_id": str(scrape.pk), "targets_count": len(queued)}
    events.publish(row.team, "scrape.started", told)
    audit.record("scrape.started", team=row.team, by=by, on=row, details={"targets": len(queued)})
    close_if_done(scrape)
    return scrape, True


@transaction.atomic
def cancel_scrape(*, scrape: Scrape, by: User | None) -> Scrape:
    """Cancel all runs of a scrape that no other one waits for. Raises Conflict when it has ended."""
    if not scrape.is_open:
        raise Conflict("This scrape has ended already.")
    jobs = list(Job.objects.filter(parts__scrape=scrape).select_related("source", "team").order_by("pk"))
    lock_sources(job.source_id for job in jobs)
    open_now = lock_jobs(job.pk for job in jobs if job.is_open)
    lock_targets(scrape.parts.values_list("target_id", flat=True))
    row = lock_scrape(scrape.pk)
    if row is None or not row.is_open:
        raise Conflict("This scrape has ended already.")
    row.options = {**row.options, "cancelled": True}
    row.save(update_fields=["options", "updated_at"])
    for job in jobs:
        if job.pk in open_now:
            cancel_job(job=job, by=by)
    audit.record("scrape.cancelled", team=scrape.team, by=by, on=scrape.project)
    scrape.refresh_from_db()
    return scrape


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a scrape. Raises Invalid that names the one at fault."""
    most = options.get("max_results")
    if most is not None and not 1 <= most <= 1_000:
        raise Invalid(details={"max_results": ["Enter a number from 1 to 1000."]})
    first, last = options.get("date_from"), options.get("date_to")
    if first and last and first > last:
        raise Invalid(details={"date_to": ["The last day lies before the first one."]})
    found = {name: options[name] for name in ("max_results", "include_replies") if options.get(name) is not None}
    return found | {name: str(day) for name, day in (("date_from", first), ("date_to", last)) if day}


def _wanted(project: Project) -> list[Target]:
    rows = Target.objects.filter(project=project).exclude(status=TargetStatus.PAUSED)
    platforms = project.config.get("scrapers", {}).get("platforms", [])
    return list(rows.filter(platform__in=platforms).select_related("source", "team", "project", "source__team"))


def _queue(scrape: Scrape, target: Target, by: User | None) -> ScrapePart:
    part = ScrapePart(scrape=scrape, target=target)
    source = connect_target(target, by)
    if source is None:
        part.error = target.error_message
    elif source.state == SourceState.PAUSED:
        part.error = "Its source rests. Resume it on the source's page."
    else:
        part.job, _ = queue_job(
            source, JobKind.SYNC, by=by, trigger=scrape.trigger, options=_job_options(scrape, target.project)
        )
    part.save()
    return part


def _job_options(scrape: Scrape, project: Project) -> dict[str, Any]:
    given, limits = scrape.options, project.config.get("limits", {})
    window = [given.get("date_from"), given.get("date_to")]
    return {
        "scrape": str(scrape.pk),
        "most": given.get("max_results") or limits.get("max_reviews_per_target"),
        "delay": limits.get("rate_limit_delay"),
        "requests_a_day": limits.get("max_requests_per_day"),
        **({"window": window} if any(window) else {}),
        **({"replies": False} if given.get("include_replies") is False else {}),
    }
