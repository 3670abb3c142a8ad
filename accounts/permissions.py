"""Which role may do what. A permission is also a token's scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

#: every permission with the words that a person reads when choosing a token's scopes
PERMISSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "metrics.read": "Read metrics, dashboards and exports",
        "metrics.write": "Change goals, annotations and saved views",
        "sources.read": "See sources and their runs",
        "sources.write": "Connect, sync and remove sources",
        "ingest.write": "Send data in",
        "insights.read": "Read insights, alerts and reports",
        "insights.write": "Answer insights, change alerts and reports",
        "team.read": "See the team and its members",
        "team.write": "Change the team and its members",
        "team.own": "Make owners and delete the team",
        "tokens.write": "Make and revoke API tokens",
        "audit.read": "Read who did what",
    }
)
_READ: Final = frozenset({"metrics.read", "sources.read", "insights.read", "team.read"})
_WORK: Final = _READ | {"metrics.write", "sources.write", "ingest.write", "insights.write"}
_MANAGE: Final = _WORK | {"team.write", "tokens.write", "audit.read"}
ROLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"viewer": _READ, "member": _WORK, "admin": _MANAGE, "owner": frozenset(PERMISSIONS)}
)
#: what a token may carry: a token never makes tokens or owners
TOKEN_SCOPES: Final = tuple(name for name in PERMISSIONS if name not in {"team.own", "tokens.write"})


def can(role: str | None, permission: str) -> bool:
    """Whether a member with this role may do this; nobody may do what is not in the table."""
    return role is not None and permission in ROLES.get(role, frozenset())


def granted(role: str | None, scopes: Iterable[str] | None) -> frozenset[str]:
    """What a role may do, cut down to a token's scopes (None: not cut)."""
    allowed = ROLES.get(role or "", frozenset())
    return allowed if scopes is None else allowed & frozenset(scopes)
