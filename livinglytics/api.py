"""One shape for every error of the API."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import OperationalError
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.logs import current_request_id
from livinglytics.lib.errors import ProductError, Transient

logger = logging.getLogger(__name__)

_BY_STATUS: Final = {
    400: "BAD_REQUEST",
    401: "AUTHENTICATION_ERROR",
    403: "AUTHORIZATION_ERROR",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMIT_EXCEEDED",
    503: "SERVICE_UNAVAILABLE",
}
_NO_LIMIT_CODES: Final = {"rate_limited": "RATE_LIMIT_EXCEEDED", "service_unavailable": "EXTERNAL_SERVICE_ERROR"}


def error_body(code: str, message: str, details: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body of every error."""
    return {
        "error": {
            "code": code,
            "message": message,
            "details": dict(details or {}),
            "request_id": current_request_id.get(),
        }
    }


def answer_error(exc: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an exception inside an API view; what is unknown becomes a logged 500 without its text."""
    set_rollback()
    if isinstance(exc, ProductError):
        return _product(exc)
    if isinstance(exc, exceptions.ValidationError):
        return _answer(422, "VALIDATION_ERROR", "Some values are not valid.", field_messages(exc.detail))
    if isinstance(exc, exceptions.APIException):
        return _rest(exc)
    if isinstance(exc, ValidationError):
        details = exc.message_dict if hasattr(exc, "error_dict") else {"": exc.messages}
        return _answer(422, "VALIDATION_ERROR", "Some values are not valid.", details)
    if isinstance(exc, OperationalError):
        logger.error("The database did not answer.", exc_info=exc)
        return _answer(503, _BY_STATUS[503], "The database does not answer right now. Try again.", headers=_soon())
    for kind, status, message in _PLAIN:
        if isinstance(exc, kind):
            return _answer(status, _BY_STATUS[status], message)
    logger.error("Unexpected error in the API", exc_info=exc)
    return _answer(500, "INTERNAL_ERROR", "Something went wrong here. Try again; if it stays, send us the request id.")


_PLAIN: Final[tuple[tuple[type[Exception], int, str], ...]] = (
    (Http404, 404, "Not found."),
    (PermissionDenied, 403, "You may not do this."),
    (RequestDataTooBig, 413, "The body is too large. Send it in parts."),
    (SuspiciousOperation, 400, "The request can't be understood."),
)


def _soon() -> dict[str, str]:
    return {"Retry-After": "2"}


def _product(exc: ProductError) -> Response:
    headers = {}
    if isinstance(exc, Transient) and exc.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(exc.retry_after)))
    if exc.status >= 500:
        logger.warning("%s: %s", exc.code, exc.message)
    return _answer(exc.status, _NO_LIMIT_CODES.get(exc.code, exc.code), exc.message, exc.details, headers=headers)


def _rest(exc: exceptions.APIException) -> Response:
    headers: dict[str, str] = {}
    if isinstance(exc, exceptions.Throttled):
        wait = max(1, math.ceil(getattr(exc, "wait", None) or 1))
        message = f"Too many requests. Try again in {wait} s."
        return _answer(429, _BY_STATUS[429], message, {"retry_after": wait}, headers={"Retry-After": str(wait)})
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    told = exc.get_codes() if isinstance(exc.detail, str) else None
    code = told if isinstance(told, str) and told.isupper() else _BY_STATUS.get(exc.status_code, "ERROR")
    return _answer(exc.status_code, code, str(exc.detail), headers=headers)


def _answer(
    status: int,
    code: str,
    message: str,
    details: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return Response(error_body(code, message, details), status=status, headers=dict(headers or {}))


def field_messages(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Nested messages of a serializer as {dotted field: [messages]}."""
    if isinstance(detail, Mapping):
        parts = [(f"{path}.{name}" if path else str(name), inner) for name, inner in detail.items()]
    elif isinstance(detail, list | tuple):
        if all(isinstance(one, str) for one in detail):
            return {path or "body": [str(one) for one in detail]}
        parts = [(f"{path}.{at}" if path else str(at), inner) for at, inner in enumerate(detail)]
    else:
        return {path or "body": [str(detail)]}
    found: dict[str, list[str]] = {}
    for name, inner in parts:
        found |= field_messages(inner, name)
    return found


def plain_answer(status: int, message: str, code: str = "") -> JsonResponse:
    """The same shape for answers outside an API view."""
    return JsonResponse(error_body(code or _BY_STATUS.get(status, "INTERNAL_ERROR"), message), status=status)
