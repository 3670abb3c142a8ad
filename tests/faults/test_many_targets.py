"""Two hundred targets, four workers, one of them killed every few seconds: all is read, once, and nothing hangs."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.faults.hashes import broken_promises, table_hashes
from tests.faults.servers import wait_until
from tests.faults.world import Process, Steam, Stopwatch, World, Worlds, steam

pytestmark = [pytest.mark.faults, pytest.mark.slow]
APPS = list(range(1_000, 1_200))
SAMPLE = [APPS[0], APPS[99], APPS[-1]]
REVIEWS, SECONDS = 150, 0.25
WORKERS, PLACES, KILL_EVERY = 4, 2, 3.0
LONGEST = 240


@dataclass
class Killer:
    """Kills a whole worker every few seconds and starts it anew, until it is told to stop."""

    world: World
    workers: dict[str, Process]
    kills: int = 0
    trouble: list[BaseException] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def go(self) -> None:
        dice = random.Random(7)
        try:
            while not self.done.wait(KILL_EVERY):
                name = dice.choice(sorted(self.workers))
                self.workers[name].kill()
                self.kills += 1
                self.workers[name] = self.world.worker(name, concurrency=PLACES)
        except BaseException as error:
            self.trouble.append(error)


@contextmanager
def killing(world: World) -> Iterator[Killer]:
    names = [f"w{number}" for number in range(WORKERS)]
    killer = Killer(world, {name: world.worker(name, concurrency=PLACES) for name in names})
    thread = threading.Thread(target=killer.go, daemon=True)
    thread.start()
    try:
        yield killer
    finally:
        killer.done.set()
        thread.join(60)
    assert not killer.trouble, killer.trouble


def test_a_scrape_of_two_hundred_targets_is_read_whole_although_workers_are_killed_until_its_end(
    worlds: Worlds, tell: Callable[[str], None]
) -> None:
    with steam(reviews=REVIEWS, seconds=SECONDS) as fake:
        fake.others = set(APPS)
        quiet, requests = undisturbed(worlds, fake)
        world, before = worlds.on_postgres(STEAM_BASE_URL=fake.url), fake.requests
        project = world.act("watch", apps=APPS)
        with killing(world) as killer:
            world.beat()
            scrape, watch = world.act("scrape", project=project), Stopwatch()
            question = f"SELECT status FROM sources_scrape WHERE id = '{scrape}' AND status <> 'running'"
            wait_until(lambda: world.one(question), f"end of the scrape: {world.statuses()}", LONGEST, 0.25)
            seconds = watch.seconds
        asked = fake.requests - before
        tell(f"ours: {len(APPS)} targets, {WORKERS} workers, {killer.kills} × kill -9: all read after {seconds:.0f} s")
        tell(f"requests: {asked}; undisturbed runs ask {requests * len(APPS)}")
        assert killer.kills >= 5, "too few kills to say anything"
        all_is_complete(world, scrape)
        nothing_hangs(world)
        every_review_once(world, fake)
        assert broken_promises(world) == []
        assert {app: table_hashes(world, only=source_of(world, app)) for app in SAMPLE} == quiet
        assert asked <= requests * len(APPS) + killer.kills * PLACES * requests, "a kill costs what its worker held"


def undisturbed(worlds: Worlds, fake: Steam) -> tuple[dict[int, dict[str, str]], int]:
    """The tables of some targets after a run that nobody disturbs, and how many requests one target takes."""
    world, before = worlds.on_postgres(STEAM_BASE_URL=fake.url), fake.requests
    world.act("scrape", project=world.act("watch", apps=SAMPLE))
    for (job,) in world.rows("SELECT id FROM sources_job"):
        assert world.act("run_here", job=str(job)) == "succeeded"
    found = {app: table_hashes(world, only=source_of(world, app)) for app in SAMPLE}
    world.close()
    return found, (fake.requests - before) // len(SAMPLE)


def source_of(world: World, app: int) -> str:
    return str(world.one(f"SELECT source_id FROM sources_target WHERE external_id = '{app}'"))


def all_is_complete(world: World, scrape: str) -> None:
    """The scrape, its parts, its targets, and what was told about them."""
    many = len(APPS)
    assert world.rows("SELECT status, error_message FROM sources_scrape") == [("completed", "")]
    assert world.rows("SELECT status, count(*) FROM sources_target GROUP BY status") == [("active", many)]
    parts = "SELECT j.status, count(DISTINCT p.target_id), count(*) FROM sources_scrapepart p JOIN sources_job j"
    assert world.rows(f"{parts} ON j.id = p.job_id GROUP BY j.status") == [("succeeded", many, many)]
    counts = world.act("count_scrape", scrape=scrape)
    assert (counts["total"], counts["done"], counts["failed"]) == (many, many, 0)
    told = dict(world.rows("SELECT name, count(*) FROM accounts_outboxevent GROUP BY name"))
    assert (told["job.completed"], told["scrape.completed"]) == (many, 1), "every end is told once"
    assert not {"job.failed", "scrape.failed", "target.error"} & told.keys()


def nothing_hangs(world: World) -> None:
    assert world.statuses() == {"succeeded": len(APPS)}
    assert world.one("SELECT count(*) FROM sources_job WHERE lease_until IS NOT NULL OR worker <> ''") == 0


def every_review_once(world: World, fake: Steam) -> None:
    """Each target holds what the service holds, each review once."""
    wanted = set(fake.everything())
    held: dict[str, list[str]] = {}
    for source, review in world.rows("SELECT source_id, external_id FROM metrics_document WHERE deleted_at IS NULL"):
        held.setdefault(str(source), []).append(review)
    assert len(held) == len(APPS)
    assert all(len(one) == len(wanted) and set(one) == wanted for one in held.values())
