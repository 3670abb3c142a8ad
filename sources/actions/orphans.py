"""What a deleted team leaves behind: rows without database foreign keys, and files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings

from accounts.models import Team
from sources.models import Quarantined, RawRecord, Source
from sources.querysets import DataQuerySet

_CHUNK = 500
_SLICE = 5000
_MOST_SLICES = 100


def remove_orphans() -> int:
    """Delete raw rows, bad rows and files whose source or team is gone; how many rows went."""
    return sum(_of_model(model) for model in (RawRecord, Quarantined)) + _files()


def _of_model(model: type[RawRecord | Quarantined]) -> int:
    gone = 0
    for ids in _chunks(model):
        alive = set(Source.objects.filter(pk__in=ids).values_list("pk", flat=True))
        for source_id in ids:
            if source_id not in alive:
                gone += _delete(model, source_id)
    return gone


def _chunks(model: type[RawRecord | Quarantined]) -> Iterator[list[UUID]]:
    """The sources that have rows, by one index look-up each: a DISTINCT would read the whole table."""
    found: list[UUID] = []
    rows = DataQuerySet(model).order_by("source_id").values_list("source_id", flat=True)
    current = rows.first()
    while current is not None:
        found.append(current)
        current = rows.filter(source_id__gt=current).first()
        if len(found) == _CHUNK or current is None:
            yield found
            found = []


def _delete(model: type[RawRecord | Quarantined], source_id: UUID) -> int:
    rows, gone = DataQuerySet(model).of_source(source_id), 0
    for _ in range(_MOST_SLICES):
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:_SLICE])
        if not ids:
            break
        model.objects.filter(pk__in=ids).delete()
        gone += len(ids)
    return gone


def _files() -> int:
    """Each team's uploads lie in a folder of their own."""
    folder, gone = Path(settings.MEDIA_ROOT) / "uploads", 0
    for place in folder.iterdir() if folder.is_dir() else ():
        try:
            team_id = UUID(hex=place.name)
        except ValueError:
            continue
        if not Team.objects.filter(pk=team_id).exists():
            shutil.rmtree(place, ignore_errors=True)
            gone += 1
    return gone
