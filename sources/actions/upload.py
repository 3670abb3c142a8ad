"""Uploaded files: stored as they came, looked at, and imported under a plan that a person confirmed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction

from accounts import audit
from accounts.models import Team, User
from livinglytics.lib.errors import Invalid, ProductError, Terminal, TooLarge
from livinglytics.lib.ids import uuid7
from livinglytics.lib.text import excerpt
from sources.actions.connect import create_source
from sources.actions.queue import queue_new
from sources.actions.surroundings import FilesOf
from sources.configuration import Cleaned
from sources.connectors import connectors
from sources.models import Job, JobKind, SavedMapping, Source, UploadedFile
from sources.tabular import Plan, Preview, Shape, guess_plan, inspect, preview, rows, signature

PREVIEW_ROWS = 10
UPLOAD = "upload"
_ENDING = re.compile(r"(\.[a-z0-9]{1,8}){1,2}$")


class StorageFull(Terminal):
    """The disk takes no more."""

    code = "STORAGE_FULL"
    status = 507
    message = "The file could not be stored. Ask the operator to make room on the disk, then upload it again."


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file is and what would be made of it.

    ``remembered``: the plan was confirmed for such a file before. ``problem`` says why there is no plan.
    """

    file: UploadedFile
    shape: Shape
    plan: Plan | None
    remembered: bool
    preview: tuple[Preview, ...]
    problem: str = ""


def store_file(*, team: Team, by: User | None, name: str, chunks: Iterable[bytes]) -> UploadedFile:
    """Write an upload to disk piece by piece, with its hash. Raises TooLarge, Invalid or StorageFull."""
    pk = uuid7()
    name = Path(name.replace("\\", "/")).name.replace("\x00", "")[:255] or "upload"
    ending = _ENDING.search(name.lower())
    place = Path("uploads") / team.pk.hex / f"{pk.hex}{ending[0] if ending else ''}"
    full = Path(settings.MEDIA_ROOT) / place
    full.parent.mkdir(parents=True, exist_ok=True)
    try:
        size, digest = _write(full, chunks)
        with transaction.atomic():
            file = UploadedFile.objects.create(
                id=pk, team=team, name=name, path=str(place), size=size, sha256=digest, created_by=by
            )
            audit.record("file.uploaded", team=team, by=by, on=file, details={"size": size})
    except BaseException:
        full.unlink(missing_ok=True)
        raise
    return file


def _write(place: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    try:
        with place.open("xb") as out:
            for chunk in chunks:
                size += len(chunk)
                if size > settings.MAX_UPLOAD_BYTES:
                    raise TooLarge(f"The file is larger than {settings.MAX_UPLOAD_BYTES // 1_000_000} MB. Split it.")
                digest.update(chunk)
                out.write(chunk)
    except OSError as error:
        raise StorageFull from error
    if not size:
        raise Invalid("The file is empty. Export it again and upload it once more.", details={"file": ["Empty file."]})
    return size, digest.hexdigest()


def upload(*, team: Team, by: User | None, name: str, chunks: Iterable[bytes]) -> Looked:
    """Store a file and look at it; one that is no table is not kept. Raises TooLarge, Invalid or StorageFull."""
    file = store_file(team=team, by=by, name=name, chunks=chunks)
    try:
        return look(file)
    except ProductError:
        delete_file(file=file, by=by)
        raise


def look(file: UploadedFile, *, plan: Mapping[str, Any] | None = None) -> Looked:
    """Inspect a stored file; with ``plan`` (corrected by a person) its preview shows what that makes of it.

    Raises Invalid or TooLarge for files that are no tables, and Invalid for a plan that doesn't fit.
    """
    with FilesOf(file.team_id)(str(file.pk)) as opened:
        given = Plan.from_json(plan) if plan else None
        shape = inspect(opened, file.name, given.reading if given else None)
        if shape.fatal:
            return Looked(file, shape, given, False, (), shape.fatal.message)
        if given is not None:
            given.check(shape)
            return Looked(file, shape, given, False, _preview(opened, shape, given, file))
        found, remembered, problem = _proposal(file, shape)
        shown = _preview(opened, shape, found, file) if found else ()
    return Looked(file, shape, found, remembered, shown, problem)


def _proposal(file: UploadedFile, shape: Shape) -> tuple[Plan | None, bool, str]:
    saved = SavedMapping.objects.for_team(file.team).filter(signature=signature(shape)).first()
    if saved is not None:
        with suppress(Invalid):
            plan = Plan.from_json(saved.plan)
            plan.check(shape)
            return plan, True, ""
    try:
        return guess_plan(shape, file.team.time_zone), False, ""
    except Invalid as error:
        return None, False, error.message


def _preview(opened: BinaryIO, shape: Shape, plan: Plan, file: UploadedFile) -> tuple[Preview, ...]:
    first = islice(rows(opened, shape), PREVIEW_ROWS)
    return tuple(preview(first, plan, shape.names, zone=file.team.time_zone, n=PREVIEW_ROWS))


def start_import(
    *,
    file: UploadedFile,
    by: User | None,
    plan: Mapping[str, Any],
    source: Source | None = None,
    name: str = "",
    partial: bool = False,
) -> Job:
    """Import a stored file under ``plan`` into ``source``, or into a new source called ``name``.

    Without ``partial`` one bad row stops the import and nothing is stored. The plan is remembered
    for files with the same columns. Raises Invalid for a plan that doesn't fit the file, and Conflict
    while another import into the source is open.
    """
    looked = look(file, plan=plan)
    if looked.plan is None or looked.shape.fatal:
        raise Invalid(looked.problem, details={"file": [looked.problem]})
    if source is not None and connectors.get(source.kind).key != UPLOAD:
        raise Invalid(details={"source": ["Choose a source that is fed by files."]})
    return _queue(looked, looked.plan, by=by, source=source, name=name, partial=partial)


@transaction.atomic
def _queue(looked: Looked, plan: Plan, *, by: User | None, source: Source | None, name: str, partial: bool) -> Job:
    file, text = looked.file, plan.to_json()
    if source is None:
        title = excerpt(name or Path(file.name).stem, 100)
        settled = Cleaned({"plan": text}, {})
        connector = connectors.get(UPLOAD)
        source = create_source(team=file.team, connector=connector, name=title, by=by, cleaned=settled)
    source.config = {**source.config, "plan": text}
    source.save(update_fields=["config", "updated_at"])
    file.source = source
    file.shape = {"format": looked.shape.format, "columns": list(looked.shape.names), "rows": looked.shape.rows}
    file.save(update_fields=["source", "shape", "updated_at"])
    SavedMapping.objects.update_or_create(
        team=file.team,
        signature=signature(looked.shape),
        defaults={"name": file.name[:120], "plan": json.loads(text)},
    )
    options = {"config": {"file": str(file.pk), "plan": text, "partial": partial}, "state_key": file.pk.hex}
    job = queue_new(source, JobKind.UPLOAD, by=by, trigger="upload", options=options)
    details = {"source": source.name, "partial": partial}
    audit.record("file.imported", team=file.team, by=by, on=file, details=details)
    return job


@transaction.atomic
def delete_file(*, file: UploadedFile, by: User | None) -> None:
    """Delete a stored file. Numbers that were imported from it stay."""
    place = Path(settings.MEDIA_ROOT) / file.path
    audit.record("file.deleted", team=file.team, by=by, on=file)
    file.delete()
    transaction.on_commit(lambda: place.unlink(missing_ok=True))
