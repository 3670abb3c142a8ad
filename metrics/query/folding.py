"""Cells of days become one value: the rules of each kind of metric, and of what is not known.

A sum adds. A mean is total over n. *Last* takes each source's latest day and adds over sources.
A distinct count stands for the one day it was counted on; of several, it is not applicable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from metrics.catalog import Definition
from metrics.query.model import MISSING, Value
from metrics.stats.quantiles import quantile


@dataclass(slots=True)
class Folded:
    """What the cells of one metric, one group and one bucket add up to."""

    n: int = 0
    total: float = 0.0
    cells: int = 0
    latest: dict[UUID, tuple[int, float, int]] = field(default_factory=dict)

    def add(self, n: int, total: float, cells: int) -> None:
        """Take one cell in."""
        self.n += n
        self.total += total
        self.cells += cells

    def note_latest(self, source: UUID, slot: int, *, n: int, total: float) -> None:
        """Remember a source's latest slot; metrics of kind *last* are answered from it."""
        known = self.latest.get(source)
        if known is None or slot > known[0]:
            self.latest[source] = (slot, total, n)
        elif slot == known[0]:
            self.latest[source] = (slot, known[1] + total, known[2] + n)

    def join(self, other: Folded) -> None:
        """Take another fold in, as when hidden groups become Other."""
        self.n += other.n
        self.total += other.total
        self.cells += other.cells
        for source, (slot, total, n) in other.latest.items():
            self.note_latest(source, slot, n=n, total=total)

    @property
    def last(self) -> float:
        return sum(total for _, total, _ in self.latest.values())


def joined(parts: Iterable[Folded]) -> Folded | None:
    """All parts as one, None if there are none."""
    found: Folded | None = None
    for part in parts:
        found = found or Folded()
        found.join(part)
    return found


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known about a bucket apart from its cells.

    ``proved``: every source saw all of it. ``open``: it holds a day that isn't over or that a source
    hasn't reached. ``note`` says which.
    """

    proved: bool = False
    open: bool = False
    note: str = ""


def rounded(value: float) -> float:
    """Twelve significant digits: where sums of doubles in another order begin to differ."""
    return float(f"{value:.12g}")


def base_value(definition: Definition, folded: Folded | None, seen: Seen) -> Value:
    """The value of a stored metric."""
    if folded is None:
        return _nothing(definition, seen)
    state = "partial" if seen.open else "value"
    if definition.kind == "distinct" and folded.cells > 1:
        return Value(None, "na", folded.n, "Distinct counts of several days or parts can't be added.")
    number = _number(definition, folded)
    if number is None:
        return _nothing(definition, seen)
    if number == 0 and state == "value":
        state = "zero"
    small = definition.floor > 0 and folded.n < definition.floor and definition.kind in ("mean", "percentile")
    return Value(rounded(number), state, folded.n, seen.note if seen.open else "", small)  # type: ignore[arg-type]


def _number(definition: Definition, folded: Folded) -> float | None:
    if definition.kind == "last":
        return folded.last
    if definition.kind == "mean":
        return folded.total / folded.n if folded.n else None
    return folded.total


def _nothing(definition: Definition, seen: Seen) -> Value:
    """No cell at all: a true zero where the sync proved it, else missing."""
    if definition.kind == "sum" and seen.proved:
        return Value(0.0, "partial" if seen.open else "zero", 0, seen.note)
    return Value(None, "missing", 0, seen.note)


def ratio_value(definition: Definition, top: Value, bottom: Value) -> Value:
    """Sum over sum. Without a denominator it is missing, with a zero one not applicable."""
    if top.state == "na" or bottom.state == "na":
        return Value(None, "na", 0, top.note or bottom.note)
    if top.value is None or bottom.value is None:
        return Value(None, "missing", 0, top.note or bottom.note)
    if bottom.value == 0:
        return Value(None, "na", 0, "The denominator is zero.")
    state = "partial" if "partial" in (top.state, bottom.state) else "zero" if top.value == 0 else "value"
    n = int(bottom.value) if bottom.value < 2**53 else bottom.n
    small = definition.floor > 0 and n < definition.floor
    return Value(rounded(top.value / bottom.value), state, n, top.note or bottom.note, small)  # type: ignore[arg-type]


def percentile_value(definition: Definition, values: list[float], seen: Seen) -> Value:
    """The percentile of single values, interpolated between the two nearest (as ``percentile_cont``)."""
    if not values or definition.percentile is None:
        return MISSING
    values.sort()
    # a rank is written 0.95 or 95
    rank = definition.percentile if definition.percentile <= 1 else definition.percentile / 100
    number = quantile(values, rank)
    small = definition.floor > 0 and len(values) < definition.floor
    return Value(rounded(number), "partial" if seen.open else "value", len(values), seen.note, small)
