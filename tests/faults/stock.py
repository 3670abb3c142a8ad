"""What stock parts do under the same faults: a small Celery application with its usual settings.

``STOCK_ACKS_LATE=1``: acknowledge after the task instead of before. ``STOCK_VISIBILITY``: seconds after
which an unacknowledged message is given to another worker, with the restoring tuned to look every second.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from celery import Celery

# never the current application: the product rings through its own
app = Celery("stock", broker=os.environ.get("REDIS_URL") or "memory://", set_as_current=False)
app.conf.task_default_queue = "stock"
app.conf.task_ignore_result = True
app.conf.worker_hijack_root_logger = False
app.conf.broker_connection_retry_on_startup = True
app.conf.task_acks_late = bool(os.environ.get("STOCK_ACKS_LATE"))
app.conf.worker_prefetch_multiplier = 1
if os.environ.get("STOCK_VISIBILITY"):
    app.conf.broker_transport_options = {
        "visibility_timeout": int(os.environ["STOCK_VISIBILITY"]),
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
    }


def note(file: str, line: str) -> None:
    """One line, whole, whoever else writes."""
    with Path(file).open("a", encoding="utf-8") as out:
        out.write(line + "\n")


@app.task(name="stock.pages")
def pages(file: str, name: str, count: int, seconds: float) -> None:
    """A job of several pages; each leaves a line."""
    note(file, f"{name} begin {os.getpid()}")
    for number in range(count):
        time.sleep(seconds)
        note(file, f"{name} page {number}")
    note(file, f"{name} end")
