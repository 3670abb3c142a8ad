"""A run as a live part, and what can be done with it."""

from __future__ import annotations

import uuid

from django.contrib import messages
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
from sources.models import Job
from sources.selectors.jobs import job_of

_SHAPES = {"line": "sources/_job_line.html"}


def part_url(job: Job, shape: str = "") -> str:
    """Where the part of a run is found; a run that removes its source says so, as it removes itself too."""
    keys = [*([f"as={shape}"] if shape else []), *(["removing=1"] if job.kind == "remove" else [])]
    return reverse("job-part", args=[job.pk]) + (f"?{'&'.join(keys)}" if keys else "")


def numbers_url(job: Job) -> str:
    """The overview of what this source brought."""
    return f"{reverse('overview')}?f=source:is:{job.source_id}"


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
