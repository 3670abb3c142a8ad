"""Runs over pushed rows: page after page behind the last one that was mapped."""

from __future__ import annotations

from sources.actions.ending import Ending
from sources.actions.page import Page, write_stored
from sources.actions.pending import last_mapped
from sources.actions.raws import Row
from sources.actions.running import Run
from sources.connectors._base import Progress
from sources.models import RawRecord
from sources.querysets import DataQuerySet

#: rows of one transaction: larger ones cost less per row, smaller ones lose less to a killed worker
PAGE = 5_000


def ingest(run: Run) -> Ending:
    """Map what was pushed since the last run.

    Rows that arrive meanwhile are taken along; those after the last look make the next job,
    which ``outcome.settle`` queues under the source's lock.
    """
    last = last_mapped(run.claim.source)
    for stream in run.connector.streams:
        while rows := stored_rows(run, stream.key, last.get(stream.key, 0)):
            last[stream.key] = rows[-1].id
            page = Page(
                stream=stream.key,
                rows=rows,
                seen=len(rows),
                checkpoint=(stream.key, {"last_raw": rows[-1].id}),
                progress=Progress(run.claim.job.done + len(rows), None, "rows", "loading"),
            )
            run.claim.job.done = write_stored(run, page).done
    return Ending.succeeded()


def stored_rows(run: Run, stream: str, after: int) -> list[Row]:
    """The next page of a stream's stored rows, in the order they came."""
    rows = DataQuerySet(RawRecord).of_source(run.owner.source_id).filter(stream=stream, pk__gt=after)
    fields = rows.order_by("pk").values_list("pk", "external_id", "payload")[:PAGE]
    return [Row(pk, external_id, payload, changed=True) for pk, external_id, payload in fields]
