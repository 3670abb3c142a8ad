"""Everything the page of one source shows."""

from __future__ import annotations

from dataclasses import MISSING, dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator

from accounts.models import Team
from livinglytics.lib import clock
from livinglytics.lib.errors import NotFound, ProductError
from sources import configuration
from sources.account_options import awaited
from sources.connectors import connectors
from sources.connectors._base import Connector, Metric, Option, Stream, options
from sources.models import Job, JobKind, RawRecord, Schedule, Source, SourceState, StreamState, UploadedFile
from sources.querysets import DataQuerySet, JobQuerySet
from sources.selectors.health import SourceHealth, ago, source_health
from sources.selectors.jobs import JobView, jobs_of, view_of
from sources.selectors.moments import local_words
from sources.selectors.quarantine import Quarantine, quarantine_of
from sources.selectors.schedules import ScheduleView
from sources.selectors.schedules import view_of as schedule_view
from sources.selectors.signed_in import Account, accounts_of

_RUNS = 10
_BAD_ROWS = 10
_OWN_PARTS = {"plan", "file", "partial"}
Fact = dict[str, str]
#: a job's trigger in words; "" where its kind says it all
_WHY = {
    "manual": "by hand",
    "connect": "after connecting",
    "schedule": "on schedule",
    "retry": "tried again",
    "api": "by the API",
    "push": "after a push",
    "upload": "",
    "replay": "",
    "remove": "",
    "backfill": "",
}


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream and how far it was read, in words."""

    label: str
    note: str
    read: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of the table: why it was started, in words, and how many seconds it took or takes."""

    view: JobView
    why: str
    seconds: float | None

    @property
    def job(self) -> Job:
        """The row itself."""
        return self.view.job


@dataclass(frozen=True, slots=True)
class SourcePage:
    """``facts`` and ``settings``: label and text. ``runs`` is one page of them. ``received``: has anything arrived?

    ``accounts``: those it can read with; ``awaits``: the one without which it can't be read yet.
    ``backfill`` is the one that is open; ``can_backfill``: the service tells days of the past by themselves.
    """

    health: SourceHealth
    facts: tuple[Fact, ...]
    settings: tuple[Fact, ...]
    schedule: ScheduleView | None
    streams: tuple[StreamRow, ...]
    metrics: tuple[Metric, ...]
    files: tuple[UploadedFile, ...]
    runs: Page[Any]
    run_rows: tuple[RunRow, ...]
    quarantine: Quarantine
    received: bool
    backfill: Job | None
    can_backfill: bool
    accounts: tuple[Account, ...] = ()
    awaits: Account | None = None

    @property
    def source(self) -> Source:
        """The row itself."""
        return self.health.source


def source_page(team: Team, pk: UUID, *, page: str | None = None) -> SourcePage:
    """The page of a source; a fixed number of queries. Raises NotFound also for one of another team."""
    health = source_health(team, pk)
    source = health.source
    connector = connectors.get(source.kind) if source.kind in connectors else None
    schedule = schedule_or_none(source)
    accounts = accounts_of(connector, health.secrets) if connector else ()
    waits = awaited(connector, health.secrets) if connector else ""
    runs = Paginator(jobs_of(team).filter(source=source), _RUNS).get_page(page)
    return SourcePage(
        health=health,
        facts=tuple(_facts(health, schedule, team.time_zone)),
        settings=tuple(_settings(health, connector)) if connector else (),
        schedule=schedule,
        streams=_streams(source, connector) if connector else (),
        metrics=metrics_of(source, connector) if connector else (),
        files=tuple(UploadedFile.objects.for_team(team).filter(source=source)[:50]) if health.connect == "file" else (),
        runs=runs,
        run_rows=tuple(run_row(job) for job in runs),
        quarantine=quarantine_of(source, limit=_BAD_ROWS),
        received=health.connect != "push" or has_received(source),
        accounts=accounts,
        awaits=next((one for one in accounts if one.name == waits), None),
        backfill=_open_backfill(source) if connector and connector.backfills else None,
        can_backfill=bool(connector and connector.backfills),
    )


def source_of(team: Team, pk: UUID) -> Source:
    """The row alone. Raises NotFound also for one of another team."""
    found = Source.objects.for_team(team).select_related("team").filter(pk=pk).first()
    if not isinstance(found, Source):
        raise NotFound("There is no such source.")
    return found


