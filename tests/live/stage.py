"""The real sockets in a process of their own; a POST makes that process push a message, from a thread."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from livinglytics.asgi import application as product  # isort: skip - sets Django up
from accounts import gate, live
from sources import registrations

PROJECTS = {"0191d0c0-0000-7000-8000-000000000001"}


def _owned(team_id: Any, project_id: str) -> bool:
    """The sources of the product, and one made-up project."""
    return project_id in PROJECTS or registrations._owns(team_id, project_id)


gate.owner_of("jobs", _owned)


async def _body(receive: Any) -> bytes:
    whole = b""
    while True:
        event = await receive()
        whole += event.get("body", b"")
        if not event.get("more_body"):
            return whole


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        await product(scope, receive, send)
        return
    order = orjson.loads(await _body(receive) or b"{}")
    for message in order.get("messages", []):
        await asyncio.to_thread(live.push, order["team"], message)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
