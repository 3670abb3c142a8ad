"""Runs that read from a service or a file: stream after stream, page after page."""

from __future__ import annotations

from contextlib import closing
from typing import Any, cast

from django.db import transaction

from livinglytics.lib.errors import BadCredentials, ProductError, RateLimited
from sources.actions.claim import hold
from sources.actions.ending import Ending
from sources.actions.page import write_batch
from sources.actions.running import Run
from sources.connectors._base import State
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
            _read(run, stream.key)
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


def _read(run: Run, stream: str) -> None:
    key = state_key(stream, run.claim.job.options)
    pages = run.connector.read(run.context, run.config, stream, _state(run, key))
    with closing(cast(Any, pages)):
        for batch in pages:
            write_batch(run, stream, batch, state_key=key)
    run.watch.after_stream()


def state_key(stream: str, options: dict[str, Any]) -> str:
    """Under which name the checkpoint is kept: an upload has one for each file."""
    return f"{stream}:{options['state_key']}"[:60] if options.get("state_key") else stream


def _state(run: Run, key: str) -> State:
    kept = StreamState.objects.filter(source_id=run.claim.source.pk, stream=key).values_list("state", flat=True).first()
    return dict(kept or {})


@transaction.atomic
def _remember(run: Run, options: dict[str, Any]) -> None:
    job = hold(run.claim)
    job.options = {**job.options, **options}
    job.save(update_fields=["options", "updated_at"])
