"""A project that watches games on a local Steam, for the tests of projects, targets and scrapes."""

from __future__ import annotations

from typing import Any

from accounts.models import Team
from livinglytics.pipeline import run_job
from sources.actions.projects import ProjectPlan, create_project
from sources.actions.scrapes import start_scrape
from sources.actions.targets import Pasted, add_target
from sources.models import Job, Project, Scrape, Target

GAME = "https://store.steampowered.com/app/620/Portal_2/"
OTHER = "https://store.steampowered.com/app/400"
FILM = "https://youtu.be/dQw4w9WgXcQ"


def make_project(team: Team, *urls: str, name: str = "Portal", config: dict[str, Any] | None = None) -> Project:
    """A project with these addresses as targets, which hardly waits between two requests."""
    given = config or {}
    quick = {**given, "limits": {"rate_limit_delay": 0.1, **given.get("limits", {})}}
    project = create_project(team=team, by=None, plan=ProjectPlan(name=name, config=quick))
    for url in urls:
        add_target(project=project, by=None, wanted=Pasted(url))
    project.refresh_from_db()
    return project


def target_of(project: Project, url_part: str = "") -> Target:
    """The target whose address holds this text."""
    return Target.objects.select_related("source", "team", "project").get(project=project, url__contains=url_part)


def scraped(project: Project, **options: Any) -> Scrape:
    """A scrape whose runs were all done, one after the other."""
    scrape, _ = start_scrape(project=project, by=None, options=options)
    return finish(scrape)


def finish(scrape: Scrape) -> Scrape:
    """Do the runs of a scrape that are open."""
    for job in Job.objects.filter(parts__scrape=scrape):
        run_job(str(job.pk))
    scrape.refresh_from_db()
    return scrape
