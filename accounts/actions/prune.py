"""What is older than it may be kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q

from accounts.models import OutboxEvent, RefreshFamily

#: ended sign-ins stay readable in the settings and the admin for this long
_SIGN_INS: Final = timedelta(days=30)
_DELIVERED: Final = timedelta(days=30)


@transaction.atomic
def prune(*, now: datetime) -> dict[str, int]:
    """Delete dead sign-ins, delivered events and expired browser sessions. How many of each."""
    old = now - _SIGN_INS
    families = RefreshFamily.objects.filter(
        Q(revoked_at__lt=old) | (Q(created_at__lt=old) & _without_living_token(now))
    )
    return {
        "sign_ins": families.delete()[0],
        "events": OutboxEvent.objects.filter(delivered_at__lt=now - _DELIVERED).delete()[0],
        "browser_sessions": Session.objects.filter(expire_date__lt=now).delete()[0],
    }


def _without_living_token(now: datetime) -> Q:
    living = RefreshFamily.objects.filter(tokens__expires_at__gte=now).values("pk")
    return ~Q(pk__in=living)
