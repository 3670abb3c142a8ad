"""API of this app, under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from sources.api import connectors, ingest, jobs, schedules, sources, uploads

urlpatterns: list[URLPattern | URLResolver] = [
    path("connectors", connectors.ConnectorsView.as_view()),
    path("connectors/<slug:key>", connectors.ConnectorView.as_view()),
    path("connectors/<slug:key>/check", connectors.ConnectorCheckView.as_view()),
    path("sources", sources.SourceListView.as_view()),
    path("sources/<uuid:pk>", sources.SourceView.as_view()),
    path("sources/<uuid:pk>/check", sources.SourceCheckView.as_view()),
    path("sources/<uuid:pk>/discover", sources.SourceDiscoverView.as_view()),
    path("sources/<uuid:pk>/preview", sources.SourcePreviewView.as_view()),
    path("sources/<uuid:pk>/sync", sources.SourceSyncView.as_view()),
    path("sources/<uuid:pk>/replay", sources.SourceReplayView.as_view()),
    path("sources/<uuid:pk>/pause", sources.SourcePauseView.as_view()),
    path("sources/<uuid:pk>/resume", sources.SourceResumeView.as_view()),
    path("sources/<uuid:pk>/quarantine", sources.SourceQuarantineView.as_view()),
    path("jobs", jobs.JobListView.as_view()),
    path("jobs/<uuid:pk>", jobs.JobView.as_view()),
    path("jobs/<uuid:pk>/cancel", jobs.JobCancelView.as_view()),
    path("jobs/<uuid:pk>/retry", jobs.JobRetryView.as_view()),
    path("uploads", uploads.UploadListView.as_view()),
    path("uploads/<uuid:pk>", uploads.UploadView.as_view()),
    path("uploads/<uuid:pk>/preview", uploads.UploadPreviewView.as_view()),
    path("uploads/<uuid:pk>/import", uploads.UploadImportView.as_view()),
    path("ingest/metrics", ingest.IngestMetricsView.as_view()),
    path("ingest/documents", ingest.IngestDocumentsView.as_view()),
    path("schedules", schedules.ScheduleListView.as_view()),
    path("schedules/project/<uuid:pk>", schedules.ScheduleView.as_view()),
    path("schedules/project/<uuid:pk>/toggle", schedules.ScheduleToggleView.as_view()),
    path("schedules/project/<uuid:pk>/run-now", schedules.ScheduleRunView.as_view()),
    path("schedules/project/<uuid:pk>/history", schedules.ScheduleHistoryView.as_view()),
]
