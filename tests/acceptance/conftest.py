"""The service of each case, played for one test, at a moment that stands still but for waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.case import Case, Service, Stage, all_cases
from tests.acceptance.play import standing_at

CASES = list(all_cases())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test runs over all cases, or over those that can play the acts it is marked to need."""
    if "case" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("acts")
        needed = set(marked.args) if marked else set()
        playing = [one for one in CASES if not needed & set(one.absent)]
        metafunc.parametrize("case", playing, ids=[one.id for one in playing])


@pytest.fixture
def travel(case: Case, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[timedelta], None]]:
    """Let time pass. Waits of the runner and of connectors pass at once, also for what counts requests in Redis."""
    with standing_at(case.at, monkeypatch) as shift:
        yield shift


@pytest.fixture
def service(
    case: Case, travel: object, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> Iterator[Service]:
    with case.play(Stage(monkeypatch, settings, tmp_path)) as running:
        yield running
