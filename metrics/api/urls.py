"""API of this app, under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from metrics.api import definitions, files, notes, projects, questions

urlpatterns: list[URLPattern | URLResolver] = [
    path("metrics/query", questions.QueryView.as_view()),
    path("metrics/timeline", questions.TimelineView.as_view()),
    path("metrics/catalog", definitions.CatalogView.as_view()),
    path("metrics/catalog/<str:key>", definitions.MetricView.as_view()),
    path("metrics/export", files.ExportView.as_view()),
    path("metrics/restatements", notes.RestatementsView.as_view()),
    path("dashboard/tiles", questions.TilesView.as_view()),
    path("observations", files.ObservationsView.as_view()),
    path("observations/export", files.ObservationsExportView.as_view()),
    path("projects/<uuid:pk>/stats", projects.ProjectStatsView.as_view()),
    path("annotations", notes.AnnotationsView.as_view()),
    path("annotations/<uuid:pk>", notes.AnnotationView.as_view()),
]
