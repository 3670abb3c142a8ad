"""What the settings pages show."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from accounts.models import ApiToken, Membership, RefreshFamily, Role, Team, User
from accounts.permissions import PERMISSIONS, can
from livinglytics.lib import clock


@dataclass(frozen=True)
class MemberRow:
    """A line of the members' table. ``roles`` are the choices that the reader may give; empty: none."""

    user_id: uuid.UUID
    name: str
    email: str
    role: str
    role_label: str
    joined_at: datetime
    is_me: bool
    roles: tuple[tuple[str, str], ...]
    may_remove: bool


@dataclass(frozen=True)
class TokenRow:
    """A line of the tokens' table. ``state`` is active, expired or revoked."""

    id: uuid.UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    made_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    state: str


def members_of(team: Team, reader: User, role: str) -> list[MemberRow]:
    """Members, oldest first, with what the reader may do to each. The last owner can't be touched."""
    rows = list(team.memberships.select_related("user").order_by("created_at"))
    owners = sum(row.role == Role.OWNER for row in rows)
    return [_member_row(row, reader, role, is_last_owner=owners == 1 and row.role == Role.OWNER) for row in rows]


def _member_row(row: Membership, reader: User, role: str, *, is_last_owner: bool) -> MemberRow:
    is_me = row.user_id == reader.pk
    above = row.role == Role.OWNER and role != Role.OWNER
    manages = can(role, "team.write") and not above and not is_last_owner
    choices = [choice for choice in Role.choices if choice[0] != Role.OWNER or role == Role.OWNER]
    return MemberRow(
        user_id=row.user_id,
        name=row.user.display_name,
        email=row.user.email,
        role=row.role,
        role_label=str(Role(row.role).label),
        joined_at=row.created_at,
        is_me=is_me,
        roles=tuple((str(value), str(label)) for value, label in choices) if manages else (),
        may_remove=(manages or is_me) and not is_last_owner,
    )


def tokens_of(team: Team) -> list[TokenRow]:
    """The team's API tokens, newest first."""
    now = clock.now()
    rows: list[ApiToken] = list(ApiToken.objects.for_team(team).select_related("created_by"))
    return [
        TokenRow(
            id=row.pk,
            name=row.name,
            prefix=row.prefix,
            scopes=tuple(PERMISSIONS.get(scope, scope) for scope in row.scopes),
            made_by=row.created_by.display_name if row.created_by else "–",
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            state="active" if row.is_live(now) else "revoked" if row.revoked_at else "expired",
        )
        for row in rows
    ]


def open_sign_ins(user: User) -> list[RefreshFamily]:
    """Sign-ins through the API that still work, newest first."""
    alive = RefreshFamily.objects.filter(user=user, revoked_at=None, tokens__expires_at__gt=clock.now())
    return list(alive.distinct()[:50])
