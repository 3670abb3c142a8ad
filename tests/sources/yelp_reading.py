"""What the tests of the Yelp connector share: a runner in miniature."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from livinglytics.lib.http import Client, Limits
from sources.connectors._base import Batch, Context
from sources.connectors.yelp import Yelp, YelpConfig
from sources.records import Document
from tests.fakes.yelp import KEY, YelpFake

NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
CAFE = YelpConfig(KEY, "https://www.yelp.de/biz/caf%C3%A9-zum-test-berlin-2?hrid=review-1")
YELP = Yelp()


@dataclass
class Reader:
    """A runner in miniature: keeps rows and the state."""

    fake: YelpFake
    config: YelpConfig = CAFE
    zone: str = "America/New_York"
    state: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    pauses: list[float] = field(default_factory=list)

    def context(self) -> Context:
        limits = Limits(connect=0.5, read=0.5, total=3, tries=3)
        http = Client(limits=limits, allow_private=frozenset({self.fake.host}), wait=self.pauses.append)
        return Context(http, lambda: NOW, self.pauses.append, lambda: False, None, lambda _: self.fake.url, self.zone)

    def run(self, stream: str = "reviews") -> Batch:
        (batch,) = YELP.read(self.context(), self.config, stream, self.state)
        self.rows |= {raw.external_id: raw.payload for raw in batch.raws}
        self.state = batch.state or {}
        return batch

    def documents(self) -> dict[str, Document]:
        found = [YELP.map("reviews", row, self.config)[0] for row in self.rows.values()]
        return {one.external_id: one for one in found if isinstance(one, Document)}

    def with_(self, **changed: Any) -> Reader:
        return replace(self, config=replace(self.config, **changed))
