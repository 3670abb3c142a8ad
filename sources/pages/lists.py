"""The team's sources, and what can be connected."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.middleware import TeamRequest
from accounts.pages.access import member_page
from accounts.permissions import can
from sources.pages.jobs import part_url
from sources.selectors.kinds import kinds
from sources.selectors.source_rows import source_rows


@require_safe
@member_page("sources.read")
def source_list(request: TeamRequest) -> HttpResponse:
    """One row per source: state, freshness, last and next run, live progress."""
    rows = [(row, part_url(row.open_job, "line") if row.open_job else "") for row in source_rows(request.team)]
    context = {"rows": rows, "may_write": can(request.role, "sources.write")}
    return render(request, "sources/list.html", context)


@require_safe
@member_page("sources.write")
def source_catalog(request: TeamRequest) -> HttpResponse:
    """Kinds of source by category, with search."""
    search = request.GET.get("q", "")[:100]
    groups = kinds(search, demo=settings.DEMO_ENABLED)
    return render(request, "sources/catalog.html", {"groups": groups, "search": search})
