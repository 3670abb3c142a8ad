"""Cells of days become one value: the rules of each kind of metric, and of what is not known.

A sum adds. A mean is total over n. *Last* takes each source's latest day and adds over sources.
A distinct count stands for the one day it was counted on; of several, it is not applicable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from metrics.catalog import Definition
from metrics.query.model import MISSING, Value
from metrics.stats.quantiles import quantile
from metrics.store.reads import Strip

_ALL = slice(None)
_SHORT = 1e9


@dataclass(slots=True)
class Latest:
    """The latest slot of every source, and what it adds up to there."""

    by_source: dict[UUID, tuple[int, float]] = field(default_factory=dict)

    def note(self, source: UUID, slot: int, total: float) -> None:
        """Take a cell in: a later one replaces, one of the same slot is added."""
        known = self.by_source.get(source)
        if known is None or slot > known[0]:
            self.by_source[source] = (slot, total)
        elif slot == known[0]:
            self.by_source[source] = (slot, known[1] + total)

    def join(self, other: Latest) -> None:
        for source, (slot, total) in other.by_source.items():
            self.note(source, slot, total)

    @property
    def total(self) -> float:
        return sum(total for _, total in self.by_source.values())


@dataclass(slots=True)
class Folded:
    """What the cells of one metric add up to. ``latest`` is kept for metrics of kind *last* only."""

    n: int = 0
    total: float = 0.0
    cells: int = 0
    latest: Latest | None = None

    def join(self, other: Folded) -> None:
        """Take another fold in, as when hidden groups become Other."""
        self.n += other.n
        self.total += other.total
        self.cells += other.cells
        if other.latest is not None:
            self.latest = self.latest or Latest()
            self.latest.join(other.latest)


def joined(parts: Iterable[Folded]) -> Folded:
    """All parts as one; without cells if there are none."""
    found = Folded()
    for part in parts:
        found.join(part)
    return found


class Folds:
    """What the cells of one metric and one group add up to, bucket by bucket, in lists side by side."""

    __slots__ = ("cells", "latest", "n", "total")

    def __init__(self, buckets: int) -> None:
        self.n = [0] * buckets
        self.total = [0.0] * buckets
        self.cells = [0] * buckets
        self.latest: dict[int, Latest] = {}

    def add(self, bucket: int, *, n: int, total: float, cells: int = 1) -> None:
        """Take one cell in."""
        self.n[bucket] += n
        self.total[bucket] += total
        self.cells[bucket] += cells

    def add_strip(self, strip: Strip, places: Mapping[int, int]) -> None:
        """Take the cells of a strip in; ``places`` says into which bucket a day falls. The loop of every question."""
        ns, totals, cells = self.n, self.total, self.cells
        for bucket, n, total in zip(map(places.__getitem__, strip.days), strip.ns, strip.totals, strict=True):
            ns[bucket] += n
            totals[bucket] += total
            cells[bucket] += 1

    def note_latest(self, bucket: int, source: UUID, slot: int, total: float) -> None:
        """Remember a source's latest slot of the bucket; metrics of kind *last* are answered from it."""
        self.latest.setdefault(bucket, Latest()).note(source, slot, total)

    def whole(self, buckets: slice = _ALL) -> Folded:
        """All buckets, or some neighbours, as one."""
        folded = Folded(sum(self.n[buckets]), sum(self.total[buckets]), sum(self.cells[buckets]))
        if self.latest:
            folded.latest = Latest()
            for bucket in range(len(self.n))[buckets]:
                if bucket in self.latest:
                    folded.latest.join(self.latest[bucket])
        return folded

    def numbers(self, kind: str) -> Sequence[float | None]:
        """Every bucket's number by the rule of the kind."""
        if kind == "last":
            return [self.latest[bucket].total if bucket in self.latest else 0.0 for bucket in range(len(self.n))]
        if kind == "mean":
            return [total / n if n else None for total, n in zip(self.total, self.n, strict=True)]
        return self.total


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
    if -_SHORT < value < _SHORT:
        # whole cents of this size have no more digits than that: the same answer for half the time
        cents = round(value * 100) / 100
        if cents == value:
            return cents
    return float(f"{value:.12g}")


def base_values(definition: Definition, folds: Folds | None, seen: Sequence[Seen]) -> list[Value]:
    """The values of a stored metric, bucket by bucket."""
    if folds is None:
        return [_nothing(definition, one) for one in seen]
    numbers = folds.numbers(definition.kind)
    known = zip(numbers, folds.n, folds.cells, seen)  # noqa: B905  buckets that have not begun yet are not seen
    return [_value(definition, number, n, cells, one) for number, n, cells, one in known]


def base_value(definition: Definition, folded: Folded, seen: Seen) -> Value:
    """The value of a stored metric."""
    return _value(definition, _number(definition, folded), folded.n, folded.cells, seen)


def _number(definition: Definition, folded: Folded) -> float | None:
    if definition.kind == "last":
        return folded.latest.total if folded.latest else 0.0
    if definition.kind == "mean":
        return folded.total / folded.n if folded.n else None
    return folded.total


def _value(definition: Definition, number: float | None, n: int, cells: int, seen: Seen) -> Value:
    if cells > 1 and definition.kind == "distinct":
        return Value(None, "na", n, "Distinct counts of several days or parts can't be added.")
    if not cells or number is None:
        return _nothing(definition, seen)
    small = n < definition.floor and definition.kind in ("mean", "percentile")
    if seen.open:
        return Value(rounded(number), "partial", n, seen.note, small)
    return Value(rounded(number), "value" if number else "zero", n, "", small)


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
