"""The options of a connector that are accounts: which there are, which is still to be connected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING

from sources.connectors._auth import providers
from sources.connectors._base import Connector, Option, options


def account_options(connector: Connector) -> dict[str, Option]:
    """Name -> how it is declared, in declared order; empty for kinds without accounts."""
    return {name: how for name, (how, _) in options(connector.config).items() if how.kind == "account"}


def with_accounts(connector: Connector, entered: Mapping[str, str], held: Mapping[str, str]) -> dict[str, str]:
    """The secrets that somebody entered with the accounts that the source ``held``.

    An account goes where the secret was entered that it stood in for.
    """
    accounts = account_options(connector)
    stay = {
        name: held[name]
        for name, how in accounts.items()
        if held.get(name) and not (how.instead_of and entered.get(how.instead_of))
    }
    return {**{name: value for name, value in entered.items() if name not in accounts}, **stay}


def awaited(connector: Connector, secrets: Mapping[str, str]) -> str:
    """The account without which the source can't be read yet, "" when there is nothing to wait for."""
    for name, (how, default) in options(connector.config).items():
        if how.kind != "account" or secrets.get(name):
            continue
        if not secrets.get(how.instead_of) if how.instead_of else default is MISSING:
            return name
    return ""


def reason_to_wait(how: Option) -> str:
    """What a source says that waits for its account."""
    return f"Connect your {providers.get(how.provider).label} account."
