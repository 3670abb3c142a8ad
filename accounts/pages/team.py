"""The team's settings and its members."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions import teams
from accounts.forms import MemberForm, RoleForm, TeamForm
from accounts.middleware import TeamRequest
from accounts.models import Membership, Role
from accounts.pages.access import attempt, member_page
from accounts.pages.frame import settings_page
from accounts.permissions import can
from accounts.selectors.settings import members_of
from livinglytics.lib.errors import Forbidden, NotFound


@require_http_methods(["GET", "HEAD", "POST"])
@member_page("team.read")
def team_settings(request: TeamRequest) -> HttpResponse:
    """The team's name, zone, week and currency, and its members."""
    if request.method != "POST":
        return _shown(request)
    if not can(request.role, "team.write"):
        raise Forbidden
    form = TeamForm(request.POST)
    if form.is_valid():
        given = {"team": request.team, "by": request.user, "changes": form.cleaned_data}
        if attempt(form, teams.change_team, **given):
            messages.success(request, "The team's settings are saved.")
            return redirect("team-settings")
    return _shown(request, team_form=form)


@require_POST
@member_page("team.write")
def member_add(request: TeamRequest) -> HttpResponse:
    """Put somebody into the team."""
    form = MemberForm(request.POST)
    if form.is_valid():
        given = {"team": request.team, "by": request.user, "by_role": request.role, **form.cleaned_data}
        try:
            added = attempt(form, teams.add_member, **given)
        except NotFound as error:
            added = None
            form.add_error("email", error.message)
        if added:
            messages.success(request, f"{added.user.display_name} is in the team now.")
            return redirect("team-settings")
    return _shown(request, member_form=form)


@require_POST
@member_page("team.write")
def member_role(request: TeamRequest, user_id: uuid.UUID) -> HttpResponse:
    """Give a member another role."""
    form = RoleForm(request.POST)
    membership = _member(request, user_id)
    if form.is_valid():
        role = form.cleaned_data["role"]
        given = {"membership": membership, "by": request.user, "by_role": request.role, "role": role}
        if attempt(form, teams.change_role, **given):
            messages.success(request, f"{membership.user.display_name} is {Role(role).label.lower()} now.")
    return _back(request, form)


@require_POST
@member_page("team.read")
def member_remove(request: TeamRequest, user_id: uuid.UUID) -> HttpResponse:
    """Take a member out of the team, or leave it."""
    membership = _member(request, user_id)
    if membership.user_id != request.user.pk and not can(request.role, "team.write"):
        raise Forbidden
    form = RoleForm({"role": membership.role})
    form.is_valid()
    if attempt(form, teams.remove_member, membership=membership, by=request.user, by_role=request.role):
        messages.success(request, f"{membership.user.display_name} is not in {request.team.name} any more.")
    return _back(request, form)


def _member(request: TeamRequest, user_id: uuid.UUID) -> Membership:
    found = request.team.memberships.select_related("user", "team").filter(user_id=user_id).first()
    if found is None:
        raise NotFound("Nobody of the team has this id.")
    return found


def _back(request: TeamRequest, form: forms.Form) -> HttpResponse:
    for texts in form.errors.values():
        for text in texts:
            messages.error(request, str(text))
    return redirect("team-settings")


def _shown(
    request: TeamRequest, *, team_form: TeamForm | None = None, member_form: MemberForm | None = None
) -> HttpResponse:
    team = request.team
    now = {name: getattr(team, name) for name in ("name", "time_zone", "week_start", "currency")}
    context = {
        "form": team_form or TeamForm(initial=now),
        "member_form": member_form or MemberForm(),
        "members": members_of(team, request.user, request.role),
        "may_change": can(request.role, "team.write"),
    }
    status = 422 if team_form or member_form else 200
    return settings_page(request, "accounts/team.html", "team-settings", context, status=status)
