"""Projects: the list, the new one, and what can be done with one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.middleware import TeamRequest
from accounts.pages.access import attempt, member_page
from accounts.permissions import can
from livinglytics.lib.errors import Invalid, ProductError
from metrics.selectors.project_pages import ProjectPage, project_page, project_rows, scrape_part
from sources import platforms
from sources.actions.projects import ProjectPlan, create_project, delete_project, update_project
from sources.actions.scrapes import cancel_scrape, start_scrape
from sources.actions.targets import Added, Pasted, add_targets, remove_target, update_target
from sources.forms.project import NewProjectForm, ProjectForm, TargetsForm, in_words, initial_project
from sources.models import ProjectStatus
from sources.selectors.projects import presets_of, project_of, target_of
from sources.selectors.scrapes import ScrapeView, scrape_of


@require_safe
@member_page("sources.read")
def project_list(request: TeamRequest) -> HttpResponse:
    """The team's projects with what was read for each; archived ones behind a tab."""
    archived = request.GET.get("status") == ProjectStatus.ARCHIVED
    search = request.GET.get("q", "")[:100]
    status = str(ProjectStatus.ARCHIVED) if archived else ""
    page, rows = project_rows(request.team, status=status, search=search, page=request.GET.get("page"))
    context: dict[str, Any] = {
        "rows": [(row, part_url(row.project.pk, row.scrape.scrape.pk, "line") if row.scrape else "") for row in rows],
        "search": search,
        "archived": archived,
        "tabs": _tabs(archived=archived),
        "may_write": can(request.role, "sources.write"),
        **_pages(page, "page"),
    }
    return render(request, "metrics/projects/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_page("sources.write")
def project_new(request: TeamRequest) -> HttpResponse:
    """Name, addresses and a preset. The addresses are looked at before anything is made."""
    form = NewProjectForm(_presets(request), request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "platforms": ", ".join(platforms.known().values())}
    if request.method == "POST" and form.is_valid():
        urls = form.cleaned_data["urls"]
        if request.POST.get("step") == "check":
            return render(request, "metrics/projects/new.html", {**context, "looked": [_look(url) for url in urls]})
        given = form.cleaned_data
        plan = ProjectPlan(
            name=given["name"], description=given["description"], product=form.product(), preset=given["preset"] or None
        )
        project = attempt(form, _by_field(create_project), team=request.team, by=request.user, plan=plan)
        if project is not None:
            _tell(request, add_targets(project=project, by=request.user, wanted=[Pasted(url) for url in urls]))
            return redirect("project", project.pk)
    return render(request, "metrics/projects/new.html", context, status=422 if form.errors else 200)


@require_safe
@member_page("sources.read")
def project(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """One project: its scrape with live progress, its targets, its history."""
    return _shown(request, pk)


@require_POST
@member_page("sources.write")
def project_targets(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Add addresses; an answer for each."""
    row = project_of(request.team, pk)
    form = TargetsForm(platforms.known(), request.POST)
    if not form.is_valid():
        return _shown(request, pk, form=form, status=422)
    given = form.cleaned_data
    wanted = [Pasted(url, platform=given["platform"], competitor=given["competitor"]) for url in given["urls"]]
    added = attempt(form, add_targets, project=row, by=request.user, wanted=wanted, follow=True)
    if added is None:
        return _shown(request, pk, form=form, status=422)
    _tell(request, added)
    return redirect("project", pk)


@require_POST
@member_page("sources.write")
def project_scrape(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Read all targets now; while a scrape goes on, that one is shown."""
    return _do(request, pk, lambda row: start_scrape(project=row, by=request.user))


@require_POST
@member_page("sources.write")
def project_status(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Pause, work again, archive, bring back."""
    status = request.POST.get("status", "")
    return _do(request, pk, lambda row: update_project(project=row, by=request.user, plan=ProjectPlan(status=status)))


@require_POST
@member_page("sources.write")
def project_cancel(request: TeamRequest, pk: uuid.UUID, scrape: uuid.UUID) -> HttpResponse:
    """Stop a scrape."""
    return _do(request, pk, lambda row: cancel_scrape(scrape=scrape_of(request.team, row, scrape), by=request.user))


@require_POST
@member_page("sources.write")
def target_change(request: TeamRequest, pk: uuid.UUID, target: uuid.UUID) -> HttpResponse:
    """Pause a target, read it again, or stop watching it."""
    deed = request.POST.get("deed", "")

    def change(row: Any) -> object:
        found = target_of(row, target)
        if deed == "remove":
            return remove_target(target=found, by=request.user)
        return update_target(target=found, by=request.user, status=deed)

    return _do(request, pk, change)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_page("sources.write")
def project_settings(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """What a project is, how often and how much it reads."""
    row = project_of(request.team, pk)
    initial = initial_project(row)
    form = ProjectForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        plan = ProjectPlan(
            name=given["name"], description=given["description"], product=form.product(), config=form.config()
        )
        if attempt(form, _by_field(update_project), project=row, by=request.user, plan=plan):
            messages.success(request, "The settings are saved.")
            return redirect("project", pk)
    status = 422 if form.errors else 200
    return render(request, "metrics/projects/settings.html", {"project": row, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page("sources.write")
def project_delete(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Says what would be deleted, then deletes it."""
    if request.method == "POST":
        row = project_of(request.team, pk)
        delete_project(project=row, by=request.user)
        messages.success(request, f"{row.name} is deleted. What was read for it is being removed.")
        return redirect("project-list")
    return render(request, "metrics/projects/delete.html", {"page": project_page(request.team, pk)})


@never_cache
@require_safe
@member_page("sources.read")
def project_part(request: TeamRequest, pk: uuid.UUID, scrape: uuid.UUID) -> HttpResponse:
    """One scrape, for parts that follow it."""
    view, parts = scrape_part(request.team, pk, scrape)
    line = request.GET.get("as") == "line"
    context = {
        "scrape": view,
        "parts": parts,
        "part_url": part_url(pk, scrape, "line" if line else ""),
        "refresh_url": "" if view.scrape.is_open else reverse("project", args=[pk]),
        "may_write": can(request.role, "sources.write"),
    }
    return render(request, f"metrics/projects/_scrape{'_line' if line else ''}.html", context)


def part_url(project_id: uuid.UUID, scrape_id: uuid.UUID, shape: str = "") -> str:
    """Where the part of a scrape is found."""
    return reverse("project-part", args=[project_id, scrape_id]) + (f"?as={shape}" if shape else "")


def _shown(request: TeamRequest, pk: uuid.UUID, *, form: TargetsForm | None = None, status: int = 200) -> HttpResponse:
    found = project_page(request.team, pk, targets=request.GET.get("targets"), scrapes=request.GET.get("scrapes"))
    shown = found.open or _gone_wrong(found)
    _, parts = scrape_part(request.team, pk, shown.scrape.pk) if shown else (None, [])
    context: dict[str, Any] = {
        "page": found,
        "project": found.project,
        "scrape": shown,
        "parts": parts,
        "part_url": part_url(pk, shown.scrape.pk) if shown else "",
        "form": form or TargetsForm(platforms.known()),
        "may_write": can(request.role, "sources.write"),
        "target_pages": _pages(found.target_page, "targets"),
        "scrape_pages": _pages(found.scrape_page, "scrapes"),
    }
    return render(request, "metrics/projects/project.html", context, status=status)


def _gone_wrong(found: ProjectPage) -> ScrapeView | None:
    """A scrape that went wrong stays in view until the next one."""
    latest = found.latest
    return latest if latest is not None and latest.scrape.status in ("failed", "partial") else None


def _presets(request: TeamRequest) -> list[tuple[str, str]]:
    found = presets_of(request.team)
    return [(one.id, f"{one.name}: {one.description}" if one.description else one.name) for one in found]


def _by_field(action: Callable[..., Any]) -> Callable[..., Any]:
    """The same with its refusals under the names that the fields of a form have."""

    def call(**given: Any) -> Any:
        try:
            return action(**given)
        except Invalid as error:
            error.details = {in_words(name): texts for name, texts in error.details.items()}
            raise

    return call


def _do(request: TeamRequest, pk: uuid.UUID, deed: Callable[[Any], object]) -> HttpResponse:
    """Do something with a project of the team; a refusal is told on its page."""
    row = project_of(request.team, pk)
    try:
        deed(row)
    except ProductError as error:
        if error.status >= 500:
            raise
        messages.error(request, error.message)
    return redirect("project", pk)


def _look(url: str) -> dict[str, str]:
    """What an address would become."""
    try:
        found = platforms.recognise(url)
    except ProductError as error:
        return {"url": url, "error": _reason(error)}
    name = platforms.known().get(found.platform, found.platform)
    return {"url": url, "platform": name, "kind": found.target.kind, "canonical": found.target.url}


def _reason(error: ProductError) -> str:
    named = [text for texts in error.details.values() if isinstance(texts, list) for text in texts]
    return str(named[0]) if named else error.message


def _tell(request: TeamRequest, added: list[Added]) -> None:
    taken = [one.target for one in added if one.target is not None]
    if taken:
        waiting = sum(one.status == "error" for one in taken)
        more = f" {waiting} of them need a key first." if waiting else ""
        messages.success(request, f"{len(taken)} target{'s' if len(taken) > 1 else ''} added.{more}")
    for one in added:
        if one.target is None:
            messages.error(request, f"{one.url[:120]}: {one.error}")


def _tabs(*, archived: bool) -> list[dict[str, Any]]:
    home = reverse("project-list")
    return [
        {"label": "Active", "url": home, "active": not archived, "count": None},
        {"label": "Archived", "url": f"{home}?status=archived", "active": archived, "count": None},
    ]


def _pages(page: Any, name: str) -> dict[str, str]:
    return {
        "page_words": f"{page.start_index()}–{page.end_index()} of {page.paginator.count}",
        "previous_url": f"?{name}={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?{name}={page.next_page_number()}" if page.has_next() else "",
    }
