"""Several processes write one SQLite file: everybody waits their turn, nobody is told that it is locked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.world import Worlds

pytestmark = [pytest.mark.faults, pytest.mark.slow]


def test_four_processes_add_150_each_without_one_error(worlds: Worlds, tell: Callable[[str], None]) -> None:
    ours = worlds.on_sqlite().act("count_up", processes=4, times=150)
    stock = worlds.on_sqlite(DJANGO_SETTINGS_MODULE="tests.faults.stock_settings")
    theirs = stock.act("count_up", processes=4, times=150)
    tell(f"ours: {ours}; stock settings: {theirs}")
    assert ours == {"count": 600, "errors": 0}
    assert theirs["errors"] > 0, "the test would not notice"
