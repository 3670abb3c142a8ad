"""What every row of ours has, and what every row of a team has."""

from __future__ import annotations

from django.db import models

from accounts.querysets import TeamQuerySet
from livinglytics.lib.ids import uuid7


class Stamped(models.Model):
    """A row with a time-ordered UUID and its own dates."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class TeamOwned(Stamped):
    """A row that belongs to one team and is only ever looked up through it."""

    team = models.ForeignKey("accounts.Team", models.CASCADE, related_name="+")

    objects = TeamQuerySet.as_manager()

    class Meta:
        abstract = True