def schedule_or_none(source: Source) -> ScheduleView | None:
    """The schedule of a source, None when it is only synced on request."""
    found = Schedule.objects.select_related("source", "team").filter(source=source).first()
    return schedule_view(found) if found else None


def has_received(source: Source) -> bool:
    """Whether a program has sent anything yet."""
    return bool(DataQuerySet(RawRecord).of_source(source.pk).exists())


def metrics_of(source: Source, connector: Connector) -> tuple[Metric, ...]:
    """The metrics this source brings under its settings; what the kind declares when those can't be read."""
    try:
        return connector.metrics_for(_plain_config(source, connector))
    except (ProductError, TypeError, ValueError):
        return connector.metrics


def _open_backfill(source: Source) -> Job | None:
    rows = JobQuerySet(Job).open().select_related("source")
    found: Job | None = rows.filter(source_id=source.pk, kind=JobKind.BACKFILL).first()
    return found


def run_row(job: Job) -> RunRow:
    """A run as a row of a table."""
    view = view_of(job)
    kind, why = job.get_kind_display(), _WHY.get(job.trigger, job.trigger)
    return RunRow(view, f"{kind}, {why}" if why else kind, max(0.0, view.seconds) if view.seconds is not None else None)


def _streams(source: Source, connector: Connector) -> tuple[StreamRow, ...]:
    states = {one.stream: one for one in StreamState.objects.filter(source=source)}
    try:
        declared: tuple[Stream, ...] = connector.streams_for(_plain_config(source, connector))
    except (ProductError, TypeError, ValueError):
        declared = connector.streams
    return tuple(StreamRow(one.label, one.note, _read(states.get(one.key))) for one in declared)


def _plain_config(source: Source, connector: Connector) -> Any:
    """The settings without their secrets: what a source brings never depends on those."""
    needed = {name: "" for name, (_, default) in options(connector.config).items() if default is MISSING}
    return configuration.build(connector, {**needed, **source.config})


def _read(state: StreamState | None) -> str:
    if state is None:
        return "Not read yet"
    through = state.state.get("through")
    where = f"Read through {through}" if isinstance(through, str) else "Read"
    return f"{where}, {ago(state.updated_at, clock.now())}"


def _facts(health: SourceHealth, schedule: ScheduleView | None, zone: str) -> list[Fact]:
    source = health.source
    facts = [_fact("Kind", health.label)]
    if source.identity:
        facts.append(_fact("Connected to", source.identity))
    facts.append(_fact("Last success", local_words(health.last_success_at, zone) or "Never"))
    if health.connect in ("form", "click"):
        facts += _rhythm(health, schedule, zone)
    facts.append(_fact("Connected on", local_words(source.created_at, zone)))
    return facts


def _rhythm(health: SourceHealth, schedule: ScheduleView | None, zone: str) -> list[Fact]:
    if health.source.project is not None:
        return [_fact("Schedule", f"With its project, {health.source.project.name}")]
    due = local_words(health.next_run_at, zone) or _no_next_run(health.source, schedule)
    return [_fact("Next run", due), _fact("Schedule", _schedule_words(schedule))]


def _no_next_run(source: Source, schedule: ScheduleView | None) -> str:
    rests = source.state != SourceState.ACTIVE and schedule is not None and schedule.schedule.enabled
    return "Not before you resume it" if rests else "Only when you ask"


def _schedule_words(schedule: ScheduleView | None) -> str:
    if schedule is None:
        return "None"
    return schedule.words if schedule.schedule.enabled else f"{schedule.words} (off)"


def _settings(health: SourceHealth, connector: Connector) -> list[Fact]:
    """What was entered; of secrets only when they were set and how they end."""
    facts = []
    grants = {one.name: one.grants for one in accounts_of(connector, {})}
    for name, (how, default) in options(connector.config).items():
        if name in _OWN_PARTS:
            continue
        if how.kind == "account" and name in health.secrets:
            facts.append(_fact(how.label, f"{health.secrets[name]}, allowed: {grants[name]}"))
        elif how.secret:
            unset = "the team's key" if health.source.api_key_id else "not set"
            facts.append(_fact(how.label, health.secrets.get(name, unset)))
        else:
            facts.append(_fact(how.label, _shown(how, health.source.config.get(name, default))))
    return facts


def _shown(how: Option, value: Any) -> str:
    if value is MISSING or value is None or value in ("", [], ()):
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return dict(how.choices).get(str(value), str(value))


def _fact(label: str, text: str) -> Fact:
    return {"label": label, "text": text}
