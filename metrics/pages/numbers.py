"""Overview, one metric, the catalog."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.middleware import TeamRequest
from accounts.pages.access import member_page
from accounts.permissions import can
from metrics.selectors.metric_list import metric_list
from metrics.selectors.metric_page import MetricPage, metric_page
from metrics.selectors.overview import Overview, overview


@require_safe
@member_page("metrics.read")
def overview_page(request: TeamRequest) -> HttpResponse:
    """What changed, in ten seconds."""
    found = overview(request.team, request.GET, request.path)
    template = "metrics/overview.html" if found.tiles else "metrics/overview_empty.html"
    return render(request, template, _context(request, found))


@require_safe
@member_page("metrics.read")
def metric(request: TeamRequest, key: str) -> HttpResponse:
    """One metric's definition, series and parts."""
    found = metric_page(request.team, key, request.GET, request.path)
    return render(request, "metrics/metric.html", _context(request, found))


def _context(request: TeamRequest, found: Overview | MetricPage) -> dict[str, Any]:
    can_note = can(request.role, "metrics.write")
    return {"page": found, "bar": found.bar, "trust": found.strip, "can_note": can_note}


@require_safe
@member_page("metrics.read")
def catalog(request: TeamRequest) -> HttpResponse:
    """Every metric there is."""
    return render(request, "metrics/catalog.html", {"page": metric_list(request.team, request.GET.get("q", "")[:100])})
