"""Runs that read from a service or a file: stream after stream, page after page."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any, cast

from django.db import transaction

from livinglytics.lib.errors import BadCredentials, ProductError, RateLimited
from sources.actions.bounds import Bounds
from sources.actions.claim import hold
from sources.actions.ending import Ending
from sources.actions.page import write_batch
from sources.actions.running import Run
from sources.connectors._base import Batch, Context, State, Stream
from sources.models import StreamState


def read_streams(run: Run) -> Ending:
    """Read all streams of the source. One that fails doesn't keep the others from being read.

    Streams that were finished before a pause or a retry of this job are not read again.
    """
    finished = list(run.claim.job.options.get("finished", []))
    troubles: dict[str, ProductError] = {}
    for stream in run.connector.streams_for(run.config):
        if stream.key in finished:
            continue
        try:
            read_stream(run, stream, key=state_key(stream.key, run.claim.job.options))
        except RateLimited as limit:
            return Ending.paused(limit)
        except BadCredentials as error:
            return Ending.failed(error)
        except ProductError as error:
            troubles[stream.key] = error
            continue
        finished.append(stream.key)
        _remember(run, {"finished": finished})
    return Ending.of_streams(finished, troubles)


def read_stream(run: Run, stream: Stream, *, key: str, context: Context | None = None) -> None:
    """Read one stream from the checkpoint under ``key``, in the run's surroundings or those given."""
    bounds = Bounds.of(run.claim.job.options, stream)
    pages = run.connector.read(context or run.context, run.config, stream.key, _state(run, key))
    with closing(cast(Any, pages)):
        for batch in pages:
            if _write(run, stream.key, batch, bounds, key):
                return
    run.watch.after_stream()


def _write(run: Run, stream: str, batch: Batch, bounds: Bounds, key: str) -> bool:
    """Store one page within the bounds; true when the limit was reached.

    Then the next reading begins at the top again, so that what is newest is never missed. How many rows were
    taken is kept with the page: a run that was killed goes on counting.
    """
    if bounds.most is None and not bounds.selects:
        write_batch(run, stream, batch, state_key=key)
        return False
    batch = bounds.kept(batch, stream, run.connector, run.config, zone=run.context.zone)
    taken = run.taken.get(stream, 0) + len(batch.raws)
    full = bounds.most is not None and taken >= bounds.most
    if full and bounds.most is not None:
        told = f"Stopped at {bounds.most} rows, the most that were asked for."
        kept = batch.raws[: len(batch.raws) - (taken - bounds.most)]
        batch = replace(batch, raws=kept, warnings=(*batch.warnings, told), complete=())
        batch = replace(batch, state=run.connector.stopped(stream, batch.state or {}))
    run.taken[stream] = min(taken, bounds.most or taken)
    write_batch(run, stream, batch, state_key=key, options={"taken": dict(run.taken)})
    return full


def state_key(stream: str, options: dict[str, Any]) -> str:
    """Under which name the checkpoint is kept: an upload has one for each file, a reading of some days its own."""
    if options.get("window") or options.get("replies") is False:
        return f"{stream}:{options.get('scrape', 'bounded')}"[:60]
    return f"{stream}:{options['state_key']}"[:60] if options.get("state_key") else stream


def _state(run: Run, key: str) -> State:
    kept = StreamState.objects.filter(source_id=run.claim.source.pk, stream=key).values_list("state", flat=True).first()
    return dict(kept or {})


@transaction.atomic
def _remember(run: Run, options: dict[str, Any]) -> None:
    job = hold(run.claim)
    job.options = {**job.options, **options}
    job.save(update_fields=["options", "updated_at"])
