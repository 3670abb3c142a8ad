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
from sources import configuration
from sources.account_options import account_options, awaited, reason_to_wait
from sources.actions.checking import check_settings, insist
from sources.actions.credentials import keep_secrets
from sources.actions.queue import queue_job
from sources.actions.schedule import next_due
from sources.configuration import Cleaned
from sources.connectors._base import Checked, Connector
from sources.models import Job, JobKind, Schedule, Source, SourceState

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Connected:
    """The new source, its first run (None for files and push) and what the check said.

    ``awaits`` names the account that has to be signed in before the source is checked and read.
    """

    source: Source
    job: Job | None
    checked: Checked
    awaits: str = ""


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
    service before anything is written, and outside of any transaction. Where the kind reads with an
    account, there is nothing to ask with yet: the source is saved, needs attention and is not read.
    """
    connector = configuration.connector(kind)
    cleaned = configuration.clean(connector, config or {})
    account = awaited(connector, cleaned.secrets)
    reason = reason_to_wait(account_options(connector)[account]) if account else ""
    if check and not account:
        checked = insist(check_settings(team, connector, cleaned))
    else:
        checked = Checked(True, reason or "Not checked.")
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
            if account:
                source.state, source.state_reason = SourceState.ATTENTION, reason
                source.save(update_fields=["state", "state_reason", "updated_at"])
            job = None if account else first_sync(source, connector, by)
            return Connected(source, job, checked, account)
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


def usual_schedule(every: timedelta, source: Source) -> str:
    """A cron expression for about this distance; the minute differs from source to source."""
    minute = source.pk.int % 60
    if every < _HOUR:
        return f"*/{max(1, int(every.total_seconds() // 60))} * * * *"
    if every < _DAY:
        return f"{minute} */{every // _HOUR} * * *" if every > _HOUR else f"{minute} * * * *"
    return f"{minute} 6 * * *" if every < 7 * _DAY else f"{minute} 6 * * 1"


def first_sync(source: Source, connector: Connector, by: User | None) -> Job | None:
    """The run that follows on connecting; None for kinds that are fed from outside."""
    if connector.connect in ("file", "push"):
        return None
    return queue_job(source, JobKind.SYNC, by=by, trigger="connect")[0]
