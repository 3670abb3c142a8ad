"""Projects: made, changed, put away, brought back, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from accounts import audit, events
from accounts.models import Team, User
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, Invalid
from sources.actions.disconnect import disconnect
from sources.actions.locks import lock_sources
from sources.actions.presets import config_of
from sources.actions.schedule import Wanted, next_due
from sources.models import Project, ProjectStatus, Schedule, Scrape, ScrapeStatus, Source
from sources.projects.rules import CATEGORIES, cleaned, expression

_LONGEST_NAME, _LONGEST_TEXT, _MOST_COMPETITORS = 100, 2_000, 20
_PRODUCT: Final = {"name": 200, "description": _LONGEST_TEXT, "website": 500}


@dataclass(frozen=True, slots=True)
class ProjectPlan:
    """What a person says about a project. None leaves a part as it is (as usual for a new one)."""

    name: str | None = None
    description: str | None = None
    product: Mapping[str, Any] | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    preset: str | None = None
    status: str | None = None


@transaction.atomic
def create_project(*, team: Team, by: User | None, plan: ProjectPlan) -> Project:
    """A new project, from a preset where one is named. Raises Invalid with a message for each field at fault."""
    base = config_of(team, plan.preset) if plan.preset else {}
    config = cleaned(plan.config, base)
    if not (plan.name or "").strip():
        raise Invalid(details={"name": ["Enter a name."]})
    project = Project(team=team, config=config, preset=plan.preset or "", created_by=by)
    _describe(project, plan)
    project.save()
    _schedule(project)
    audit.record("project.created", team=team, by=by, on=project)
    events.publish(team, "project.created", {"project_id": str(project.pk), "name": project.name})
    return project


@transaction.atomic
def update_project(*, project: Project, by: User | None, plan: ProjectPlan) -> Project:
    """Change what the plan names. A new preset replaces the configuration; ``config`` goes on top of it."""
    fresh = Project.objects.select_for_update(of=("self",), no_key=True).select_related("team").get(pk=project.pk)
    base: Mapping[str, Any] = fresh.config
    if plan.preset:
        base = config_of(fresh.team, plan.preset)
        fresh.preset = plan.preset
    before = fresh.config
    fresh.config = cleaned(plan.config, base)
    _keep_platforms(fresh, before)
    _describe(fresh, plan)
    if plan.status is not None:
        _set_status(fresh, plan.status)
    fresh.save()
    if fresh.config["schedule"] != before.get("schedule") or plan.status is not None:
        _schedule(fresh)
    audit.record("project.changed", team=fresh.team, by=by, on=fresh)
    return fresh


@transaction.atomic
def schedule_project(*, project: Project, by: User | None, wanted: Wanted) -> Schedule | None:
    """Scrape a project by a cron expression in the team's zone; None when it is switched off. Raises Invalid."""
    section = {
        "enabled": wanted.enabled,
        "frequency": "cron",
        "expression": wanted.expression,
        "catch_up": wanted.catch_up,
    }
    update_project(project=project, by=by, plan=ProjectPlan(config={"schedule": section}))
    return Schedule.objects.filter(project=project).first()


@transaction.atomic
def unschedule_project(*, project: Project, by: User | None) -> None:
    """Scrape only on request from now on."""
    update_project(project=project, by=by, plan=ProjectPlan(config={"schedule": {"enabled": False}}))


@transaction.atomic
def archive_project(*, project: Project, by: User | None) -> Project:
    """Put a project away: out of lists, not read by itself; everything it holds stays. Raises Conflict."""
    if project.status == ProjectStatus.ARCHIVED:
        raise Conflict("This project is archived already.")
    return update_project(project=project, by=by, plan=ProjectPlan(status=ProjectStatus.ARCHIVED))


@transaction.atomic
def delete_project(*, project: Project, by: User | None) -> int:
    """Delete a project for good with its targets and everything that was read for it; how many sources go.

    The data goes in runs of its own, one for each source.
    """
    sources = list(Source.objects.filter(project=project).select_related("team"))
    audit.record("project.deleted", team=project.team, by=by, on=project, details={"sources": len(sources)})
    events.publish(project.team, "project.deleted", {"project_id": str(project.pk), "name": project.name})
    lock_sources(one.pk for one in sources)
    project.delete()
    for source in sources:
        disconnect(source=source, by=by)
    return len(sources)


