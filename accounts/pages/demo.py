"""The demo workspace, one click away."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.actions.demo import offer_demo
from accounts.models import User


@require_POST
def demo_login(request: HttpRequest) -> HttpResponse:
    """Sign in as the demo person; only where DEMO_ENABLED is set."""
    if not settings.DEMO_ENABLED:
        raise Http404
    offered = offer_demo()
    user = User.objects.get(email=offered.email)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("/")
