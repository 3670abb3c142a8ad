"""What a source keeps sealed: secrets that were entered, and accounts that were signed in."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from livinglytics.lib import clock
from sources import configuration, vault
from sources.account_options import account_options, with_accounts
from sources.connectors._auth import Provider, Token
from sources.models import Credential, Source


@transaction.atomic
def keep_secrets(source: Source, secrets: Mapping[str, str]) -> None:
    """Seal what was entered; without any there is no row.

    Accounts stay as they are *now*: a fresh token that came while somebody filled in the form is not undone.
    """
    row = _locked(source)
    old = vault.open_sealed(row.sealed) if row else {}
    whole = with_accounts(configuration.connector(source.kind), secrets, old)
    if whole:
        _write(source, row, old, whole)


@transaction.atomic
def keep_account(source: Source, name: str, provider: Provider, token: Token) -> None:
    """Seal a newly signed-in account as the option ``name``, in place of the secret that it stands in for."""
    row = _locked(source)
    old = vault.open_sealed(row.sealed) if row else {}
    dropped = account_options(configuration.connector(source.kind))[name].instead_of
    whole = {key: value for key, value in old.items() if key != dropped} | {name: token.to_text()}
    kept = _write(source, row, old, whole)
    Credential.objects.filter(pk=kept.pk).update(refresh_at=provider.upkeep(token), refreshing_until=None)


def _locked(source: Source) -> Credential | None:
    found: Credential | None = Credential.objects.select_for_update().filter(source=source).first()
    return found


def _write(source: Source, row: Credential | None, old: Mapping[str, str], whole: Mapping[str, str]) -> Credential:
    fresh = vault.hints(whole, clock.now())
    hints = {
        name: row.hints[name] if row and old.get(name) == whole[name] and name in row.hints else hint
        for name, hint in fresh.items()
    }
    if row is None:
        return Credential.objects.create(source=source, team_id=source.team_id, sealed=vault.seal(whole), hints=hints)
    row.sealed, row.hints = vault.seal(whole), hints
    if not any(Token.from_text(value) for value in whole.values()):
        row.refresh_at = None
    row.save(update_fields=["sealed", "hints", "refresh_at", "updated_at"])
    return row
