"""Connecting an account: a person is sent to its provider and comes back with a code.

What travels through the browser is a random state that can be used once, within ten minutes, by the same person,
in the same team and the same browser. Its row holds only its digest; the PKCE verifier stays sealed beside it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts import audit, events
from accounts.models import Team, User
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, ProductError, Terminal
from livinglytics.lib.secrets import Redactor, hash_token
from sources import configuration, outside, vault
from sources.account_options import account_options
from sources.actions.checking import check_source
from sources.actions.connect import first_sync
from sources.actions.credentials import keep_account
from sources.connectors._auth import Provider, Token, missing_scopes
from sources.connectors._base import Checked, Option
from sources.models import Job, JobKind, PendingSignIn, Source, SourceState, StreamState
from sources.querysets import JobQuerySet

TEN_MINUTES: Final = timedelta(minutes=10)
#: open sign-ins of one person; the oldest goes
_MOST: Final = 20
_LONGEST: Final = 4_000


class SignInFailed(Terminal):
    """Nothing was connected. ``source_id``: the source it was for, None where that isn't known."""

    code = "source.sign_in_failed"
    status = 400
    message = "This sign-in is not known, or it was finished already. Open the source and connect it again."
    source_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back with the browser: the state, and a code or an error in the provider's words."""

    state: str
    code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The source with its account, what the check with it said, and the run that follows, None where none does."""

    source: Source
    provider: str
    identity: str
    checked: Checked
    job: Job | None


def begin(*, source: Source, by: User, site: str, browser: str = "", option: str = "") -> str:
    """The address at the provider to which the browser goes now.

    ``site``: this site as the request named it. ``browser``: a mark that only this browser's session has; without
    one, whoever comes back is asked before anything is connected. Raises Conflict where the kind has no account,
    or the operator has no app at the provider.
    """
    name, how = _account(source, option)
    if _is_going(source):
        raise Conflict("This source is being removed.")
    provider, app = outside.known_app(how.provider, outside.redirect_uri(site))
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    with transaction.atomic():
        mine = PendingSignIn.objects.filter(user=by).order_by("-created_at", "-pk")
        PendingSignIn.objects.filter(pk__in=list(mine.values_list("pk", flat=True)[_MOST - 1 :])).delete()
        PendingSignIn.objects.create(
            team_id=source.team_id,
            source=source,
            user=by,
            option=name,
            digest=hash_token(state),
            browser=hash_token(browser) if browser else "",
            sealed=vault.seal({"verifier": verifier}),
            redirect_uri=app.redirect_uri,
            expires_at=clock.now() + TEN_MINUTES,
        )
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return provider.authorize_url(app, state=state, challenge=challenge, scopes=how.scopes)


def unbound(state: str, *, by: User, team: Team) -> PendingSignIn | None:
    """The open sign-in of this state where a program began it, so that the person is asked first; nothing is used."""
    rows = PendingSignIn.objects.for_team(team).select_related("source")
    found: PendingSignIn | None = rows.filter(
        digest=hash_token(state), user=by, browser="", expires_at__gt=clock.now()
    ).first()
    return found


def finish(returned: Returned, *, by: User, team: Team, browser: str = "") -> SignedIn:
    """Take the code, store the account, check the source with it and let it work.

    Raises SignInFailed with what to do. Never call it inside a transaction: it waits for the web.
    """
    pending = _taken(returned.state, by=by, team=team, browser=browser)
    source = pending.source
    try:
        return _finished(pending, source, returned, by)
    except SignInFailed:
        raise
    except ProductError as error:
        raise SignInFailed(error.message, source_id=source.pk) from error


def _finished(pending: PendingSignIn, source: Source, returned: Returned, by: User) -> SignedIn:
    name, how = _account(source, pending.option)
    provider, app = outside.known_app(how.provider, pending.redirect_uri)
    if returned.error or not returned.code or len(returned.code) > _LONGEST:
        raise SignInFailed(_told(provider, returned.error), source_id=source.pk)
    verifier = vault.open_sealed(pending.sealed)["verifier"]
    redact = Redactor([app.client_secret, returned.code, verifier])
    http = outside.client_of(provider, redact)
    token = provider.exchange(http, app, code=returned.code, verifier=verifier, now=clock.now())
    lacking = [provider.short(one) for one in missing_scopes(how.scopes, token)]
    if lacking:
        message = (
            f"{provider.label} was not allowed everything that is needed: {', '.join(lacking)} is missing. "
            "Connect again and leave every box ticked."
        )
        raise SignInFailed(message, source_id=source.pk)
    _keep(source, name, provider, token, by)
    checked = check_source(source)
    fresh, job = _settle(source, checked, by)
    return SignedIn(fresh, provider.label, token.identity, checked, job)


def _account(source: Source, option: str) -> tuple[str, Option]:
    declared = account_options(configuration.connector(source.kind))
    name = option or next(iter(declared), "")
    if name not in declared:
        raise Conflict("This kind of source needs no account.")
    return name, declared[name]


def _taken(state: str, *, by: User, team: Team, browser: str) -> PendingSignIn:
    """The open sign-in of this state, which is spent by asking, whoever asks."""
    rows = PendingSignIn.objects.select_related("source", "source__team").filter(digest=hash_token(state))
    found = rows.first() if state else None
    if found is None or not PendingSignIn.objects.filter(pk=found.pk).delete()[0]:
        raise SignInFailed
    if found.user_id != by.pk:
        raise SignInFailed("Somebody else began this sign-in. Open the source and connect it yourself.")
    if found.team_id != team.pk:
        raise SignInFailed("This sign-in belongs to another team. Switch to it, then connect again.")
    if found.browser and not secrets.compare_digest(found.browser, hash_token(browser)):
        message = "This sign-in began in another browser, or its session has ended. Connect again here."
        raise SignInFailed(message, source_id=found.source_id)
    if found.expires_at <= clock.now():
        raise SignInFailed("This sign-in took longer than ten minutes. Connect again.", source_id=found.source_id)
    return found


def _told(provider: Provider, error: str) -> str:
    if error in ("", "access_denied"):
        return f"{provider.label} was not allowed. Nothing has changed; connect again when you want to."
    code = error if re.fullmatch(r"[a-zA-Z_]{3,40}", error) else "an error"
    return f"{provider.label} answered with {code}. Connect again; if it stays, ask the operator of this site."


@transaction.atomic
def _keep(source: Source, name: str, provider: Provider, token: Token, by: User) -> None:
    fresh = Source.objects.select_for_update(no_key=True).filter(pk=source.pk).first()
    if fresh is None or _is_going(fresh):
        raise SignInFailed("This source was disconnected meanwhile.")
    keep_account(fresh, name, provider, token)
    told = {"provider": provider.label, "account": token.identity or "?"}
    audit.record("source.account_connected", team=fresh.team, by=by, on=fresh, details=told)
    events.publish(fresh.team, "source.account_connected", {"source_id": str(fresh.pk), "provider": provider.key})


def _is_going(source: Source) -> bool:
    """Whether the source is being removed."""
    return bool(JobQuerySet(Job).open().filter(source_id=source.pk, kind=JobKind.REMOVE).exists())


@transaction.atomic
def _settle(source: Source, checked: Checked, by: User) -> tuple[Source, Job | None]:
    """Work, or say what is still wrong. A source that rests goes on resting."""
    fresh: Source = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    connector = configuration.connector(fresh.kind)
    if checked.ok:
        if fresh.identity and checked.identity and checked.identity != fresh.identity:
            # how far another account was read says nothing about this one
            StreamState.objects.filter(source=fresh).delete()
        if checked.identity and fresh.name == connector.label and not fresh.identity:
            fresh.name = checked.identity[:120]
        fresh.identity = (checked.identity or fresh.identity)[:200]
    if fresh.state != SourceState.PAUSED:
        fresh.state = SourceState.ACTIVE if checked.ok else SourceState.ATTENTION
        fresh.state_reason = "" if checked.ok else checked.message[:300]
        fresh.failures_in_a_row = 0 if checked.ok else fresh.failures_in_a_row
    fresh.save(update_fields=["name", "identity", "state", "state_reason", "failures_in_a_row", "updated_at"])
    works = checked.ok and fresh.state == SourceState.ACTIVE
    return fresh, first_sync(fresh, connector, by) if works else None
