"""Who is told of every event."""

from __future__ import annotations

from accounts import live
from accounts.events import handler
from accounts.models import OutboxEvent


@handler("*")
def tell_open_pages(event: OutboxEvent) -> None:
    """Push the event to the team's open pages; its id lets a page drop a repeat."""
    live.push(event.team_id, {**event.payload, "type": event.name, "event_id": str(event.pk)})
