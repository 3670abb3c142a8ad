"""Changing a source's settings and schedule."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.middleware import TeamRequest
from accounts.pages.access import attempt, member_page
from livinglytics.lib import clock
from sources.actions.checking import connector_of
from sources.actions.schedule import Wanted, next_due, remove_schedule, set_schedule
from sources.actions.update import update_source
from sources.connectors._base import Connector
from sources.forms import ScheduleForm, SettingsForm
from sources.forms.schedule import initial_schedule
from sources.forms.settings import initial_of
from sources.models import Source
from sources.selectors.health import source_health
from sources.selectors.moments import local_words
from sources.selectors.schedules import in_words
from sources.selectors.source_page import schedule_or_none, source_of

_TIMES = 3


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_page("sources.write")
def source_settings(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Name and settings. Secrets left blank stay; new settings are checked with the service first."""
    health = source_health(request.team, pk)
    row, connector = health.source, connector_of(health.source)
    form = _settings_form(request, row, connector, health.secrets)
    if request.method == "POST" and form.is_valid():
        given = {"name": form.cleaned_data["source_name"], "config": form.given() if form.declared else None}
        if attempt(form, update_source, source=row, by=request.user, **given):
            messages.success(request, "The settings are saved.")
            return redirect("source", row.pk)
    return render(request, "sources/settings.html", {"source": row, "form": form}, status=422 if form.errors else 200)


def _settings_form(request: TeamRequest, row: Source, connector: Connector, hints: dict[str, str]) -> SettingsForm:
    initial = {name: initial_of(value) for name, value in row.config.items()}
    data = request.POST if request.method == "POST" else None
    form = SettingsForm(connector, data, hints=hints, initial={**initial, "source_name": row.name})
    form.fields["source_name"].required = True
    if connector.connect == "file":
        for name in list(form.declared):
            del form.fields[name], form.declared[name]
    return form


@require_http_methods(["GET", "HEAD", "POST"])
@member_page("sources.write")
def source_schedule(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """When the source is synced by itself, with the next three times in the team's zone."""
    row = source_of(request.team, pk)
    now = schedule_or_none(row)
    held = now.schedule if now else None
    initial = (
        initial_schedule(held.expression, enabled=held.enabled, catch_up=held.catch_up)
        if held
        else initial_schedule("")
    )
    form = ScheduleForm(request.POST if request.method == "POST" else None, initial=initial)
    times = _times(held.expression, request.team.time_zone) if held and held.enabled else []
    if request.method == "POST" and form.is_valid():
        expression = form.written()
        times = attempt(form, _times, expression=expression, zone=request.team.time_zone) or []
        if not form.errors and request.POST.get("step") != "show" and attempt(form, partial(_save, request, row, form)):
            messages.success(request, "The schedule is saved.")
            return redirect("source", row.pk)
    context: dict[str, Any] = {"source": row, "form": form, "times": times, "words": _words(form, held)}
    return render(request, "sources/schedule.html", context, status=422 if form.errors else 200)


def _words(form: ScheduleForm, held: Any) -> str:
    expression = held.expression if held and held.enabled else ""
    if form.is_bound:
        expression = form.written() if not form.errors else ""
    return in_words(expression) if expression else ""


def _save(request: TeamRequest, row: Source, form: ScheduleForm) -> bool:
    expression = form.written()
    if expression:
        wanted = Wanted(expression, catch_up=form.cleaned_data["catch_up"])
        set_schedule(source=row, by=request.user, wanted=wanted)
    else:
        remove_schedule(source=row, by=request.user)
    return True


def _times(expression: str, zone: str) -> list[str]:
    """The next three due times. Raises Invalid for what is no schedule."""
    found: list[datetime] = []
    after = clock.now()
    while expression and len(found) < _TIMES:
        due = next_due(expression, after, zone)
        if due is None:
            break
        found.append(due)
        after = due
    return [local_words(one, zone) for one in found]
