"""Pages of numbers."""

from django.urls import URLPattern, URLResolver, path

from metrics.pages import notes, numbers, style

urlpatterns: list[URLPattern | URLResolver] = [
    path("", numbers.overview_page, name="overview"),
    path("metrics/", numbers.catalog, name="metric-catalog"),
    path("metrics/<str:key>/", numbers.metric, name="metric"),
    path("notes/", notes.note_add, name="note-add"),
    path("notes/<uuid:pk>/delete/", notes.note_delete, name="note-delete"),
    path("style/", style.style, name="style"),
]
