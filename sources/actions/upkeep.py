"""Accounts that nobody uses for a while: renewed in time, so that nobody has to sign in again for having paused."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from livinglytics.lib import clock
from livinglytics.lib.errors import BadCredentials, ProductError
from sources import configuration, vault
from sources.account_options import account_options
from sources.actions.tokens import Keeper
from sources.connectors import connectors
from sources.connectors._auth import Token
from sources.models import Credential, Source, SourceState

log = logging.getLogger("livinglytics.accounts")
#: a source that was paused this long ago is left alone: its account ends
FORGOTTEN: Final = timedelta(days=180)
_AGAIN: Final = timedelta(hours=1)
_MOST: Final = 200
_SECONDS: Final = 60.0


def keep_up(now: datetime) -> int:
    """Renew the accounts that are due, for a minute at most; how many. Two at once do each account once.

    Sources that rest or need attention are kept up too. One that the provider refuses needs attention.
    """
    until = clock.monotonic() + _SECONDS
    forgotten = Q(source__state=SourceState.PAUSED, source__updated_at__lt=now - FORGOTTEN)
    due = Credential.objects.filter(refresh_at__lte=now).exclude(forgotten).order_by("refresh_at")
    done = 0
    for pk, at in list(due.values_list("pk", "refresh_at")[:_MOST]):
        if clock.monotonic() > until:
            break
        # whoever moves the moment on does it; a failure is looked at again in an hour
        if Credential.objects.filter(pk=pk, refresh_at=at).update(refresh_at=now + _AGAIN):
            done += _renew(pk)
    return done


def _renew(pk: UUID) -> bool:
    row = Credential.objects.select_related("source").filter(pk=pk).first()
    if row is None or row.source.kind not in connectors:
        return False
    source, declared = row.source, account_options(configuration.connector(row.source.kind))
    good = True
    try:
        held = vault.open_sealed(row.sealed)
        for name, how in declared.items():
            if Token.from_text(held.get(name, "")):
                Keeper(source.pk, name, how.provider, patience=1.0).renewed()
    except BadCredentials as error:
        _needs_attention(source, error.message)
        good = False
    except ProductError as error:
        log.warning("the account of source %s could not be renewed: %s", source.pk, error.message)
        good = False
    return good


@transaction.atomic
def _needs_attention(source: Source, reason: str) -> None:
    """Nobody asks again until somebody signs in."""
    fresh = Source.objects.select_for_update(no_key=True).filter(pk=source.pk).first()
    if fresh is None:
        return
    Credential.objects.filter(source=fresh).update(refresh_at=None)
    if fresh.state == SourceState.ACTIVE:
        fresh.state, fresh.state_reason = SourceState.ATTENTION, reason[:300]
        fresh.save(update_fields=["state", "state_reason", "updated_at"])
