"""Files of any size are read in flat memory: measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.sources.tabular.files import plan_json

_READ_IT = """
import json, resource, sys
from types import SimpleNamespace
from sources.connectors.upload import Config, Upload
path, plan = sys.argv[1:3]
context = SimpleNamespace(files=lambda key: open(path, "rb"), zone="UTC")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
upload, settings, points, total = Upload(), Config("f", plan), 0, 0.0
for batch in upload.read(context, settings, "rows", {}):
    for raw in batch.raws:
        for one in upload.map("rows", raw.payload, settings):
            points += 1
            total += one.value
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([points, total, (after - before) // 1024]))
"""


def read_in_own_process(path: Path, plan: str) -> tuple[int, float, int]:
    """(points, their sum, MB by which memory grew)."""
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", _READ_IT, path, plan], cwd=root, capture_output=True, check=True)
    return tuple(json.loads(done.stdout))


def big_file(path: Path, size: int, *, distinct: int) -> tuple[int, float]:
    """(rows, sum of visits) of a file of about ``size`` bytes; every moment stands ``distinct`` rows apart."""
    start, rows, total = datetime(2000, 1, 1), 0, 0
    pad = "x" * 160
    with path.open("w") as out:
        out.write("day,note,visits\n")
        while out.tell() < size:
            block = [f"{start + timedelta(seconds=(rows + i) % distinct)},{pad},{i}\n" for i in range(10_000)]
            out.write("".join(block))
            rows += 10_000
            total += sum(range(10_000))
    return rows, float(total)


SECONDS = {"column": "day", "format": "YYYY-MM-DD HH:MM:SS", "daily": False}


def test_sixty_megabytes_are_read_in_flat_memory(tmp_path):
    rows, total = big_file(tmp_path / "big.csv", 60_000_000, distinct=10**9)
    points, found, grown = read_in_own_process(tmp_path / "big.csv", plan_json(date=SECONDS))
    assert (points, found) == (rows, total)
    assert grown < 60


def test_sixty_megabytes_of_repeating_moments_are_added_up_in_flat_memory(tmp_path):
    _, total = big_file(tmp_path / "big.csv", 60_000_000, distinct=70_001)
    points, found, grown = read_in_own_process(tmp_path / "big.csv", plan_json(date=SECONDS))
    assert (points, found) == (70_001, total)
    assert grown < 90


@pytest.mark.slow
def test_three_hundred_megabytes_are_read_in_flat_memory(tmp_path):
    rows, total = big_file(tmp_path / "big.csv", 300_000_000, distinct=10**9)
    points, found, grown = read_in_own_process(tmp_path / "big.csv", plan_json(date=SECONDS))
    assert (points, found) == (rows, total)
    assert grown < 60
