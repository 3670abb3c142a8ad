"""Raw rows: what came is kept once, and written again only when it changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from livinglytics.lib import clock
from sources.connectors._base import Raw, Rejected
from sources.models import RawRecord
from sources.querysets import DataQuerySet

LONGEST_ID = 200
_CHUNK = 500
#: an unchanged row is touched at most this often: enough for keeping it, cheap for re-reading it
_TOUCH_EVERY = timedelta(days=1)
_UNREADABLE = "This row can't be stored as JSON."


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose rows these are and which run brought them."""

    team_id: UUID
    source_id: UUID
    job_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Row:
    """A stored raw row, ready to be mapped. ``changed`` is false when the same was here before."""

    id: int
    external_id: str
    payload: Any
    changed: bool


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    digest: str
    version: int
    updated_at: datetime | None
    last_seen: datetime


def store(owner: Owner, stream: str, raws: Sequence[Raw]) -> tuple[list[Row], list[Rejected]]:
    """Keep one page's rows in the caller's transaction.

    An older ``updated_at`` never overwrites a newer one: such a row counts as unchanged.
    """
    ready, rejected = _prepared(stream, raws, owner, clock.now())
    known = _known(owner.source_id, stream, ready)
    changed: list[RawRecord] = []
    rows: list[tuple[int | None, RawRecord, Any, bool]] = []
    for row, payload in ready.values():
        before = known.get(row.external_id)
        if before is not None and _same(before, row):
            rows.append((before.id, row, payload, False))
            continue
        changed.append(row)
        rows.append((None, row, payload, True))
    _upsert(changed)
    _touch([one for name, one in known.items() if name in ready], clock.now())
    return [Row(kept or row.pk, row.external_id, payload, new) for kept, row, payload, new in rows], rejected


def clean_json(payload: Any) -> tuple[Any, str]:
    """The payload without NUL characters, which no text column takes, and its digest. Raises TypeError."""
    try:
        body = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except (TypeError, orjson.JSONEncodeError) as error:
        raise TypeError(_UNREADABLE) from error
    if b"\\u0000" in body:
        payload = _without_nul(payload)
        body = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return payload, hashlib.blake2b(body, digest_size=16).hexdigest()


def short_id(external_id: str) -> str:
    """The id as it is stored: a long one keeps its beginning and gets the hash of the whole."""
    external_id = external_id.replace("\x00", "")
    if len(external_id) <= LONGEST_ID:
        return external_id
    return f"{external_id[:135]}:{hashlib.sha256(external_id.encode()).hexdigest()}"


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nul(one) for one in value]
    return value


def _prepared(
    stream: str, raws: Iterable[Raw], owner: Owner, now: datetime
) -> tuple[dict[str, tuple[RawRecord, Any]], list[Rejected]]:
    """Each id once: of two rows with one id in a page, the newer stays."""
    ready: dict[str, tuple[RawRecord, Any]] = {}
    rejected = []
    for raw in raws:
        name = short_id(raw.external_id)
        if name in ready and _older(raw.updated_at, ready[name][0].source_updated_at):
            continue
        try:
            payload, digest = clean_json(raw.payload)
            row = new_row(owner, stream, name, now, payload=payload if raw.keep is None else clean_json(raw.keep)[0])
        except TypeError as error:
            rejected.append(Rejected(name, str(error)))
            continue
        row.digest, row.source_updated_at = digest, raw.updated_at
        ready[name] = (row, payload)
    return ready, rejected


def new_row(owner: Owner, stream: str, name: str, now: datetime, *, payload: Any, digest: str = "") -> RawRecord:
    """A row that is not saved yet."""
    return RawRecord(
        team_id=owner.team_id,
        source_id=owner.source_id,
        stream=stream,
        external_id=name,
        job_id=owner.job_id,
        payload=payload,
        digest=digest,
        connector_version=owner.version,
        first_seen=now,
        last_seen=now,
    )


def _known(source_id: UUID, stream: str, names: Iterable[str]) -> dict[str, _Known]:
    wanted, found = list(names), {}
    for start in range(0, len(wanted), _CHUNK):
        rows = DataQuerySet(RawRecord).of_source(source_id).filter(stream=stream)
        fields = rows.filter(external_id__in=wanted[start : start + _CHUNK]).values_list(
            "external_id", "id", "digest", "connector_version", "source_updated_at", "last_seen"
        )
        found.update({name: _Known(*rest) for name, *rest in fields})
    return found


def _same(before: _Known, row: RawRecord) -> bool:
    if _older(row.source_updated_at, before.updated_at):
        return True
    return before.digest == row.digest and before.version == row.connector_version


def _older(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one < other


def _upsert(rows: list[RawRecord]) -> None:
    """New rows get their id; changed ones keep id and ``first_seen``."""
    RawRecord.objects.bulk_create(
        rows,
        batch_size=_CHUNK,
        update_conflicts=True,
        unique_fields=["source_id", "stream", "external_id"],
        update_fields=["payload", "digest", "job_id", "connector_version", "source_updated_at", "last_seen"],
    )


def _touch(known: list[_Known], now: datetime) -> None:
    due = [one.id for one in known if now - one.last_seen > _TOUCH_EVERY]
    for start in range(0, len(due), _CHUNK):
        RawRecord.objects.filter(pk__in=due[start : start + _CHUNK]).update(last_seen=now)
