"""What a person sees when something fails."""

from __future__ import annotations

import logging
import math
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import render_to_string

from accounts.logs import current_request_id
from accounts.middleware import Next
from livinglytics.api import plain_answer
from livinglytics.lib.errors import ProductError, Transient

logger = logging.getLogger(__name__)
_API_ROOTS: Final = ("/api/", "/v1/", "/auth/", "/users", "/agents", "/tasks", "/analytics/", "/health")
_TITLES: Final = {
    400: "This request can't be understood",
    403: "You may not do this",
    404: "There is nothing here",
    413: "This is too large",
    429: "A little too fast",
    500: "Something went wrong",
    503: "Not available right now",
}


class ProductErrors:
    """Turns a ProductError of a page view into a page that says what to do next; refuses addresses with NUL."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query or "\x00" in query:
            # PostgreSQL takes no NUL in text, and no honest address has one
            return answer(request, 400, "An address can't hold the character NUL. Take it out and try again.")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ProductError):
            return None
        if exception.status >= 500:
            logger.warning("%s on %s: %s", exception.code, request.path, exception.message)
        response = answer(request, exception.status, exception.message, exception.code)
        if isinstance(exception, Transient) and exception.retry_after is not None:
            response["Retry-After"] = str(max(1, math.ceil(exception.retry_after)))
        return response


def answer(request: HttpRequest, status: int, message: str, code: str = "") -> HttpResponse:
    """The error as JSON for programs, as a page for people, as one paragraph for a part of a page."""
    if request.path.startswith(_API_ROOTS):
        return plain_answer(status, message, code)
    context: dict[str, Any] = {
        "status": status,
        "title": _TITLES.get(status, _TITLES[500] if status >= 500 else "This did not work"),
        "message": message,
        "request_id": current_request_id.get(),
        "retry": request.get_full_path() if request.method == "GET" and status >= 429 else "",
    }
    name = "accounts/error_part.html" if request.headers.get("HX-Request") else "accounts/error.html"
    try:
        text: str = render_to_string(name, context)
    except (TemplateDoesNotExist, TemplateSyntaxError):
        logger.exception("The error page can't be shown.")
        text = f"<!doctype html><title>{context['title']}</title><h1>{context['title']}</h1>"
    return HttpResponse(text, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 400, "The request can't be understood. Go back and try again.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403, "You may not do this. Ask an owner or admin of the team.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: mostly a page that was open while somebody signed in or out."""
    return answer(request, 403, "This form is too old. Go back, reload the page and send it again.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404, "The page is gone, was never here, or belongs to another team.")


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request, 500, "It is our fault, and it is in the log. Try again in a moment.", "INTERNAL_ERROR")


__all__ = ["ProductErrors", "bad_request", "csrf_failure", "forbidden", "not_found", "server_error"]
