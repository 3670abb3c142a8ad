"""What was read for projects, counted over their sources: one query, however many there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Avg, Count, Max

from accounts.models import Team
from metrics.models import Document
from sources.selectors.projects import sources_of_projects


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts that are kept: how many, the mean of their ratings from 0 to 1 over ``rated`` of them, the newest one."""

    count: int = 0
    rating: float | None = None
    rated: int = 0
    newest: datetime | None = None


def texts_of_sources(team: Team, source_ids: Iterable[UUID]) -> dict[UUID, Texts]:
    """Source -> its texts. Withdrawn ones are not counted."""
    rows = Document.objects.for_team(team).filter(source_id__in=list(source_ids), deleted_at=None).order_by()
    counted = rows.values_list("source_id").annotate(Count("pk"), Avg("rating"), Count("rating"), Max("written_at"))
    return {pk: Texts(count, rating, rated, newest) for pk, count, rating, rated, newest in counted}


def texts_of_projects(team: Team, project_ids: Iterable[UUID]) -> dict[UUID, Texts]:
    """Project -> its texts: the mean rating weighs every rated text the same."""
    owned = sources_of_projects([*project_ids])
    by_source = texts_of_sources(team, [pk for sources in owned.values() for pk in sources])
    return {
        project: together([by_source[pk] for pk in sources if pk in by_source]) for project, sources in owned.items()
    }


def together(parts: Iterable[Texts]) -> Texts:
    """Several as one."""
    found = list(parts)
    rated = sum(one.rated for one in found)
    total = sum((one.rating or 0.0) * one.rated for one in found)
    newest = max((one.newest for one in found if one.newest), default=None)
    return Texts(sum(one.count for one in found), total / rated if rated else None, rated, newest)
