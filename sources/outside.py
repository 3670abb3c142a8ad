"""Where services are, whether an operator moved them, and this installation's registrations at providers."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict
from livinglytics.lib.http import Client, Limits
from sources.connectors import _google, _meta
from sources.connectors._auth import App, Provider, providers

__all__ = ["app_of", "client_of", "known_app", "moved", "redirect_uri", "trusted"]
CALLBACK: Final = "/sources/oauth/callback/"
#: one try: a code can be used once, and whoever renews a token has it for a limited time
_ONCE: Final = Limits(connect=4.0, read=8.0, total=10.0, tries=1)
_KNOWN: Final = (_google, _meta)


def moved(kind: str) -> str:
    """``STEAM_BASE_URL`` for steam: a gateway, or a fake in tests. Empty where nothing was moved."""
    return os.environ.get(f"{kind.upper().replace('-', '_')}_BASE_URL", "").strip()


def base_url(kind: str, default: str) -> str:
    """The service's address, or the one it was moved to."""
    return moved(kind) or default


def trusted(kind: str) -> frozenset[str]:
    """Private hosts the operator allowed, and the one they set as this service's address."""
    place = urlsplit(moved(kind)).netloc
    return settings.ALLOWED_PRIVATE_HOSTS | ({place} if place else set())


def app_of(provider: Provider, redirect_uri: str = "") -> App | None:
    """The operator's app at the provider; None where there is none yet."""
    client_id, secret = settings.OAUTH_APPS.get(provider.key, ("", ""))
    if not client_id or not secret:
        return None
    return App(client_id, secret, redirect_uri, partial(base_url, f"{provider.key}_accounts"))


def known_app(provider: str, redirect_uri: str = "") -> tuple[Provider, App]:
    """Provider and app. Raises Conflict that says what the operator has to do."""
    found = providers.get(provider)
    app = app_of(found, redirect_uri)
    if app is None:
        raise Conflict(not_set_up(found))
    return found, app


def not_set_up(provider: Provider) -> str:
    """What a person is told where the operator has no app."""
    name = provider.key.upper()
    return (
        f"Signing in with {provider.label} is not set up here. The operator of this site has to set {name}_CLIENT_ID "
        f"and {name}_CLIENT_SECRET."
    )


def client_of(
    provider: Provider, redact: Callable[[str], str], *, wait: Callable[[float], None] = clock.sleep
) -> Client:
    """A client for one question to the provider."""
    return Client(limits=_ONCE, allow_private=trusted(f"{provider.key}_accounts"), redact=redact, wait=wait)


def redirect_uri(site: str) -> str:
    """Where providers send people back to: one address for the whole installation.

    ``site`` is the address of the request, used where the operator set no ``PUBLIC_URL``.
    """
    return (settings.PUBLIC_URL or site).rstrip("/") + CALLBACK
