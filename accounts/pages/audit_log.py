"""Who did what in the team."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.middleware import TeamRequest
from accounts.models import AuditEvent
from accounts.pages.access import member_page
from accounts.pages.frame import settings_page


@require_safe
@member_page("audit.read")
def audit_log(request: TeamRequest) -> HttpResponse:
    """Deeds in words, newest first, fifty to a page."""
    rows = AuditEvent.objects.filter(team=request.team).select_related("user")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    deeds = [{"when": event.created_at, "text": audit.sentence(event), "verb": event.verb} for event in page]
    context = {
        "deeds": deeds,
        "page_words": f"{page.start_index()}–{page.end_index()} of {page.paginator.count}",
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
    }
    return settings_page(request, "accounts/audit_log.html", "audit-log", context)
