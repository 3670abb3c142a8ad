"""What every request gets: an id, safe headers, and its team when somebody asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts.identity import find_membership
from accounts.logs import current_request_id
from accounts.models import Membership, Team, User
from livinglytics.lib.ids import uuid7

Next = Callable[[HttpRequest], HttpResponse]
_SANE_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")

_STRICT: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self' ws: wss:",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_INLINE: Final = _STRICT | {"script-src": "'self' 'unsafe-inline'", "style-src": "'self' 'unsafe-inline'"}
#: pages of other makers that can't do without; the admin's widgets are written with inline handlers
_RELAXED: Final = {
    "/docs": _INLINE,
    "/redoc": _INLINE | {"worker-src": "'self' blob:"},
    "/admin/": _INLINE | {"script-src": "'self' 'unsafe-inline' 'unsafe-eval'"},
}


class TeamRequest(HttpRequest):
    """A request of a signed-in member, for typing. ``role`` is one of owner, admin, member, viewer."""

    user: User
    team: Team
    role: str
    request_id: str


class RequestId:
    """Names the request: a sane X-Request-ID that came with it, else a new one; on the answer and in every log line."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _SANE_ID.fullmatch(given) else str(uuid7())
        request.request_id = request_id  # type: ignore[attr-defined]
        # left in place afterwards: the server still logs about this request when we are done
        current_request_id.set(request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class SecurityHeaders:
    """A strict policy for what a page may load; nothing inline, nothing from elsewhere."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.strict = _written(_STRICT)
        self.relaxed = {path: _written(policy) for path, policy in _RELAXED.items()}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        api = request.path.startswith("/api/")
        policy = self.strict
        if not api:
            policy = next((text for path, text in self.relaxed.items() if request.path.startswith(path)), policy)
        if settings.DEBUG and response.status_code >= 400:
            # the framework's own error pages for developers are written inline
            policy = _written(_INLINE)
        response.setdefault("Content-Security-Policy", policy)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
        if api:
            response.setdefault("Cache-Control", "no-store")
        elif response.get("Content-Type", "").startswith("text/html"):
            response.setdefault("Cache-Control", "private, no-cache")
        return response


class CurrentTeam:
    """``request.team`` and ``request.role`` of the person's current team, read only when used.

    Both are falsy for somebody who is signed out or in no team.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found: list[Membership | None] = []

        def membership() -> Membership | None:
            if not found:
                found.append(find_membership(request.user) if isinstance(request.user, User) else None)
            return found[0]

        def part(name: str) -> Any:
            return SimpleLazyObject(lambda: getattr(membership(), name, None))

        request.team, request.role = part("team"), part("role")  # type: ignore[attr-defined]
        return self.get_response(request)


def _written(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())
