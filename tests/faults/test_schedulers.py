"""Each due moment fires exactly once: with two schedulers, over clock changes, after hours of silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sources.actions.due import take_due
from sources.actions.schedule import next_due
from sources.models import Job, JobStatus, Schedule, ScheduleSlot, Source
from tests.cast import make_team
from tests.faults.world import Actor, World, Worlds
from tests.sources.scripted import make_source, scripted

pytestmark = [pytest.mark.faults, pytest.mark.slow]
BERLIN = ZoneInfo("Europe/Berlin")
DUE = 1_000


def test_a_thousand_due_slots_fire_once_with_four_schedulers_one_of_which_is_killed(
    worlds: Worlds, tell: Callable[[str], None]
) -> None:
    world = worlds.on_postgres()
    world.act("make_due", count=DUE)
    schedulers = [Actor(world) for _ in range(4)]
    threads = [threading.Thread(target=take_until_killed, args=(one,), daemon=True) for one in schedulers]
    for thread in threads:
        thread.start()
    while int(world.one("SELECT count(*) FROM sources_scheduleslot")) < DUE // 10:
        time.sleep(0.02)
    schedulers[0].close()
    for thread in threads:
        thread.join(60)
    for one in schedulers[1:]:
        one.close()
    counts = fired(world)
    stock = worlds.on_postgres()
    stock.act("make_due", count=DUE // 10)
    naive = stock.act("fire_naively", processes=2)
    tell(f"ours: {DUE} due slots, 4 schedulers, one killed: (slots, distinct, jobs, events) = {counts}")
    tell(f"stock: two schedulers that read, fire and write back fired {naive} for {DUE // 10} slots")
    assert counts == (DUE, DUE, DUE, DUE)
    assert naive > DUE // 10


def fired(world: World) -> tuple[int, ...]:
    """Slots, distinct slots, jobs, events."""
    questions = (
        "SELECT count(*) FROM sources_scheduleslot",
        "SELECT count(*) FROM (SELECT DISTINCT schedule_id, due_at FROM sources_scheduleslot) s",
        "SELECT count(*) FROM sources_job WHERE trigger = 'schedule'",
        "SELECT count(*) FROM accounts_outboxevent WHERE name = 'schedule.triggered'",
    )
    return tuple(int(world.one(one)) for one in questions)


def take_until_killed(scheduler: Actor) -> None:
    """Ask for what is due until nothing is, or the process is gone."""
    try:
        while scheduler("take_due_now"):
            pass
    except (AssertionError, OSError, ValueError):
        return


@pytest.fixture
def berlin(db: None) -> Iterator[Callable[..., Source]]:
    with scripted():

        def make(expression: str, start: datetime, catch_up: str = "once") -> Source:
            source = make_source(make_team(time_zone="Europe/Berlin"))
            Schedule.objects.create(
                team=source.team,
                source=source,
                expression=expression,
                catch_up=catch_up,
                next_due_at=next_due(expression, start, "Europe/Berlin"),
            )
            return source

        yield make


def tick(start: datetime, end: datetime, silence: tuple[datetime, datetime] | None = None) -> None:
    """Two schedulers tick every minute, a few seconds apart; every run ends at once."""
    now = start
    while now < end:
        for late in (0, 3):
            moment = now + timedelta(seconds=late)
            if silence is None or not silence[0] <= moment < silence[1]:
                take_due(moment)
        Job.objects.filter(status=JobStatus.QUEUED).update(status=JobStatus.SUCCEEDED)
        now += timedelta(minutes=1)


def slots(source: Source, outcome: str = "queued") -> list[str]:
    """The moments that fired, as a clock in Berlin shows them."""
    found = ScheduleSlot.objects.filter(schedule__source=source, outcome=outcome).order_by("due_at")
    return [one.astimezone(BERLIN).strftime("%d %H:%M") for one in found.values_list("due_at", flat=True)]


def night(month: int, day: int) -> tuple[datetime, datetime]:
    """From midnight to six in the morning in Berlin, in UTC."""
    start = datetime(2026, month, day, tzinfo=BERLIN)
    return start.astimezone(UTC), start.replace(hour=6).astimezone(UTC)


def test_where_the_clocks_jump_each_local_slot_fires_once(
    berlin: Callable[..., Source], tell: Callable[[str], None]
) -> None:
    start, end = night(3, 29)
    half_past, quarters = berlin("30 2 * * *", start), berlin("*/15 * * * *", start)
    tick(start, end)
    assert slots(half_past) == ["29 03:00"], "right after the gap"
    assert len(slots(quarters)) == 4 * 5 - 1, "five real hours, the first moment is the start itself"

    start, end = night(10, 25)
    half_past, quarters = berlin("30 2 * * *", start), berlin("*/15 * * * *", start)
    tick(start, end)
    assert slots(half_past) == ["25 02:30"], "once, although that time comes twice"
    assert len(slots(quarters)) == 4 * 7 - 1, "seven real hours"
    tell("ours: 2 schedulers over both Berlin changes of 2026: 02:30 fired once each night, every quarter once")
    tell("stock: celery beat keeps its moments in one process; two beats fire each of them twice by design")


def test_after_three_hours_of_silence_each_schedule_follows_its_own_rule(berlin: Callable[..., Source]) -> None:
    start = datetime(2026, 3, 28, 23, tzinfo=UTC)
    silence = (start + timedelta(minutes=30), start + timedelta(hours=3, minutes=30))
    once, skip = berlin("0 * * * *", start), berlin("0 * * * *", start, "skip")
    tick(start, start + timedelta(hours=5), silence)
    # 00:30 to 04:30 on the clock: 02:00 doesn't exist that night
    assert slots(once) == ["29 01:00", "29 05:00"]
    assert slots(skip) == ["29 05:00"]
    assert slots(skip, "missed") == ["29 01:00"]
