"""One whole sync in a process of its own: ``python -m bench.child``; prints what it cost as one line of JSON.

``STEAM_BASE_URL`` names the service, the environment the database. Memory is the most the process ever held.
"""

from __future__ import annotations

import json
import resource
import time
from typing import Any

import django


def cost_of(run: Any) -> dict[str, float]:
    """Seconds on the clock and of CPU while it ran, and the peak of the whole process in MB."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = run()
    spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "rows": float(rows)}
    return {**spent, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def sync() -> int:
    """Connect and read everything: raw rows, texts, day cells and checkpoints, page by page. The rows stored."""
    from accounts.models import Team
    from livinglytics.pipeline import run_job
    from metrics.models import Document
    from sources.actions.connect import connect_source

    team = Team.objects.create(slug="pipeline", name="Pipeline")
    made = connect_source(team=team, by=None, kind="steam", config={"app": "620"})
    assert made.job is not None
    ended = run_job(str(made.job.pk))
    while ended == "queued":  # a long run steps aside every quarter of an hour, so that others get their turn
        ended = run_job(str(made.job.pk))
    if ended != "succeeded":
        made.job.refresh_from_db()
        raise SystemExit(f"the sync ended as {ended}: {made.job.error_message}")
    return Document.objects.filter(source_id=made.source.pk).count()


def main() -> None:
    django.setup()
    print(json.dumps(cost_of(sync)))


if __name__ == "__main__":
    main()
