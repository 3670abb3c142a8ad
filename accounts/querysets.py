"""Queryset verbs of the accounts floor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.models import Team


class TeamQuerySet(models.QuerySet[Any]):
    """Look-up and the right to look are one call: it starts from the team."""

    def for_team(self, team: Team) -> Self:
        """Only rows of this team."""
        return self.filter(team_id=team.pk)
