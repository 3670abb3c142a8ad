"""Sockets in production (LIVINGLYTICS_ROLE=sockets), everything in the single process."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livinglytics.settings")

from django.conf import settings
from django.core.asgi import get_asgi_application

# Django must be set up before anything that touches models is imported
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter

from accounts.sockets import socket_application


async def only_alive(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The sockets process answers its health check and leaves every other page to the web process."""
    alive = scope["path"].rstrip("/") in {"/health/live", "/api/v1/health/live"}
    body = b'{"status": "ok"}' if alive else b'{"status": "not served by the sockets process"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200 if alive else 404, "headers": headers})
    await send({"type": "http.response.body", "body": body})


application = ProtocolTypeRouter(
    {
        "http": only_alive if settings.ROLE == "sockets" else django_application,
        "websocket": socket_application,
    }
)
