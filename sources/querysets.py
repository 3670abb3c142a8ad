"""Queryset verbs of the sources floor: which jobs may be claimed, which lost their worker."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from django.db.models import Q

from accounts.querysets import TeamQuerySet

_WAITING = ("queued", "paused")
_OPEN = (*_WAITING, "running")


class JobQuerySet(TeamQuerySet):
    """Verbs over jobs; ``now`` is an aware datetime."""

    def open(self) -> Self:
        """Neither finished nor given up."""
        return self.filter(status__in=_OPEN)

    def claimable(self, now: datetime) -> Self:
        """Waiting, and not held back until later."""
        return self.filter(Q(run_after__isnull=True) | Q(run_after__lte=now), status__in=_WAITING)

    def stale(self, now: datetime) -> Self:
        """Running, but the worker has shown no sign of life for a whole lease."""
        return self.filter(status="running", lease_until__lt=now)

    def held(self, job_id: UUID, fence: int) -> Self:
        """The job while the worker with this fence still owns it."""
        return self.filter(pk=job_id, fence=fence, status="running")


class DataQuerySet(TeamQuerySet):
    """Verbs over the data plane, whose rows carry plain ids."""

    def of_source(self, source_id: UUID) -> Self:
        """Only rows of this source."""
        return self.filter(source_id=source_id)
