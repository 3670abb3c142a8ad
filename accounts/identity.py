"""Who a token belongs to, remembered for a moment.

A verdict is kept in this process for at most ``REMEMBERED_SECONDS``: a disabled person, a changed
password, a revoked token or sign-in and an ended membership are refused everywhere after that
time at the latest, and at once in the process that did it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Generic, TypeVar

from django.db import transaction
from django.db.models.base import ModelState
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import ApiToken, Membership, RefreshFamily, Role, Team, User
from livinglytics.lib import clock
from livinglytics.lib.secrets import hash_token

REMEMBERED_SECONDS: Final = 3.0
TOKEN_PREFIX: Final = "ll"
_USE_NOTED_EVERY: Final = timedelta(minutes=1)
V = TypeVar("V")


@dataclass(frozen=True)
class Identity:
    """Who asks. ``scopes`` None: everything that the person's role allows. ``role`` only of a token."""

    user: User | None
    token: ApiToken | None = None
    team: Team | None = None
    scopes: frozenset[str] | None = None
    family: uuid.UUID | None = None
    role: str | None = None


class _Memory(Generic[V]):
    """A few thousand verdicts with an end."""

    def __init__(self, most: int = 5_000) -> None:
        self._most = most
        self._kept: dict[Hashable, tuple[float, V]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> V | None:
        found = self._kept.get(key)
        return found[1] if found is not None and found[0] > clock.monotonic() else None

    def keep(self, key: Hashable, value: V, seconds: float = REMEMBERED_SECONDS) -> None:
        with self._lock:
            if len(self._kept) >= self._most:
                self._kept.clear()
            self._kept[key] = (clock.monotonic() + seconds, value)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


_identities: _Memory[Identity] = _Memory()
_memberships: _Memory[tuple[Membership, ...]] = _Memory()


def forget() -> None:
    """Drop every remembered verdict of this process, now and again when the transaction is done."""
    _clear()
    transaction.on_commit(_clear)


def _clear() -> None:
    _identities.clear()
    _memberships.clear()


def identify_token(raw: str) -> Identity | None:
    """The owner of an access token or a team's API token, or None when it is not valid any more."""
    key = hash_token(raw)
    found = _identities.get(key)
    if found is None:
        made = _read_api_token(key) if raw.startswith(f"{TOKEN_PREFIX}_") else _read_access_token(raw)
        if made is None:
            return None
        found, seconds = made
        _identities.keep(key, found, min(seconds, REMEMBERED_SECONDS))
    # A view may change the person it was given: the next request must not see that.
    return Identity(_copied(found.user), found.token, found.team, found.scopes, found.family, found.role)


def _copied(user: User | None) -> User | None:
    """The same person again; ``copy.copy`` takes the way that is made for pickling, which costs several times this."""
    if user is None:
        return None
    made, state = type(user).__new__(type(user)), ModelState()
    made.__dict__.update(user.__dict__, _state=state)
    state.__dict__.update(user._state.__dict__, fields_cache=dict(user._state.fields_cache))
    return made


def _read_api_token(digest: str) -> tuple[Identity, float] | None:
    token = ApiToken.objects.select_related("team", "created_by").filter(digest=digest).first()
    now = clock.now()
    if token is None or not token.is_live(now):
        return None
    maker, role = token.created_by, str(Role.OWNER)
    if maker is not None:
        membership = Membership.objects.filter(team=token.team_id, user=maker).first()
        if membership is None or not maker.is_active:
            return None
        role = membership.role
    if token.last_used_at is None or now - token.last_used_at > _USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    left = (token.expires_at - now).total_seconds() if token.expires_at else REMEMBERED_SECONDS
    return Identity(maker, token, token.team, frozenset(token.scopes), None, role), left


def _read_access_token(raw: str) -> tuple[Identity, float] | None:
    claims = access_claims(raw)
    if claims is None:
        return None
    family = RefreshFamily.objects.select_related("user").filter(pk=claims["fam"]).first()
    if family is None or family.revoked_at is not None:
        return None
    user = family.user
    if not user.is_active or str(user.pk) != claims["sub"] or user.token_version != claims["tv"]:
        return None
    return Identity(user, family=family.pk), claims["exp"] - clock.now().timestamp()


def access_claims(raw: str) -> dict[str, Any] | None:
    """The claims of an access token whose signature, type, audience, issuer and time are right."""
    try:
        payload: dict[str, Any] = AccessToken(raw).payload  # type: ignore[arg-type]
        return {
            "sub": str(payload["sub"]),
            "fam": uuid.UUID(payload["fam"]),
            "tv": int(payload["tv"]),
            "exp": float(payload["exp"]),
        }
    except (TokenError, KeyError, ValueError, TypeError, AttributeError):
        return None


def memberships_of(user: User) -> tuple[Membership, ...]:
    """The person's memberships with their teams, oldest first."""
    found = _memberships.get(user.pk)
    if found is None:
        found = tuple(Membership.objects.filter(user=user).select_related("team").order_by("created_at", "id"))
        _memberships.keep(user.pk, found)
    return found


def find_membership(user: User, slug: str | None = None) -> Membership | None:
    """The membership in the named team; without a name in the current team, else in the oldest."""
    all_of_them = memberships_of(user)
    if slug:
        return next((one for one in all_of_them if one.team.slug == slug), None)
    current = (one for one in all_of_them if one.team_id == user.current_team_id)
    return next(current, all_of_them[0] if all_of_them else None)
