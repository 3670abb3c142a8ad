"""Worlds for the fault tests, and a place for what stock parts do in the same run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.faults.world import Worlds


@pytest.fixture(scope="session")
def _worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    made = Worlds(tmp_path_factory.mktemp("worlds"))
    yield made
    made.close()


@pytest.fixture
def worlds(_worlds: Worlds) -> Iterator[Worlds]:
    """Processes of a world end with its test."""
    yield _worlds
    _worlds.close_worlds()


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a line that is seen although the test passes."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n    {text}", flush=True)

    return say
