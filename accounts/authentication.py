"""Who may come in: bearer tokens for programs, the session for browsers, and what they may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.identity import Identity, find_membership, identify_token
from accounts.models import User
from accounts.permissions import granted
from livinglytics.lib.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from rest_framework.views import APIView

__all__ = ["BearerAuthentication", "BrowserAuthentication", "Identity", "IsMember", "IsPerson", "identify_token"]


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer`` with an access token or a team's ``ll_…`` token."""

    def authenticate(self, request: Request) -> tuple[Any, Identity] | None:
        words = request._request.META.get("HTTP_AUTHORIZATION", "").encode("latin-1", "replace").split()
        if not words or words[0].lower() != b"bearer":
            return None
        identity = identify_token(words[1].decode("latin-1")) if len(words) == 2 else None
        if identity is None:
            raise AuthenticationFailed("The token is not valid, expired or revoked. Sign in again.", "INVALID_TOKEN")
        return identity.user or AnonymousUser(), identity

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class BrowserAuthentication(SessionAuthentication):
    """The browser's session; what changes something also needs the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        return None if found is None else (found[0], Identity(cast(User, found[0])))


class IsPerson(BasePermission):
    """Somebody who signed in. A team's token is not a person."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        identity = _known(request)
        if identity.token is not None or identity.user is None:
            raise Forbidden("An API token can't do this. Sign in as a person.")
        return True


class IsMember(BasePermission):
    """A member of the asked team whose role, and token, carry the view's ``required`` permission.

    Sets ``team`` and ``role`` on the view. A view without ``required`` is closed to everybody.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        identity = _known(request)
        named = (
            view.kwargs["slug"]
            if getattr(view, "team_from_address", False)
            else request._request.META.get("HTTP_X_TEAM")
        )
        slug = str(named) if named else None
        if identity.token is not None:
            if slug and identity.team is not None and slug != identity.team.slug:
                raise NotFound("This API token belongs to another team.")
            team, role = identity.team, identity.role
        else:
            membership = find_membership(cast(User, identity.user), slug)
            if membership is None:
                raise _no_team(slug)
            team, role = membership.team, membership.role
        view.team, view.role = team, role  # type: ignore[attr-defined]
        needed = needed_permission(view, request.method or "")
        if needed is not None and needed not in granted(role, identity.scopes):
            raise Forbidden(_refusal(identity, needed), details={"permission": needed})
        return True


def needed_permission(view: Any, method: str) -> str | None:
    """What the view asks for this action or method; OPTIONS asks for nothing, nor does a method it doesn't have."""
    if method == "OPTIONS" or not hasattr(view, method.lower()):
        return None
    required: dict[str, str] = getattr(view, "required", None) or {}
    by_action = required.get(getattr(view, "action", None) or "")
    return by_action or required.get("GET" if method == "HEAD" else method) or required.get("*") or "closed"


def _known(request: Request) -> Identity:
    if not isinstance(request.auth, Identity):
        raise NotAuthenticated
    return request.auth


def _no_team(slug: str | None) -> Exception:
    if slug:
        return NotFound(f"You are in no team called “{slug[:60]}”.")
    return Forbidden("You are in no team yet. Create one, or ask to be added to one.")


def _refusal(identity: Identity, needed: str) -> str:
    if identity.token is not None:
        return f"This API token lacks the scope {needed}."
    return "Your role does not allow this. Ask an owner or admin of the team."
