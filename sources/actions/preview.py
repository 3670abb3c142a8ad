"""A look at what a source would bring, without storing anything."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from livinglytics.lib.errors import Invalid
from sources import configuration, vault
from sources.actions.checking import connector_of
from sources.actions.mapping import map_rows
from sources.actions.raws import Row
from sources.actions.surroundings import QUICK, surroundings
from sources.connectors._base import Metric, Rejected, Stream
from sources.models import Source
from sources.records import Record

_MOST_PAGES = 3


@dataclass(frozen=True, slots=True)
class Discovered:
    """What the settings of a source lead to."""

    streams: tuple[Stream, ...]
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class Previewed:
    """The first rows of a stream as they would be stored, and those that would be refused."""

    stream: str
    records: tuple[Record, ...]
    rejected: tuple[Rejected, ...]
    warnings: tuple[str, ...]


def discover(source: Source) -> Discovered:
    """Streams and metrics of this source under its settings. Raises Invalid when settings are missing."""
    connector = connector_of(source)
    config = configuration.build(connector, {**source.config, **vault.secrets_of(source)})
    return Discovered(connector.streams_for(config), connector.metrics_for(config))


def preview_source(source: Source, *, stream: str = "", rows: int = 10) -> Previewed:
    """Read the first page of a stream from its beginning and map up to ``rows`` of it.

    Never call it inside a transaction: it waits for the web. Raises what the service raises.
    """
    connector, secrets = connector_of(source), vault.secrets_of(source)
    config = configuration.build(connector, {**source.config, **secrets})
    known = [one.key for one in connector.streams_for(config)]
    stream = stream or (known[0] if known else "")
    if stream not in known:
        raise Invalid(details={"stream": [f"Choose one of {', '.join(known) or 'none'}."]})
    context = surroundings(source.team, source.kind, secrets, limits=QUICK, source=source)
    with closing(cast(Any, connector.read(context, config, stream, {}))) as pages:
        for batch in islice(pages, _MOST_PAGES):
            if batch.raws or batch.rejected:
                found = [Row(0, raw.external_id, raw.payload, changed=True) for raw in batch.raws[:rows]]
                mapped = map_rows(connector, stream, found, config)
                rejected = (*batch.rejected[:rows], *mapped.rejected)
                return Previewed(stream, tuple(mapped.records[:rows]), rejected, batch.warnings)
    return Previewed(stream, (), (), ())
