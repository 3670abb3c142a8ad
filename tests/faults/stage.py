"""What a test asks of the product: `python -m tests.faults.stage` reads ["name", {arguments}] lines and answers each.

It runs in a world's environment, so that the test itself needs no database.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livinglytics.settings")

import django

django.setup()

from django.db import close_old_connections, transaction

from accounts.models import Team
from livinglytics.lib import clock
from livinglytics.lib.secrets import CannotOpen
from metrics.actions import load
from metrics.actions.sink import MetricsSink
from metrics.query.model import Workspace
from metrics.query.request import from_body
from metrics.selectors.tiles import forget as forget_tiles
from metrics.selectors.tiles import tiles as make_tiles
from sources import vault
from sources.actions.connect import connect_source, create_source
from sources.actions.due import take_due
from sources.actions.run import run_job as run_one
from sources.actions.scrapes import start_scrape
from sources.actions.sync import cancel_job, queue_sync
from sources.actions.targets import MOST_AT_ONCE, Pasted, add_targets
from sources.actions.upload import delete_file, store_file
from sources.configuration import Cleaned
from sources.connectors import connectors
from sources.landing import Landing
from sources.models import Credential, Job, Project, RawRecord, Schedule, Source, UploadedFile
from sources.records import MetricPoint
from sources.selectors.scrapes import counted
from tests.cast import make_team, make_token
from tests.faults import killing, storms
from tests.sources.watching import make_project

HERE = Path(os.environ["DATA_DIR"])

ACTS: dict[str, Callable[..., Any]] = {}


def act(function: Callable[..., Any]) -> Callable[..., Any]:
    """A thing that a test can ask for, by the function's name."""
    ACTS[function.__name__] = function
    return function


def the_team() -> Team:
    """The one team of this world."""
    return Team.objects.order_by("created_at").first() or make_team(time_zone="Europe/Berlin")


@act
def connect(sources: int = 1) -> list[str]:
    """Connect Steam sources, each with its first sync queued; the jobs' ids."""
    made = [
        connect_source(team=the_team(), by=None, kind="steam", config={"app": "620"}, check=False)
        for _ in range(sources)
    ]
    return [str(one.job.pk) for one in made if one.job is not None]


@act
def sync(source: str = "") -> str:
    """Queue another sync of a source; the job's id."""
    found = Source.objects.get(pk=source) if source else Source.objects.get()
    return str(queue_sync(source=found, by=None).pk)


@act
def run_here(job: str) -> str | None:
    """Do a job in this process, undisturbed."""
    return run_one(UUID(job), sink=MetricsSink(), worker="actor")


@act
def cancel(job: str) -> str:
    """Cancel a run."""
    return str(cancel_job(job=Job.objects.get(pk=job), by=None).status)


@act
def watch(apps: list[int]) -> str:
    """A project with these Steam games as targets, pasted fifty at a time; its id."""
    project = make_project(the_team(), config={"limits": {"max_reviews_per_target": 1000}})
    for first in range(0, len(apps), MOST_AT_ONCE):
        batch = apps[first : first + MOST_AT_ONCE]
        wanted = [Pasted(f"https://store.steampowered.com/app/{app}/") for app in batch]
        assert all(one.target for one in add_targets(project=project, by=None, wanted=wanted))
    return str(project.pk)


@act
def scrape(project: str) -> str:
    """Start a scrape over all targets of a project; its id."""
    return str(start_scrape(project=Project.objects.get(pk=project), by=None)[0].pk)


@act
def count_scrape(scrape: str) -> dict[str, int]:
    """What the scrape's page says about it."""
    found = counted([UUID(scrape)])[UUID(scrape)]
    return {"total": found.total, "done": found.done, "failed": found.failed}


@act
def token(*scopes: str) -> str:
    """An API token of the team's owner."""
    return make_token(the_team(), *(scopes or ("metrics.read", "sources.read"))).secret


@act
def land_batches(first: int, count: int) -> None:
    """Batches of numbers, each one transaction: batch k is day k of 40 series, every value follows from k."""
    for number in range(first, first + count):
        day = date(2025, 1, 1) + timedelta(days=number)
        points = [
            MetricPoint(f"shop.m{one % 4}", day, number + one / 4, {"country": f"c{one // 4}"}) for one in range(40)
        ]
        points.append(MetricPoint(f"shop.own{number}", day, 1.0))  # a new series in every batch
        landing = Landing(
            team_id=the_team().pk,
            source_id=UUID(int=7),
            job_id=UUID(int=8),
            kind="push",
            stream="metrics",
            zone="Europe/Berlin",
            records=list(points),
            raw_ids=_raws(number, len(points)),
        )
        with transaction.atomic():
            load.land(landing)


