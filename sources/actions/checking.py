"""Asking a connector whether it can read with these settings, before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.models import Team
from livinglytics.lib.errors import Invalid, ProductError, RateLimited
from sources import configuration, vault
from sources.actions.surroundings import QUICK, surroundings
from sources.configuration import Cleaned
from sources.connectors._base import Checked, Connector
from sources.models import Source


def check_settings(team: Team, connector: Connector, cleaned: Cleaned) -> Checked:
    """One quick question to the service. Never call it inside a transaction: it waits for the web.

    A limit that was reached means that the settings are good. Other errors become an answer that
    names the setting at fault where the service tells it.
    """
    redact = vault.redactor(cleaned.secrets)
    try:
        config = configuration.build(connector, {**cleaned.plain, **cleaned.secrets})
        found = connector.check(surroundings(team, connector.key, cleaned.secrets, limits=QUICK), config)
    except RateLimited as limit:
        return Checked(True, f"The settings work. {redact(limit.message)}")
    except ProductError as error:
        return Checked(False, redact(error.message), field=_field(error.details, configuration.names(connector)))
    return Checked(found.ok, redact(found.message), found.field, found.identity, found.details)


def check_source(source: Source) -> Checked:
    """The same with the settings that are stored."""
    connector, secrets = connector_of(source), vault.secrets_of(source)
    return check_settings(source.team, connector, Cleaned(dict(source.config), secrets))


def connector_of(source: Source) -> Connector:
    """The connector of a source."""
    return configuration.connector(source.kind)


def insist(found: Checked) -> Checked:
    """Raise Invalid, at the field at fault, when the check failed."""
    if not found.ok:
        raise Invalid(found.message, details={found.field or "config": [found.message]})
    return found


def _field(details: Mapping[str, Any], known: list[str]) -> str:
    return next((name for name in details if name in known), "")
