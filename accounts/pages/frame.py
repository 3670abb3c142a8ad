"""What the settings pages share."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.middleware import TeamRequest
from accounts.permissions import can

_TABS: Final = (
    ("Team", "team-settings", "team.read"),
    ("API tokens", "token-list", "tokens.write"),
    ("Service keys", "key-list", "sources.write"),
    ("Presets", "preset-list", "sources.read"),
    ("Audit log", "audit-log", "audit.read"),
    ("Profile", "profile", "team.read"),
)


def settings_tabs(role: str, active: str) -> list[dict[str, Any]]:
    """The settings that this role may open."""
    return [
        {"label": label, "url": reverse(name), "active": name == active}
        for label, name, permission in _TABS
        if can(role, permission)
    ]


def settings_page(
    request: TeamRequest, template: str, active: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A settings page with its tabs; ``active`` is the name of the tab's address."""
    frame = {"tabs": settings_tabs(request.role, active), "team": request.team, "role": request.role}
    return render(request, template, {**frame, **context}, status=status)
