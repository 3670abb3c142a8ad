"""A connector that plays a script, and a sink that remembers what landed. Registered by tests only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import Team
from sources.actions.connect import create_source
from sources.actions.queue import queue_job
from sources.actions.run import run_job
from sources.configuration import Cleaned
from sources.connectors import connectors
from sources.connectors._base import Batch, Checked, Connector, Context, Progress, Raw, State, Stream, option
from sources.landing import Landed, Landing
from sources.models import Job, JobKind, JobStatus, Source
from sources.records import MetricPoint, Record

FIRST = date(2026, 1, 1)


class Crash(BaseException):
    """The worker dies here: nothing of ours may catch it."""


@dataclass(frozen=True)
class ScriptConfig:
    place: str = option("Place", default="here")
    token: str = option("Token", default="", kind="secret")
    number: int = option("Number", default=3, kind="integer", minimum=1, maximum=9)
    since: date | None = option("Since", default=None, kind="date")  # noqa: RUF009


@dataclass
class Script:
    """What the service does. ``pages``: stream -> payloads per page; ``faults``: (stream, page) -> what happens."""

    pages: dict[str, list[list[dict[str, Any]]]] = field(default_factory=lambda: {"days": simple_pages()})
    faults: dict[tuple[str, int], list[Any]] = field(default_factory=dict)
    reads: Counter[tuple[str, int]] = field(default_factory=Counter)
    check: Callable[[Any], Checked] = lambda config: Checked(True, "Fine.", identity="Scripted place")
    every: timedelta | None = None
    checks: int = 0
    tokens: list[str] = field(default_factory=list)
    complete: Callable[[str, int], tuple[Any, ...]] = lambda stream, page: ()


def simple_pages(pages: int = 4, rows: int = 3) -> list[list[dict[str, Any]]]:
    return [
        [{"id": f"r{p}-{r}", "day": (FIRST + timedelta(days=p)).isoformat(), "value": p * 10 + r} for r in range(rows)]
        for p in range(pages)
    ]


class Scripted(Connector):
    key = "scripted"
    label = "Scripted"
    config = ScriptConfig
    every = None
    streams = (Stream("days", "Days"), Stream("texts", "Texts"))

    def __init__(self) -> None:
        self.script = Script()

    def streams_for(self, config: Any) -> tuple[Stream, ...]:
        return tuple(one for one in self.streams if one.key in self.script.pages)

    def check(self, ctx: Context, config: Any) -> Checked:
        self.script.checks += 1
        self.script.tokens.append(config.token)
        return self.script.check(config)

    def read(self, ctx: Context, config: Any, stream: str, state: State) -> Iterator[Batch]:
        pages = self.script.pages[stream]
        self.script.tokens.append(config.token)
        for number in range(int(state.get("next", 0)) % max(1, len(pages)), len(pages)):
            self.script.reads[stream, number] += 1
            faults = self.script.faults.get((stream, number), [])
            fault = faults.pop(0) if faults else None
            if callable(fault):
                fault = fault(ctx)
            if isinstance(fault, BaseException):
                raise fault
            if fault == "end":
                return
            yield Batch(
                tuple(Raw(one["id"], one, _moment(one)) for one in pages[number]),
                {"next": number + 1},
                Progress(number + 1, len(pages), "pages"),
                complete=self.script.complete(stream, number),
            )

    def map(self, stream: str, raw: Any, config: Any) -> list[Record]:
        return [MetricPoint("visits", date.fromisoformat(raw["day"]), float(raw["value"]), {"id": raw["id"]})]


def _moment(payload: dict[str, Any]) -> datetime | None:
    return datetime.fromisoformat(payload["updated"]) if "updated" in payload else None


class Memory:
    """A sink over one table of the test: cells by source, metric, day and id. Rolls back with the page."""

    def __init__(self) -> None:
        self.landings: list[Landing] = []
        self.finished: list[UUID] = []
        self.forgotten: list[UUID] = []
        self.fault: BaseException | None = None
        self.cells: dict[tuple[Any, ...], float] = {}
        self.written: Counter[tuple[Any, ...]] = Counter()

    def land(self, landing: Landing) -> Landed:
        before = dict(self.cells)
        changed = 0
        for one in landing.records:
            assert isinstance(one, MetricPoint)
            key = (landing.source_id, one.metric, one.at, one.dimensions.get("id", ""))
            changed += self.cells.get(key) != one.value
            self.cells[key] = one.value
        if self.fault is not None:
            fault, self.fault = self.fault, None
            self.cells = before
            raise fault
        self.landings.append(landing)
        return Landed(inserted=changed, unchanged=len(landing.records) - changed)

    def finish(self, team_id: UUID, source_id: UUID) -> None:
        self.finished.append(source_id)

    def forget(self, team_id: UUID, source_id: UUID) -> int:
        gone = [key for key in self.cells if key[0] == source_id]
        for key in gone:
            del self.cells[key]
        self.forgotten.append(source_id)
        return len(gone)


@contextmanager
def scripted(script: Script | None = None) -> Iterator[Script]:
    """Register the connector for one test."""
    one = Scripted()
    one.script = script or Script()
    one.every = one.script.every
    connectors._entries["scripted"] = one
    try:
        yield one.script
    finally:
        del connectors._entries["scripted"]


def make_source(team: Team, *, name: str = "Scripted", token: str = "", **config: Any) -> Source:
    """A source of the scripted kind, without a job."""
    secrets = {"token": token} if token else {}
    return create_source(
        team=team, connector=connectors.get("scripted"), name=name, by=None, cleaned=Cleaned(config, secrets)
    )


def make_job(source: Source, kind: JobKind = JobKind.SYNC, **options: Any) -> Job:
    """A queued job."""
    return queue_job(source, kind, by=None, trigger="test", options=options)[0]


def run(job: Job, sink: Memory | None = None, **how: Any) -> JobStatus | None:
    """One worker's go at the job."""
    status = run_job(job.pk, sink=sink or Memory(), worker="w1", **how)
    job.refresh_from_db()
    return status
