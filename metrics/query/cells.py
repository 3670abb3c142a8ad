"""Rollup cells of one question, read once: the comparison looks into what is there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livinglytics.lib import buckets
from livinglytics.lib.buckets import Period
from metrics.store import Store, reads
from metrics.store.reads import Cell, Fill

#: reading the days between two periods costs less than a second statement up to this many times their length
_WORTH = 3


@dataclass(frozen=True, slots=True)
class _Loaded:
    metrics: tuple[str, ...]
    dimension: str
    first: int
    last: int
    cells: list[Cell]
    fills: list[Fill]

    def holds(self, metrics: tuple[str, ...], dimension: str, first: int, last: int) -> bool:
        # the total cuts come with every dimension's
        fits = self.dimension == dimension or not dimension
        return fits and self.metrics == metrics and self.first <= first and last <= self.last


class Cells:
    """Reads rollups of a store; what one statement brought is used for every period within it."""

    def __init__(self, store: Store, *periods: Period | None) -> None:
        self.store = store
        self.ahead = _hull([one for one in periods if one is not None])
        self._loaded: list[_Loaded] = []
        self._sums: dict[tuple[tuple[str, ...], str, Period], tuple[list[Cell], list[Fill]]] = {}

    def read(self, metrics: Sequence[str], dimension: str, period: Period) -> tuple[list[Cell], list[Fill]]:
        """As ``reads.rollup_cells``."""
        names = tuple(metrics)
        first, last = buckets.day_number(period.first), buckets.day_number(period.last)
        found = next((one for one in self._loaded if one.holds(names, dimension, first, last)), None)
        if found is None:
            found = self._load(names, dimension, period)
        cells = [cell for cell in found.cells if first <= cell.slot <= last and (dimension or cell.group is None)]
        return cells, found.fills

    def sums(self, metrics: Sequence[str], dimension: str, period: Period) -> tuple[list[Cell], list[Fill]]:
        """As ``reads.rollup_sums``: for questions about a whole period."""
        key = (tuple(metrics), dimension, period)
        if key not in self._sums:
            first, last = buckets.day_number(period.first), buckets.day_number(period.last)
            self._sums[key] = reads.rollup_sums(self.store, metrics, dimension, first, last)
        return self._sums[key]

    def _load(self, metrics: tuple[str, ...], dimension: str, period: Period) -> _Loaded:
        wide = self.ahead if self.ahead and period.first in self.ahead and period.last in self.ahead else period
        first, last = buckets.day_number(wide.first), buckets.day_number(wide.last)
        cells, fills = reads.rollup_cells(self.store, metrics, dimension, first, last)
        loaded = _Loaded(metrics, dimension, first, last, cells, fills)
        self._loaded.append(loaded)
        return loaded


def _hull(periods: list[Period]) -> Period | None:
    """The span over all periods, or None where too many days lie between them."""
    if not periods:
        return None
    hull = Period(min(one.first for one in periods), max(one.last for one in periods))
    return hull if hull.days <= _WORTH * sum(one.days for one in periods) else None
