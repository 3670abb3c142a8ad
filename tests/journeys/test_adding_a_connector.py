"""The guide for a new connector, followed to the letter in a copy of the product."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes._server import Answer, FakeServer, Request, json_answer

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "adding-a-connector.md"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "data", "__pycache__", ".*_cache", "node_modules", "bench", "docs")
PER_DAY = 7
MOST_STEPS = 6


class NpmFake(FakeServer):
    """``/downloads/range/{first}:{last}/{package}`` and ``last-day``, as api.npmjs.org answers."""

    def answer(self, request: Request) -> Answer:
        span, package = request.path.removeprefix("/downloads/range/").split("/", 1)
        if package != "left-pad":
            return json_answer({"error": f"package {package} not found"}, 404)
        last = datetime.now(UTC).date() - timedelta(days=1)
        first = last if span == "last-day" else date.fromisoformat(span.split(":")[0])
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        found = [{"day": day.isoformat(), "downloads": PER_DAY} for day in days]
        return json_answer({"package": package, "downloads": found})


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a newcomer saw after dropping the guide's own example into the folder of a copy."""
    copy = tmp_path_factory.mktemp("copy") / "product"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    (copy / "sources" / "connectors" / "npm.py").write_text(example(), encoding="utf-8")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("DATABASE_URL", "REDIS_URL"))}
    with NpmFake() as fake:
        done = subprocess.run(
            [sys.executable, "-m", "tests.journeys.stage"],
            cwd=copy,
            env=kept | {"DATA_DIR": str(copy / "data"), "NPM_BASE_URL": fake.url},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def example() -> str:
    """The one complete connector that the guide shows."""
    found = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_guide_has_at_most_six_steps() -> None:
    numbers = re.findall(r"^\*\*(\d+)\. ", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    assert len(numbers) <= MOST_STEPS


def test_a_file_dropped_into_the_folder_is_in_the_catalog_and_needs_no_migration(seen: dict[str, Any]) -> None:
    (entry,) = seen["catalog"]
    assert entry["label"] == "npm downloads"
    assert "npm downloads" in seen["chooser"]


def test_its_form_is_made_of_what_it_declares(seen: dict[str, Any]) -> None:
    assert 'name="package"' in seen["form"]
    assert "The name on npmjs.com." in seen["form"]


def test_a_wrong_setting_is_refused_at_its_field(seen: dict[str, Any]) -> None:
    status, answer = seen["wrong"]
    assert status in (400, 422)
    assert "npm has no package of this name." in json.dumps(answer)
    assert "package" in json.dumps(answer)


def test_a_run_brings_its_numbers_to_the_query_engine(seen: dict[str, Any]) -> None:
    assert seen["made"][0] == 201
    assert seen["job"][:2] == ["succeeded", ""]
    values = [row["metrics"][0]["value"] for row in seen["answer"]["results"]]
    assert sum(filter(None, values)) == 365 * PER_DAY
