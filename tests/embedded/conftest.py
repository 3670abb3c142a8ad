"""`manage.py up` in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Running:
    """A started process, its folder and what it has said."""

    process: subprocess.Popen[str]
    folder: Path
    said: Path

    @property
    def text(self) -> str:
        return self.said.read_text(encoding="utf-8")

    def wait_for(self, words: str, seconds: float = 40) -> str:
        """Wait until the process has said this."""
        return str(self.wait_until(lambda: words in self.text and self.text, f"“{words}”", seconds))

    def wait_until(self, found: Callable[[], object], what: str, seconds: float = 20) -> object:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if answer := found():
                return answer
            assert self.process.poll() is None, f"it ended: {self.text}"
            time.sleep(0.02)
        raise AssertionError(f"no {what} in {seconds} s: {self.text}")

    @property
    def address(self) -> str:
        found = re.search(r"ready: (http\S+)", self.wait_for("ready: "))
        assert found is not None
        return found[1]

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Send the signal; answer how many seconds it took to end."""
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(20)
        return time.monotonic() - started


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Running] = []

    def begin(*options: str, folder: Path = tmp_path / "data", tasks: str = "", **environment: str) -> Running:
        folder.mkdir(exist_ok=True)
        said = tmp_path / f"said-{len(running)}"
        kept = {name: text for name, text in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.embedded.stage", *options],
            cwd=ROOT,
            env=kept | {"DATA_DIR": str(folder), "STAGE_TASKS": tasks, "PYTHONUNBUFFERED": "1"} | environment,
            stdout=said.open("w"),
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(Running(process, folder, said))
        return running[-1]

    yield begin
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