def _describe(project: Project, plan: ProjectPlan) -> None:
    problems: dict[str, list[str]] = {}
    if plan.name is not None:
        project.name = plan.name.strip()
        if not 1 <= len(project.name) <= _LONGEST_NAME:
            problems["name"] = [f"Enter a name of 1 to {_LONGEST_NAME} characters."]
    if plan.description is not None:
        project.description = plan.description.strip()
        if len(project.description) > _LONGEST_TEXT:
            problems["description"] = [f"Enter at most {_LONGEST_TEXT} characters."]
    if plan.product is not None:
        project.product = _product({**project.product, **plan.product}, problems)
    if problems:
        raise Invalid("The project is not valid. Correct the named fields.", details=problems)


def _product(given: Mapping[str, Any], problems: dict[str, list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, longest in _PRODUCT.items():
        value = given.get(name) or ""
        if not isinstance(value, str) or len(value) > longest:
            problems[f"product.{name}"] = [f"Enter a text of at most {longest} characters."]
        else:
            found[name] = value.strip()
    website = found.get("website", "")
    if website and not website.startswith(("http://", "https://")):
        problems["product.website"] = ["Enter an address that begins with https:// or http://."]
    found["category"] = given.get("category") or ""
    if found["category"] not in ("", *CATEGORIES):
        problems["product.category"] = [f"Choose one of {', '.join(CATEGORIES)}."]
    rivals = given.get("competitors") or []
    if not isinstance(rivals, list) or len(rivals) > _MOST_COMPETITORS or not all(_is_name(one) for one in rivals):
        problems["product.competitors"] = [f"Give at most {_MOST_COMPETITORS} names of at most 100 characters."]
    found["competitors"] = rivals
    unknown = sorted(set(given) - set(found) - set(_PRODUCT))
    problems |= {f"product.{name}": ["There is no such field."] for name in unknown}
    return found


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST_NAME


def _keep_platforms(project: Project, before: Mapping[str, Any]) -> None:
    """A preset doesn't switch off a platform that has targets."""
    listed = project.config["scrapers"]["platforms"]
    held = set(project.targets.values_list("platform", flat=True))
    was_on = [one for one in before.get("scrapers", {}).get("platforms", []) if one in held]
    project.config["scrapers"]["platforms"] = list(dict.fromkeys([*listed, *was_on]))


def _set_status(project: Project, status: str) -> None:
    if status not in ProjectStatus.values:
        raise Invalid(details={"status": [f"Choose one of {', '.join(ProjectStatus.values)}."]})
    going = Scrape.objects.filter(project=project, status=ScrapeStatus.RUNNING)
    if status == ProjectStatus.ARCHIVED and going.exists():
        raise Conflict("A scrape is going on. Wait for its end or cancel it, then try again.")
    project.status = status
    project.archived_at = clock.now() if status == ProjectStatus.ARCHIVED else None


def _schedule(project: Project) -> None:
    """The schedule that the configuration asks for; none where it is switched off or the project rests."""
    wanted = project.config["schedule"]
    if not wanted["enabled"]:
        Schedule.objects.filter(project=project).delete()
        return
    cron = expression(wanted)
    due = _next(cron, project.team)
    on = project.status == ProjectStatus.ACTIVE
    rest = {"enabled": on, "next_due_at": due if on else None, "catch_up": wanted["catch_up"]}
    Schedule.objects.update_or_create(
        project=project, defaults={"team_id": project.team_id, "expression": cron, **rest}
    )


def _next(cron: str, team: Team) -> datetime:
    message = "This never comes. Choose another day or month."
    try:
        due = next_due(cron, clock.now(), team.time_zone)
    except Invalid as error:
        due, message = None, str(error.details["expression"][0])
    if due is None:
        raise Invalid(details={"config.schedule.expression": [message]})
    return due
