"""Every address: pages, the API under /api/v1/, its documents, health, the admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularRedocView, SpectacularSwaggerView

from livinglytics import health

urlpatterns = [
    path("", include("metrics.urls")),
    path("", include("sources.urls")),
    path("", include("accounts.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("sources.api.urls")),
    path("api/v1/", include("metrics.api.urls")),
    path("", include("livinglytics.old_roots")),
    path("", include("metrics.api.old_roots")),
    path("health", health.summary, name="health"),
    path("health/live", health.live, name="health-live"),
    path("health/liveness", health.live),
    path("health/ready", health.ready, name="health-ready"),
    path("health/readiness", health.ready),
    path("health/details", health.details, name="health-details"),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    path("docs", require_safe(SpectacularSwaggerView.as_view(url_name="openapi")), name="docs"),
    path("redoc", require_safe(SpectacularRedocView.as_view(url_name="openapi")), name="redoc"),
    path("admin/", admin.site.urls),
]

handler400 = "livinglytics.pages.bad_request"
handler403 = "livinglytics.pages.forbidden"
handler404 = "livinglytics.pages.not_found"
handler500 = "livinglytics.pages.server_error"
