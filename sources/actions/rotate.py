"""Changing the key that seals: every stored secret sealed again with the newest one."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from sources import vault
from sources.models import ApiKey, Credential

_PAGE = 200


def rotate_keys() -> int:
    """Seal all credentials and keys with the first of ``SEALING_KEYS``; how many.

    Raises CannotOpen when the key of one is missing; pages before it are done.
    """
    return _rotate(Credential) + _rotate(ApiKey)


def _rotate(model: Any) -> int:
    done, after = 0, None
    while True:
        with transaction.atomic():
            rows = model.objects.select_for_update().order_by("pk")
            page = list((rows if after is None else rows.filter(pk__gt=after))[:_PAGE])
            done += vault.rotate(page)
        if len(page) < _PAGE:
            return done
        after = page[-1].pk
