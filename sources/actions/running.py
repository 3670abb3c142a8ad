"""One run in memory: the claim, the connector with its config, and when to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from livinglytics.lib import clock
from livinglytics.lib.errors import Terminal
from sources import configuration, vault
from sources.actions.budget import Budget, budget_of
from sources.actions.claim import Claim
from sources.actions.progress import Reporter
from sources.actions.raws import Owner
from sources.actions.surroundings import Interrupted, surroundings
from sources.connectors import connectors
from sources.connectors._base import Connector, Context
from sources.landing import Sink
from sources.models import Job, Quarantined
from sources.querysets import DataQuerySet, JobQuerySet

#: a run longer than this makes room for others at the next checkpoint
SLICE_SECONDS = 900.0
MOST_BAD_ROWS = 1000
BAD_SHARE = 0.05
#: below this many bad rows the share says nothing yet
FEW_BAD_ROWS = 10
_LOOK_EVERY = 1.0


class TooManyBadRows(Terminal):
    """So much was refused that the rest can't be trusted either."""

    code = "source.too_many_bad_rows"
    status = 409
    message = "Too many bad rows: {rejected} of {rows}. Look at the quarantine, correct the cause and sync again."


class Watch:
    """Tells whether a run must stop: cancelled, fenced out, worker shutting down, or its time is up."""

    def __init__(self, claim: Claim, stop: Callable[[], bool]) -> None:
        self._claim = claim
        self._stop = stop
        self._until = clock.monotonic() + SLICE_SECONDS
        self._next_look = 0.0
        self._ended = False
        self._told = False

    def interrupted(self) -> bool:
        """For the connector's waits; the row is read at most once a second."""
        self._told = self._told or self._stop() or self._cancelled()
        return self._told

    def _cancelled(self) -> bool:
        now = clock.monotonic()
        if not self._ended and now >= self._next_look:
            self._next_look = now + _LOOK_EVERY
            mine = JobQuerySet(Job).held(self._claim.job.pk, self._claim.fence)
            self._ended = not mine.filter(cancel_requested_at__isnull=True).exists()
        return self._ended

    def after_stream(self) -> None:
        """A connector that was told to stop may end its pages quietly: that is no success."""
        if self._told:
            raise Interrupted

    def between_slices(self) -> None:
        """After a finished slice of a long reading: others are let in."""
        if self._stop() or clock.monotonic() > self._until or self.interrupted():
            raise Interrupted

    def between_pages(self, job: Job) -> None:
        """After a committed page: raise Interrupted if this is where to stop."""
        if job.cancel_requested_at is not None or self._stop() or clock.monotonic() > self._until:
            raise Interrupted


@dataclass(slots=True)
class Run:
    """Everything the parts of a run share.

    ``quarantined``: there may be bad rows that this run puts right. ``taken``: rows of each bounded stream so far.
    """

    claim: Claim
    sink: Sink
    connector: Connector
    config: Any
    context: Context
    watch: Watch
    owner: Owner
    redact: Callable[[str], str]
    lenient: bool
    quarantined: bool
    budget: Budget
    taken: dict[str, int]
    reporter: Reporter = field(default_factory=Reporter)


def prepare(claim: Claim, sink: Sink, stop: Callable[[], bool]) -> Run:
    """Open the secrets and build what the connector needs. Raises Terminal when the settings don't fit."""
    job, source = claim.job, claim.job.source
    connector = connectors.get(source.kind)
    secrets = vault.secrets_of(source)
    given = {**source.config, **job.options.get("config", {}), **secrets}
    watch = Watch(claim, stop)
    redact = vault.redactor(secrets)
    around = surroundings(job.team, source.kind, secrets, interrupted=watch.interrupted, source=source, redact=redact)
    asked = {**job.options, "project": source.project_id}
    budget = budget_of(connector, secrets, around.pause, asked)
    around.http.before = budget
    return Run(
        claim=claim,
        sink=sink,
        connector=connector,
        config=configuration.build(connector, given),
        context=around,
        budget=budget,
        taken=dict(job.options.get("taken", {})),
        watch=watch,
        owner=Owner(job.team_id, source.pk, job.pk, connector.version),
        redact=redact,
        lenient=bool(given.get("partial")),
        quarantined=DataQuerySet(Quarantined).of_source(source.pk).exists(),
    )
