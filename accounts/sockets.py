"""The addresses of the sockets."""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter
from django.urls import re_path

from accounts.consumers import NOT_ALLOWED, LiveConsumer
from accounts.gate import identify

__all__ = ["identify", "socket_application", "urlpatterns"]

urlpatterns = [
    re_path(r"^ws/?$", LiveConsumer.as_asgi()),
    re_path(r"^ws/jobs/(?P<project_id>[\w-]+)/?$", LiveConsumer.as_asgi()),
    re_path(r"^ws/tasks/(?P<task_id>[\w-]+)/?$", LiveConsumer.as_asgi()),
    re_path(r"^ws/metrics/?$", LiveConsumer.as_asgi(), {"topic": "metrics"}),
    re_path(r"^ws/sessions/?$", LiveConsumer.as_asgi(), {"topic": "sessions"}),
]
_router = URLRouter(urlpatterns)


async def socket_application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Route a socket; an unknown address is refused like a page that isn't there."""
    try:
        await _router(scope, receive, send)
    except ValueError as error:
        if "No route found" not in str(error):
            raise
        await receive()
        await send({"type": "websocket.close", "code": NOT_ALLOWED})
