"""What a reading of texts may be held to: so many of each stream, only those of some days, without replies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import ProductError
from sources.connectors._base import Batch, Connector, Raw, Stream
from sources.records import Document


@dataclass(frozen=True, slots=True)
class Bounds:
    """``most`` rows of a stream, None for all; ``first`` and ``last`` day of writing in the team's zone."""

    most: int | None = None
    first: date | None = None
    last: date | None = None
    replies: bool = True

    @classmethod
    def of(cls, options: Mapping[str, Any], stream: Stream | None) -> Bounds:
        """What a job's options ask of this stream; numbers are never bounded."""
        if stream is None or stream.record != "documents":
            return cls()
        window = [date.fromisoformat(one) if one else None for one in options.get("window", (None, None))]
        return cls(options.get("most"), window[0], window[1], options.get("replies") is not False)

    @property
    def selects(self) -> bool:
        """Are some rows left out? Then the reading says nothing about the rest and moves no cursor."""
        return self.first is not None or self.last is not None or not self.replies

    def kept(self, batch: Batch, stream: str, connector: Connector, config: Any, *, zone: str) -> Batch:
        """The page without the rows that are not wanted."""
        if not self.selects:
            return batch
        return replace(
            batch, raws=tuple(raw for raw in batch.raws if self._wants(raw, stream, connector, config, zone))
        )

    def _wants(self, raw: Raw, stream: str, connector: Connector, config: Any, zone: str) -> bool:
        try:
            records = connector.map(stream, raw.payload, config)
        except (ProductError, KeyError, TypeError, ValueError):
            return True  # whatever is wrong with it is told where it is mapped
        return all(self._fits(one, zone) for one in records if isinstance(one, Document))

    def _fits(self, text: Document, zone: str) -> bool:
        written = text.created_at
        day = local_day(written, zone) if isinstance(written, datetime) else written
        early = self.first is not None and day < self.first
        late = self.last is not None and day > self.last
        return not early and not late and (self.replies or not text.extra.get("parent"))
