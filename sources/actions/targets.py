"""Targets: addresses that are pasted into a project, and the source that reads each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit, events
from accounts.models import User
from livinglytics.lib.errors import Conflict, Invalid, ProductError
from sources import configuration, platforms
from sources.actions.connect import write_source
from sources.actions.disconnect import disconnect
from sources.actions.keys import key_for, key_names, needs_key
from sources.actions.locks import lock_source
from sources.actions.short_links import followed
from sources.connectors._base import Connector
from sources.models import ApiKey, Project, ProjectStatus, Source, Target, TargetStatus

MOST_AT_ONCE = 50
MOST_TARGETS = 500


@dataclass(frozen=True, slots=True)
class Pasted:
    """One address as it was pasted. ``platform`` is only needed for a bare id and for a web page."""

    url: str
    platform: str = ""
    label: str = ""
    competitor: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one address: the target, or what is wrong with it."""

    url: str
    target: Target | None
    error: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def add_targets(*, project: Project, by: User | None, wanted: Sequence[Pasted], follow: bool = False) -> list[Added]:
    """Add every address that can be read; an answer for each. Nothing is asked of the services.

    ``follow`` looks up where short links lead: never call it inside a transaction then.
    Raises Invalid for more than 50 at once, Conflict for an archived project.
    """
    if len(wanted) > MOST_AT_ONCE:
        raise Invalid(details={"urls": [f"Add at most {MOST_AT_ONCE} addresses at once."]})
    if project.status == ProjectStatus.ARCHIVED:
        raise Conflict("This project is archived. Bring it back first.")
    return [_added(project, by, one, follow=follow) for one in wanted]


def add_target(*, project: Project, by: User | None, wanted: Pasted, follow: bool = False) -> Target:
    """The same for one address. Raises Invalid or Conflict with what is wrong with it."""
    found = add_targets(project=project, by=by, wanted=[wanted], follow=follow)[0]
    if found.target is None:
        error = Conflict if not found.details else Invalid
        raise error(found.error, details=found.details)
    return found.target


@transaction.atomic
def update_target(
    *,
    target: Target,
    by: User | None,
    label: str | None = None,
    competitor: str | None = None,
    status: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Target:
    """Change how a target is called, whose it is, whether it is read, or its settings. Raises Invalid."""
    changed = {"label": label, "competitor": competitor, "status": status, "settings": settings}
    changed = {name: value for name, value in changed.items() if value is not None}
    if status not in (None, TargetStatus.ACTIVE, TargetStatus.PAUSED):
        raise Invalid(details={"status": ["Choose active or paused."]})
    lock_source(target.source_id)
    for name, value in changed.items():
        setattr(target, name, value)
    if settings is not None and target.source is not None:
        _reconfigure(target, settings)
    target.error_message = "" if status else target.error_message
    target.save()
    audit.record("target.changed", team=target.team, by=by, on=target, details={"changed": sorted(changed)})
    return target


@transaction.atomic
def remove_target(*, target: Target, by: User | None) -> None:
    """Stop watching an address; what was read of it is removed in a run of its own."""
    source = lock_source(target.source_id)
    audit.record("target.removed", team=target.team, by=by, on=target, details={"platform": target.platform})
    target.delete()
    if source is not None:
        disconnect(source=source, by=by)


@transaction.atomic
def connect_target(target: Target, by: User | None) -> Source | None:
    """The source that reads a target, made where it is missing; None while its key is."""
    if target.source is not None:
        return target.source
    found = platforms.recognise(target.url, target.platform)
    connector = configuration.connector(found.connector)
    key = key_for(target.team, connector)
    if key is None and needs_key(connector):
        _fail(target, f"Add a key for {connector.label} under Settings, API keys. The target is read from then on.")
        return None
    target.source = _source_of(target, connector, found.target.config, key, by)
    target.status, target.error_message = TargetStatus.ACTIVE, ""
    target.save(update_fields=["source", "status", "error_message", "updated_at"])
    return target.source


def _added(project: Project, by: User | None, wanted: Pasted, *, follow: bool) -> Added:
    try:
        try:
            found = platforms.recognise(wanted.url, wanted.platform)
        except platforms.ShortLink as short:
            if not follow:
                raise
            found = platforms.recognise(followed(project.team, short.url), wanted.platform)
        return Added(wanted.url, _write(project, by, wanted, found))
    except ProductError as error:
        return Added(wanted.url, None, error.message, error.details)


@transaction.atomic
def _write(project: Project, by: User | None, wanted: Pasted, found: platforms.Found) -> Target:
    thing = found.target
    connector = configuration.connector(found.connector)
    _checked_settings(connector, thing.config, wanted.settings)
    if Target.objects.filter(project=project).count() >= MOST_TARGETS:
        raise Conflict(f"A project takes at most {MOST_TARGETS} targets. Make another project.")
    try:
        with transaction.atomic():
            target = Target.objects.create(
                team_id=project.team_id,
                project=project,
                platform=found.platform,
                kind=thing.kind,
                external_id=thing.external_id[:300],
                url=thing.url[:1000],
                label=wanted.label.strip()[:120],
                competitor=wanted.competitor.strip()[:100],
                settings=dict(wanted.settings),
            )
    except IntegrityError:
        raise Conflict("This is a target of the project already.") from None
    _switch_on(project, found.platform)
    connect_target(target, by)
    told = {"project_id": str(project.pk), "target_id": str(target.pk), "platform": target.platform, "url": target.url}
    events.publish(project.team, "target.added", told)
    audit.record("target.added", team=project.team, by=by, on=target, details={"platform": target.platform})
    return target


def _switch_on(project: Project, platform: str) -> None:
    """A platform with a target is one that the project reads."""
    row = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    scrapers = row.config.setdefault("scrapers", {})
    listed = scrapers.setdefault("platforms", [])
    if platform not in listed:
        listed.append(platform)
        row.save(update_fields=["config", "updated_at"])
        project.config = row.config


def _source_of(
    target: Target, connector: Connector, config: Mapping[str, Any], key: ApiKey | None, by: User | None
) -> Source:
    given = {**config, **target.settings, **(key.settings if key else {})}
    cleaned = configuration.clean(connector, given, without=key_names(connector))
    name = target.label or f"{connector.label}: {target.external_id}"
    more = {"project": target.project, "api_key": key}
    return write_source(team=target.team, connector=connector, name=name, by=by, cleaned=cleaned, **more)


def _checked_settings(connector: Connector, config: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Only what the platform takes, and nothing that the address or the key says."""
    fixed = {*config, *key_names(connector)}
    wrong = {f"settings.{name}": ["This can't be set for a target."] for name in settings if name in fixed}
    if wrong:
        raise Invalid("Some settings are not valid. Correct the named fields.", details=wrong)
    configuration.clean(connector, {**config, **settings}, without=key_names(connector))


def _reconfigure(target: Target, settings: Mapping[str, Any]) -> None:
    source = target.source
    if source is None:
        return
    found = platforms.recognise(target.url, target.platform)
    connector = configuration.connector(found.connector)
    _checked_settings(connector, found.target.config, settings)
    given = {**found.target.config, **settings, **(source.api_key.settings if source.api_key else {})}
    source.config = configuration.clean(connector, given, without=key_names(connector)).plain
    source.save(update_fields=["config", "updated_at"])


def _fail(target: Target, message: str) -> None:
    target.status, target.error_message = TargetStatus.ERROR, message[:300]
    target.save(update_fields=["status", "error_message", "updated_at"])
    told = {"project_id": str(target.project_id), "target_id": str(target.pk), "error": message}
    events.publish(target.team, "target.error", told)
