"""The hand-over from a page that was read to whoever turns it into numbers.

`sources` must not import `metrics`. The roof passes a :class:`Sink` to the runner, which
calls it inside the page's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sources.connectors._base import Metric
from sources.records import CompleteDays, Record


@dataclass(frozen=True, slots=True)
class Landing:
    """The records of one page, each with the id of the raw row it came from.

    ``raw_ids`` runs parallel to ``records``. ``zone`` is the team's time zone. ``metrics`` is
    what ``connector.metrics_for(config)`` declares: unknown keys get their definition from it.
    """

    team_id: UUID
    source_id: UUID
    job_id: UUID
    kind: str
    stream: str
    zone: str
    records: list[Record]
    raw_ids: list[int]
    complete: tuple[CompleteDays, ...] = ()
    metrics: tuple[Metric, ...] = ()


@dataclass(frozen=True, slots=True)
class Landed:
    """How many stored cells the page changed."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0


class Sink(Protocol):
    """Stores one page's records. Called inside the page's transaction; raising undoes the page."""

    def land(self, landing: Landing) -> Landed:
        """Write the records and roll up what they touched."""

    def finish(self, team_id: UUID, source_id: UUID) -> None:
        """A run ended whole: called once, after its last page is committed."""

    def forget(self, team_id: UUID, source_id: UUID) -> int:
        """Delete everything that came from this source; returns how many cells went."""
