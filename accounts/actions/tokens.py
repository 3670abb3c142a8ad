"""A team's API tokens: made, rotated, revoked. The token itself is shown once and kept only as a hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from accounts import audit, identity
from accounts.models import ApiToken, Team, User
from accounts.permissions import ROLES, TOKEN_SCOPES
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, Forbidden, Invalid
from livinglytics.lib.secrets import hash_token, new_token

_SHOWN: Final = 10
LONGEST_LIFE: Final = timedelta(days=3 * 366)


@dataclass(frozen=True)
class NewToken:
    """A token row and its secret, which nobody can read again."""

    token: ApiToken
    secret: str


@transaction.atomic
def create_token(
    *, team: Team, by: User, by_role: str, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> NewToken:
    """Make a token with some of the maker's own permissions. Raises Invalid or Forbidden."""
    _check(scopes, by_role, expires_at)
    secret = new_token(identity.TOKEN_PREFIX)
    token = ApiToken.objects.create(
        team=team,
        created_by=by,
        name=name.strip()[:100],
        prefix=secret[:_SHOWN],
        digest=hash_token(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    audit.record("token.created", team=team, by=by, on=token, details={"scopes": token.scopes})
    return NewToken(token, secret)


@transaction.atomic
def rotate_token(*, token: ApiToken, by: User, by_role: str) -> NewToken:
    """Give the token a new secret; the old one stops at once. Raises Conflict or Forbidden."""
    if not token.is_live(clock.now()):
        raise Conflict("This token is revoked or expired. Make a new one.")
    _within(token.scopes, by_role)
    secret = new_token(identity.TOKEN_PREFIX)
    token.prefix, token.digest, token.created_by = secret[:_SHOWN], hash_token(secret), by
    token.save(update_fields=["prefix", "digest", "created_by", "updated_at"])
    identity.forget()
    audit.record("token.rotated", team=token.team, by=by, on=token)
    return NewToken(token, secret)


@transaction.atomic
def revoke_token(*, token: ApiToken, by: User | None) -> ApiToken:
    """End the token. Doing it twice is the same as once."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
        identity.forget()
        audit.record("token.revoked", team=token.team, by=by, on=token)
    token.refresh_from_db()
    return token


def _check(scopes: Sequence[str], by_role: str, expires_at: datetime | None) -> None:
    problems: dict[str, list[str]] = {}
    unknown = sorted(set(scopes) - set(TOKEN_SCOPES))
    if unknown or not scopes:
        problems["scopes"] = [f"Choose from {', '.join(TOKEN_SCOPES)}."]
    now = clock.now()
    if expires_at is not None and not now < expires_at <= now + LONGEST_LIFE:
        problems["expires_at"] = ["Choose a time in the future, at most three years from now."]
    if problems:
        raise Invalid(details=problems)
    _within(scopes, by_role)


def _within(scopes: Sequence[str], by_role: str) -> None:
    beyond = sorted(set(scopes) - ROLES[by_role])
    if beyond:
        raise Forbidden(f"Your own role does not include {', '.join(beyond)}.")
