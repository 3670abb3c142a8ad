"""Presets of project configurations: the five of the product to look at and copy, a team's own to keep."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.middleware import TeamRequest
from accounts.pages.access import attempt, member_page
from accounts.pages.frame import settings_page
from accounts.permissions import can
from livinglytics.lib.errors import Conflict, Invalid
from sources.actions.presets import create_preset, delete_preset, duplicate_preset, update_preset
from sources.forms.preset import PresetForm, initial_preset, told
from sources.forms.project import in_words
from sources.projects.rules import usual
from sources.selectors.projects import own_preset_of, preset_view, presets_of


@require_safe
@member_page("sources.read")
def preset_list(request: TeamRequest) -> HttpResponse:
    """All presets: the product's five, and the team's own."""
    found = presets_of(request.team)
    context = {
        "own": [one for one in found if not one.is_system],
        "system": [one for one in found if one.is_system],
        "may_write": can(request.role, "sources.write"),
    }
    return settings_page(request, "sources/presets.html", "preset-list", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page("sources.write")
def preset_add(request: TeamRequest) -> HttpResponse:
    """A new preset, beginning with the usual configuration."""
    form = PresetForm(request.POST if request.method == "POST" else None, initial_preset("", "", usual()))
    if request.method == "POST" and form.is_valid():
        made = attempt(form, _create, team=request.team, by=request.user, entered=form)
        if made is not None:
            messages.success(request, f"{made.name} is kept. It can be chosen for new projects.")
            return redirect("preset-list")
    return _form_page(request, form, {"title": "New preset", "submit": "Keep the preset"})


@require_http_methods(["GET", "HEAD", "POST"])
@member_page("sources.read")
def preset(request: TeamRequest, preset: str) -> HttpResponse:
    """One preset: a form for an own one, words for one of the product's or for who may only look."""
    view = preset_view(request.team, preset)
    may_write = can(request.role, "sources.write")
    if request.method != "POST" and (view.is_system or not may_write):
        context = {"preset": view, "sections": told(view.config), "may_write": may_write}
        return settings_page(request, "sources/preset.html", "preset-list", context)
    return _changed(request, preset)


@require_POST
@member_page("sources.write")
def preset_duplicate(request: TeamRequest, preset: str) -> HttpResponse:
    """A copy under the next free name, ready to be changed."""
    preset_view(request.team, preset)
    try:
        made = duplicate_preset(team=request.team, by=request.user, preset=preset)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("preset-list")
    messages.success(request, f"{made.name} is yours to change.")
    return redirect("preset", made.pk)


@require_POST
@member_page("sources.write")
def preset_delete(request: TeamRequest, preset: str) -> HttpResponse:
    """Forget an own preset; projects made from it keep what they have."""
    found = own_preset_of(request.team, preset)
    delete_preset(preset=found, by=request.user)
    messages.success(request, f"{found.name} is deleted. Projects made from it keep what they have.")
    return redirect("preset-list")


@member_page("sources.write")
def _changed(request: TeamRequest, preset: str) -> HttpResponse:
    found = own_preset_of(request.team, preset)
    initial = initial_preset(found.name, found.description, found.config)
    form = PresetForm(request.POST if request.method == "POST" else None, initial)
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(form, _update, preset=found, by=request.user, entered=form)
    ):
        messages.success(request, f"{found.name} is saved. Projects made from it keep what they have.")
        return redirect("preset-list")
    return _form_page(request, form, {"title": found.name, "submit": "Save", "preset": found})


def _create(*, entered: PresetForm, **who: Any) -> Any:
    return _named(create_preset, entered, **who)


def _update(*, entered: PresetForm, **who: Any) -> Any:
    return _named(update_preset, entered, **who)


def _named(action: Any, form: PresetForm, **given: Any) -> Any:
    """The action with what the form holds; its refusals under the names of the form's fields."""
    words = form.cleaned_data
    try:
        return action(name=words["name"], description=words["description"], config=form.config(), **given)
    except Invalid as error:
        error.details = {in_words(name): texts for name, texts in error.details.items()}
        raise


def _form_page(request: TeamRequest, form: PresetForm, context: dict[str, Any]) -> HttpResponse:
    status = 422 if form.errors else 200
    return settings_page(request, "sources/preset_form.html", "preset-list", {**context, "form": form}, status=status)
