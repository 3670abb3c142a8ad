"""What this floor tells the one below: its deeds in words, and whose runs a socket may hear."""

from __future__ import annotations

from uuid import UUID

from accounts import audit, gate
from sources.models import Project, Source

audit.register(
    source__connected="{user} connected {object}",
    source__changed="{user} changed {object}",
    source__account_connected="{user} connected the {provider} account {account} to {object}",
    source__paused="{user} paused {object}",
    source__resumed="{user} resumed {object}",
    source__disconnected="{user} removed {object} and its data",
    source__replayed="{user} replayed {object}",
    source__backfilled="{user} had {object} read from {from} to {to}",
    source__synced="{user} started a sync of {object}",
    job__cancelled="{user} cancelled a run of {source}",
    job__retried="{user} started a run of {source} again",
    schedule__set="{user} set the schedule of {object} to {expression}",
    schedule__removed="{user} removed the schedule of {object}",
    project__created="{user} made the project {object}",
    project__changed="{user} changed the project {object}",
    project__deleted="{user} deleted the project {object} and all that was read for it",
    target__added="{user} added a target on {platform}",
    target__changed="{user} changed a target",
    target__removed="{user} removed a target on {platform}",
    scrape__started="{user} started a scrape of {object}",
    scrape__cancelled="{user} cancelled a scrape of {object}",
    preset__created="{user} made the preset {object}",
    preset__changed="{user} changed the preset {object}",
    preset__deleted="{user} deleted the preset {object}",
    api_key__added="{user} added a key for {provider}",
    api_key__replaced="{user} replaced a key for {provider}",
    api_key__removed="{user} removed a key for {provider}",
    file__uploaded="{user} uploaded {object}",
    file__imported="{user} imported {object}",
    file__deleted="{user} deleted {object}",
)


def _owns(team_id: UUID, object_id: str) -> bool:
    """Is this a project or a source of the team?"""
    try:
        pk = UUID(object_id)
    except ValueError:
        return False
    projects, sources = Project.objects.filter(team_id=team_id, pk=pk), Source.objects.filter(team_id=team_id, pk=pk)
    return projects.exists() or sources.exists()


gate.owner_of("jobs", _owns)
