"""Keys that open the API: a team's own tokens, and families of refresh tokens."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from accounts.models.base import Stamped, TeamOwned


class ApiToken(TeamOwned):
    """A team's scoped key. Only its hash is kept; the key itself is shown once."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_live(self, now: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class RefreshFamily(Stamped):
    """One sign-in through the API. Using a spent refresh token again ends the whole family."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="refresh_families")
    user_agent = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_because = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name_plural = "refresh families"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"sign-in of {self.user} at {self.created_at:%Y-%m-%d %H:%M}"


class RefreshToken(Stamped):
    """One link of a family: usable once."""

    family = models.ForeignKey(RefreshFamily, models.CASCADE, related_name="tokens")
    jti = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.jti[:8]}… of {self.family_id}"
