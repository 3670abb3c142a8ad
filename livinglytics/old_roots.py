"""Addresses of older systems, answered by the same views."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.actions.people import sign_up
from accounts.api import auth
from accounts.models import User
from livinglytics import health
from livinglytics.lib.secrets import new_token


@csrf_exempt
@require_POST
def seed_user(request: HttpRequest) -> JsonResponse:
    """Make a person for development, ``?email=``; only with DEBUG. The password comes back once."""
    if not settings.DEBUG:
        raise Http404
    email = request.GET.get("email", "").strip().lower()
    if User.objects.filter(email=email).exists():
        return JsonResponse({"created": False})
    password = new_token("seed")
    sign_up(email=email, password=password)
    return JsonResponse({"created": True, "email": email, "password": password}, status=201)


urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/health/liveness", health.live),
    path("v1/health/readiness", health.ready),
    path("v1/dev/seed-user", seed_user),
    path("auth/token", auth.TokenView.as_view()),
    path("auth/refresh", auth.RefreshView.as_view()),
    path("users", auth.UsersView.as_view()),
    path("users/me", auth.MeView.as_view()),
]
