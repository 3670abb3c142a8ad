"""Which accounts a kind of source reads with, and which are signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sources import outside
from sources.account_options import account_options
from sources.connectors._auth import providers
from sources.connectors._base import Connector, options


@dataclass(frozen=True, slots=True)
class Account:
    """One account that a source reads with.

    ``provider``: its name for people; ``grants``: what is asked for; ``connected``: whose it is and since when in
    words, "" while nobody signed in. ``instead``: label of the setting that it stands in for. ``problem``: why
    nobody can sign in here, "" where they can.
    """

    name: str
    label: str
    help: str
    key: str
    provider: str
    grants: str
    connected: str
    instead: str
    problem: str


def accounts_of(connector: Connector, hints: Mapping[str, str]) -> tuple[Account, ...]:
    """The accounts of a kind; ``hints``: words about the secrets of a source, by name."""
    labels = {name: how.label for name, (how, _) in options(connector.config).items()}
    found = []
    for name, how in account_options(connector).items():
        provider = providers.get(how.provider)
        found.append(
            Account(
                name=name,
                label=how.label,
                help=f"{how.help} {provider.note}".strip(),
                key=provider.key,
                provider=provider.label,
                grants=", ".join(provider.short(one) for one in how.scopes),
                connected=hints.get(name, ""),
                instead=labels.get(how.instead_of, ""),
                problem="" if outside.app_of(provider) else outside.not_set_up(provider),
            )
        )
    return tuple(found)
