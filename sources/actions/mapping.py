"""From raw rows to records: one bad row goes to quarantine, the others go on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from livinglytics.lib.errors import Terminal
from livinglytics.lib.text import excerpt
from sources.actions.raws import Owner, Row, clean_json
from sources.connectors._base import Connector, Rejected
from sources.models import Quarantined
from sources.records import Document, MetricPoint, Record

#: what a mapping may trip over when a row isn't as the service documents it
_BAD_ROW = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Terminal)
_CHUNK = 500


@dataclass(slots=True)
class Mapped:
    """Records with the raw row each came from, and the rows that could not be taken."""

    records: list[Record] = field(default_factory=list)
    raw_ids: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def map_rows(connector: Connector, stream: str, rows: Sequence[Row], config: Any) -> Mapped:
    """Each row's records, in order."""
    mapped = Mapped()
    for row in rows:
        try:
            records = connector.map(stream, row.payload, config)
            for one in records:
                _sound(one)
        except _BAD_ROW as error:
            mapped.rejected.append(Rejected(row.external_id, _reason(error), row.payload))
            continue
        mapped.records.extend(records)
        mapped.raw_ids.extend([row.id] * len(records))
    return mapped


def release(owner: Owner, stream: str, names: Sequence[str]) -> None:
    """Forget what was wrong with these rows before: they are about to be judged again."""
    for start in range(0, len(names), _CHUNK):
        Quarantined.objects.filter(
            source_id=owner.source_id, stream=stream, external_id__in=names[start : start + _CHUNK]
        ).delete()


def quarantine(owner: Owner, stream: str, rejected: Sequence[Rejected], redact: Callable[[str], str]) -> None:
    """Keep bad rows with their reason, without secrets; a row that was here before is replaced, not added."""
    release(owner, stream, [one.external_id[:200] for one in rejected if one.external_id])
    Quarantined.objects.bulk_create(
        [
            Quarantined(
                team_id=owner.team_id,
                source_id=owner.source_id,
                job_id=owner.job_id,
                stream=stream,
                external_id=one.external_id[:200],
                reason=redact(one.reason).replace("\x00", "")[:300],
                payload=_storable(one.payload),
            )
            for one in rejected
        ],
        batch_size=_CHUNK,
    )


def _sound(record: Record) -> None:
    """Refuse what no store takes: endless numbers, instants without a zone."""
    if isinstance(record, MetricPoint):
        if not math.isfinite(record.value):
            raise ValueError(f"The value of {record.metric} is not a number.")
        if isinstance(record.at, datetime) and record.at.tzinfo is None:
            raise ValueError(f"The time of {record.metric} has no time zone.")
    elif isinstance(record, Document) and record.created_at.tzinfo is None:
        raise ValueError("The time of this text has no time zone.")


def _reason(error: Exception) -> str:
    if isinstance(error, Terminal):
        return error.message
    if isinstance(error, KeyError):
        return f"The field {error} is missing."
    return excerpt(str(error), 2_000) or type(error).__name__


def _storable(payload: Any) -> Any:
    try:
        return clean_json(payload)[0]
    except TypeError:
        return None
