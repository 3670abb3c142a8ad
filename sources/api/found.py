"""Rows of the caller's team, or 404."""

from __future__ import annotations

from uuid import UUID

from accounts.api.base import TeamView
from livinglytics.lib.errors import NotFound
from sources.models import Job, Source, UploadedFile


class SourcesView(TeamView):
    """Base of the views here: reading takes ``sources.read``, the rest ``sources.write``."""

    required = {"GET": "sources.read", "*": "sources.write"}

    def source(self, pk: UUID) -> Source:
        """A source of the team."""
        found = Source.objects.for_team(self.team).select_related("team").filter(pk=pk).first()
        if not isinstance(found, Source):
            raise NotFound("There is no such source.")
        return found

    def job(self, pk: UUID) -> Job:
        """A run of the team."""
        found = Job.objects.for_team(self.team).select_related("source", "team").filter(pk=pk).first()
        if not isinstance(found, Job):
            raise NotFound("There is no such run.")
        return found

    def file(self, pk: UUID) -> UploadedFile:
        """A stored file of the team."""
        found = UploadedFile.objects.for_team(self.team).select_related("team").filter(pk=pk).first()
        if not isinstance(found, UploadedFile):
            raise NotFound("There is no such file.")
        return found
