"""Access tokens of signed-in accounts: renewed by one worker at a time, and stored before they are used.

A renewal asks the web, so it holds no transaction. Who renews has a lease on the row, which ends by itself when
its holder dies. The answer is stored only where the token that it was bought with is still the stored one:
whoever was faster, or signed in anew, wins.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from livinglytics.lib import clock
from livinglytics.lib.errors import BadCredentials, ProductError, Transient
from livinglytics.lib.secrets import CannotOpen, Redactor
from sources import outside, vault
from sources.account_options import account_options
from sources.connectors import connectors
from sources.connectors._auth import Token, providers
from sources.connectors._base import Connector, no_account
from sources.models import Credential, Source

log = logging.getLogger("livinglytics.accounts")
#: longer than one try at a provider can take
LEASE: Final = timedelta(seconds=45)
_STEP: Final = 0.5


def token_of(
    source: Source,
    connector: Connector,
    held: Mapping[str, str],
    *,
    pause: Callable[[float], None],
    patience: float,
    learn: Callable[[Iterable[str]], None],
) -> Callable[..., str]:
    """What a connector's ``Context.token`` does for this source.

    ``held``: its opened secrets. ``pause``: how to wait for another worker that renews, at most about ``patience``
    seconds. ``learn`` is told every token that comes up, so that none shows in a text.
    """
    accounts = account_options(connector)
    name = next((one for one in accounts if held.get(one)), "")
    if not name:
        return no_account
    provider = accounts[name].provider
    return Keeper(source.pk, name, provider, pause=pause, patience=patience, learn=learn)


class Keeper:
    """Hands out the access token of one account. For one run or check, in one thread."""

    def __init__(
        self,
        source_id: UUID,
        name: str,
        provider: str,
        *,
        pause: Callable[[float], None] = clock.sleep,
        patience: float = 60.0,
        learn: Callable[[Iterable[str]], None] = lambda tokens: None,
    ) -> None:
        self._source_id = source_id
        self._name = name
        self._provider = providers.get(provider)
        self._pause = pause
        self._looks = max(1, math.ceil(patience / _STEP))
        self._learn = learn
        self._token: Token | None = None

    def __call__(self, refused: str = "") -> str:
        """A token that is good as far as we know, and not the one that was just ``refused``.

        Raises BadCredentials where somebody has to sign in again, and what a provider that fails raises.
        """
        if self._token is None or refused or self._provider.due(self._token, clock.now()):
            self._token = self._good(refused)
        return self._token.access

    def renewed(self) -> Token:
        """The token after a renewal, whether it was due or not. For upkeep."""
        held = self._read()
        self._token = self._good(held.access, kept=True)
        return self._token

    def _good(self, refused: str, *, kept: bool = False) -> Token:
        for look in range(self._looks):
            held = self._read()
            if held.access != refused and not self._provider.due(held, clock.now()):
                return held
            lease = self._take()
            if lease is not None:
                return self._renewed_under(lease, refused, kept=kept)
            if held.access != refused and held.usable(clock.now()):
                return held
            if look + 1 < self._looks:
                self._pause(_STEP)
        raise Transient("The sign-in is being renewed right now. Try again in a moment.")

    def _renewed_under(self, lease: datetime, refused: str, *, kept: bool) -> Token:
        try:
            held = self._read()
            if held.access != refused and not self._provider.due(held, clock.now()):
                return held
            fresh = self._ask(held, refused)
            if fresh is not held:
                fresh = self._store(held, fresh)
            if fresh.access == refused and not kept:
                self._refuse(f"{self._provider.label} no longer accepts this sign-in. Sign in again.")
            return fresh
        finally:
            Credential.objects.filter(source_id=self._source_id, refreshing_until=lease).update(refreshing_until=None)

    def _ask(self, held: Token, refused: str) -> Token:
        """The provider's answer; ``held`` itself where that one still does and nothing better is to be had."""
        now = clock.now()
        _, app = outside.known_app(self._provider.key)
        redact = Redactor([app.client_secret, held.access, held.refresh])
        http = outside.client_of(self._provider, redact)
        try:
            fresh = self._provider.refresh(http, app, held, now)
        except BadCredentials as error:
            newer = self._read()
            if newer.access not in (held.access, refused):
                return newer
            self._refuse(error.message)
        except Transient:
            if held.access != refused and held.usable(now):
                return held
            raise
        self._learn([fresh.access, fresh.refresh])
        return fresh

    @transaction.atomic
    def _store(self, held: Token, fresh: Token) -> Token:
        """Commit the fresh token in the place of the one it was bought with; else the one that is there by now."""
        row = Credential.objects.select_for_update().filter(source_id=self._source_id).first()
        secrets = vault.open_sealed(row.sealed) if row else {}
        there = Token.from_text(secrets.get(self._name, ""))
        if row is None or there is None:
            self._refuse_missing()
        if there != held:
            return there
        secrets[self._name] = fresh.to_text()
        row.sealed, row.refresh_at = vault.seal(secrets), self._provider.upkeep(fresh)
        row.save(update_fields=["sealed", "refresh_at", "updated_at"])
        return fresh

    def _take(self) -> datetime | None:
        """The end of the lease that is ours now; None while somebody else has it."""
        now = clock.now()
        free = Q(refreshing_until__isnull=True) | Q(refreshing_until__lte=now)
        rows = Credential.objects.filter(free, source_id=self._source_id)
        return now + LEASE if rows.update(refreshing_until=now + LEASE) else None

    def _read(self) -> Token:
        row = Credential.objects.filter(source_id=self._source_id).first()
        token = Token.from_text(vault.open_sealed(row.sealed).get(self._name, "")) if row else None
        if token is None:
            self._refuse_missing()
        self._learn([token.access, token.refresh])
        return token

    def _refuse_missing(self) -> NoReturn:
        self._refuse("No account is connected any more. Connect one on the source's page.")

    def _refuse(self, message: str) -> NoReturn:
        raise BadCredentials(message, details={self._name: [message]})


def give_back(source: Source) -> Callable[[], None]:
    """Read now which accounts the source has; the answer takes them back at their providers, as far as it can.

    Where another source reads with the same account nothing is taken back: a provider ends all of them together.
    """
    accounts = account_options(connectors.get(source.kind)) if source.kind in connectors else {}
    try:
        held = vault.secrets_of(source) if accounts else {}
    except CannotOpen:
        held = {}
    tokens = {name: Token.from_text(held.get(name, "")) for name in accounts}

    def revoke() -> None:
        for name, token in tokens.items():
            provider = providers.get(accounts[name].provider)
            app = outside.app_of(provider)
            if token is None or app is None or _shared(source, token):
                continue
            http = outside.client_of(provider, Redactor([token.access, token.refresh, app.client_secret]))
            try:
                provider.revoke(http, app, token)
            except ProductError as error:
                log.info("an account of source %s was not taken back: %s", source.pk, error.message)

    return revoke


def _shared(source: Source, token: Token) -> bool:
    """Whether another source, of whatever team, was signed in with this account, as far as names tell."""
    others: Iterable[dict[str, Any]] = (
        Credential.objects.exclude(source_id=source.pk).exclude(refresh_at=None).values_list("hints", flat=True)
    )
    if not token.identity:
        return True
    return any(hint.get("identity") == token.identity for hints in others for hint in hints.values())
