"""Projects as their pages show them: sources below, texts beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator

from accounts.models import Team
from livinglytics.lib import clock
from metrics.selectors.projects import Texts, texts_of_projects, texts_of_sources
from sources import platforms
from sources.connectors import connectors
from sources.models import Project, Scrape, Target
from sources.selectors.health import ago
from sources.selectors.moments import local_words
from sources.selectors.projects import going_on, project_of, projects_of, stats_of, targets_of
from sources.selectors.schedules import in_words
from sources.selectors.scrapes import PartView, ScrapeView, parts_of, scrape_of, scrapes_of, views_of

_PROJECTS, _TARGETS, _SCRAPES, _PARTS = 50, 50, 10, 10
#: what is worth a line of its own while a scrape goes on, most telling first
_TELLING = ("running", "failed", "partial", "pending")


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """One project of the list. ``rating`` is out of five stars; None without a rated text."""

    project: Project
    targets: int
    failing: int
    texts: Texts
    rating: float | None
    newest: str
    next_run: str
    scrape: ScrapeView | None


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target with what was read of it."""

    target: Target
    platform: str
    icon: str
    texts: Texts
    rating: float | None
    last_read: str


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """One project. ``open`` is the scrape that goes on; ``latest`` the newest one that ended."""

    project: Project
    targets: tuple[TargetRow, ...]
    target_page: Page[Any]
    texts: Texts
    rating: float | None
    failing: int
    total_targets: int
    open: ScrapeView | None
    latest: ScrapeView | None
    scrapes: tuple[ScrapeView, ...]
    scrape_page: Page[Any]
    schedule: str
    next_run: str


def project_rows(
    team: Team, *, status: str = "", search: str = "", page: str | None = None
) -> tuple[Any, list[ProjectRow]]:
    """A page of the team's projects, and its rows: a fixed number of queries."""
    found = Paginator(projects_of(team, status=status, search=search), _PROJECTS).get_page(page)
    projects = list(found.object_list)
    ids = [one.pk for one in projects]
    texts, going = texts_of_projects(team, ids), going_on(ids)
    views = {one.scrape.project_id: one for one in views_of(list(going.values()))}
    return found, [_row(one, texts[one.pk], views.get(one.pk), team.time_zone) for one in projects]


def project_page(team: Team, pk: UUID, *, targets: str | None = None, scrapes: str | None = None) -> ProjectPage:
    """One project with a page of its targets and one of its scrapes. Raises NotFound."""
    project = project_of(team, pk)
    stats = stats_of(project)
    shown = Paginator(targets_of(project), _TARGETS).get_page(targets)
    history = Paginator(scrapes_of(project), _SCRAPES).get_page(scrapes)
    going = going_on([pk]).get(pk)
    told = list(history.object_list)
    views = views_of([*told, going] if going else told)
    texts = texts_of_projects(team, [pk])[pk]
    return ProjectPage(
        project=project,
        targets=tuple(_target_rows(team, list(shown.object_list))),
        target_page=shown,
        texts=texts,
        rating=stars(texts.rating),
        failing=stats.failing_targets,
        total_targets=stats.total_targets,
        open=views[-1] if going else None,
        latest=next((one for one in views if not one.scrape.is_open), None),
        scrapes=tuple(views[: len(told)]),
        scrape_page=history,
        schedule=_schedule(project),
        next_run=_next_run(project, team.time_zone),
    )


def scrape_part(team: Team, project_id: UUID, pk: UUID) -> tuple[ScrapeView, list[PartView]]:
    """One scrape with those of its targets that go on or went wrong, ten at most. Raises NotFound."""
    scrape: Scrape = scrape_of(team, project_of(team, project_id), pk)
    told = [one for one in parts_of(scrape) if one.status in _TELLING]
    return views_of([scrape])[0], sorted(told, key=lambda one: _TELLING.index(one.status))[:_PARTS]


def stars(rating: float | None) -> float | None:
    """A rating from 0 to 1 as one to five stars."""
    return None if rating is None else 1 + 4 * rating


def _row(project: Any, texts: Texts, scrape: ScrapeView | None, zone: str) -> ProjectRow:
    return ProjectRow(
        project=project,
        targets=project.target_count,
        failing=project.failing_count,
        texts=texts,
        rating=stars(texts.rating),
        newest=ago(texts.newest, clock.now()) if texts.newest else "–",
        next_run=_next_run(project, zone),
        scrape=scrape,
    )


def _target_rows(team: Team, targets: list[Target]) -> list[TargetRow]:
    texts = texts_of_sources(team, [one.source_id for one in targets if one.source_id])
    names, icons = platforms.known(), {one.platform: one.icon for one in connectors.all() if one.platform}
    now = clock.now()
    return [
        TargetRow(
            target=one,
            platform=names.get(one.platform, one.platform),
            icon=icons.get(one.platform, "globe"),
            texts=(held := texts.get(one.source_id, Texts()) if one.source_id else Texts()),
            rating=stars(held.rating),
            last_read=_last_read(one, now),
        )
        for one in targets
    ]


def _last_read(target: Target, now: datetime) -> str:
    return ago(target.source.last_success_at, now).capitalize() if target.source else "Never"


def _schedule(project: Project) -> str:
    schedule = getattr(project, "schedule", None)
    return in_words(schedule.expression) if schedule is not None else "Only when asked"


def _next_run(project: Project, zone: str) -> str:
    schedule = getattr(project, "schedule", None)
    return local_words(schedule.next_due_at, zone) if schedule is not None and schedule.next_due_at else "When you ask"
