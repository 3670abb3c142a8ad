"""Pages of numbers."""

from django.urls import URLPattern, URLResolver, path

from metrics.pages import numbers, style

urlpatterns: list[URLPattern | URLResolver] = [
    path("", numbers.overview_page, name="overview"),
    path("metrics/", numbers.catalog, name="metric-catalog"),
    path("metrics/<str:key>/", numbers.metric, name="metric"),
    path("style/", style.style, name="style"),
]
