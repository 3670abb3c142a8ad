"""People, teams, keys, and the memory of who did what."""

from accounts.models.audit import AuditEvent
from accounts.models.base import Stamped, TeamOwned
from accounts.models.events import IdempotencyKey, OutboxEvent
from accounts.models.teams import Membership, Role, Team
from accounts.models.tokens import ApiToken, RefreshFamily, RefreshToken
from accounts.models.users import User

__all__ = [
    "ApiToken",
    "AuditEvent",
    "IdempotencyKey",
    "Membership",
    "OutboxEvent",
    "RefreshFamily",
    "RefreshToken",
    "Role",
    "Stamped",
    "Team",
    "TeamOwned",
    "User",
]
