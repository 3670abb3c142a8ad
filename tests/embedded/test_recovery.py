"""A killed process loses nothing: the next start goes on where it was."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.conftest import Start
from tests.live.conftest import free_port

pytestmark = [pytest.mark.slow, pytest.mark.faults]


def asked(folder: Path, question: str) -> list[Any]:
    """The database of another process, read only."""
    file = f"file:{folder / 'livinglytics.sqlite3'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True, timeout=20)) as database:
        return database.execute(question).fetchall()


def job(folder: Path) -> str:
    rows = asked(folder, "SELECT status FROM sources_job")
    status = str(rows[0][0]) if rows else ""
    assert status != "failed"
    return status


def stored(folder: Path) -> tuple[list[Any], list[Any]]:
    raws = "SELECT stream, count(DISTINCT external_id), count(*) FROM sources_rawrecord GROUP BY stream ORDER BY 1"
    # calendar days, but not the last ones, which grow while the demo is told
    facts = """
        WITH days AS (SELECT at, n, value FROM metrics_observation o JOIN metrics_series s ON s.id = series_id
                      WHERE s.clock = 0)
        SELECT count(*), sum(n), total(value) FROM days WHERE at < (SELECT max(at) FROM days) - 3
    """
    return asked(folder, raws), asked(folder, facts)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_goes_on_after_the_process_has_ended_in_the_middle(start: Start, tmp_path: Path, number: int) -> None:
    whole = start("--port", str(free_port()), folder=tmp_path / "whole", STAGE_DEMO="1")
    assert whole.address
    whole.wait_until(lambda: job(whole.folder) == "succeeded", "uninterrupted run", 60)
    whole.stop()

    first = start("--port", str(free_port()), STAGE_DEMO="1")
    assert first.address
    first.wait_until(lambda: asked(first.folder, "SELECT 1 FROM sources_rawrecord LIMIT 1"), "first page", 60)
    first.stop(number)
    assert job(first.folder) == ("running" if number == signal.SIGKILL else "queued")

    second = start("--port", str(free_port()), STAGE_DEMO="1")
    assert second.address
    second.wait_until(lambda: job(second.folder) == "succeeded", "resumed run", 60)
    (rows, facts), (all_rows, all_facts) = stored(second.folder), stored(whole.folder)
    assert rows == all_rows
    assert facts == [pytest.approx(one) for one in all_facts]