def _raws(number: int, count: int) -> list[int]:
    """One raw row behind each batch."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    row, _ = RawRecord.objects.get_or_create(
        team_id=the_team().pk,
        source_id=UUID(int=7),
        stream="metrics",
        external_id=f"batch {number}",
        defaults={"job_id": UUID(int=8), "payload": {}, "digest": "", "first_seen": now, "last_seen": now},
    )
    return [row.pk] * count


@act
def play_all() -> dict[str, Any]:
    """See ``tests/faults/killing.py``."""
    folder = HERE / "cases"
    folder.mkdir()
    return killing.play(folder)


@act
def connect_all(*, slowly: bool) -> None:
    """See ``tests/faults/killing.py``."""
    killing.connect_all(slowly=slowly)


@act
def kill_all(seconds: float) -> dict[str, int]:
    """See ``tests/faults/killing.py``."""
    return killing.kill_all(seconds)


@act
def wait_for_all(seconds: float) -> dict[str, list[Any]]:
    """See ``tests/faults/killing.py``."""
    return killing.wait_for_all(seconds)


@act
def compare_all() -> dict[str, Any]:
    """See ``tests/faults/killing.py``."""
    return {"differences": killing.compared(), "rows": killing.counted()}


@act
def tiles() -> str:
    """What the tile endpoint would send, to the byte."""
    team = the_team()
    workspace = Workspace(team.pk, team.time_zone, team.week_start)
    now = datetime(2025, 12, 31, 12, tzinfo=UTC)
    asked = from_body({"metrics": ["shop.m0", "shop.m3"], "range": "2025-01-01,2025-12-30"}, workspace, now=now)
    forget_tiles()
    return make_tiles(workspace, "", lambda _: asked, now=now).json.decode()


@act
def upload(name: str, text: str) -> dict[str, str]:
    """Store a file."""
    file = store_file(team=the_team(), by=None, name=name, chunks=[text.encode()])
    return {"id": str(file.pk), "path": file.path}


@act
def drop_file(pk: str) -> None:
    """Delete a stored file."""
    delete_file(file=UploadedFile.objects.get(pk=pk), by=None)


@act
def outbox_storm(kills: int) -> dict[str, int]:
    """See ``tests/faults/storms.py``."""
    return storms.storm(HERE, the_team(), kills)


@act
def count_up(processes: int, times: int) -> dict[str, int]:
    """See ``tests/faults/storms.py``."""
    return storms.count_up(processes, times, HERE)


@act
def make_due(count: int) -> None:
    """Sources with a schedule that was due a moment ago."""
    team, due = the_team(), clock.now() - timedelta(seconds=30)
    made = [Source(team=team, kind="demo", name=f"Source {n}", slug=f"source-{n}") for n in range(count)]
    Source.objects.bulk_create(made)
    Schedule.objects.bulk_create(
        Schedule(team=team, source=one, expression="0 0 1 1 *", next_due_at=due) for one in made
    )


@act
def take_due_now() -> int:
    """One tick of a scheduler."""
    return take_due(clock.now(), limit=50)


@act
def fire_naively(processes: int) -> int:
    """What schedulers do that read what is due, fire it and write back the next moment; jobs made."""
    pids = [storms.forked(_naive_tick) for _ in range(processes)]
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * processes
    return (HERE / "fired").read_text().count("fired")


def _naive_tick() -> None:
    for schedule in list(Schedule.objects.filter(next_due_at__lte=clock.now())):
        storms.note(str(HERE / "fired"), f"fired {schedule.pk}")
        schedule.next_due_at = clock.now() + timedelta(days=1)
        schedule.save()


@act
def keep_plainly(token: str) -> None:
    """A secret among the settings that are not secret: what our search must find."""
    create_source(
        team=the_team(), connector=connectors.get("demo"), name="plain", by=None, cleaned=Cleaned({"k": token}, {})
    )


@act
def seal(secrets: list[str]) -> None:
    """A source for each secret."""
    team = the_team()
    made = [Source(team=team, kind="demo", name=f"Sealed {n}", slug=f"sealed-{n}") for n in range(len(secrets))]
    Source.objects.bulk_create(made)
    Credential.objects.bulk_create(
        Credential(team=team, source=source, sealed=vault.seal({"token": secret}))
        for source, secret in zip(made, secrets, strict=True)
    )


@act
def opened() -> list[str] | str:
    """All stored secrets, or why they can't be opened."""
    try:
        return sorted(vault.open_sealed(one.sealed)["token"] for one in Credential.objects.all())
    except CannotOpen as error:
        return error.message


def main() -> None:
    for line in sys.stdin:
        name, arguments = json.loads(line)
        close_old_connections()
        try:
            answer = [True, ACTS[name](**arguments)]
        except Exception:
            answer = [False, traceback.format_exc()]
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
