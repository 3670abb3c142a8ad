"""The memory of who did what. A verb is registered with the sentence that tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.logs import current_request_id
from accounts.models import AuditEvent, Team, User
from livinglytics.lib.registry import Registry


@dataclass(frozen=True)
class Verb:
    """A kind of deed. ``sentence`` may name {user}, {object} and any key of the details."""

    key: str
    sentence: str


verbs: Registry[Verb] = Registry("audit verb")


def register(**sentences: str) -> None:
    """Add verbs: ``register(source__connected="{user} connected {object}")`` is the verb source.connected."""
    for name, sentence in sentences.items():
        verbs.add(Verb(name.replace("__", "."), sentence))


register(
    user__signed_up="{user} signed up",
    user__signed_in="{user} signed in",
    user__signed_out="{user} signed out",
    user__changed_password="{user} changed their password",
    user__signed_out_everywhere="{user} signed out everywhere",
    user__changed_profile="{user} changed their profile",
    user__disabled="{user} disabled {object}",
    user__enabled="{user} enabled {object}",
    user__deleted="An account was deleted",
    session__revoked="{user} ended a sign-in",
    session__replayed="A spent refresh token of {object} was used again; that sign-in was ended",
    team__created="{user} created {object}",
    team__changed="{user} changed {object}",
    team__deleted="{user} deleted {object}",
    member__added="{user} added {object} as {role}",
    member__role_changed="{user} changed {object} from {before} to {after}",
    member__removed="{user} removed {object}",
    token__created="{user} created the API token {object}",
    token__rotated="{user} rotated the API token {object}",
    token__revoked="{user} revoked the API token {object}",
)


class _Blanks(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def record(
    verb: str,
    *,
    team: Team | None,
    by: User | AnonymousUser | None,
    on: models.Model | None = None,
    details: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write one deed in the caller's transaction. An unregistered verb raises UnknownKey."""
    verbs.get(verb)
    return AuditEvent.objects.create(
        team=team,
        user=by if isinstance(by, User) else None,
        verb=verb,
        object_type=on._meta.label_lower if on is not None else "",
        object_id=str(on.pk) if on is not None else "",
        object_label=str(on)[:200] if on is not None else "",
        details=dict(details or {}),
        request_id=current_request_id.get()[:64],
    )


def sentence(event: AuditEvent) -> str:
    """The deed in words."""
    if event.verb not in verbs:
        return event.verb
    who = event.user.display_name if event.user else "Somebody"
    words = _Blanks({**event.details, "user": who, "object": event.object_label})
    return verbs.get(event.verb).sentence.format_map(words)
