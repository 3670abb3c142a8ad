"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from livinglytics.api import plain_answer
from livinglytics.lib import clock

_STARTED: Final = time.monotonic()
_settled: Final = threading.Event()
_FAILURES: Final = (DatabaseError, redis.RedisError, OSError, ValueError)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _cache() -> str:
    cache.set("health", "ok", 10)
    return "ok" if cache.get("health") == "ok" else "does not keep what it is given"


@functools.cache
def _broker_client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def _broker() -> str:
    if settings.REDIS_URL:
        _broker_client().ping()
    return "ok"


def _migrations() -> str:
    # what is applied stays applied: once fine, it is not looked up again
    if _settled.is_set():
        return "ok"
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return f"{len(missing)} to apply: run manage.py migrate"
    _settled.set()
    return "ok"


_CHECKS: Final[dict[str, Callable[[], str]]] = {
    "database": _database,
    "cache": _cache,
    "broker": _broker,
    "migrations": _migrations,
}


def check() -> dict[str, str]:
    """Each part with ``ok`` or what is wrong with it, without addresses or passwords."""
    found: dict[str, str] = {}
    for name, look in _CHECKS.items():
        try:
            found[name] = look()
        except _FAILURES as error:
            found[name] = f"failed ({type(error).__name__})"
    return found


def _common(status: str) -> dict[str, Any]:
    return {
        "status": status,
        "version": settings.VERSION,
        "timestamp": clock.now().isoformat(timespec="seconds"),
        "uptime_seconds": round(time.monotonic() - _STARTED),
    }


def _verdict(parts: dict[str, str]) -> tuple[bool, str]:
    ready = all(word == "ok" for word in parts.values())
    return ready, "healthy" if ready else "unhealthy"


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when database, cache, broker and migrations are fine, else 503."""
    parts = check()
    good, word = _verdict(parts)
    body = {"ready": good, "environment": "development" if settings.DEBUG else "production", "checks": parts}
    return JsonResponse(_common(word) | body | {"database": parts["database"]}, status=200 if good else 503)


@never_cache
@require_safe
def summary(request: HttpRequest) -> JsonResponse:
    """One word and the parts; always 200 so that a reader can show it."""
    parts = check()
    return JsonResponse(_common(_verdict(parts)[1]) | {"components": parts})


@never_cache
@require_safe
def details(request: HttpRequest) -> JsonResponse:
    """For staff: the parts, the mode and the engine."""
    if not getattr(request.user, "is_staff", False):
        return plain_answer(403, "Only staff may read this.")
    parts = check()
    about = {"embedded": settings.EMBEDDED, "role": settings.ROLE, "database_engine": connection.vendor}
    return JsonResponse(_common(_verdict(parts)[1]) | {"checks": parts} | about)
