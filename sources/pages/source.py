"""One source: its health, its runs, what it brings, and what can be done with it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.middleware import TeamRequest
from accounts.pages.access import member_page
from accounts.permissions import can
from livinglytics.lib.errors import ProductError
from sources.actions.backfill import start_backfill
from sources.actions.disconnect import disconnect
from sources.actions.replay import replay
from sources.actions.sync import queue_sync
from sources.actions.update import pause_source, resume_source
from sources.forms import BackfillForm, ReplayForm
from sources.pages.jobs import numbers_url, part_url
from sources.pages.push import push_context
from sources.selectors.quarantine import bad_rows
from sources.selectors.source_page import source_of, source_page
from sources.selectors.source_rows import source_row

_BAD_ROWS = 50


@require_safe
@member_page("sources.read")
def source(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """The page of one source."""
    found = source_page(request.team, pk, page=request.GET.get("page"))
    health = found.health
    may_write = can(request.role, "sources.write")
    removing = bool(health.open_job and health.open_job.kind == "remove")
    shown_job = health.open_job or _fresh_end(found)
    context: dict[str, Any] = {
        "page": found,
        "source": found.source,
        "row": source_row(health, request.team.time_zone),
        "may_write": may_write and not removing,
        "job": shown_job,
        "part_url": part_url(shown_job) if shown_job else "",
        "trouble": health.trouble,
        "numbers_url": numbers_url(shown_job) if shown_job else "",
        "replay_form": ReplayForm(),
        "backfill_form": BackfillForm(),
        "backfill_url": part_url(found.backfill) if found.backfill else "",
        **_pages(found.runs),
    }
    if health.connect == "push":
        context |= push_context(request, found.source, received=found.received)
    return render(request, "sources/source.html", context)


def _fresh_end(found: Any) -> Any:
    """A run that went wrong stays in view until the next one."""
    job = found.health.last_job
    return job if job is not None and job.status in ("failed", "partial") else None


@require_POST
@member_page("sources.write")
def source_sync(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Read now; while a run is open, that one is shown."""
    return _do(request, pk, queue_sync, "")


@require_POST
@member_page("sources.write")
def source_pause(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Rest."""
    return _do(request, pk, pause_source, "{name} rests. No runs until you resume it; its numbers stay.")


@require_POST
@member_page("sources.write")
def source_resume(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Work again."""
    return _do(request, pk, resume_source, "{name} works again.")


@require_POST
@member_page("sources.write")
def source_replay(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Map stored rows again from a day on."""
    form = ReplayForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Enter a day like 2026-03-31, or leave it empty.")
        return redirect("source", pk)
    return _do(request, pk, replay, "", since=form.cleaned_data["since"])


@require_POST
@member_page("sources.write")
def source_backfill(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Read older days."""
    form = BackfillForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Enter the first day like 2025-01-01; the last one may be left empty.")
        return redirect("source", pk)
    given = form.cleaned_data
    return _do(request, pk, start_backfill, "", first=given["first"], last=given["last"])


@require_http_methods(["GET", "HEAD", "POST"])
@member_page("sources.write")
def source_disconnect(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Says what would be deleted, then deletes it."""
    if request.method == "POST":
        row = source_of(request.team, pk)
        disconnect(source=row, by=request.user)
        messages.success(request, f"{row.name} is disconnected. Its data is being removed.")
        return redirect("source-list")
    found = source_page(request.team, pk)
    return render(request, "sources/disconnect.html", {"page": found, "source": found.source})


@require_safe
@member_page("sources.read")
def source_quarantine(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Every row that could not be taken, fifty to a page."""
    row = source_of(request.team, pk)
    page = Paginator(bad_rows(row), _BAD_ROWS).get_page(request.GET.get("page"))
    return render(request, "sources/quarantine.html", {"source": row, "rows": page, **_pages(page)})


def _pages(page: Any) -> dict[str, str]:
    return {
        "page_words": f"{page.start_index()}–{page.end_index()} of {page.paginator.count}",
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
    }


def _do(request: TeamRequest, pk: uuid.UUID, action: Callable[..., Any], done: str, **given: Any) -> HttpResponse:
    """Run an action on a source of the team; a refusal is told on its page."""
    row = source_of(request.team, pk)
    try:
        action(source=row, by=request.user, **given)
    except ProductError as error:
        if error.status >= 500:
            raise
        messages.error(request, error.message)
    else:
        if done:
            messages.success(request, done.format(name=row.name))
    return redirect("source", pk)
