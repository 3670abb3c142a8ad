"""Asking a connector whether it can read with these settings, before anything is saved."""

from __future__ import annotations

from typing import Any

from accounts.models import Team
from livinglytics.lib.errors import BadCredentials, Invalid, ProductError, RateLimited
from sources import configuration, vault
from sources.account_options import with_accounts
from sources.actions.surroundings import QUICK, surroundings
from sources.configuration import Cleaned
from sources.connectors._base import Checked, Connector, Context, options
from sources.models import Source


def check_settings(team: Team, connector: Connector, cleaned: Cleaned, source: Source | None = None) -> Checked:
    """One quick question to the service. Never call it inside a transaction: it waits for the web.

    Settings that are not well formed are an answer too. ``source``: whose accounts are used with them.
    """
    held = vault.secrets_of(source) if source is not None else {}
    secrets = with_accounts(connector, cleaned.secrets, held)
    redact = vault.redactor(secrets)
    try:
        config = configuration.build(connector, {**cleaned.plain, **secrets})
    except ProductError as error:
        return Checked(False, redact(error.message), field=_field(connector, error))
    context = surroundings(team, connector.key, secrets, limits=QUICK, source=source, redact=redact)
    found = asked(connector, context, config)
    return Checked(found.ok, redact(found.message), found.field, found.identity, found.details)


def asked(connector: Connector, context: Context, config: Any) -> Checked:
    """What the connector's check says, or what it raises as an answer.

    A limit that was reached means that the settings are good. Another error names the setting at fault
    where its details tell it; refused credentials can only be the secret where there is one.
    """
    try:
        return connector.check(context, config)
    except RateLimited as limit:
        message = f"The settings work. {limit.message}"
        return Checked(True, message, details={"retry_after": limit.retry_after})
    except ProductError as error:
        return Checked(False, error.message, field=_field(connector, error))


def check_source(source: Source) -> Checked:
    """The same with the settings that are stored."""
    connector, secrets = connector_of(source), vault.secrets_of(source)
    return check_settings(source.team, connector, Cleaned(dict(source.config), secrets), source)


def connector_of(source: Source) -> Connector:
    """The connector of a source."""
    return configuration.connector(source.kind)


def insist(found: Checked) -> Checked:
    """Raise Invalid, at the field at fault, when the check failed."""
    if not found.ok:
        raise Invalid(found.message, details={found.field or "config": [found.message]})
    return found


def _field(connector: Connector, error: ProductError) -> str:
    settings = options(connector.config)
    named = next((name for name in error.details if name in settings), "")
    secrets = [name for name, (how, _) in settings.items() if how.secret]
    return named or (secrets[0] if isinstance(error, BadCredentials) and len(secrets) == 1 else "")
