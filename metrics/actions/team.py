"""What a team's own changes mean for its numbers."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.events import handler
from accounts.models import OutboxEvent
from accounts.portability import on_erase
from metrics import versions
from metrics.models import (
    Clock,
    Cut,
    DataVersion,
    Document,
    Observation,
    Restatement,
    Rollup,
    Series,
    SeriesCut,
)
from metrics.store import for_team, rollups


@handler("team.changed")
def follow_zone(event: OutboxEvent) -> None:
    """Another time zone begins its days elsewhere: instants are rolled up again. Bears being called twice."""
    if "time_zone" in event.payload["fields"]:
        rebuild_days(event.team_id, event.team.time_zone)


def rebuild_days(team_id: UUID, zone: str) -> int:
    """Roll up every source with instants in ``zone``, each in a transaction of its own; returns how many."""
    store = for_team(team_id)
    sources = Cut.objects.filter(team_id=team_id, dimension="", clock=Clock.INSTANT).values_list("source_id", flat=True)
    found = set(sources)
    for source_id in found:
        with transaction.atomic():
            store.alone()
            rollups.rebuild(store, source_id, zone=zone)
            versions.bump(team_id)
    return len(found)


@on_erase
def erase_numbers(team_id: UUID) -> None:
    """Delete the team's series, numbers and texts."""
    series = Series.objects.filter(team_id=team_id)
    cuts = Cut.objects.filter(team_id=team_id)
    Observation.objects.filter(series_id__in=series.values("id")).delete()
    Rollup.objects.filter(cut_id__in=cuts.values("id")).delete()
    SeriesCut.objects.filter(cut_id__in=cuts.values("id")).delete()
    for model in (Series, Cut, Restatement, Document, DataVersion):
        model.objects.filter(team_id=team_id).delete()
