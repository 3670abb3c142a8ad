"""Keys of services that a team enters once for all of its targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import Team, User
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, Invalid, NotFound
from sources import vault
from sources.actions.locks import lock_sources
from sources.actions.sync import queue_sync
from sources.connectors import connectors
from sources.connectors._base import Connector, options
from sources.models import ApiKey, SourceState


def key_names(connector: Connector) -> tuple[str, ...]:
    """The settings of a connector that make up its key: those it names, else its secret ones."""
    declared = options(connector.config)
    return connector.key_settings or tuple(name for name, (how, _) in declared.items() if how.kind == "secret")


def needs_key(connector: Connector) -> bool:
    """Can't it read a target without a key?"""
    declared = options(connector.config)
    return any(declared[name][0].secret and _required(declared[name][1]) for name in key_names(connector))


def _required(default: Any) -> bool:
    return default not in ("", None) and not isinstance(default, str | int | float | bool | tuple)


def providers() -> list[Connector]:
    """Connectors whose targets can use a key of the team, by label."""
    known = [one for one in connectors.all() if one.platform and key_names(one)]
    return sorted(known, key=lambda one: one.label.lower())


@transaction.atomic
def add_key(*, team: Team, by: User | None, provider: str, values: Mapping[str, Any], label: str = "") -> ApiKey:
    """Seal a key. Raises Invalid with a message for each value at fault, Conflict where the label is taken."""
    connector = _provider(provider)
    plain, secrets = _cleaned(connector, values)
    try:
        with transaction.atomic():
            key = ApiKey.objects.create(
                team=team,
                provider=connector.key,
                label=label.strip()[:80],
                settings=plain,
                sealed=vault.seal(secrets),
                hints=vault.hints(secrets, clock.now()),
                created_by=by,
            )
    except IntegrityError:
        raise Conflict(f"There is a key for {connector.label} with this label. Choose another label.") from None
    audit.record("api_key.added", team=team, by=by, on=key, details={"provider": connector.label})
    return key


@transaction.atomic
def replace_key(*, key: ApiKey, by: User | None, values: Mapping[str, Any]) -> int:
    """Seal other values in the place of a key's; what was tested of the old ones is forgotten.

    Sources that use it and wait for attention are read again; returns how many. Raises Invalid with a message for
    each value at fault.
    """
    plain, secrets = _cleaned(_provider(key.provider), values)
    waiting = lock_sources(key.sources.filter(state=SourceState.ATTENTION).values_list("pk", flat=True))
    key.settings, key.sealed = plain, vault.seal(secrets)
    key.hints = vault.hints(secrets, clock.now())
    key.is_valid, key.tested_at, key.test_message = None, None, ""
    key.save()
    audit.record("api_key.replaced", team=key.team, by=by, on=key, details={"provider": key.provider})
    for source in waiting:
        source.state, source.state_reason = SourceState.ACTIVE, ""
        source.save(update_fields=["state", "state_reason", "updated_at"])
        queue_sync(source=source, by=by)
    return len(waiting)


@transaction.atomic
def remove_key(*, key: ApiKey, by: User | None) -> None:
    """Forget a key. Raises Conflict while sources use it."""
    used = key.sources.count()
    if used:
        uses = "target uses" if used == 1 else "targets use"
        raise Conflict(f"{used} {uses} this key. Remove them first.")
    audit.record("api_key.removed", team=key.team, by=by, on=key, details={"provider": key.provider})
    key.delete()


def key_for(team: Team, connector: Connector) -> ApiKey | None:
    """The key that a new target of this kind uses: the newest that no test has refused."""
    rows = ApiKey.objects.for_team(team).filter(provider=connector.key)
    found: ApiKey | None = rows.exclude(is_valid=False).order_by("-created_at").first()
    return found or rows.order_by("-created_at").first()


def _provider(name: str) -> Connector:
    known = {one.key: one for one in providers()}
    if name not in known:
        raise NotFound(f"There is no provider {name[:40]}. Choose one of {', '.join(sorted(known))}.")
    return known[name]


def _cleaned(connector: Connector, values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    declared, names = options(connector.config), key_names(connector)
    problems = {name: ["This setting is not known."] for name in values if name not in names}
    plain: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for name in names:
        value = values.get(name)
        how, _ = declared[name]
        if not isinstance(value, str) or not value.strip() or len(value) > 10_000 or "\x00" in value:
            problems[name] = [f"Enter {how.label}."]
        elif how.secret:
            secrets[name] = value.strip()
        else:
            plain[name] = value.strip()
    if problems:
        raise Invalid("Some settings are not valid. Correct the marked fields.", details=problems)
    return plain, secrets
