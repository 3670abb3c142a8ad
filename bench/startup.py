"""The single process from an empty folder: first answer, pick-up of jobs, progress on a page, memory (P20)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import websockets

from bench.measure import Figure, resident, tree_cpu
from bench.places import ROOT
from bench.servers import free_port

_SIGN_IN = (
    "import django; django.setup(); from accounts.models import Membership; "
    "from accounts.actions.sessions import start_session; "
    "user = Membership.objects.filter(team__is_demo=True).select_related('user').first().user; "
    "print('TOKEN', start_session(user=user).access_token)"
)
_WAITS = (
    "import django; django.setup(); from sources.models import Job; "
    "print('WAITS', [(one.started_at - one.created_at).total_seconds() "
    "for one in Job.objects.filter(trigger='api', started_at__isnull=False)])"
)


def run(*, quick: bool, rounds: int) -> list[Figure]:
    """Fresh folders for the first answer; in the last one jobs are started and watched."""
    firsts: list[float] = []
    spent: list[float] = []
    waits: list[float] = []
    heard: list[float] = []
    memory: list[float] = []
    times = 1 if quick else min(rounds, 3)
    for number in range(times):
        with tempfile.TemporaryDirectory(dir=os.environ["DATA_DIR"]) as folder:
            port, env = free_port(), _environment(folder)
            start = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--port", str(port)], cwd=ROOT, env=env, stdout=subprocess.DEVNULL
            )
            try:
                _first_answer(port, process)
                firsts.append(time.perf_counter() - start)
                spent.append(tree_cpu(process.pid))
                if number == times - 1:
                    token = _ask(_SIGN_IN, env, "TOKEN")
                    heard += asyncio.run(_watch(port, token, 5 if quick else 12))
                    waits += json.loads(_ask(_WAITS, env, "WAITS"))
                memory.append(resident(process.pid))
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(20)
    return [
        replace(
            _limit("fresh folder to the first page", statistics.median(firsts), 10, "s"),
            note=f"{statistics.median(spent):.1f} s of CPU: on a busy computer the clock says more",
        ),
        _limit("job queued to job running, p50", statistics.median(waits) * 1e3, 100, "ms"),
        _limit("sync asked to a page knowing that it runs, p50", statistics.median(heard) * 1e3, 100, "ms"),
        _limit("resident memory, demo loaded", max(memory), 250, "MB"),
    ]


def _limit(name: str, value: float, bar: float, unit: str) -> Figure:
    return Figure("P20", name, value, bar, value, bar, "at most", unit, "limit")


def _environment(folder: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DATABASE", "REDIS", "SECRET"))}
    return {**kept, "DATA_DIR": str(Path(folder) / "data"), "DJANGO_SETTINGS_MODULE": "livinglytics.settings"}


def _first_answer(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        if process.poll() is not None:
            raise RuntimeError(f"manage.py up ended with {process.returncode}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30).read()
            return
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("manage.py up does not answer")


def _ask(code: str, env: dict[str, str], word: str) -> str:
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return next(line.partition(" ")[2] for line in out.stdout.splitlines() if line.startswith(word))


async def _watch(port: int, token: str, times: int) -> list[float]:
    """Sync again and again; for each, how long a page waits for the news after the answer to the request."""
    sources = await asyncio.to_thread(_api, port, token, "GET", "/sources")
    source = sources["items"][0]["id"]
    heard: list[float] = []
    bearer: Any = [f"bearer.{token}"]
    async with websockets.connect(f"ws://127.0.0.1:{port}/ws/", subprotocols=bearer) as socket:
        await socket.send('{"type": "subscribe"}')
        await _hear(socket, lambda one: one["type"] == "subscribed")
        for _ in range(times):
            await _idle(port, token, source)
            sent = time.time()
            job = await asyncio.to_thread(_api, port, token, "POST", f"/sources/{source}/sync")
            await _hear(socket, lambda one, job=job: one.get("job_id") == job["id"] and one.get("status") == "running")
            heard.append(time.time() - sent)
    return heard


async def _hear(socket: Any, wanted: Any) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if wanted(message):
                return message


async def _idle(port: int, token: str, source: str) -> None:
    for _ in range(600):
        jobs = await asyncio.to_thread(_api, port, token, "GET", "/jobs?page_size=50")
        if not any(one["status"] in {"queued", "running"} for one in jobs["items"]):
            return
        await asyncio.sleep(0.1)


def _api(port: int, token: str, method: str, path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1{path}", method=method, headers=headers)
    found: dict[str, Any] = json.loads(urllib.request.urlopen(request, timeout=20).read())
    return found
