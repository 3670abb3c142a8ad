"""Pushed rows that are stored but not yet turned into numbers."""

from __future__ import annotations

from sources.actions.queue import queue_job
from sources.connectors import connectors
from sources.models import Job, JobKind, RawRecord, Source, StreamState
from sources.querysets import DataQuerySet


def last_mapped(source: Source) -> dict[str, int]:
    """Stream -> id of the last raw row that was mapped."""
    kept = StreamState.objects.filter(source_id=source.pk).values_list("stream", "state")
    return {stream: int(state.get("last_raw", 0)) for stream, state in kept}


def waiting_streams(source: Source) -> list[str]:
    """Streams of a push source with rows that no run has mapped."""
    if source.kind not in connectors or connectors.get(source.kind).connect != "push":
        return []
    last = last_mapped(source)
    rows = DataQuerySet(RawRecord).of_source(source.pk)
    streams = [one.key for one in connectors.get(source.kind).streams]
    return [one for one in streams if rows.filter(stream=one, pk__gt=last.get(one, 0)).exists()]


def queue_if_any(source: Source) -> Job | None:
    """Queue an ingest run if rows wait. The caller holds the source's lock, so that no push slips by."""
    if not waiting_streams(source):
        return None
    return queue_job(source, JobKind.INGEST, by=None, trigger="push")[0]
