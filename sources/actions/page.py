"""One page, one transaction: fence, raw rows, records, checkpoint, counters. A killed worker loses at most this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from livinglytics.lib import clock
from sources.actions import raws
from sources.actions.claim import hold, lease_end
from sources.actions.mapping import map_rows, quarantine, release
from sources.actions.raws import Row
from sources.actions.running import BAD_SHARE, FEW_BAD_ROWS, MOST_BAD_ROWS, Run, TooManyBadRows
from sources.connectors._base import Batch, Progress, Rejected, State
from sources.landing import Landed, Landing
from sources.models import Job, JobKind, StreamState
from sources.records import CompleteDays

_MOST_WARNINGS = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Stored rows to turn into numbers, and what to remember with them.

    ``checkpoint`` names the stream state to write; ``options`` are merged into the job's own.
    """

    stream: str
    rows: Sequence[Row]
    seen: int
    rejected: Sequence[Rejected] = ()
    complete: tuple[CompleteDays, ...] = ()
    checkpoint: tuple[str, State] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress | None = None
    warnings: Sequence[str] = ()
    quota: Mapping[str, Any] = field(default_factory=dict)


def write_batch(
    run: Run, stream: str, batch: Batch, *, state_key: str, options: Mapping[str, Any] | None = None
) -> Job:
    """Store and load what the service just sent.

    Unchanged rows are not mapped again, except where the page promises whole days (the loader
    deletes what such a page doesn't hold) and in uploads, whose plan may have been corrected.
    """
    with transaction.atomic():
        job = hold(run.claim)
        rows, unreadable = raws.store(run.owner, stream, batch.raws)
        page = Page(
            stream=stream,
            rows=rows if batch.complete or job.kind == JobKind.UPLOAD else [row for row in rows if row.changed],
            seen=len(batch.raws) + len(batch.rejected),
            rejected=[*batch.rejected, *unreadable],
            complete=batch.complete,
            checkpoint=None if batch.state is None else (state_key, batch.state),
            progress=batch.progress,
            warnings=batch.warnings,
            quota=batch.quota,
            options=options or {},
        )
        _land(run, job, page)
    return _after(run, job)


def write_stored(run: Run, page: Page) -> Job:
    """Load rows that are stored already."""
    with transaction.atomic():
        job = hold(run.claim)
        _land(run, job, page)
    return _after(run, job)


def _after(run: Run, job: Job) -> Job:
    run.reporter.progress(job)
    _judge(run, job)
    run.watch.between_pages(job)
    return job


def _land(run: Run, job: Job, page: Page) -> None:
    mapped = map_rows(run.connector, page.stream, page.rows, run.config)
    rejected = [*page.rejected, *mapped.rejected]
    if run.quarantined:
        release(run.owner, page.stream, [row.external_id for row in page.rows])
    run.quarantined = run.quarantined or bool(rejected)
    quarantine(run.owner, page.stream, rejected, run.redact)
    landed = Landed()
    if mapped.records or page.complete:
        landing = Landing(
            team_id=job.team_id,
            source_id=job.source_id,
            job_id=job.pk,
            kind=run.claim.source.kind,
            stream=page.stream,
            zone=run.context.zone,
            records=mapped.records,
            raw_ids=mapped.raw_ids,
            complete=page.complete,
            metrics=run.connector.metrics_for(run.config),
        )
        landed = run.sink.land(landing)
    if page.checkpoint is not None:
        save_state(job, *page.checkpoint)
    told = {"rejected": len(rejected), "requests": run.budget.fresh()}
    _note(job, page, landed, told=told, redact=run.redact)


def save_state(job: Job, key: str, state: State) -> None:
    """The checkpoint of one stream, in the page's transaction."""
    StreamState.objects.bulk_create(
        [StreamState(source_id=job.source_id, stream=key, state=state)],
        update_conflicts=True,
        unique_fields=["source", "stream"],
        update_fields=["state", "updated_at"],
    )


def _note(job: Job, page: Page, landed: Landed, *, told: Mapping[str, int], redact: Any) -> None:
    """Counters, progress, the lease: all that the row says about this page."""
    added = {
        "pages": 1,
        "rows": page.seen,
        "inserted": landed.inserted,
        "updated": landed.updated,
        "unchanged": landed.unchanged,
        "deleted": landed.deleted,
        **told,
    }
    job.counts = {**job.counts, **{name: job.counts.get(name, 0) + value for name, value in added.items()}}
    job.stream = page.stream
    if page.progress is not None:
        shown = page.progress
        job.done, job.total, job.unit = shown.done, shown.total, shown.unit[:20]
        job.phase, job.message = shown.phase[:40], redact(shown.message)[:300]
    else:
        job.done += page.seen
    fresh = [redact(text) for text in page.warnings]
    job.warnings = list(dict.fromkeys([*job.warnings, *fresh]))[:_MOST_WARNINGS]
    job.quota = {**job.quota, **page.quota}
    job.options = {**job.options, **page.options}
    job.lease_until = lease_end(clock.now())
    # attempts are counted between pages: a run that moves on is never given up, however often its worker dies
    job.attempt = min(job.attempt, 1)
    job.save(
        update_fields=[
            *("counts", "stream", "done", "total", "unit", "phase", "message"),
            *("warnings", "quota", "options", "attempt", "lease_until", "updated_at"),
        ]
    )


def _judge(run: Run, job: Job) -> None:
    """Raise once too much was refused. The page is stored by then, so that its bad rows can be looked at."""
    if run.lenient:
        return
    rejected, rows = job.counts.get("rejected", 0), job.counts.get("rows", 0)
    if rejected > MOST_BAD_ROWS or (rejected > FEW_BAD_ROWS and rejected > BAD_SHARE * rows):
        raise TooManyBadRows(rejected=rejected, rows=rows)
