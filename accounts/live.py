"""Messages to open pages, lossy by design: truth is the row, and a page that missed something reads it again.

``push`` may be called from any thread of any process. With REDIS_URL the message reaches every
process; without it, this process is the only one.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any, Final, Protocol
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction

from accounts.fanout.hub import Feed, Hub
from accounts.fanout.local import LocalBus, LocalFeed
from accounts.fanout.mailbox import Sent
from accounts.fanout.shared import SharedBus, SharedFeed

#: message family → topic, and the field that narrows it
TOPICS: Final = {
    "job": ("jobs", ("project_id", "source_id")),
    "task": ("tasks", ("task_id",)),
    "metrics_update": ("metrics", ()),
    "new_session": ("sessions", ()),
    "insight": ("insights", ()),
    "alert": ("alerts", ()),
}


class Bus(Protocol):
    """Where messages are published."""

    def publish(self, team: str, *, key: str, topic: str, body: str) -> None: ...


def push(team_id: UUID | str, message: dict[str, Any], *, key: str | None = None) -> None:
    """Send ``message`` (with a ``type``) to the team's open pages once the current transaction is committed.

    A message with a ``key`` replaces one of the same key and status that a slow page hasn't read yet;
    ``job.progress`` and ``metrics_update`` get a key by themselves. A change of state is never replaced.
    """
    kind = str(message["type"])
    family = kind.partition(".")[0]
    topic, fields = TOPICS.get(family, (family, ()))
    narrow = next((str(message[name]) for name in fields if message.get(name)), "")
    body = orjson.dumps(message, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    send = functools.partial(
        bus().publish,
        str(team_id),
        key=_key(kind, message, key),
        topic=f"{topic}:{narrow}" if fields else topic,
        body=body,
    )
    transaction.on_commit(send, robust=True)


def _key(kind: str, message: dict[str, Any], key: str | None) -> str:
    if key is None and kind == "job.progress":
        key = f"{kind}:{message.get('job_id', '')}"
    if key is None and kind == "metrics_update":
        key = kind
    return f"{key}:{message.get('status', '')}" if key else ""


@functools.cache
def bus() -> Bus:
    """The bus of this process."""
    return SharedBus(settings.REDIS_URL) if settings.REDIS_URL else LocalBus()


def hub() -> Hub:
    """The open pages of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub(_feed)
        for gone in [other for other in _hubs if other.is_closed()]:
            del _hubs[gone]
    return found


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def _feed(deliver: Callable[[str, Sent], None], lost: Callable[[str], None]) -> Feed:
    here = bus()
    if isinstance(here, LocalBus):
        return LocalFeed(here, deliver)
    return SharedFeed(settings.REDIS_URL, deliver, lost)
