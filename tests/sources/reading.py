"""A runner in miniature, for the tests of one connector against its fake: real HTTP client, no database."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

from livinglytics.lib.http import Client, Limits
from sources.actions.checking import asked
from sources.connectors._base import Batch, Checked, Connector, Context, State
from sources.records import Document
from tests.fakes._server import FakeServer

NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


class CrashedError(Exception):
    """The worker was killed."""


@dataclass
class Reader:
    """Stores pages and checkpoints together, and can be killed.

    ``pauses``: waits the connector asked for; ``waits``: those of the client before another try.
    """

    connector: Connector
    fake: FakeServer
    config: Any
    now: datetime = NOW
    zone: str = "America/New_York"
    state: State = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    #: seconds until an answer counts as missing: so many that a busy machine is not taken for a silent service
    patience: float = 5.0
    waits: list[float] = field(default_factory=list)

    def context(self) -> Context:
        limits = Limits(connect=self.patience, read=self.patience, total=6 * self.patience, tries=3)
        return Context(
            http=Client(limits=limits, allow_private=frozenset({self.fake.host}), wait=self.waits.append),
            now=lambda: self.now,
            pause=self.pauses.append,
            cancelled=lambda: False,
            files=None,
            base_url=lambda default: self.fake.url,
            zone=self.zone,
        )

    def run(
        self, stream: str = "reviews", *, die_after: int | None = None, after: Callable[[Batch], Any] = bool
    ) -> list[Batch]:
        """Read to the end, or be killed once ``die_after`` pages are stored. ``after`` sees each page."""
        self.batches = []
        for batch in self.connector.read(self.context(), self.config, stream, self.state):
            if len(self.batches) == die_after:
                raise CrashedError
            self.batches.append(batch)
            self.rows |= {raw.external_id: raw.payload for raw in batch.raws}
            if batch.state is not None:
                self.state = json.loads(json.dumps(batch.state))
            after(batch)
        return self.batches

    def one(self, stream: str = "reviews") -> Batch:
        """The only page of a stream that has no more."""
        (batch,) = self.run(stream)
        return batch

    def check(self) -> Checked:
        """What a person is told who enters these settings."""
        return asked(self.connector, self.context(), self.config)

    def documents(self) -> dict[str, Document]:
        found = [self.connector.map("reviews", row, self.config)[0] for row in self.rows.values()]
        return {one.external_id: one for one in found if isinstance(one, Document)}

    def with_(self, **changed: Any) -> Self:
        """A reader with other settings, with nothing read yet."""
        return replace(self, config=replace(self.config, **changed), state={}, rows={}, batches=[])
