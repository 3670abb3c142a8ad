"""A look through settings that nobody has saved yet: the check, and the first rows as they would be stored."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from accounts.models import Team
from livinglytics.lib.errors import ProductError
from sources import configuration, vault
from sources.actions.checking import check_settings
from sources.actions.mapping import map_rows
from sources.actions.raws import Row
from sources.actions.surroundings import surroundings
from sources.configuration import Cleaned
from sources.connectors._base import Batch, Checked, Connector, Rejected
from sources.records import Record

ROWS = 10
_MOST_PAGES = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """What the check said and, when it was good, the first rows of the first stream. ``problem``: why there are none.

    ``secrets`` are the ones that were tried, to be kept sealed until the source is connected.
    """

    checked: Checked
    records: tuple[Record, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    stream: str = ""
    problem: str = ""
    secrets: Mapping[str, str] | None = None


def try_settings(
    *, team: Team, connector: Connector, given: Mapping[str, Any], kept: Mapping[str, str] | None = None
) -> Trial:
    """Check settings with the service and read its first page. Nothing is stored.

    Never call it inside a transaction: it waits for the web. Raises Invalid with a message for each setting
    that is not well formed; what the service refuses stands in the answer.
    """
    cleaned = configuration.clean(connector, given, kept=kept)
    checked = check_settings(team, connector, cleaned)
    if not checked.ok:
        return Trial(checked, secrets=cleaned.secrets)
    try:
        return _first_rows(team, connector, cleaned, checked)
    except ProductError as error:
        redact = vault.redactor(cleaned.secrets)
        return Trial(checked, problem=redact(error.message), secrets=cleaned.secrets)


def _first_rows(team: Team, connector: Connector, cleaned: Cleaned, checked: Checked) -> Trial:
    config = configuration.build(connector, {**cleaned.plain, **cleaned.secrets})
    streams = connector.streams_for(config)
    if not streams:
        return Trial(checked, secrets=cleaned.secrets)
    stream = streams[0]
    batch = _first_batch(team, connector, config, stream.key, cleaned.secrets)
    if batch is None:
        return Trial(checked, stream=stream.label, problem="There are no rows yet.", secrets=cleaned.secrets)
    rows = [Row(0, raw.external_id, raw.payload, changed=True) for raw in batch.raws[:ROWS]]
    mapped = map_rows(connector, stream.key, rows, config)
    rejected = (*batch.rejected, *mapped.rejected)[:ROWS]
    return Trial(checked, tuple(mapped.records[:ROWS]), tuple(rejected), stream.label, secrets=cleaned.secrets)


def _first_batch(
    team: Team, connector: Connector, config: Any, stream: str, secrets: Mapping[str, str]
) -> Batch | None:
    context = surroundings(team, connector.key, secrets)
    with closing(cast(Any, connector.read(context, config, stream, {}))) as pages:
        batches: list[Batch] = list(islice((one for one in islice(pages, _MOST_PAGES) if one.raws or one.rejected), 1))
    return batches[0] if batches else None
