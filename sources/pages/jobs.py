"""A run as a live part, and what can be done with it."""

from __future__ import annotations

import uuid
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import TeamRequest
from accounts.pages.access import member_page
from accounts.permissions import can
from livinglytics.lib.errors import Conflict, NotFound
from sources.actions.sync import cancel_job, retry_job
from sources.models import OPEN, Job, JobStatus
from sources.selectors.jobs import job_of, jobs_shown
from sources.selectors.source_page import run_row

_SHAPES = {"line": "sources/_job_line.html"}
_JOBS = 50
_FAILED = (JobStatus.FAILED, JobStatus.PARTIAL)
#: what can be shown: its name, and the statuses it holds
_SHOWN: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "": ("All", ()),
    "open": ("Going on", tuple(OPEN)),
    "failed": ("Went wrong", _FAILED),
}


def part_url(job: Job, shape: str = "") -> str:
    """Where the part of a run is found; a run that removes its source says so, as it removes itself too."""
    keys = [*([f"as={shape}"] if shape else []), *(["removing=1"] if job.kind == "remove" else [])]
    return reverse("job-part", args=[job.pk]) + (f"?{'&'.join(keys)}" if keys else "")


def numbers_url(job: Job) -> str:
    """The overview of what this source brought."""
    return f"{reverse('overview')}?f=source:is:{job.source_id}"


@require_safe
@member_page("sources.read")
def job_list(request: TeamRequest) -> HttpResponse:
    """All runs of the team, newest first; those that go on follow their progress."""
    chosen = request.GET.get("show", "")
    chosen = chosen if chosen in _SHOWN else ""
    page = Paginator(jobs_shown(request.team, _SHOWN[chosen][1]), _JOBS).get_page(request.GET.get("page"))
    context = {
        "runs": [(one, part_url(one.job, "line") if one.job.is_open else "") for one in map(run_row, page)],
        "tabs": _tabs(chosen),
        "page_words": f"{page.start_index()}–{page.end_index()} of {page.paginator.count}",
        "previous_url": _at(chosen, page.previous_page_number()) if page.has_previous() else "",
        "next_url": _at(chosen, page.next_page_number()) if page.has_next() else "",
        "may_write": can(request.role, "sources.write"),
    }
    return render(request, "sources/jobs.html", context)


def _tabs(chosen: str) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": _at(key), "active": key == chosen, "count": None} for key, (label, _) in _SHOWN.items()
    ]


def _at(chosen: str, page: int = 1) -> str:
    given = {**({"show": chosen} if chosen else {}), **({"page": page} if page > 1 else {})}
    return reverse("job-list") + (f"?{urlencode(given)}" if given else "")


@never_cache
@require_safe
@member_page("sources.read")
def job_part(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """One run, for parts that follow it."""
    try:
        view = job_of(request.team, pk)
    except NotFound:
        if "removing" in request.GET:
            return render(request, "sources/_job_gone.html", {"line": request.GET.get("as") == "line"})
        raise
    shape = request.GET.get("as", "")
    context = {
        "job": view.job,
        "part_url": part_url(view.job, shape if shape in _SHAPES else ""),
        "trouble": view.trouble,
        "numbers_url": numbers_url(view.job),
        "refresh_url": "" if view.job.is_open else reverse("source", args=[view.job.source_id]),
        "may_write": can(request.role, "sources.write"),
    }
    return render(request, _SHAPES.get(shape, "sources/_job.html"), context)


@require_POST
@member_page("sources.write")
def job_cancel(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Stop a run after its current page."""
    job = job_of(request.team, pk).job
    try:
        cancel_job(job=job, by=request.user)
    except Conflict as error:
        messages.info(request, error.message)
    return redirect("source", job.source_id)


@require_POST
@member_page("sources.write")
def job_retry(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Start a run like this one again."""
    job = job_of(request.team, pk).job
    try:
        retry_job(job=job, by=request.user)
    except Conflict as error:
        messages.error(request, error.message)
    return redirect("source", job.source_id)
