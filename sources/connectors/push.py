"""Numbers and texts that other programs send to us, instead of us fetching them.

The ingest endpoints check a body with ``sources.push.parse`` and store it before they answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sources.connectors._base import Batch, Checked, Connector, Context, NoConfig, Raw, State, Stream, connectors
from sources.push import external_id
from sources.push.documents import normalised
from sources.records import Document, MetricPoint, Record


def raws(stream: str, accepted: Iterable[Mapping[str, Any]]) -> tuple[Raw, ...]:
    """Accepted records as raw rows: sending the same thing again replaces it, never adds to it."""
    return tuple(Raw(external_id(stream, one), dict(one)) for one in accepted)


@connectors.add
class Push(Connector):
    """A push address with two streams: ``metrics`` and ``documents``."""

    key = "push"
    label = "Push API"
    summary = "Send numbers and texts from your own programs."
    category = "push"
    connect = "push"
    icon = "send"
    every = None
    streams = (
        Stream("metrics", "Metrics", "metrics", "One number of one metric for a day or an instant."),
        Stream("documents", "Texts", "documents", "Reviews, comments and other texts with an optional rating."),
    )

    def check(self, ctx: Context, config: NoConfig) -> Checked:
        """There is nothing to reach: the other side calls us."""
        return Checked(True, "Ready. Send a first record with the address and token shown here.")

    def read(self, ctx: Context, config: NoConfig, stream: str, state: State) -> Iterator[Batch]:
        """Nothing: no service is asked.

        The runner gets its batches from the stored inbound bodies instead: for each body that was
        not processed, ``Batch(raws(stream, parse(stream, body).accepted))`` with the rejections in
        ``rejected``, loaded like a page of any other source. The checkpoint is the body's own row.
        """
        yield from ()

    def map(self, stream: str, raw: Any, config: NoConfig) -> list[Record]:
        """One accepted dict of ``sources.push.parse`` as a record."""
        return [_document(raw)] if stream == "documents" else [_point(raw)]


def _point(raw: Mapping[str, Any]) -> MetricPoint:
    at = date.fromisoformat(raw["date"]) if "date" in raw else datetime.fromisoformat(raw["at"])
    return MetricPoint(raw["metric"], at, float(raw["value"]), raw["dimensions"], raw["n"])


def _document(raw: Mapping[str, Any]) -> Document:
    rating = raw["rating"]
    return Document(
        external_id=raw["id"],
        text=raw["text"],
        created_at=datetime.fromisoformat(raw["created_at"]),
        kind=raw["kind"],
        title=raw["title"],
        author=raw["author"],
        language=raw["language"],
        rating=None if rating is None else normalised(rating, raw["scale"]),
        rating_original=rating or "",
        rating_scale=raw["scale"],
        url=raw["url"],
    )
