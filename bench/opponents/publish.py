"""Publishes messages from a process of its own: ``publish.py ours|groups TEAM COUNT PER_SECOND JOBS``.

With JOBS above 0 the messages are updates of so many jobs, each ending in a final one.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

Push = Callable[[dict[str, Any]], None]


def messages(count: int, jobs: int) -> list[dict[str, Any]]:
    """About 150 bytes each. A final state is never replaced by another message, a progress may be."""
    found = []
    for number in range(count):
        job = number % jobs if jobs else number
        final = bool(jobs) and number >= count - jobs
        found.append({
            "type": "metrics_update", "key": f"job{job}", "status": "done" if final else "running",
            "done": number, "text": "reading pages of a source that somebody watches",
        })  # fmt: skip
    return found


def main() -> None:
    """Publish at the rate; 0 means as fast as possible."""
    kind, team, count, per_second, jobs = sys.argv[1], sys.argv[2], *(int(one) for one in sys.argv[3:6])
    push = _ours(team) if kind == "ours" else _groups()
    start = time.monotonic()
    for number, message in enumerate(messages(count, jobs)):
        if per_second:
            time.sleep(max(0.0, start + number / per_second - time.monotonic()))
        push({**message, "t": time.time()})


def _ours(team: str) -> Push:
    import django

    django.setup()
    from accounts import live

    return lambda message: live.push(team, message, key=str(message["key"]))


def _groups() -> Push:
    import orjson
    from channels.layers import get_channel_layer

    from bench.opponents import group_layer  # noqa: F401 - configures the layer

    layer, loop = get_channel_layer(), asyncio.new_event_loop()

    def push(message: dict[str, Any]) -> None:
        body = orjson.dumps(message).decode()
        loop.run_until_complete(layer.group_send("bench", {"type": "tick", "body": body}))

    return push


if __name__ == "__main__":
    main()
