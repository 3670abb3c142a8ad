"""Changing a source: its name, its settings, whether it rests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts import audit, events
from accounts.models import User
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, Invalid
from sources import configuration, vault
from sources.account_options import awaited, with_accounts
from sources.actions.checking import check_settings, check_source, connector_of, insist
from sources.actions.credentials import keep_secrets
from sources.actions.outcome import end_waiting
from sources.actions.schedule import next_due
from sources.configuration import Cleaned
from sources.models import Job, JobStatus, Schedule, Source, SourceState, StreamState
from sources.querysets import JobQuerySet


def update_source(
    *,
    source: Source,
    by: User | None,
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    check: bool = True,
) -> Source:
    """Change the name, or settings by name; what is left out stays, secrets too.

    New settings are checked with the service first. When they differ, the checkpoints go: the
    next sync reads everything again. Raises Invalid with a message for each setting at fault.
    """
    if name is not None and not name.strip():
        raise Invalid(details={"name": ["Enter a name."]})
    source = Source.objects.select_related("team").get(pk=source.pk)
    cleaned, identity = None, source.identity
    if config is not None:
        connector = connector_of(source)
        kept = vault.secrets_of(source)
        given = {**source.config, **config}
        cleaned = configuration.clean(connector, given, kept=kept)
        waits = awaited(connector, with_accounts(connector, cleaned.secrets, kept))
        if check and not waits:
            found = insist(check_settings(source.team, connector, cleaned, source))
            identity = found.identity or identity
    return _write(source, by, name, cleaned, identity)


@transaction.atomic
def _write(source: Source, by: User | None, name: str | None, cleaned: Cleaned | None, identity: str) -> Source:
    fresh = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    changed = []
    if name is not None and name.strip() != fresh.name:
        fresh.name = name.strip()[:120]
        changed.append("name")
    if cleaned is not None:
        changed += _changed_settings(fresh, cleaned)
        if fresh.config != cleaned.plain and connector_of(fresh).connect in ("form", "click"):
            StreamState.objects.filter(source=fresh).delete()
        fresh.config, fresh.identity = cleaned.plain, identity[:200]
        keep_secrets(fresh, cleaned.secrets)
        waits = awaited(connector_of(fresh), vault.secrets_of(fresh))
        if fresh.state == SourceState.ATTENTION and not waits:
            fresh.state, fresh.state_reason = SourceState.ACTIVE, ""
    fresh.save()
    audit.record("source.changed", team=fresh.team, by=by, on=fresh, details={"changed": changed})
    return fresh


def _changed_settings(source: Source, cleaned: Cleaned) -> list[str]:
    """Names only: neither old nor new values belong in the audit."""
    held = vault.secrets_of(source)
    before = {**source.config, **held}
    after = {**cleaned.plain, **with_accounts(connector_of(source), cleaned.secrets, held)}
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


@transaction.atomic
def pause_source(*, source: Source, by: User | None) -> Source:
    """Rest: the schedule skips it, open runs are cancelled. Raises Conflict when it rests already."""
    fresh = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    if fresh.state == SourceState.PAUSED:
        raise Conflict("This source is paused already.")
    fresh.state, fresh.state_reason = SourceState.PAUSED, ""
    fresh.save(update_fields=["state", "state_reason", "updated_at"])
    open_jobs = JobQuerySet(Job).open().filter(source_id=fresh.pk)
    open_jobs.filter(status=JobStatus.RUNNING).update(cancel_requested_at=clock.now())
    for pk in list(open_jobs.values_list("pk", flat=True)):
        end_waiting(pk, JobStatus.CANCELLED)
    audit.record("source.paused", team=fresh.team, by=by, on=fresh)
    events.publish(fresh.team, "source.paused", {"source_id": str(fresh.pk)})
    return fresh


def resume_source(*, source: Source, by: User | None) -> Source:
    """Work again: the schedule goes on with its next moment. Raises Conflict when it isn't resting.

    A source that was stopped because its service refused it is checked first: Invalid names the setting
    that is still at fault, and the source stays as it is.
    """
    if source.state == SourceState.ATTENTION:
        insist(check_source(source))
    return _resume(source, by)


@transaction.atomic
def _resume(source: Source, by: User | None) -> Source:
    fresh = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    if fresh.state == SourceState.ACTIVE:
        raise Conflict("This source is active already.")
    fresh.state, fresh.state_reason, fresh.failures_in_a_row = SourceState.ACTIVE, "", 0
    fresh.save(update_fields=["state", "state_reason", "failures_in_a_row", "updated_at"])
    for schedule in Schedule.objects.filter(source=fresh, enabled=True):
        schedule.next_due_at = next_due(schedule.expression, clock.now(), fresh.team.time_zone)
        schedule.save(update_fields=["next_due_at", "updated_at"])
    audit.record("source.resumed", team=fresh.team, by=by, on=fresh)
    events.publish(fresh.team, "source.resumed", {"source_id": str(fresh.pk)})
    return fresh
