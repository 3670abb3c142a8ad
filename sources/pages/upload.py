"""Uploading a table: choose the file, say what its columns mean, import."""

from __future__ import annotations

import json
import uuid
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile as Sent
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.middleware import TeamRequest
from accounts.pages.access import attempt, member_page
from livinglytics.lib.errors import Conflict, Invalid, ProductError, TooLarge
from sources.actions.upload import Looked, delete_file, look, start_import, store_file
from sources.connectors._base import Connector
from sources.forms import FileForm, MappingForm, reading_from
from sources.forms.mapping import signature_of
from sources.models import Job, UploadedFile
from sources.selectors.catalogue import connector_card
from sources.selectors.file_shape import file_of, shape_of, understood, upload_sources
from sources.selectors.record_table import table_of_rows
from sources.selectors.source_page import source_of
from sources.tabular import Plan, Reading, Shape, guess_plan

_ASK = "Choose how the marked column is read. A wrong guess would put numbers on wrong days."


def choose_file(request: TeamRequest, connector: Connector) -> HttpResponse:
    """Step 1. A file that is no table is refused by name, and nothing of it stays."""
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if request.method == "POST" and form.is_valid():
        stored = attempt(form, _store, request=request, sent=form.cleaned_data["file"])
        if stored is not None:
            return redirect("upload", stored.pk)
    context = {
        "card": connector_card(connector.key),
        "form": form,
        "most_megabytes": settings.MAX_UPLOAD_BYTES // 1_000_000,
    }
    return render(request, "sources/upload_file.html", context, status=422 if form.errors else 200)


def _store(*, request: TeamRequest, sent: Sent[Any]) -> UploadedFile:
    if sent.size and sent.size > settings.MAX_UPLOAD_BYTES:
        raise TooLarge(f"The file is larger than {settings.MAX_UPLOAD_BYTES // 1_000_000} MB. Split it.")
    file = store_file(team=request.team, by=request.user, name=sent.name or "", chunks=sent.chunks())
    try:
        looked = look(file)
        if looked.shape.fatal:
            raise Invalid(looked.shape.fatal.message, details={"file": [looked.shape.fatal.message]})
    except ProductError:
        delete_file(file=file, by=request.user)
        raise
    return file


@require_http_methods(["GET", "HEAD", "POST"])
@member_page("sources.write")
def upload(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Step 2: what was understood, a role for every column, ten rows as they will be stored; then the import."""
    file = file_of(request.team, pk)
    if request.method != "POST":
        looked = look(file)
        form = _form(file, looked.shape, plan=looked.plan, settled=looked.remembered)
        return _shown(request, file, form, looked=looked)
    reading = reading_from(request.POST)
    shape = shape_of(file, reading)
    if request.POST.get("columns") != signature_of(shape):
        return _read_anew(request, file, shape, reading)
    form = _form(file, shape, data=request.POST, plan=_guessed(file, shape, reading))
    if not form.is_valid():
        return _shown(request, file, form, status=422)
    return _answered(request, file, form)


def _answered(request: TeamRequest, file: UploadedFile, form: MappingForm) -> HttpResponse:
    importing = request.POST.get("step") == "import"
    if importing and form.open_questions():
        for name in form.open_questions():
            form.add_error(name, "Choose one.")
        form.add_error(None, _ASK)
    elif importing:
        job = attempt(form, partial(_import, request, file, form))
        if job is not None:
            return redirect("source", job.source_id)
    looked = attempt(form, look, file=file, plan=form.plan())
    return _shown(request, file, form, looked=looked, status=422 if form.errors else 200)


def _import(request: TeamRequest, file: UploadedFile, form: MappingForm) -> Job:
    given = form.cleaned_data
    target = source_of(request.team, uuid.UUID(given["target"])) if given.get("target") else None
    if target is not None and target.state == "paused":
        raise Conflict(f"{target.name} is paused. Resume it first.")
    return start_import(
        file=file, by=request.user, plan=form.plan(), source=target, name=given["name"], partial=given["partial"]
    )


def _read_anew(request: TeamRequest, file: UploadedFile, shape: Shape, reading: Reading) -> HttpResponse:
    """Another way to read the file gives other columns: their roles are proposed again."""
    plan = _guessed(file, shape, reading)
    form = _form(file, shape, plan=plan, reading=request.POST)
    if plan is None:
        return _shown(request, file, form)
    return _shown(request, file, form, looked=look(file, plan=json.loads(plan.to_json())))


def _guessed(file: UploadedFile, shape: Shape, reading: Reading) -> Plan | None:
    try:
        return guess_plan(shape, file.team.time_zone, reading)
    except Invalid:
        return None


def _form(file: UploadedFile, shape: Shape, *, reading: Any = None, **more: Any) -> MappingForm:
    names = ("header", "delimiter", "encoding", "sheet")
    initial = {
        "name": file.name.partition(".")[0].replace("_", " ")[:100],
        "target": str(file.source_id or ""),
        **({name: reading.get(name, "") for name in names} if reading else {}),
    }
    targets = upload_sources(file.team)
    return MappingForm(shape, zone=file.team.time_zone, targets=targets, initial=initial, **more)


def _shown(
    request: TeamRequest, file: UploadedFile, form: MappingForm, *, looked: Looked | None = None, status: int = 200
) -> HttpResponse:
    zone = request.team.time_zone
    context: dict[str, Any] = {
        "file": file,
        "form": form,
        "facts": understood(form.shape),
        "problems": [one for one in form.shape.problems if one.code != "column.ambiguous"],
        "remembered": form.settled,
        "problem": looked.problem if looked and not form.is_bound else "",
    }
    if looked is not None and looked.plan is not None:
        context["table"] = table_of_rows(looked.preview, looked.plan, zone)
        context["bad"] = sum(1 for one in looked.preview if one.error)
    return render(request, "sources/upload.html", context, status=status)


@require_POST
@member_page("sources.write")
def upload_delete(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Delete a stored file; its numbers stay."""
    file = file_of(request.team, pk)
    source_id = file.source_id
    delete_file(file=file, by=request.user)
    messages.success(request, f"{file.name} is deleted. Numbers that were imported from it stay.")
    return redirect("source", source_id) if source_id else redirect("source-list")
