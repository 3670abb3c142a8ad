"""The data version of a team: raised by every change of its numbers or definitions."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F

from livinglytics.lib import clock
from metrics.models import DataVersion
from metrics.store import for_team


def current(team_id: UUID) -> tuple[int, int]:
    """The versions of the numbers and of the definitions now; zeros before the first."""
    store = for_team(team_id)
    rows = store.fetch("SELECT version, definitions FROM metrics_dataversion WHERE team_id = %s", [store.team])
    return (int(rows[0][0]), int(rows[0][1])) if rows else (0, 0)


def bump(team_id: UUID, *, definitions: bool = False) -> None:
    """Raise the version in the caller's transaction; with ``definitions``, that of the catalog too."""
    step = 1 if definitions else 0
    changed = DataVersion.objects.filter(team_id=team_id).update(
        version=F("version") + 1, definitions=F("definitions") + step, changed_at=clock.now()
    )
    if not changed:
        DataVersion.objects.bulk_create([DataVersion(team_id=team_id, version=1, definitions=step)])
