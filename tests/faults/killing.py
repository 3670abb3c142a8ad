"""Every connector of the acceptance kit with real workers: what the actor does for ``test_connectors_killed``.

The services of all cases play in the actor's process at once; workers are processes of their own and find them
through the environment that the cases ask for.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from django.conf import settings as real_settings
from django.db import connection

from livinglytics.lib import clock
from metrics.models import Cut, Rollup
from sources.models import Job, JobStatus, Source
from tests.acceptance.case import Case, Service, Stage, all_cases
from tests.acceptance.play import tables
from tests.fakes._server import slow

#: seconds that every answer takes while workers are killed
SLOW = 0.4
_ENDED = (JobStatus.SUCCEEDED, JobStatus.PARTIAL, JobStatus.FAILED, JobStatus.CANCELLED)
ENVIRONMENT: dict[str, str] = {}


class Surroundings:
    """Stands in for the patches of a case: an environment that other processes can be given."""

    def setenv(self, name: str, value: str) -> None:
        ENVIRONMENT[name] = os.environ[name] = value

    def setattr(self, *_: Any) -> None:
        """Paces stay as they are: workers are other processes."""


class Settings:
    """Stands in for the settings: kept here and said in the environment."""

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, frozenset):
            value = getattr(real_settings, name) | value
        setattr(real_settings, name, value)
        ENVIRONMENT.update(_said(name, value))


def _said(name: str, value: Any) -> dict[str, str]:
    if name == "OAUTH_APPS":
        return {
            f"{provider.upper()}_CLIENT_{part}": text
            for provider, pair in value.items()
            for part, text in zip(("ID", "SECRET"), pair, strict=True)
        }
    if isinstance(value, dict):
        return {name: ",".join(f"{key}={one}" for key, one in value.items())}
    return {name: ",".join(sorted(value)) if isinstance(value, frozenset) else str(value)} if value else {}


@dataclass
class Played:
    """A case that plays, and what became of its two sources."""

    case: Case
    service: Service
    sources: list[Source] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    pages: int = 0
    caught: int = -1


PLAYED: list[Played] = []
_open = ExitStack()


def play(folder: Path) -> dict[str, Any]:
    """Start all services; the environment that workers need, and what must be seen nowhere."""
    for case in all_cases():
        place = folder / case.id
        place.mkdir()
        service = _open.enter_context(case.play(Stage(Surroundings(), Settings(), place)))  # type: ignore[arg-type]
        PLAYED.append(Played(case, service))
    return {"environment": ENVIRONMENT, "secrets": sorted({one for played in PLAYED for one in played.service.secrets})}


def connect_all(*, slowly: bool) -> None:
    """A new source of every case, its first run queued; ``slowly``: answers take their time from now on."""
    for one in PLAYED:
        if slowly and one.service.fake is not None:
            one.service.fake.script(*[slow(SLOW)] * 500)
        source, job = one.case.connect(one.service)
        one.sources.append(source)
        one.jobs.append(job)


def wait_for_all(seconds: float) -> dict[str, list[Any]]:
    """Wait until the newest run of each case has ended: status, error, fence, pages."""
    ends = time.monotonic() + seconds
    newest = [one.jobs[-1] for one in PLAYED]
    while time.monotonic() < ends:
        for job in newest:
            job.refresh_from_db()
        if all(job.status in _ENDED for job in newest):
            break
        time.sleep(0.1)
    found = {}
    for one, job in zip(PLAYED, newest, strict=True):
        one.pages = one.pages or job.counts.get("pages", 0)
        found[one.case.id] = [job.status, job.error_message, job.fence, one.pages]
    return found


def kill_all(seconds: float) -> dict[str, int]:
    """Connect all again, and kill the process that holds each run once half of its pages are stored.

    Case -> pages stored by then; −1 where the run was not caught. What answers at once is killed at its first sight.
    """
    killer = Thread(target=_kill_until, args=(time.monotonic() + seconds,))
    killer.start()
    connect_all(slowly=True)
    killer.join()
    return {one.case.id: one.caught for one in PLAYED}


def _kill_until(ends: float) -> None:
    while time.monotonic() < ends and any(one.caught < 0 for one in PLAYED):
        for one in PLAYED:
            if one.caught < 0 and len(one.jobs) == 2:
                _kill(one)
        time.sleep(0.005)
    connection.close()


def _kill(one: Played) -> None:
    status, worker, counts = Job.objects.values_list("status", "worker", "counts").get(pk=one.jobs[-1].pk)
    pages = counts.get("pages", 0)
    enough = one.pages // 2 if one.service.fake is not None else 0
    if status == JobStatus.RUNNING and worker and pages >= enough:
        os.kill(int(worker.split(":")[-2]), signal.SIGKILL)
        one.caught = pages


def compared() -> dict[str, list[str]]:
    """Case -> the tables in which the killed source differs from the quiet one, with the first difference."""
    return {one.case.id: _differences(*(_stored(source, one) for source in one.sources)) for one in PLAYED}


def counted() -> dict[str, int]:
    """Case -> raw rows of the killed source."""
    return {one.case.id: len(tables(one.sources[-1])["rows"]) for one in PLAYED}


def _differences(quiet: dict[str, list[Any]], killed: dict[str, list[Any]]) -> list[str]:
    found = []
    for name, rows in quiet.items():
        if rows != killed[name]:
            only = (
                [one for one in rows if one not in killed[name]][:2],
                [one for one in killed[name] if one not in rows][:2],
            )
            found.append(f"{name}: {len(rows)} and {len(killed[name])} rows; {only}")
    return found


def _stored(source: Source, one: Played) -> dict[str, list[Any]]:
    """All tables; a reading of a total carries the moment it was made at, which no two runs share."""
    found = tables(source)
    now = int(clock.now().timestamp())
    since = int(source.created_at.timestamp()) - 2

    def moment(at: int) -> Any:
        return "now" if since <= at <= now else at

    found["numbers"] = sorted(((*head, moment(at), n, value) for *head, at, n, value in found["numbers"]), key=repr)
    cuts = {cut.pk: (cut.metric, cut.dimension, cut.value) for cut in Cut.objects.filter(source_id=source.pk)}
    days = Rollup.objects.filter(cut_id__in=list(cuts)).values_list("cut_id", "day", "n", "total", "low", "high")
    found["days"] = sorted((*cuts[cut], day, n, round(total, 6), low, high) for cut, day, n, total, low, high in days)
    return found
