"""Presets: the five that come with the product, and a team's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import Team, User
from livinglytics.lib.errors import Conflict, Invalid
from sources.models import Preset
from sources.projects.presets import BY_KEY
from sources.projects.rules import Config, cleaned

_MOST = 100


def config_of(team: Team, preset: str) -> Config:
    """The configuration of a preset, by key of one of the five or id of an own one. Raises Invalid."""
    if preset in BY_KEY:
        return BY_KEY[preset].config
    own = own_preset(team, preset)
    if own is None:
        raise Invalid(details={"preset": [f"Choose one of {', '.join(BY_KEY)}, or the id of an own preset."]})
    return cleaned({}, own.config)


@transaction.atomic
def create_preset(
    *, team: Team, by: User | None, name: str, description: str = "", config: Mapping[str, Any] | None = None
) -> Preset:
    """Keep a configuration under a name. Raises Invalid, or Conflict where the name is taken."""
    if Preset.objects.for_team(team).count() >= _MOST:
        raise Conflict(f"A team keeps at most {_MOST} presets. Delete one first.")
    preset = Preset(team=team, config=cleaned(config or {}), created_by=by)
    return _named(preset, by, name, description, "preset.created")


@transaction.atomic
def update_preset(
    *,
    preset: Preset,
    by: User | None,
    name: str | None = None,
    description: str | None = None,
    config: Mapping[str, Any] | None = None,
) -> Preset:
    """Change what is given. Projects made from it keep what they have. Raises Invalid or Conflict."""
    preset.config = cleaned(config or {}, preset.config)
    title = preset.name if name is None else name
    words = preset.description if description is None else description
    return _named(preset, by, title, words, "preset.changed")


@transaction.atomic
def duplicate_preset(*, team: Team, by: User | None, preset: str) -> Preset:
    """A copy of any preset as an own one, under the next free name."""
    config = config_of(team, preset)
    own = own_preset(team, preset)
    title = BY_KEY[preset].name if preset in BY_KEY else str(own)
    taken = set(Preset.objects.for_team(team).values_list("name", flat=True))
    names = (f"{title[:48]} copy{f' {number}' if number > 1 else ''}" for number in range(1, _MOST + 2))
    return create_preset(team=team, by=by, name=next(one for one in names if one not in taken), config=config)


@transaction.atomic
def delete_preset(*, preset: Preset, by: User | None) -> None:
    """Forget an own preset; projects made from it keep what they have."""
    audit.record("preset.deleted", team=preset.team, by=by, on=preset)
    preset.delete()


def _named(preset: Preset, by: User | None, name: str, description: str, deed: str) -> Preset:
    preset.name, preset.description = name.strip(), description.strip()
    if not 1 <= len(preset.name) <= 60 or len(preset.description) > 300:
        raise Invalid(details={"name": ["Enter a name of 1 to 60 characters and a description of at most 300."]})
    try:
        with transaction.atomic():
            preset.save()
    except IntegrityError:
        raise Conflict("There is a preset of this name. Choose another name.") from None
    audit.record(deed, team=preset.team, by=by, on=preset)
    return preset


def own_preset(team: Team, key: str) -> Preset | None:
    """An own preset by its id; None for anything else."""
    try:
        return Preset.objects.for_team(team).filter(pk=UUID(key)).first()
    except ValueError:
        return None
