"""Pages of numbers."""

from django.urls import URLPattern, URLResolver, path

from metrics.pages import notes, numbers, projects, style

urlpatterns: list[URLPattern | URLResolver] = [
    path("", numbers.overview_page, name="overview"),
    path("metrics/", numbers.catalog, name="metric-catalog"),
    path("metrics/<str:key>/", numbers.metric, name="metric"),
    path("notes/", notes.note_add, name="note-add"),
    path("notes/<uuid:pk>/delete/", notes.note_delete, name="note-delete"),
    path("projects/", projects.project_list, name="project-list"),
    path("projects/new/", projects.project_new, name="project-new"),
    path("projects/<uuid:pk>/", projects.project, name="project"),
    path("projects/<uuid:pk>/targets/", projects.project_targets, name="project-targets"),
    path("projects/<uuid:pk>/targets/<uuid:target>/", projects.target_change, name="target-change"),
    path("projects/<uuid:pk>/scrape/", projects.project_scrape, name="project-scrape"),
    path("projects/<uuid:pk>/scrapes/<uuid:scrape>/part/", projects.project_part, name="project-part"),
    path("projects/<uuid:pk>/scrapes/<uuid:scrape>/cancel/", projects.project_cancel, name="project-cancel"),
    path("projects/<uuid:pk>/status/", projects.project_status, name="project-status"),
    path("projects/<uuid:pk>/settings/", projects.project_settings, name="project-settings"),
    path("projects/<uuid:pk>/delete/", projects.project_delete, name="project-delete"),
    path("style/", style.style, name="style"),
]
