"""Many processes at once, forked from one that has the product loaded: each may be killed at any moment."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import time_machine
from django.db import OperationalError, connections, transaction

from accounts import events
from accounts.models import AuditEvent, OutboxEvent, Team
from livinglytics.lib import clock
from metrics.models import DataVersion
from tests.faults.stock import note

#: a delivery takes a moment, as a request to somebody's server does
DELIVERY = 0.004


class UndoneError(Exception):
    """The transaction is rolled back."""


def forked(work: Callable[[], object]) -> int:
    """Do the work in a process of its own; its id."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
        code = 0
    except BaseException as error:
        os.write(2, f"{error!r}\n".encode())
        code = 1
    os._exit(code)


def publish_and_deliver(folder: Path, team: Team) -> None:
    """Commit deeds with their events, roll some back, deliver; until somebody ends it."""

    @events.handler("storm.*")
    def deliver(event: OutboxEvent) -> None:
        time.sleep(DELIVERY)
        note(str(folder / "delivered"), f"{event.payload['deed']} {event.pk}")

    while True:
        deed = str(uuid4())
        with contextlib.suppress(UndoneError), transaction.atomic():
            AuditEvent.objects.create(team=team, verb="storm", object_id=deed)
            events.publish(team, "storm.deed", {"deed": deed})
            # the usual way: tell when the transaction is through, remember nothing
            transaction.on_commit(lambda told=deed: [time.sleep(DELIVERY), note(str(folder / "stock"), told)])  # type: ignore[misc]
            if random.random() < 0.2:
                note(str(folder / "undone"), deed)
                raise UndoneError
        events.deliver_pending(1)


def storm(folder: Path, team: Team, kills: int) -> dict[str, int]:
    """Kill a publisher so many times, then deliver what is left once the dead ones' leases are over."""
    for name in ("delivered", "stock", "undone"):
        (folder / name).touch()
    for _ in range(kills):
        pid = forked(lambda: publish_and_deliver(folder, team))
        time.sleep(random.uniform(0.05, 0.2))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    pid = forked(lambda: _deliver_the_rest(folder))
    assert os.waitpid(pid, 0)[1] == 0
    return _counted(folder)


def _deliver_the_rest(folder: Path) -> None:
    @events.handler("storm.*")
    def deliver(event: OutboxEvent) -> None:
        note(str(folder / "delivered"), f"{event.payload['deed']} {event.pk}")

    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        while events.deliver_pending():
            pass


def _counted(folder: Path) -> dict[str, int]:
    done = set(AuditEvent.objects.filter(verb="storm").values_list("object_id", flat=True))
    delivered: dict[str, set[str]] = {}
    lines = (folder / "delivered").read_text().splitlines()
    for line in lines:
        deed, event = line.split()
        delivered.setdefault(deed, set()).add(event)
    undone, stock = ((folder / name).read_text().split() for name in ("undone", "stock"))
    return {
        "committed": len(done),
        "never delivered": len(done - delivered.keys()),
        "delivered": len(lines),
        "with two ids": sum(len(ids) > 1 for ids in delivered.values()),
        "rolled back": len(undone),
        "rolled back but delivered": len(delivered.keys() & set(undone)) + len(delivered.keys() - done),
        "lost by on_commit": len(done - set(stock)),
    }


def count_up(processes: int, times: int, folder: Path) -> dict[str, int]:
    """Read a number, add one, write it: so many times in so many processes. What it came to, and the errors."""
    team = UUID(int=9)
    DataVersion.objects.update_or_create(team_id=team, defaults={"version": 0})
    errors = folder / "errors"
    errors.unlink(missing_ok=True)

    def work() -> None:
        for _ in range(times):
            try:
                with transaction.atomic():
                    row = DataVersion.objects.get(team_id=team)
                    row.version += 1
                    row.save()
            except OperationalError as error:
                note(str(errors), str(error))

    pids = [forked(work) for _ in range(processes)]
    ended = [os.waitpid(pid, 0)[1] for pid in pids]
    assert ended == [0] * processes, ended
    failed = errors.read_text().splitlines() if errors.exists() else []
    return {"count": DataVersion.objects.get(team_id=team).version, "errors": len(failed)}
