"""What the roof hands to the runner: pages land, runs finish, sources are forgotten."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts import live
from accounts.models import Team
from livinglytics.lib import clock
from metrics import versions
from metrics.actions import load
from metrics.models import Annotation, Cut, Document, Observation, Restatement, Rollup, Series, SeriesCut
from metrics.store.memory import Memory
from sources.landing import Landed, Landing

_SLICE = 2_000


def _update(source_id: UUID) -> dict[str, object]:
    return {"type": "metrics_update", "data": {"source_id": str(source_id)}, "timestamp": clock.now().isoformat()}


class MetricsSink:
    """Stores what the runner reads (``sources.landing.Sink``). One for each run."""

    def __init__(self) -> None:
        self._memory = Memory()

    def land(self, landing: Landing) -> Landed:
        """Write one page; see ``metrics.actions.load.land``."""
        landed = load.land(landing, self._memory)
        if landed.inserted or landed.updated or landed.deleted:
            live.push(landing.team_id, _update(landing.source_id))
        return landed

    def finish(self, team_id: UUID, source_id: UUID) -> None:
        """A run ended whole: what it proved is noted, cached answers are outdated."""
        zone = Team.objects.values_list("time_zone", flat=True).get(pk=team_id)
        with transaction.atomic():
            load.finish(team_id, source_id, zone=zone)
            versions.bump(team_id)
        live.push(team_id, _update(source_id))

    def forget(self, team_id: UUID, source_id: UUID) -> int:
        """Delete every number, text and note that came from this source; returns the number of cells.

        Goes in slices, each its own transaction: run again after a crash, it goes on.
        """
        cells = 0
        while ids := list(
            Series.objects.filter(team_id=team_id, source_id=source_id).values_list("pk", flat=True)[:200]
        ):
            cells += _forget_series(ids)
        while cuts := list(
            Cut.objects.filter(team_id=team_id, source_id=source_id).values_list("pk", flat=True)[:_SLICE]
        ):
            with transaction.atomic():
                Rollup.objects.filter(cut_id__in=cuts).delete()
                Cut.objects.filter(pk__in=cuts).delete()
        while texts := list(Document.objects.filter(source_id=source_id).values_list("pk", flat=True)[:_SLICE]):
            Document.objects.filter(pk__in=texts).delete()
        with transaction.atomic():
            Annotation.objects.filter(team_id=team_id, source_id=source_id).delete()
            Restatement.objects.filter(team_id=team_id, source_id=source_id).delete()
            versions.bump(team_id, definitions=True)
        return cells


@transaction.atomic
def _forget_series(ids: list[int]) -> int:
    deleted, _ = Observation.objects.filter(series_id__in=ids).delete()
    SeriesCut.objects.filter(series_id__in=ids).delete()
    Series.objects.filter(pk__in=ids).delete()
    return int(deleted)
