"""From observations to folds: hours, several dimensions, single values of percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from livinglytics.lib.errors import Invalid
from metrics.catalog import Definition
from metrics.models import Clock, Fold
from metrics.query.filters import Filter
from metrics.query.found import Found, Group
from metrics.query.model import NOT_SET, SOURCE
from metrics.store import Store, reads
from metrics.store.reads import Line

MOST_VALUES = 500_000
_FOLDS = {"last": Fold.LAST}


def read_facts(
    store: Store, found: Found, bases: Sequence[Definition], dimensions: tuple[str, ...], where: Filter
) -> None:
    """Fold observations of every series that the filter accepts."""
    lines = reads.lines(store, [one.key for one in bases])
    for base in bases:
        mine = [line for line in lines if line.metric == base.key and where.accepts(_has(line))]
        mine = [line for line in mine if _counts_in(line, base, dimensions)]
        for clock in Clock:
            _read_clock(store, found, base, [line for line in mine if line.clock == clock], dimensions, clock)
        if found.slots.grain == "hour" and any(line.clock == Clock.DAY for line in mine):
            found.warnings.append(f"{base.label} is only known per day: hours leave those sources out.")


def _counts_in(line: Line, base: Definition, dimensions: tuple[str, ...]) -> bool:
    """A distinct count stands only where it was counted: with exactly the dimensions asked for."""
    if base.kind != "distinct":
        return True
    return set(line.dimensions) == set(dimensions) - {SOURCE}


def _has(line: Line) -> dict[str, str]:
    return {**line.dimensions, SOURCE: str(line.source)}


def _group(line: Line, dimensions: tuple[str, ...]) -> Group:
    has = _has(line)
    return tuple(has.get(one, NOT_SET) for one in dimensions)


def _read_clock(
    store: Store, found: Found, base: Definition, lines: list[Line], dimensions: tuple[str, ...], clock: Clock
) -> None:
    names: dict[tuple[UUID, Group], int] = {}
    pairs: list[tuple[int, int]] = []
    for line in lines:
        key = (line.source, _group(line, dimensions))
        pairs.append((line.id, names.setdefault(key, len(names))))
    back = {number: key for key, number in names.items()}
    fold, slots = _FOLDS.get(base.kind, Fold.SUM), found.slots
    for number, slot, n, total, count in reads.fact_cells(store, pairs, slots.spans(clock), clock=clock, fold=fold):
        source, group = back[number]
        folds, bucket = found.folds_of(base.key, group), slots.places[slot]
        folds.add(bucket, n=int(n), total=total, cells=count if base.kind == "distinct" else 1)
        if base.kind == "last":
            folds.note_latest(bucket, source, slot, total)


def read_singles(
    store: Store, found: Found, bases: Sequence[Definition], dimensions: tuple[str, ...], where: Filter
) -> None:
    """Percentiles are computed from single values, which are read once for all buckets."""
    lines = reads.lines(store, [one.key for one in bases])
    for base in bases:
        mine = [line for line in lines if line.metric == base.key and where.accepts(_has(line))]
        for clock in Clock:
            chosen = [line for line in mine if line.clock == clock]
            spans = found.slots.spans(clock)
            if not chosen or not spans:
                continue
            groups = {line.id: _group(line, dimensions) for line in chosen}
            rows = reads.single_values(
                store, [(line.id, line.id) for line in chosen], spans[0][1], spans[-1][2], limit=MOST_VALUES
            )
            if len(rows) > MOST_VALUES:
                message = f"{base.label} has over {MOST_VALUES:,} single values in this range; choose a shorter one."
                raise Invalid(message, details={"range": [message]})
            _sort_singles(found, base.key, groups, rows, spans)


def _sort_singles(
    found: Found,
    metric: str,
    groups: dict[int, Group],
    rows: list[tuple[int, int, float]],
    spans: list[tuple[int, int, int]],
) -> None:
    ordered = sorted(rows, key=lambda row: row[1])
    place = 0
    for line, at, value in ordered:
        while place < len(spans) - 1 and at >= spans[place][2]:
            place += 1
        bucket = found.slots.places[spans[place][0]]
        for key in ((metric, groups[line], bucket), (metric, groups[line], -1), (metric, ("*",), -1)):
            found.singles.setdefault(key, []).append(value)
