"""Projects, their targets and presets, as lists, pages and the API show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q

from accounts.models import Team
from livinglytics.lib.errors import Invalid, NotFound
from sources.models import (
    ApiKey,
    Preset,
    Project,
    ProjectStatus,
    Scrape,
    ScrapeStatus,
    Source,
    Target,
    TargetStatus,
)
from sources.projects.presets import SYSTEM

_LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class PresetView:
    """One preset. ``id`` is a key for the five of the product and a UUID for an own one."""

    id: str
    name: str
    description: str
    is_system: bool
    config: Mapping[str, Any]
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProjectStats:
    """What a project holds at this floor: targets and scrapes."""

    total_targets: int
    active_targets: int
    failing_targets: int
    total_scrapes: int
    last_scrape_at: datetime | None


def projects_of(team: Team, *, status: str = "", search: str = "") -> Any:
    """The team's projects by name with counts of targets; archived ones only where they are asked for.

    Raises Invalid for a status that is not known.
    """
    if status and status not in ProjectStatus.values:
        raise Invalid(details={"status": [f"Choose one of {', '.join(ProjectStatus.values)}."]})
    rows = Project.objects.for_team(team).select_related("team", "schedule")
    rows = rows.filter(status=status) if status else rows.exclude(status=ProjectStatus.ARCHIVED)
    for word in search[:_LONGEST_SEARCH].split():
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    counts = {
        "target_count": Count("targets", distinct=True),
        "failing_count": Count("targets", filter=Q(targets__status=TargetStatus.ERROR), distinct=True),
    }
    return rows.annotate(**counts).order_by("name", "pk")


def project_of(team: Team, pk: UUID) -> Project:
    """One project. Raises NotFound also for one of another team."""
    found = Project.objects.for_team(team).select_related("team", "schedule").filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such project.")
    return found


def targets_of(project: Project, *, status: str = "") -> Any:
    """The targets of a project in the order they were added, each with its source."""
    if status and status not in TargetStatus.values:
        raise Invalid(details={"status": [f"Choose one of {', '.join(TargetStatus.values)}."]})
    rows = Target.objects.filter(project=project).select_related("source", "project", "team", "source__api_key")
    return rows.filter(status=status) if status else rows


def target_of(project: Project, pk: UUID) -> Target:
    """One target. Raises NotFound also for one of another project."""
    found: Target | None = targets_of(project).filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such target.")
    return found


def stats_of(project: Project) -> ProjectStats:
    """Counts of a project: two queries."""
    targets = Target.objects.filter(project=project).aggregate(
        total=Count("pk"),
        active=Count("pk", filter=Q(status=TargetStatus.ACTIVE)),
        failing=Count("pk", filter=Q(status=TargetStatus.ERROR)),
    )
    scrapes = Scrape.objects.filter(project=project).aggregate(total=Count("pk"), last=Max("created_at"))
    return ProjectStats(targets["total"], targets["active"], targets["failing"], scrapes["total"], scrapes["last"])


def sources_of_projects(project_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Project -> its sources."""
    found: dict[UUID, list[UUID]] = {pk: [] for pk in project_ids}
    for project_id, source_id in Source.objects.filter(project_id__in=found).values_list("project_id", "pk"):
        found[project_id].append(source_id)
    return found


def going_on(project_ids: Sequence[UUID]) -> dict[UUID, Scrape]:
    """Project -> the scrape that is going on."""
    rows = Scrape.objects.filter(project_id__in=project_ids, status=ScrapeStatus.RUNNING)
    return {one.project_id: one for one in rows}


def presets_of(team: Team) -> list[PresetView]:
    """The five of the product, then the team's own by name."""
    own = [own_view(one) for one in Preset.objects.for_team(team)]
    return [*(PresetView(one.key, one.name, one.description, True, one.config) for one in SYSTEM), *own]


def preset_view(team: Team, key: str) -> PresetView:
    """One preset by key or id. Raises NotFound."""
    found = next((one for one in presets_of(team) if one.id == key), None)
    if found is None:
        raise NotFound("There is no such preset.")
    return found


def own_view(preset: Preset) -> PresetView:
    """An own preset as it is shown."""
    return PresetView(str(preset.pk), preset.name, preset.description, False, preset.config, preset.updated_at)


def own_preset_of(team: Team, key: str) -> Preset:
    """An own preset that can be changed. Raises NotFound, and Invalid for one of the product's."""
    if key in {one.key for one in SYSTEM}:
        raise Invalid("This preset comes with the product. Duplicate it and change the copy.")
    try:
        found = Preset.objects.for_team(team).select_related("team").filter(pk=UUID(key)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound("There is no such preset.")
    return found


def keys_of(team: Team) -> Any:
    """The team's API keys by provider, each with how many sources use it."""
    return ApiKey.objects.for_team(team).annotate(used=Count("sources")).order_by("provider", "label", "pk")


def key_of(team: Team, pk: UUID) -> ApiKey:
    """One key. Raises NotFound also for one of another team."""
    found = keys_of(team).select_related("team").filter(pk=pk).first()
    if not isinstance(found, ApiKey):
        raise NotFound("There is no such key.")
    return found
