"""Sign-ins through the API: short access tokens, and families of refresh tokens that work once each."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from rest_framework_simplejwt.tokens import AccessToken

from accounts import audit, identity
from accounts.models import RefreshFamily, RefreshToken, User
from livinglytics.lib import clock
from livinglytics.lib.errors import NotFound, Terminal
from livinglytics.lib.secrets import hash_token, new_token

REFRESH_PREFIX: Final = "llr"
#: a sign-in ends after this time however often it is refreshed
LONGEST_SIGN_IN: Final = timedelta(days=30)


class InvalidRefresh(Terminal):
    """The refresh token is unknown, expired, spent, or its sign-in was ended."""

    code = "INVALID_TOKEN"
    status = 401
    message = "The refresh token is not valid any more. Sign in again."


@dataclass(frozen=True)
class TokenPair:
    """What a sign-in or a refresh gives. ``expires_in`` is the access token's life in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: str = "bearer"


@transaction.atomic
def start_session(*, user: User, user_agent: str = "", address: str | None = None) -> TokenPair:
    """Begin a sign-in of its own family."""
    family = RefreshFamily.objects.create(user=user, user_agent=user_agent[:200], address=address)
    User.objects.filter(pk=user.pk).update(last_login=clock.now())
    audit.record("user.signed_in", team=user.current_team, by=user, on=user, details={"by": "api"})
    return _next_pair(family, user)


def refresh(*, raw: str) -> TokenPair:
    """Spend a refresh token for the next pair. Of simultaneous uses exactly one succeeds.

    A second use means that somebody copied the token, so the whole family ends. Raises InvalidRefresh.
    """
    token = RefreshToken.objects.select_related("family__user").filter(jti=hash_token(raw)).first()
    now = clock.now()
    if token is None or token.family.revoked_at is not None or not token.family.user.is_active:
        raise InvalidRefresh
    if token.expires_at <= now:
        raise InvalidRefresh
    with transaction.atomic():
        # The condition stands on the row itself, so that two processes can't both be right.
        if RefreshToken.objects.filter(pk=token.pk, used_at=None).update(used_at=now):
            return _next_pair(token.family, token.family.user)
    _end_replayed(token.family, now)
    raise InvalidRefresh("This refresh token was used before. For safety that sign-in was ended: sign in again.")


@transaction.atomic
def end_session(*, family_id: uuid.UUID, user: User, because: str = "signed out") -> RefreshFamily:
    """End one sign-in of the person: its refresh and access tokens. Raises NotFound."""
    family = RefreshFamily.objects.filter(pk=family_id, user=user).first()
    if family is None:
        raise NotFound("There is no such sign-in.")
    RefreshFamily.objects.filter(pk=family.pk, revoked_at=None).update(revoked_at=clock.now(), revoked_because=because)
    identity.forget()
    verb = "user.signed_out" if because == "signed out" else "session.revoked"
    audit.record(verb, team=user.current_team, by=user, on=family)
    family.refresh_from_db()
    return family


def family_of(raw: str) -> RefreshFamily | None:
    """The sign-in that a refresh token belongs to, spent or not."""
    token = RefreshToken.objects.select_related("family__user").filter(jti=hash_token(raw)).first()
    return token.family if token else None


@transaction.atomic
def _end_replayed(family: RefreshFamily, now: datetime) -> None:
    ended = RefreshFamily.objects.filter(pk=family.pk, revoked_at=None).update(
        revoked_at=now, revoked_because="refresh token used twice"
    )
    identity.forget()
    if ended:
        audit.record("session.replayed", team=family.user.current_team, by=None, on=family.user)


def _next_pair(family: RefreshFamily, user: User) -> TokenPair:
    now = clock.now()
    raw = new_token(REFRESH_PREFIX)
    ends = min(now + settings.REFRESH_TOKEN_LIFETIME, family.created_at + LONGEST_SIGN_IN)
    RefreshToken.objects.create(family=family, jti=hash_token(raw), expires_at=ends)
    seconds = int(settings.ACCESS_TOKEN_LIFETIME.total_seconds())
    return TokenPair(access_token(user=user, family_id=family.pk), raw, seconds)


def access_token(*, user: User, family_id: uuid.UUID) -> str:
    """A signed access token of the family, dead as soon as the person's ``token_version`` rises."""
    token = AccessToken()
    token["sub"] = str(user.pk)
    token["typ"] = "access"
    token["tv"] = user.token_version
    token["fam"] = str(family_id)
    return str(token)
