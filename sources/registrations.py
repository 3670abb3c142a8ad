"""What this floor tells the one below: its deeds in words, and whose runs a socket may hear."""

from __future__ import annotations

from uuid import UUID

from accounts import audit, gate
from sources.models import Source

audit.register(
    source__connected="{user} connected {object}",
    source__changed="{user} changed {object}",
    source__paused="{user} paused {object}",
    source__resumed="{user} resumed {object}",
    source__disconnected="{user} removed {object} and its data",
    source__replayed="{user} replayed {object}",
    source__synced="{user} started a sync of {object}",
    job__cancelled="{user} cancelled a run of {source}",
    job__retried="{user} started a run of {source} again",
    schedule__set="{user} set the schedule of {object} to {expression}",
    schedule__removed="{user} removed the schedule of {object}",
    file__uploaded="{user} uploaded {object}",
    file__imported="{user} imported {object}",
    file__deleted="{user} deleted {object}",
)


def _owns(team_id: UUID, source_id: str) -> bool:
    try:
        return bool(Source.objects.filter(team_id=team_id, pk=UUID(source_id)).exists())
    except ValueError:
        return False


gate.owner_of("jobs", _owns)
