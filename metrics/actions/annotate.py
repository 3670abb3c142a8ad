"""Remarks on days: what happened, drawn on the axis of every chart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit, live
from accounts.models import Team, User
from livinglytics.lib import clock
from livinglytics.lib.errors import Invalid
from metrics import versions
from metrics.models import Annotation

audit.register(
    annotation__added="{user} noted {object}",
    annotation__changed="{user} changed the note {object}",
    annotation__deleted="{user} deleted the note {object}",
)
_EDITABLE: Final = frozenset({"day", "title", "kind"})


@transaction.atomic
def annotate(*, team: Team, by: User | None, day: date, title: str, kind: str = "note") -> Annotation:
    """Note on a calendar day what happened. Raises Invalid for an empty or too long title."""
    made = _checked(Annotation(team=team, day=day, title=title.strip(), kind=kind, created_by=by))
    made.save(force_insert=True)
    audit.record("annotation.added", team=team, by=by, on=made)
    _announce(team)
    return made


@transaction.atomic
def change_annotation(*, annotation: Annotation, by: User | None, changes: Mapping[str, Any]) -> Annotation:
    """Change day, title or kind of a note."""
    note = Annotation.objects.select_related("team").get(pk=annotation.pk)
    before = {name: getattr(note, name) for name in changes if name in _EDITABLE}
    before = {name: old for name, old in before.items() if old != changes[name]}
    if not before:
        return note
    for name in before:
        setattr(note, name, changes[name])
    _checked(note).save(update_fields=[*before, "updated_at"])
    details = {name: [str(old), str(getattr(note, name))] for name, old in before.items()}
    audit.record("annotation.changed", team=note.team, by=by, on=note, details=details)
    _announce(note.team)
    return note


@transaction.atomic
def delete_annotation(*, annotation: Annotation, by: User | None) -> None:
    """Take a note away."""
    audit.record("annotation.deleted", team=annotation.team, by=by, on=annotation)
    Annotation.objects.filter(pk=annotation.pk).delete()
    _announce(annotation.team)


def _checked(note: Annotation) -> Annotation:
    try:
        note.full_clean(exclude=["team", "created_by"])
    except ValidationError as error:
        raise Invalid(details=error.message_dict) from error
    return note


def _announce(team: Team) -> None:
    """What is drawn changed, so answers that were remembered are outdated."""
    versions.bump(team.pk)
    live.push(team.pk, {"type": "metrics_update", "data": {"annotations": True}, "timestamp": clock.now().isoformat()})
