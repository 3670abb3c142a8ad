"""Teams: the tenant everything else belongs to."""

from __future__ import annotations

import zoneinfo

from django.core.exceptions import ValidationError
from django.db import models

from accounts.models.base import Stamped, TeamOwned


def valid_zone(name: str) -> None:
    """Refuse a name that the time-zone database doesn't know."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError("Choose a time zone by its region and city, for example Europe/Berlin.")


class Role(models.TextChoices):
    """What a member may do; ``accounts.permissions`` says which role may do which."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    MEMBER = "member", "Member"
    VIEWER = "viewer", "Viewer"


class Team(Stamped):
    """A workspace. ``time_zone`` decides where its days begin; ``week_start`` 0 is Monday."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[valid_zone])
    week_start = models.PositiveSmallIntegerField(default=0)
    currency = models.CharField(max_length=3, default="USD")
    is_demo = models.BooleanField("demo", default=False, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(TeamOwned):
    """One person in one team, with a role."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_user")]
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"
