"""A whole sync from a local service to rolled-up numbers, beside dlt loading the same pages (P21)."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from bench.measure import Figure, tree_cpu
from bench.places import ROOT
from bench.servers import free_port

Cost = dict[str, float]
OURS, THEIRS = "bench.child", "bench.opponents.dlt_load"


@contextmanager
def steam(reviews: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A service in a process of its own, asked once so that it has counted its reviews."""
    port = free_port()
    command = [sys.executable, "-m", "tests.fakes.steam", "--port", str(port), "--reviews", str(reviews)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        url = f"http://127.0.0.1:{port}"
        question = '{"appid":620,"filter":2,"languages":["all"],"review_type":0,"purchase_type":1}'
        address = f"{url}/IUserReviewsService/GetAppReviews/v1?input_json={question}"
        urllib.request.urlopen(address, timeout=300).read()
        yield url, process
    finally:
        process.kill()
        process.wait()


def measured(module: str, reviews: int, number: int) -> Cost:
    """One contender with everything to itself: its own process, empty tables, a fresh folder for its files."""
    empty()
    folder = Path(os.environ["DATA_DIR"]) / f"{module}-{reviews}-{number}"
    folder.mkdir()
    with steam(reviews) as (url, service):
        before = tree_cpu(service.pid)
        env = {**os.environ, "STEAM_BASE_URL": url, "DATA_DIR": str(folder), "RUNTIME__DLTHUB_TELEMETRY": "false"}
        done = subprocess.run(
            [sys.executable, "-m", module], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True
        )
        cost: Cost = json.loads(done.stdout.splitlines()[-1])
        cost["service"] = tree_cpu(service.pid) - before
    if cost["rows"] != reviews:
        raise RuntimeError(f"{module} stored {cost['rows']:.0f} of {reviews} reviews")
    return cost


def empty() -> None:
    """As if nothing had ever been read."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS dlt_bench CASCADE; DROP SCHEMA IF EXISTS dlt_bench_staging CASCADE")
        cursor.execute("TRUNCATE accounts_team CASCADE")
        cursor.execute(
            "TRUNCATE sources_rawrecord, metrics_document, metrics_series, metrics_observation, metrics_rollup, "
            "metrics_cut CASCADE"
        )
        cursor.execute("VACUUM ANALYZE")
    connection.close()


def middle(costs: list[Cost], what: str) -> float:
    return statistics.median(one[what] for one in costs)


def run(*, quick: bool, rounds: int) -> list[Figure]:
    """Both in turn with 200,000 reviews."""
    size = 5_000 if quick else 200_000
    found: dict[str, list[Cost]] = {OURS: [], THEIRS: []}
    for number in range(1 if quick else min(rounds, 2)):
        for module, costs in found.items():
            costs.append(measured(module, size, number))
    ours, theirs = found[OURS], found[THEIRS]
    speed = [size / middle(one, "wall") for one in (ours, theirs)]
    note = (
        f"CPU of the client {middle(ours, 'cpu'):.0f} s, other {middle(theirs, 'cpu'):.0f} s; "
        f"of the service {middle(ours, 'service'):.0f} s, other {middle(theirs, 'service'):.0f} s"
    )
    peaks = [middle(one, "peak") for one in (ours, theirs)]
    name = f"{size:,} records from a service to rolled-up numbers"
    return [
        Figure("P21", name, *speed, speed[0] / speed[1], 1.0, "at least", "rows/s", "dlt", note),
        Figure("P21", f"{name}, peak memory", *peaks, peaks[0] / peaks[1], 1.0, "at most", "MB", "dlt"),
    ]
