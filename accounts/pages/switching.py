"""Making a team, and moving between teams."""

from __future__ import annotations

from typing import Final, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.actions import teams
from accounts.forms import NewTeamForm
from accounts.models import User
from accounts.pages.access import attempt

_OURS: Final = {"same-origin", "none"}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def team_new(request: HttpRequest) -> HttpResponse:
    """Make a team and work in it."""
    if request.method != "POST":
        return render(request, "accounts/team_new.html", {"form": NewTeamForm(initial={"time_zone": "UTC"})})
    form = NewTeamForm(request.POST)
    if form.is_valid():
        team = attempt(form, teams.create_team, by=request.user, **form.cleaned_data)
        if team:
            messages.success(request, f"You are working in {team.name} now.")
            return redirect("/")
    return render(request, "accounts/team_new.html", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def team_switch(request: HttpRequest, slug: str) -> HttpResponse:
    """Work in another of one's teams. A link on another site only leads to the question."""
    if request.method != "POST" and request.headers.get("Sec-Fetch-Site", "none") not in _OURS:
        return render(request, "accounts/team_switch.html", {"slug": slug})
    team = teams.switch_team(user=cast(User, request.user), slug=slug)
    messages.success(request, f"You are working in {team.name} now.")
    return redirect("/")
