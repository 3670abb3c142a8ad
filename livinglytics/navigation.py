"""What every page's frame needs: the menu, the teams, the theme."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from accounts.identity import memberships_of
from accounts.models import User

_MENU: Final = (
    ("Overview", "overview", "layout-dashboard"),
    ("Metrics", "metric-catalog", "chart-line"),
    ("Sources", "source-list", "plug"),
    ("Projects", "project-list", "messages-square"),
    ("Settings", "team-settings", "settings"),
)
_OWN: Final = (
    ("Profile", "profile", "circle-user"),
    ("Team", "team-settings", "users"),
    ("API tokens", "token-list", "key-round"),
)
_STAFF: Final = (
    ("Admin", "admin:index", "database"),
    ("Style", "style", "layers"),
)
_THEMES: Final = {"light", "dark", "system"}


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Menu, links, team, teams, theme and request id for every template. No SQL until one asks."""
    theme = request.COOKIES.get("theme", "system")
    return {
        "navigation": SimpleLazyObject(lambda: _menu(request)),
        "account_links": SimpleLazyObject(lambda: _own_links(request)),
        "team": getattr(request, "team", None),
        "role": getattr(request, "role", None),
        "teams": SimpleLazyObject(lambda: _teams(request)),
        "team_new_url": _address("team-new"),
        "theme": theme if theme in _THEMES else "system",
        "sign_out_url": _address("account_logout"),
        "demo_enabled": settings.DEMO_ENABLED,
        "sign_up_open": settings.SIGN_UP_OPEN,
        "request_id": getattr(request, "request_id", ""),
    }


def _address(name: str, *args: str) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _link(label: str, name: str, icon: str) -> dict[str, Any]:
    return {"label": label, "url": _address(name), "icon": icon}


def _own_links(request: HttpRequest) -> list[dict[str, Any]]:
    is_staff = isinstance(request.user, User) and request.user.is_staff
    return [_link(*one) for one in (*_OWN, *(_STAFF if is_staff else ()))]


def _menu(request: HttpRequest) -> list[dict[str, Any]]:
    links = [_link(*one) for one in _MENU]
    return [link | {"active": _is_here(link["url"], request.path)} for link in links if link["url"]]


def _is_here(url: str, path: str) -> bool:
    root = "/settings/" if url.startswith("/settings/") else url
    return path == "/" if root == "/" else path.startswith(root)


def _teams(request: HttpRequest) -> list[dict[str, Any]]:
    if not isinstance(request.user, User):
        return []
    team = getattr(request, "team", None)
    current = team.pk if team else None
    return [
        {"name": one.team.name, "url": _address("team-switch", one.team.slug), "active": one.team_id == current}
        for one in memberships_of(request.user)
    ]
