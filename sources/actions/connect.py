"""Connect a source: checked settings, sealed keys, a schedule, the first sync."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit, events
from accounts.models import Team, User
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict
from livinglytics.lib.text import slugify_unique
from sources import configuration, vault
from sources.actions.checking import check_settings, insist
from sources.actions.queue import queue_job
from sources.actions.schedule import next_due
from sources.configuration import Cleaned
from sources.connectors._base import Checked, Connector
from sources.models import Credential, Job, JobKind, Schedule, Source

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Connected:
    """The new source, its first run (None for files and push) and what the check said."""

    source: Source
    job: Job | None
    checked: Checked


def connect_source(
    *,
    team: Team,
    by: User | None,
    kind: str,
    name: str = "",
    config: Mapping[str, Any] | None = None,
    check: bool = True,
    is_demo: bool = False,
) -> Connected:
    """Connect a source of ``kind`` with what a person entered, secrets included.

    Raises UnknownKey, or Invalid with a message for each setting at fault. The check asks the
    service before anything is written, and outside of any transaction.
    """
    connector = configuration.connector(kind)
    cleaned = configuration.clean(connector, config or {})
    checked = insist(check_settings(team, connector, cleaned)) if check else Checked(True, "Not checked.")
    title = name or checked.identity or connector.label
    try:
        with transaction.atomic():
            source = create_source(
                team=team,
                connector=connector,
                name=title,
                by=by,
                cleaned=cleaned,
                identity=checked.identity,
                is_demo=is_demo,
            )
            return Connected(source, _first_sync(source, connector, by), checked)
    except IntegrityError:
        raise Conflict("A source with this name was connected a moment ago. Try again.") from None


@transaction.atomic
def create_source(
    *,
    team: Team,
    connector: Connector,
    name: str,
    by: User | None,
    cleaned: Cleaned | None = None,
    identity: str = "",
    is_demo: bool = False,
) -> Source:
    """Write a source with its keys and its schedule. Settings are checked by the caller."""
    source = write_source(
        team=team, connector=connector, name=name, by=by, cleaned=cleaned, identity=identity[:200], is_demo=is_demo
    )
    if connector.every is not None:
        expression = usual_schedule(connector.every, source)
        due = next_due(expression, clock.now(), team.time_zone)
        Schedule.objects.create(team=team, source=source, expression=expression, next_due_at=due)
    return source


@transaction.atomic
def write_source(
    *, team: Team, connector: Connector, name: str, by: User | None, cleaned: Cleaned | None = None, **more: Any
) -> Source:
    """The same without a schedule: what reads a target runs with its project. ``more``: other fields of the row."""
    taken = set(Source.objects.for_team(team).values_list("slug", flat=True))
    cleaned = cleaned or Cleaned({}, {})
    source = Source.objects.create(
        team=team,
        kind=connector.key,
        name=name.strip()[:120] or connector.label,
        slug=slugify_unique(name or connector.key, taken),
        config=cleaned.plain,
        created_by=by,
        **more,
    )
    keep_secrets(source, cleaned.secrets)
    audit.record("source.connected", team=team, by=by, on=source, details={"kind": source.kind})
    events.publish(team, "source.connected", {"source_id": str(source.pk), "kind": source.kind, "name": source.name})
    return source


def keep_secrets(source: Source, secrets: Mapping[str, str]) -> None:
    """Seal the secret settings of a source; without any there is no row."""
    if not secrets:
        return
    hints = vault.hints(secrets, clock.now())
    before = Credential.objects.filter(source=source).first()
    if before is not None:
        old = vault.open_sealed(before.sealed)
        hints |= {name: hint for name, hint in before.hints.items() if old.get(name) == secrets.get(name)}
    Credential.objects.update_or_create(
        source=source, defaults={"team_id": source.team_id, "sealed": vault.seal(secrets), "hints": hints}
    )


def usual_schedule(every: timedelta, source: Source) -> str:
    """A cron expression for about this distance; the minute differs from source to source."""
    minute = source.pk.int % 60
    if every < _HOUR:
        return f"*/{max(1, int(every.total_seconds() // 60))} * * * *"
    if every < _DAY:
        return f"{minute} */{every // _HOUR} * * *" if every > _HOUR else f"{minute} * * * *"
    return f"{minute} 6 * * *" if every < 7 * _DAY else f"{minute} 6 * * 1"


def _first_sync(source: Source, connector: Connector, by: User | None) -> Job | None:
    if connector.connect in ("file", "push"):
        return None
    return queue_job(source, JobKind.SYNC, by=by, trigger="connect")[0]
