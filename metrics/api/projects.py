"""What a project holds."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import TeamView
from metrics.selectors.projects import texts_of_projects
from sources.selectors.projects import project_of, stats_of


class ProjectStatsOut(serializers.Serializer):
    """Counts of a project."""

    total_targets = serializers.IntegerField()
    active_targets = serializers.IntegerField()
    failing_targets = serializers.IntegerField()
    total_scrapes = serializers.IntegerField()
    last_scrape_at = serializers.DateTimeField(allow_null=True)
    total_results = serializers.IntegerField(help_text="texts that are kept")
    rated_results = serializers.IntegerField(help_text="of them with a rating")
    avg_rating = serializers.FloatField(allow_null=True, help_text="0 to 1 over the rated ones")
    newest_result_at = serializers.DateTimeField(allow_null=True)


class ProjectStatsView(TeamView):
    """Counts."""

    required = {"GET": "sources.read"}

    @extend_schema(operation_id="project_stats", responses=ProjectStatsOut)
    def get(self, request: Request, pk: UUID) -> Response:
        """Targets, scrapes and texts of a project, counted now."""
        project = project_of(self.team, pk)
        stats, texts = stats_of(project), texts_of_projects(self.team, [pk])[pk]
        found = {
            "total_targets": stats.total_targets,
            "active_targets": stats.active_targets,
            "failing_targets": stats.failing_targets,
            "total_scrapes": stats.total_scrapes,
            "last_scrape_at": stats.last_scrape_at,
            "total_results": texts.count,
            "rated_results": texts.rated,
            "avg_rating": texts.rating,
            "newest_result_at": texts.newest,
        }
        return Response(ProjectStatsOut(found).data)
