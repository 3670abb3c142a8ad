"""A runner in miniature for the YouTube connector: stores pages and checkpoints together, and can be killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from livinglytics.lib.http import Client, Limits
from sources.connectors._base import Batch, Context, State
from sources.connectors.youtube import YouTube, YouTubeConfig
from sources.records import Document, MetricPoint, Record, Tombstone
from tests.fakes.youtube import CHANNEL, KEY, YouTubeFake

#: half past three in the afternoon in UTC, half past seven in the morning at YouTube
NOW = 1_795_102_200
DAY = 86_400
YOUTUBE = YouTube()


def config(*targets: str, **how: Any) -> YouTubeConfig:
    return YouTubeConfig(**{"api_key": KEY, "targets": targets or (CHANNEL,), **how})


class CrashedError(Exception):
    """The worker was killed."""


@dataclass
class Reader:
    fake: YouTubeFake
    config: YouTubeConfig = field(default_factory=config)
    now: int = NOW
    tries: int = 3
    zone: str = "UTC"
    state: dict[str, State] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=lambda: {"videos": {}, "comments": {}})
    batches: list[Batch] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    #: seconds until an answer counts as missing: so many that a busy machine is not taken for a silent service
    patience: float = 5.0
    #: called after each stored page with its number
    meanwhile: Callable[[int], None] = lambda page: None

    def context(self) -> Context:
        limits = Limits(connect=self.patience, read=self.patience, total=6 * self.patience, tries=self.tries)
        http = Client(limits=limits, allow_private=frozenset({self.fake.host}), wait=self.pauses.append)
        return Context(
            http=http,
            now=lambda: datetime.fromtimestamp(self.now, UTC),
            pause=self.pauses.append,
            cancelled=lambda: False,
            files=None,
            base_url=lambda default: self.fake.url,
            zone=self.zone,
        )

    def run(self, stream: str = "comments", *, die_after: int | None = None) -> list[Batch]:
        """Read to the end, or be killed once ``die_after`` pages are stored."""
        self.batches = []
        state = json.loads(json.dumps(self.state.get(stream, {})))
        for batch in YOUTUBE.read(self.context(), self.config, stream, state):
            if len(self.batches) == die_after:
                raise CrashedError
            self.batches.append(batch)
            self.rows[stream] |= {raw.external_id: raw.payload for raw in batch.raws}
            if batch.state is not None:
                self.state[stream] = json.loads(json.dumps(batch.state))
            self.meanwhile(len(self.batches))
        return self.batches

    def records(self, stream: str = "comments") -> list[Record]:
        return [one for row in self.rows[stream].values() for one in YOUTUBE.map(stream, row, self.config)]

    @property
    def texts(self) -> dict[str, str]:
        """Stored comments by id; withdrawn ones are left out."""
        return {one.external_id: one.text for one in self.records() if isinstance(one, Document)}

    @property
    def gone(self) -> set[str]:
        return {one.external_id for one in self.records() if isinstance(one, Tombstone)}

    @property
    def numbers(self) -> dict[tuple[str, str], float]:
        """Stored counters by metric and video."""
        points = [one for one in self.records("videos") if isinstance(one, MetricPoint)]
        return {(one.metric.removeprefix("youtube."), one.dimensions.get("video", "")): one.value for one in points}

    @property
    def warnings(self) -> list[str]:
        return [text for batch in self.batches for text in batch.warnings]


def truth(fake: YouTubeFake) -> dict[str, str]:
    """Every comment that can be read now: what a reader must end up with."""
    readable = {one.id for one in fake.videos.values() if one.comments_on and one.listed}
    return {one.id: one.text for one in fake.comments.values() if one.video in readable}
