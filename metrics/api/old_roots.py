"""Addresses of the first Living Lytics, answered by the same views."""

from django.urls import URLPattern, URLResolver, path

from metrics.api import questions

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/dashboard/tiles", questions.TilesView.as_view()),
]
