"""Notes on days, written where the chart is."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.middleware import TeamRequest
from accounts.pages.access import attempt, member_page
from metrics.actions.annotate import annotate, delete_annotation
from metrics.forms import NoteForm
from metrics.models import Annotation


@require_POST
@member_page("metrics.write")
def note_add(request: TeamRequest) -> HttpResponse:
    """Note on a day what happened, and go back to the chart."""
    form = NoteForm(request.POST)
    if form.is_valid():
        made = attempt(form, annotate, team=request.team, by=request.user, **form.cleaned_data)
        if made is not None:
            messages.success(request, f"Noted on {made.day:%-d %b %Y}: {made.title}")
    for field, errors in form.errors.items():
        label = form.fields[field].label if field in form.fields else "The note"
        messages.error(request, f"{label}: {' '.join(str(one) for one in errors)}")
    return redirect(_back(request))


@require_POST
@member_page("metrics.write")
def note_delete(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a person's note away. Notes that a source brought stay with the source."""
    note = get_object_or_404(Annotation.objects.for_team(request.team), pk=pk, source_id=None)
    delete_annotation(annotation=note, by=request.user)
    messages.success(request, f"The note is gone: {note.title}")
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page that the form stood on."""
    wanted = request.POST.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"
