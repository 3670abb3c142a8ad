"""One effect per Idempotency-Key, however often the same POST arrives."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

import orjson
from django.db import IntegrityError, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.identity import Identity
from accounts.models import IdempotencyKey
from accounts.rendering import FastJSONRenderer
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, Invalid

_KEPT: Final = timedelta(hours=24)
_GIVEN_UP: Final = timedelta(seconds=60)
_PATIENCE_SECONDS: Final = 8.0
_LONGEST_KEY: Final = 200
View = TypeVar("View", bound=Callable[..., Response])


def idempotent(method: View) -> View:
    """Decorate a view's POST: a repeat with the same key gets the first answer again, marked as replayed.

    The same key with another body is refused (422); a repeat while the first is still at work waits for it.
    Never use it where the body or the answer holds a secret: answers are kept for a day.
    """

    @functools.wraps(method)
    def wrapped(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return method(view, request, *args, **kwargs)
        if len(key) > _LONGEST_KEY or not key.isascii() or not key.isprintable():
            raise Invalid(details={"Idempotency-Key": [f"Use at most {_LONGEST_KEY} plain characters."]})
        mine, row = _claim(_owner(view, request), key, _fingerprint(request))
        if not mine:
            return _replayed(row)
        try:
            response = method(view, request, *args, **kwargs)
        except BaseException:
            IdempotencyKey.objects.filter(pk=row.pk).delete()
            raise
        row.status, row.body = response.status_code, orjson.loads(FastJSONRenderer().render(response.data) or b"null")
        row.save(update_fields=["status", "body", "updated_at"])
        return response

    wrapped.takes_idempotency_key = True  # type: ignore[attr-defined]
    return wrapped  # type: ignore[return-value]


def forget_old_answers() -> int:
    """Delete answers that are past their day; how many."""
    return IdempotencyKey.objects.filter(created_at__lt=clock.now() - _KEPT).delete()[0]


def _owner(view: Any, request: Request) -> str:
    identity = request.auth
    if not isinstance(identity, Identity):
        return "anybody"
    if identity.token is not None:
        return f"token:{identity.token.pk}"
    team = getattr(view, "team", None)
    return f"{identity.user.pk.hex if identity.user else ''}:{team.pk.hex if team else ''}"


def _fingerprint(request: Request) -> str:
    body = orjson.dumps(request.data, default=_mark, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + body).hexdigest()


def _mark(value: Any) -> str:
    size = getattr(value, "size", None)
    return str(value) if size is None else f"{value}:{size}"


def _claim(owner: str, key: str, fingerprint: str) -> tuple[bool, IdempotencyKey]:
    """Whether this request is the first with the key, and the key's row."""
    now = clock.now()
    rows = IdempotencyKey.objects.filter(owner=owner, key=key)
    rows.filter(created_at__lt=now - _KEPT).delete()
    try:
        with transaction.atomic():
            return True, IdempotencyKey.objects.create(owner=owner, key=key, fingerprint=fingerprint)
    except IntegrityError:
        row = rows.get()
    if row.fingerprint != fingerprint:
        raise Invalid("This Idempotency-Key was used for another request. Use a new key.")
    # A process that died in the middle leaves a row without an answer: somebody takes it over.
    lost = rows.filter(status=None, updated_at__lt=now - _GIVEN_UP).update(updated_at=now)
    return bool(lost), row


def _replayed(row: IdempotencyKey) -> Response:
    until = time.monotonic() + _PATIENCE_SECONDS
    while row.status is None:
        if time.monotonic() > until:
            raise Conflict("The first request with this Idempotency-Key is still at work. Ask again in a moment.")
        time.sleep(0.05)
        try:
            row.refresh_from_db()
        except IdempotencyKey.DoesNotExist:
            raise Conflict("The first request with this Idempotency-Key failed. Send it again.") from None
    return Response(row.body, status=row.status, headers={"Idempotent-Replayed": "true"})
