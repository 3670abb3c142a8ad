"""The short way of a program's request: past what only pages and browsers need.

A request that carries a bearer token to a view that reads such tokens has no use for the session, the CSRF
cookie, messages or static files: its token alone says who asks, and a wrong one is refused, never replaced by
the session. It goes past ``PAGES_ONLY``; everything else takes the whole way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import ResolverMatch, get_resolver
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string

from accounts.authentication import BearerAuthentication
from accounts.middleware import Next

PAGES_ONLY: Final = frozenset({
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.CurrentTeam",
})  # fmt: skip
_SCHEME: Final = "bearer "


class ProgramsFirst:
    """Sends requests of programs the short way, all others on."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.short_way: Next = _ShortWay().begin
        #: addresses without parts that vary, so there are only so many
        self._fixed: dict[tuple[str, str], ResolverMatch] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.META.get("HTTP_AUTHORIZATION", "")[:7].lower() == _SCHEME and request.path_info.startswith("/api/"):
            match = self._match(request.path_info)
            if match is not None and _reads_tokens(match):
                request.resolver_match = match
                return self.short_way(request)
        return self.get_response(request)

    def _match(self, path: str) -> ResolverMatch | None:
        key = (settings.ROOT_URLCONF, path)
        match = self._fixed.get(key)
        if match is None:
            try:
                match = get_resolver().resolve(path)
            except Http404:
                return None
            if not match.args and not match.kwargs:
                self._fixed[key] = match
        return match


class CrossOrigin(CorsMiddleware):
    """The library's answers. A request that names no origin, as programs don't, costs only the header ``Vary``."""

    def __call__(self, request: HttpRequest) -> Any:
        if "HTTP_ORIGIN" in request.META or request.method == "OPTIONS" or self.async_mode:
            return super().__call__(request)
        response: Any = self.get_response(request)
        if self.is_enabled(request):
            patch_vary_headers(response, ("origin",))
        return response


class _ShortWay(BaseHandler):
    """Django's own handler with fewer middlewares, for an address that is resolved already."""

    def __init__(self) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self.begin: Any = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        mine = f"{ProgramsFirst.__module__}.{ProgramsFirst.__name__}"
        after = settings.MIDDLEWARE[settings.MIDDLEWARE.index(mine) + 1 :]
        for name in (one for one in reversed(after) if one not in PAGES_ONLY):
            middleware = import_string(name)(self.begin)
            if hasattr(middleware, "process_view"):
                self._view_middleware.insert(0, middleware.process_view)
            if hasattr(middleware, "process_exception"):
                self._exception_middleware.append(middleware.process_exception)
            self.begin = convert_exception_to_response(middleware)

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        return cast(ResolverMatch, request.resolver_match)


def _reads_tokens(match: ResolverMatch) -> bool:
    classes: Sequence[Any] = getattr(getattr(match.func, "cls", None), "authentication_classes", ())
    return bool(classes) and classes[0] is BearerAuthentication
