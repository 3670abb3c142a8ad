"""Django's floor: a view that does nothing, without middleware, on the same server."""

from __future__ import annotations

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(SECRET_KEY="null", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[])


def null(request: HttpRequest) -> HttpResponse:
    """Nothing, as JSON."""
    return HttpResponse(b"{}", content_type="application/json")


urlpatterns = [path("null", null)]
application = get_wsgi_application()
