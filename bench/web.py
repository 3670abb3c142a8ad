"""Tiles and a list over HTTP with real tokens, one process on one core each (P10 to P12, P14)."""

from __future__ import annotations

import os
import statistics
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from django.db import connection

from accounts.actions.sessions import start_session
from bench import servers
from bench.ingest import load_history, vacuum
from bench.measure import Figure
from bench.servers import Load, Served, granian, load, serving, uvicorn
from bench.shape import LAST, METRICS, Shape, tenant

REDIS = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/14")
_FIRST = LAST - timedelta(days=27)
_NAMES = ",".join(METRICS[:4])
OURS = f"/api/v1/dashboard/tiles?metrics={_NAMES}&range={_FIRST},{LAST}"
THEIRS = f"/tiles?metrics={_NAMES}&first={_FIRST}&last={LAST}"
#: every request another question: other days, and the metrics in another order
_LUA = """
local asked = {start}
local names = {{names}}
local function day(n) return os.date("!%Y-%m-%d", n * 86400) end
request = function()
  asked = asked + 1
  local last = {last} - asked % 61
  local first = last - 27 - math.floor(asked / 61) % 61
  local at = math.floor(asked / 3721) % #names
  local metrics = table.concat(names, ",", at + 1)
  if at > 0 then metrics = metrics .. "," .. table.concat(names, ",", 1, at) end
  return wrk.format(nil, "{path}?metrics=" .. metrics .. "&range=" .. day(first) .. "," .. day(last))
end
"""
#: so many questions apart begin the rounds
_STRIDE = 2_500


def run(*, quick: bool, rounds: int) -> list[Figure]:
    """Start every server once, then load them in turn."""
    shape = Shape(days=60, sources=2) if quick else Shape(days=200)
    owner = tenant("big", shape.sources)
    load_history(owner, shape)
    vacuum()
    token = start_session(user=owner.user).access_token
    seconds = 1 if quick else 3
    product = {"LIVINGLYTICS_ROLE": "web", "REDIS_URL": REDIS, "SEALING_KEYS": "b" * 43 + "=",
               "RATE_LIMIT_READ": "1000000000/minute", "ALLOWED_HOSTS": "*",
               "PYTHONPATH": str(servers.ROOT), "DATABASE_POOL": "0", "ACCESS_TOKEN_MINUTES": "600"}  # fmt: skip
    plans: dict[str, tuple[list[str], dict[str, str]]] = {
        "ours": (granian("wsgi", "livinglytics.wsgi:application"), product),
        "orm": (uvicorn("bench.opponents.fastapi_orm:app"), {}),
        "raw": (granian("asgi", "bench.opponents.fastapi_raw:app"), {}),
        "null": (granian("wsgi", "bench.opponents.null_wsgi:application"), {}),
        # every request has a thread of its own there, which would connect anew each time without the pool
        "asgi": (uvicorn("livinglytics.asgi:application"), {**product, "DATABASE_POOL": "1"}),
    }
    with ExitStack() as stack:
        running = {name: stack.enter_context(serving(command, env)) for name, (command, env) in plans.items()}
        return _measure(running, token, seconds, rounds)


def _measure(running: dict[str, Served], token: str, seconds: int, rounds: int) -> list[Figure]:
    asked = {
        "ours": ("ours", OURS),
        "ours fresh": ("ours", OURS),
        "orm": ("orm", THEIRS),
        "raw": ("raw", THEIRS),
        "null": ("null", "/null"),
        "asgi": ("asgi", OURS),
        "our list": ("ours", "/api/v1/observations?page_size=100"),
        "their list": ("orm", "/list?size=100"),
    }
    for server, path in asked.values():
        load(running[server], path, token=token, seconds=4)
    opened = 0
    found: dict[str, list[Load]] = {name: [] for name in asked}
    for number in range(rounds):
        fresh = _script(Path(os.environ["DATA_DIR"]) / "fresh.lua", number * _STRIDE)
        for name, (server, path) in asked.items():
            script = fresh if name == "ours fresh" else None
            before = _sessions()
            found[name].append(load(running[server], path, token=token, seconds=seconds, script=script))
            opened += _sessions() - before if name == "ours" else 0
    requests = sum(one.per_second * seconds for one in found["ours"])
    return _figures(found, opened / requests * 1000)


def _script(path: Path, start: int) -> Path:
    last = LAST.toordinal() - 719_163
    names = ", ".join(f'"{one}"' for one in METRICS[:4])
    text = _LUA.replace("{{names}}", f"{{{names}}}").replace("{start}", str(start)).replace("{last}", str(last))
    path.write_text(text.replace("{path}", OURS.partition("?")[0]))
    return path


def _sessions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_clear_snapshot(), sessions FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[1])


def _middle(loads: list[Load], what: str) -> float:
    return statistics.median(getattr(one, what) for one in loads)


def _figures(found: dict[str, list[Load]], opened: float) -> list[Figure]:
    rate = {name: _middle(loads, "per_second") for name, loads in found.items()}
    cpu = {name: _middle(loads, "server_cpu") for name, loads in found.items()}
    note = "; ".join(
        f"{name}: {cpu[name]:.2f} + {_middle(found[name], 'database_cpu'):.2f} ms CPU, "
        f"p50 {_middle(found[name], 'p50'):.1f} ms"
        for name in ("ours", "ours fresh", "orm", "raw")
    )
    fresh = (
        f"no answer remembered: {rate['ours fresh']:.0f} /s, {rate['ours fresh'] / rate['orm']:.2f} × SQLAlchemy, "
        f"{rate['ours fresh'] / rate['raw']:.2f} × asyncpg"
    )
    orm, raw = "FastAPI + SQLAlchemy + uvicorn", "FastAPI + asyncpg on granian"
    figures = [
        _more("P10", "tiles, answer remembered", rate["ours"], rate["orm"], 4.0, orm, note),
        _more("P10", "tiles, answer remembered", rate["ours"], rate["raw"], 0.9, raw, fresh),
    ]
    figures.append(_more("P11", "list of 100 rows", rate["our list"], rate["their list"], 1.5, orm))
    for code, name, ours, other, bar, beside in (
        ("P12", "server CPU of a tile request", cpu["ours"], cpu["null"], 5.0, "null view, no middleware"),
        ("P14", "server CPU of a tile request", cpu["ours"], cpu["asgi"], 0.5, "the same view under uvicorn ASGI"),
    ):
        figures.append(Figure(code, name, ours, other, ours / other, bar, "at most", "ms", beside))
    figures.append(
        Figure("P14", "new database connections per 1,000 requests", opened, 1, opened, 1, "at most", "", "limit")
    )
    return figures


def _more(code: str, name: str, ours: float, other: float, bar: float, beside: str, note: str = "") -> Figure:
    return Figure(code, name, ours, other, ours / other, bar, "at least", "/s", beside, note)
