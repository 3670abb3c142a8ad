"""Limits per class of endpoint and per token, person or address, shared by all processes."""

from __future__ import annotations

import functools
import ipaddress
import logging
import math
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import limits
from django.conf import settings
from django.http import HttpResponseBase
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.addresses import client_address
from accounts.counting import counter
from accounts.identity import Identity

if TYPE_CHECKING:
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)
_READING: Final = {"GET", "HEAD", "OPTIONS"}


class Allowance(NamedTuple):
    """What is left of a limit: ``remaining`` of ``limit`` requests, all back after ``reset`` seconds."""

    name: str
    limit: int
    window: int
    remaining: int
    reset: int

    def write(self, response: HttpResponseBase) -> None:
        """Put the allowance into the answer's headers."""
        response["RateLimit-Policy"] = f'"{self.name}";q={self.limit};w={self.window}'
        response["RateLimit"] = f'"{self.name}";r={self.remaining};t={self.reset}'
        response["X-RateLimit-Limit"] = str(self.limit)
        response["X-RateLimit-Remaining"] = str(self.remaining)
        response["X-RateLimit-Reset"] = str(int(time.time()) + self.reset)


@functools.cache
def _rate(text: str) -> tuple[int, int]:
    """Requests and seconds."""
    item = limits.parse(text)
    return item.amount, item.get_expiry()


def forget_usage() -> None:
    """Start counting again from nothing."""
    counter().forget()


class ClassThrottle(BaseThrottle):
    """Counts against the view's ``throttle_class_name``, else read or write by the method."""

    wait_seconds: float | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        name = str(getattr(view, "throttle_class_name", "") or ("read" if request.method in _READING else "write"))
        limit, window = _rate(settings.RATE_LIMITS[name])
        try:
            usage = counter().count(f"{name}/{_who(request)}", limit, window)
        except RedisError:
            logger.warning("The rate limits can't be counted just now; the request passes.", exc_info=True)
            return True
        reset = max(1, math.ceil(usage.reset(window) + window / limit))
        request._request.allowance = Allowance(  # type: ignore[attr-defined]
            name, limit, window, usage.remaining(limit, window), reset
        )
        self.wait_seconds = None if usage.allowed else reset
        return usage.allowed

    def wait(self) -> float | None:
        return self.wait_seconds


def _who(request: Request) -> str:
    identity = request.auth
    if isinstance(identity, Identity):
        if identity.token is not None:
            return f"token:{identity.token.pk}"
        if identity.user is not None:
            return f"user:{identity.user.pk}"
    return f"address:{_network(client_address(request._request))}"


def _network(address: str | None) -> str:
    """The address, or of IPv6 its /64: one subscriber has all of that."""
    if address is None:
        return "unknown"
    return str(ipaddress.ip_network((address, 64), strict=False)) if ":" in address else address
