"""The memory of a whole sync does not grow with what it reads (P22)."""

from __future__ import annotations

from bench.measure import Figure
from bench.pipeline import OURS, measured


def run(*, quick: bool, rounds: int) -> list[Figure]:
    """A million reviews beside 100,000, each read by a process of its own."""
    small, large = (2_000, 8_000) if quick else (100_000, 1_000_000)
    flat = [measured(OURS, many, 0)["peak"] for many in (large, small)]
    return [
        Figure("P22", f"{large:,} records, peak memory", *flat, flat[0] / flat[1], 1.1, "at most", "MB", f"{small:,}")
    ]
