"""The living style page: every component in every state, for staff."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.forms import ProfileForm
from metrics.charts.specimen import specimen


@require_safe
@login_required
def style(request: HttpRequest) -> HttpResponse:
    """Made-up numbers in the real components."""
    if not request.user.is_staff:
        raise PermissionDenied
    return render(request, "pages/style.html", specimen() | {"form": ProfileForm()})
