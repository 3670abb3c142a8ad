"""Replay: turn stored rows into numbers again, without asking the service."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import User
from livinglytics.lib.buckets import day_bounds
from sources.actions.ending import Ending
from sources.actions.ingest import PAGE
from sources.actions.page import Page, write_stored
from sources.actions.queue import queue_new
from sources.actions.raws import Row
from sources.actions.running import Run
from sources.connectors import connectors
from sources.connectors._base import Progress
from sources.models import Job, JobKind, RawRecord, Source
from sources.querysets import DataQuerySet


@transaction.atomic
def replay(*, source: Source, by: User | None, since: date | None = None) -> Job:
    """Queue a run that maps the stored rows again, those seen on or after ``since`` (a day of the team).

    Rows of files are read again from the copy that is kept. Raises Conflict while another run is open.
    """
    options: dict[str, Any] = {"since": since.isoformat()} if since else {}
    if connectors.get(source.kind).connect == "file":
        options["config"] = {"file": "replay", "partial": True}
    job = queue_new(source, JobKind.REPLAY, by=by, trigger="replay", options=options)
    audit.record("source.replayed", team=source.team, by=by, on=source, details={"since": str(since or "")})
    return job


def replay_stored(run: Run) -> Ending:
    """Map page after page; how far it got stands in the job, the streams' own checkpoints stay as they are."""
    rows = DataQuerySet(RawRecord).of_source(run.owner.source_id)
    since = _since(run)
    if since is not None:
        rows = rows.filter(last_seen__gte=since)
    total, done = rows.count(), run.claim.job.done
    places: dict[str, int] = dict(run.claim.job.options.get("places", {}))
    for stream in run.connector.streams_for(run.config):
        while found := _stored(run, rows.filter(stream=stream.key, pk__gt=places.get(stream.key, 0))):
            places[stream.key] = found[-1].id
            done += len(found)
            page = Page(
                stream=stream.key,
                rows=found,
                seen=len(found),
                options={"places": dict(places)},
                progress=Progress(done, total, "rows", "replaying"),
            )
            write_stored(run, page)
    return Ending.succeeded()


def _stored(run: Run, rows: DataQuerySet) -> list[Row]:
    """The next rows; one at a time for a connector with ``restore``, whose payloads are read from the kept file."""
    restore = getattr(run.connector, "restore", None)
    found = rows.order_by("pk").values_list("pk", "external_id", "payload")[: PAGE if restore is None else 1]
    return [
        Row(pk, name, payload if restore is None else restore(run.context, run.config, payload), changed=True)
        for pk, name, payload in found
    ]


def _since(run: Run) -> datetime | None:
    text = run.claim.job.options.get("since")
    return day_bounds(date.fromisoformat(text), run.context.zone)[0] if text else None
