"""Secrets between "Check and preview" and "Connect": sealed in the session for an hour, never in a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from accounts.middleware import TeamRequest
from livinglytics.lib import clock
from sources import vault

_HOUR: Final = 3600


def keep(request: TeamRequest, kind: str, secrets: Mapping[str, str] | None) -> None:
    """Remember what was tried; without secrets nothing is."""
    if secrets:
        request.session[_place(request, kind)] = [clock.now().timestamp(), vault.seal(secrets)]


def kept(request: TeamRequest, kind: str) -> dict[str, str]:
    """The secrets that were tried last, {} when that is long ago."""
    at, sealed = request.session.get(_place(request, kind), (0, ""))
    if not sealed or clock.now().timestamp() - at > _HOUR:
        drop(request, kind)
        return {}
    return vault.open_sealed(sealed)


def drop(request: TeamRequest, kind: str) -> None:
    """Forget them."""
    request.session.pop(_place(request, kind), None)


def _place(request: TeamRequest, kind: str) -> str:
    return f"connect:{request.team.pk}:{kind}"
