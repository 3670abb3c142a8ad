"""Live messages to many open pages: our fan-out beside Channels' Redis group layer (P15, P16)."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass

from accounts.actions.sessions import start_session
from bench.listeners import Heard, listen
from bench.measure import Figure, tree_cpu
from bench.places import ROOT
from bench.servers import Served, pinned, serving, uvicorn
from bench.shape import Tenant, tenant

REDIS = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/14")


@dataclass
class Told:
    """One contender's run."""

    share: float
    p50: float
    p99: float
    cpu: float
    finals: float
    seconds: float


def run(*, quick: bool, rounds: int) -> list[Figure]:
    """Each contender hears the same stream, then the same burst."""
    owner = tenant("listener", 1)
    count, seconds = (60, 3) if quick else (500, 10)
    flags = ["--lifespan=off", "--ws-per-message-deflate=false", "--no-access-log"]
    env = {"REDIS_URL": REDIS, "LIVINGLYTICS_ROLE": "sockets", "PYTHONPATH": str(ROOT),
           "SEALING_KEYS": "b" * 43 + "=", "DATABASE_POOL": "1"}  # fmt: skip
    told: dict[str, Told] = {}
    bursts: dict[str, Told] = {}
    for name, app in (("ours", "livinglytics.asgi:application"), ("groups", "bench.opponents.group_layer:application")):
        with serving([*uvicorn(app), *flags], env) as served:
            told[name] = asyncio.run(_hear(served, name, owner, count, (20 * seconds, 20, 0)))
            bursts[name] = asyncio.run(_hear(served, name, owner, min(count, 100), (300, 0, 10)))
    return _figures(told, bursts, count)


async def _hear(served: Served, name: str, owner: Tenant, count: int, plan: tuple[int, int, int]) -> Told:
    messages, _, jobs = plan
    token = await asyncio.to_thread(lambda: start_session(user=owner.user).access_token) if name == "ours" else ""
    heard, opened = await listen(served.port, "/ws/metrics/" if name == "ours" else "/ws", token, count)
    before = tree_cpu(served.process.pid)
    await _publish(name, owner, plan)
    await _settle(heard, count * messages, 12.0)
    cpu = tree_cpu(served.process.pid) - before
    for one in opened:
        one.close()  # type: ignore[attr-defined]
    delays = sorted(heard.delays) or [float("inf")]
    finals = sum(len(one) for one in heard.finals) / (count * jobs) if jobs else 1.0
    return Told(
        len(heard.delays) / (count * messages),
        delays[len(delays) // 2] * 1e3,
        delays[int(len(delays) * 0.99) - 1] * 1e3,
        cpu / max(len(heard.delays), 1) * 1e6,
        finals,
        heard.slowest_final,
    )


async def _publish(name: str, owner: Tenant, plan: tuple[int, int, int]) -> None:
    """Run the publisher to its end."""
    words = [*pinned(1), sys.executable, "-m", "bench.opponents.publish", name, str(owner.team.pk), *map(str, plan)]
    env = {**os.environ, "REDIS_URL": REDIS, "SEALING_KEYS": "b" * 43 + "="}
    process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, env=env)
    if await process.wait():
        raise RuntimeError(f"the publisher of {name} ended with {process.returncode}")


async def _settle(heard: Heard, wanted: int, patience: float) -> None:
    """Wait until everything came, or nothing more does."""
    quiet, last = 0.0, -1
    while len(heard.delays) < wanted and quiet < patience / 4:
        await asyncio.sleep(0.1)
        quiet = quiet + 0.1 if len(heard.delays) == last else 0.0
        last = len(heard.delays)


def _figures(told: dict[str, Told], bursts: dict[str, Told], count: int) -> list[Figure]:
    ours, other, beside = told["ours"], told["groups"], "Channels' Redis group layer"
    name = f"{count} sockets × 20 messages/s"
    note = f"p50 {ours.p50:.0f} ms, other {other.p50:.0f} ms"
    quick, slow = bursts["ours"], bursts["groups"]
    lost = f"the layer delivered {slow.share:.0%} of all updates; ours joins progress that nobody read yet"
    return [
        Figure("P15", f"{name}, delivered", ours.share * 100, other.share * 100, ours.share, 1, "at least", "%",
               beside),
        Figure("P15", f"{name}, p99", ours.p99, other.p99, ours.p99 / other.p99, 0.1, "at most", "ms", beside, note),
        Figure("P15", f"{name}, CPU per delivery", ours.cpu, other.cpu, ours.cpu / other.cpu, 1 / 3, "at most", "µs",
               beside),
        Figure("P16", "burst of 300 updates on 10 jobs: final states", quick.finals * 100, slow.finals * 100,
               quick.finals, 1, "at least", "%", beside, lost),
        Figure("P16", "burst: slowest final state", quick.seconds, slow.seconds,
               quick.seconds, 1, "at most", "s", beside),
    ]  # fmt: skip
