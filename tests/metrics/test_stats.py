"""Pure statistics, beside the standard library's own."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.stats.quantiles import quantile


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60))
def test_quartiles_agree_with_the_standard_library(values: list[float]) -> None:
    ordered = sorted(values)
    expected = statistics.quantiles(ordered, n=4, method="inclusive")
    assert [quantile(ordered, rank) for rank in (0.25, 0.5, 0.75)] == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_a_single_value_is_every_quantile_of_itself() -> None:
    assert {quantile([7.0], rank) for rank in (0, 0.5, 1)} == {7.0}
