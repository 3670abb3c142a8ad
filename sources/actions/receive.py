"""Push: what other programs send is stored before it is acknowledged, and turned into numbers by a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Team, User
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, NotFound
from livinglytics.lib.ids import uuid7
from sources.actions.connect import create_source
from sources.actions.pending import queue_if_any
from sources.actions.raws import Owner, clean_json, new_row, short_id
from sources.connectors import connectors
from sources.models import RawRecord, Source, SourceState
from sources.push import Parsed, Rejection, external_id
from sources.querysets import DataQuerySet

DEFAULT_SLUG = "push"
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one request: ``batch_id`` finds its rows again (``RawRecord.job_id``)."""

    batch_id: UUID
    source: Source
    accepted: int
    rejected: int
    errors: list[Rejection]


def push_source(team: Team, slug: str = "", *, by: User | None = None) -> Source:
    """The push source with this slug; the team's default one is made on first use.

    Raises NotFound for an unknown slug and Conflict for a paused source.
    """
    wanted = slug or DEFAULT_SLUG
    found: Source | None = Source.objects.for_team(team).filter(slug=wanted).first()
    if found is None and wanted == DEFAULT_SLUG:
        found = _first_use(team, by)
    if found is None or connectors.get(found.kind).connect != "push":
        raise NotFound(f"There is no push source “{wanted[:80]}”. Connect one first, or leave “source” out.")
    if found.state == SourceState.PAUSED:
        raise Conflict("This source is paused and takes nothing in. Resume it first.")
    return found


def _first_use(team: Team, by: User | None) -> Source:
    try:
        return create_source(team=team, connector=connectors.get("push"), name="Push", by=by)
    except IntegrityError:
        raced: Source = Source.objects.for_team(team).get(slug=DEFAULT_SLUG)
        return raced


@transaction.atomic
def receive(*, source: Source, stream: str, parsed: Parsed) -> Receipt:
    """Store the accepted items and see that a job will map them. Acknowledge only after this returned.

    Pushes of one source are serialised by its lock: row ids then rise in the order of the commits,
    and a run that maps behind the last id can't step over a row that is committed late.
    """
    if Source.objects.select_for_update(no_key=True).filter(pk=source.pk).first() is None:
        raise NotFound("This source was removed.")
    batch_id = uuid7()
    if parsed.accepted and _store(source, stream, parsed.accepted, batch_id):
        queue_if_any(source)
    return Receipt(batch_id, source, len(parsed.accepted), len(parsed.rejected), parsed.rejected)


def _store(source: Source, stream: str, items: Sequence[dict[str, Any]], batch_id: UUID) -> int:
    """New and changed items become new rows, with new ids; the same item again changes nothing."""
    fresh = _by_id(source, stream, items, batch_id)
    names = list(fresh)
    for start in range(0, len(names), _CHUNK):
        rows = DataQuerySet(RawRecord).of_source(source.pk).filter(stream=stream)
        before = rows.filter(external_id__in=names[start : start + _CHUNK]).values_list(
            "pk", "external_id", "digest", "first_seen"
        )
        replaced = []
        for pk, name, digest, first_seen in before:
            if digest == fresh[name].digest:
                del fresh[name]
            else:
                fresh[name].first_seen = first_seen
                replaced.append(pk)
        RawRecord.objects.filter(pk__in=replaced).delete()
    RawRecord.objects.bulk_create(fresh.values(), batch_size=_CHUNK)
    return len(fresh)


def _by_id(source: Source, stream: str, items: Sequence[dict[str, Any]], batch_id: UUID) -> dict[str, RawRecord]:
    owner = Owner(source.team_id, source.pk, batch_id, connectors.get(source.kind).version)
    now, rows = clock.now(), {}
    for item in items:
        payload, digest = clean_json(item)
        name = short_id(external_id(stream, item))
        rows[name] = new_row(owner, stream, name, now, payload=payload, digest=digest)
    return rows
