"""What a push source shows: its addresses, an example, and whether anything has arrived."""

from __future__ import annotations

import json
import uuid
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.middleware import TeamRequest
from accounts.pages.access import member_page
from accounts.permissions import can
from livinglytics.lib import buckets, clock
from sources.models import Source
from sources.selectors.source_page import has_received, source_of

_DEFAULT: Final = "push"
_TOKEN: Final = "$TOKEN"


def push_context(request: TeamRequest, source: Source, *, received: bool) -> dict[str, Any]:
    """Addresses and copyable examples of a push source."""
    base = settings.PUBLIC_URL.rstrip("/") or request.build_absolute_uri("/").rstrip("/")
    which = "" if source.slug == _DEFAULT else f"?source={source.slug}"
    today = buckets.local_day(clock.now(), request.team.time_zone).isoformat()
    number = {"metric": "shop.orders", "value": 42, "date": today, "dimensions": {"country": "de"}}
    text = {"id": "r-1", "text": "Works well.", "created_at": f"{today}T09:00:00Z", "rating": 4, "scale": "1-5"}
    addresses = [f"{base}/api/v1/ingest/{stream}{which}" for stream in ("metrics", "documents")]
    return {
        "received": received,
        "examples": [
            {"title": "Numbers", "address": addresses[0], "curl": _curl(addresses[0], number)},
            {"title": "Texts", "address": addresses[1], "curl": _curl(addresses[1], text)},
        ],
        "may_make_tokens": can(request.role, "tokens.write"),
    }


def _curl(address: str, body: dict[str, Any]) -> str:
    return (
        f"curl -X POST '{address}' \\\n"
        f'  -H "Authorization: Bearer {_TOKEN}" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps([body])}'"
    )


@never_cache
@require_safe
@member_page("sources.read")
def push_part(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Whether the first batch has arrived."""
    source = source_of(request.team, pk)
    return render(request, "sources/_waiting.html", {"source": source, "received": has_received(source)})
