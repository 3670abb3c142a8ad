"""Where a request comes from."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The caller's network address. Forwarded addresses count only from the configured number of proxies.

    Each trusted proxy appends who spoke to it, so the caller stands that many places from the right.
    """
    given = str(request.META.get("REMOTE_ADDR", ""))
    if settings.TRUSTED_PROXIES:
        chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if len(chain) >= settings.TRUSTED_PROXIES:
            given = chain[-settings.TRUSTED_PROXIES]
    try:
        return str(ipaddress.ip_address(given))
    except ValueError:
        return None
