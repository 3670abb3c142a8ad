"""Backfill: older days read slice by slice, newest first, with a state of its own that never moves the live cursor."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from django.db import transaction

from accounts import audit
from accounts.models import User
from livinglytics.lib import clock
from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import Conflict, Invalid
from sources.actions.claim import hold
from sources.actions.ending import Ending
from sources.actions.queue import queue_new
from sources.actions.read import read_stream
from sources.actions.running import Run
from sources.connectors import connectors
from sources.connectors._base import Stream
from sources.models import Job, JobKind, Source, SourceState, StreamState
from sources.querysets import JobQuerySet

SLICE: Final = timedelta(days=7)
#: seconds that a backfill steps aside for while a fresh sync of the source waits or goes on
ASIDE: Final = 15.0
_MOST_YEARS, _DAY = 10, timedelta(days=1)


@transaction.atomic
def start_backfill(*, source: Source, by: User | None, first: date, last: date | None = None) -> Job:
    """Queue the reading of the days from ``first`` to ``last`` (yesterday, in the team's zone), both included.

    Raises Invalid for days that can't be read, Conflict for a source whose service doesn't tell older days, for
    one that rests, and while another backfill is open.
    """
    connector = connectors.get(source.kind)
    if not connector.backfills:
        raise Conflict(f"{connector.label} always reads its whole history: there is nothing to fill in.")
    if source.state != SourceState.ACTIVE:
        raise Conflict("This source rests or needs attention. Resume it first.")
    yesterday = local_day(clock.now(), source.team.time_zone) - _DAY
    last = min(last or yesterday, yesterday)
    if first > last:
        raise Invalid(details={"from": ["The first day lies after the last one, or isn't over yet."]})
    if first < yesterday - timedelta(days=_MOST_YEARS * 365):
        raise Invalid(details={"from": [f"Read at most {_MOST_YEARS} years back."]})
    options = {"backfill": {"from": first.isoformat(), "to": last.isoformat(), "next": last.isoformat()}}
    job = queue_new(source, JobKind.BACKFILL, by=by, trigger="backfill", options=options)
    _forget(source, connector.backfills)
    audit.record("source.backfilled", team=source.team, by=by, on=source, details={"from": str(first), "to": str(last)})
    return job


def read_slices(run: Run) -> Ending:
    """One slice after the other, from the newest to the oldest; each is finished before its state is dropped.

    A fresh sync of the source goes first: the backfill steps aside between two slices.
    """
    span = run.claim.job.options["backfill"]
    first, until = date.fromisoformat(span["from"]), date.fromisoformat(span["next"])
    last = date.fromisoformat(span["to"])
    streams = [one for one in run.connector.streams_for(run.config) if one.key in run.connector.backfills]
    while until >= first:
        if _somebody_waits(run):
            return Ending.aside(ASIDE)
        begin = max(first, until - SLICE + _DAY)
        for stream in streams:
            _read_slice(run, stream, begin, until)
        until = begin - _DAY
        _note(run, streams, until, done=(last - until).days, total=(last - first).days + 1)
        run.watch.between_slices()
    return Ending.succeeded()


def _read_slice(run: Run, stream: Stream, begin: date, until: date) -> None:
    """The days of one slice; where a killed run left it, it goes on."""
    context = replace(run.context, window=(begin, until))
    read_stream(run, stream, key=_key(stream.key), context=context)


def _somebody_waits(run: Run) -> bool:
    others = JobQuerySet(Job).open().filter(source_id=run.owner.source_id).exclude(kind=JobKind.BACKFILL)
    return others.exists()


@transaction.atomic
def _note(run: Run, streams: list[Stream], until: date, *, done: int, total: int) -> None:
    job = hold(run.claim)
    job.options = {**job.options, "backfill": {**job.options["backfill"], "next": until.isoformat()}}
    job.done, job.total, job.unit, job.phase = done, total, "days", "filling in"
    job.save(update_fields=["options", "done", "total", "unit", "phase", "updated_at"])
    _forget(run.claim.source, tuple(one.key for one in streams))
    run.reporter.progress(job)


def _forget(source: Source, streams: tuple[str, ...]) -> None:
    StreamState.objects.filter(source=source, stream__in=[_key(one) for one in streams]).delete()


def _key(stream: str) -> str:
    return f"{stream}:backfill"[:60]


def span_words(options: dict[str, Any]) -> str:
    """``2024-01-01 to 2024-12-31``"""
    span = options.get("backfill", {})
    return f"{span['from']} to {span['to']}" if span else ""
