"""The list of sources as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Team
from livinglytics.lib import clock
from sources.models import Job
from sources.selectors.health import SourceHealth, ago, sources_of
from sources.selectors.moments import local_words

#: status of a source → the state whose look it has, and its words
STATES = {
    "running": ("running", "Syncing"),
    "waiting": ("waiting", "Waiting"),
    "paused": ("paused", "Paused"),
    "attention": ("failing", "Needs attention"),
    "failed": ("failed", "Last run failed"),
    "partial": ("partial", "Last run partly done"),
    "ok": ("ok", "Up to date"),
    "new": ("new", "No data yet"),
}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """``look`` and ``state`` are for the state's pill; times are in the team's zone."""

    health: SourceHealth
    look: str
    state: str
    last_run: str
    next_run: str

    @property
    def open_job(self) -> Job | None:
        """The run that is going on."""
        return self.health.open_job


def source_rows(team: Team) -> list[SourceRow]:
    """All sources of the team, by name."""
    return [source_row(one, team.time_zone) for one in sources_of(team)]


def source_row(health: SourceHealth, zone: str) -> SourceRow:
    """One source."""
    look, state = STATES.get(health.status, ("", health.status))
    if health.status == "paused" and health.source.state_reason:
        state = health.source.state_reason
    return SourceRow(health, look, state, _last_run(health), _next_run(health, zone))


def _last_run(health: SourceHealth) -> str:
    job = health.last_job
    if job is None:
        return "No run yet"
    if job.is_open:
        return f"{job.get_kind_display()} since {ago(job.started_at or job.created_at, clock.now())}"
    return f"{job.get_status_display()} {ago(job.finished_at or job.updated_at, clock.now())}"


def _next_run(health: SourceHealth, zone: str) -> str:
    if health.connect == "push":
        return "When something is sent"
    if health.connect == "file":
        return "When a file is uploaded"
    return local_words(health.next_run_at, zone) or ("Paused" if health.status == "paused" else "When you ask")
