"""What one run costs: wall time, and CPU of this process, its children and its PostgreSQL backends."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from django.db import connection


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``ratio`` is ours over other unless ``against`` turns it round.

    ``sense``: "at least" or "at most" the bar.
    """

    code: str
    name: str
    ours: float
    other: float
    ratio: float
    bar: float
    sense: Literal["at least", "at most"]
    unit: str
    other_name: str
    note: str = ""

    @property
    def reached(self) -> bool:
        return self.ratio >= self.bar if self.sense == "at least" else self.ratio <= self.bar

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Cost:
    """Seconds of one run: on the clock, and of CPU in the client and in the database."""

    wall: float = 0.0
    client: float = 0.0
    server: float = 0.0

    @property
    def cpu(self) -> float:
        return self.client + self.server


@dataclass
class Costs:
    """The runs of one contender."""

    runs: list[Cost] = field(default_factory=list)

    def middle(self, what: Literal["wall", "client", "server", "cpu"] = "wall") -> float:
        """The median over the runs, in seconds."""
        return statistics.median(getattr(run, what) for run in self.runs)


def backends() -> float:
    """CPU seconds so far of every PostgreSQL backend of this database; 0 on SQLite."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        pids = [row[0] for row in cursor.fetchall()]
    return sum(cpu_of(pid) for pid in pids)


def cpu_of(pid: int) -> float:
    """CPU seconds of all threads of a process so far; 0 when it is gone."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(thread.read_text().split()[0])
        except (OSError, IndexError):
            continue
    return total / 1e9


def tree_cpu(pid: int) -> float:
    """CPU seconds of a process and of its living children, dead threads included."""
    return sum(_ticks(one) for one in tree(pid))


def tree(pid: int) -> list[int]:
    """A process and everything it started."""
    found = [pid]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:
                continue
    return found


def _ticks(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Resident memory of a process and its children, MB."""
    total = 0
    for one in tree(pid):
        try:
            status = Path(f"/proc/{one}/status").read_text()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)
    return total / 1024


@contextmanager
def costing(into: Cost):
    """Add what the block costs to ``into``."""
    server, client, wall = backends(), time.process_time(), time.perf_counter()
    yield
    into.wall += time.perf_counter() - wall
    into.client += time.process_time() - client
    into.server += backends() - server


def interleaved(contenders: Mapping[str, Callable[[int], None]], rounds: int) -> dict[str, Costs]:
    """Every contender once per round, in turn: a slow moment of the machine hits all of them.

    What was prepared before is put out of the garbage collector's sight: it would look through it again and again.
    """
    gc.collect()
    gc.freeze()
    costs = {name: Costs() for name in contenders}
    for number in range(rounds):
        for name, run in contenders.items():
            cost = Cost()
            with costing(cost):
                run(number)
            costs[name].runs.append(cost)
    return costs


def timings(run: Callable[[], object], times: int) -> list[float]:
    """Wall milliseconds of repeated runs, sorted."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        found.append((time.perf_counter() - start) * 1e3)
    return sorted(found)


@dataclass
class Runs:
    """Wall milliseconds of one contender's runs, and of CPU in this process and its PostgreSQL backend.

    CPU says what a call costs where other programs keep the cores busy. It leaves parallel workers out.
    """

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return statistics.median(self.wall)

    @property
    def p95(self) -> float:
        return p95(sorted(self.wall))

    @property
    def cpu_p50(self) -> float:
        return statistics.median(self.cpu)


def in_turn(contenders: Mapping[str, tuple[Callable[[], object], int]]) -> dict[str, Runs]:
    """The runs of every contender, which comes as (what to run, how often).

    In rounds, so that a slow moment hits all of them: each twice per round, until it ran as often as it should.
    """
    found = {name: Runs() for name in contenders}
    for run, _ in contenders.values():
        run()  # caches are warm for everybody
    while any(len(found[name].wall) < times for name, (_, times) in contenders.items()):
        for name, (run, times) in contenders.items():
            if len(found[name].wall) < times:
                start = _own_cpu()
                found[name].wall += timings(run, 2)
                found[name].cpu.append((_own_cpu() - start) / 2 * 1e3)
    return found


def _own_cpu() -> float:
    """CPU seconds so far of this process and of its backend."""
    return time.process_time() + cpu_of(connection.connection.info.backend_pid)


def p95(values: list[float]) -> float:
    """The 95th percentile of sorted values."""
    return values[min(len(values) - 1, round(0.95 * (len(values) - 1)))]
