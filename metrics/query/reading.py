"""From the store to folds: by rollup where the question allows it, else by observations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from livinglytics.lib.errors import Invalid
from metrics.catalog import Definition
from metrics.models import Clock, Fold
from metrics.query.cells import Cells
from metrics.query.filters import Filter
from metrics.query.folding import Folded
from metrics.query.model import NOT_SET, SOURCE
from metrics.query.slots import Slots
from metrics.store import Store, reads
from metrics.store.reads import Cell, Fill, Line

Group = tuple[str, ...]
MOST_VALUES = 500_000
_FOLDS = {"last": Fold.LAST}


@dataclass
class Found:
    """Folds by (metric, group, bucket) and by (metric, group); single values of percentiles; fills.

    ``lasting``: the metrics whose latest day counts.
    """

    lasting: frozenset[str] = frozenset()
    slots: dict[tuple[str, Group, int], Folded] = field(default_factory=dict)
    groups: dict[tuple[str, Group], Folded] = field(default_factory=dict)
    totals: dict[str, Folded] = field(default_factory=dict)
    singles: dict[tuple[str, Group, int], list[float]] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, metric: str, group: Group, bucket: int, cell: Cell) -> None:
        """Put one cell into its bucket. ``sum_up`` makes groups and totals of the buckets."""
        key = (metric, group, bucket)
        folded = self.slots.get(key)
        if folded is None:
            folded = self.slots[key] = Folded()
        folded.add(cell.n, cell.total, cell.cells)
        if metric in self.lasting:
            folded.note_latest(cell.source, cell.slot, n=cell.n, total=cell.total)

    def sum_up(self) -> None:
        """Groups are their buckets, totals their groups, joined."""
        for (metric, group, _), folded in self.slots.items():
            known = self.groups.get((metric, group))
            if known is None:
                known = self.groups[metric, group] = Folded()
            known.join(folded)
        for (metric, _), folded in self.groups.items():
            whole = self.totals.get(metric)
            if whole is None:
                whole = self.totals[metric] = Folded()
            whole.join(folded)


def read(cells: Cells, bases: Sequence[Definition], slots: Slots, dimensions: tuple[str, ...], where: Filter) -> Found:
    """Everything that the asked metrics need for this period."""
    store = cells.store
    found = Found(lasting=frozenset(one.key for one in bases if one.kind == "last"))
    keys = [one.key for one in bases]
    if not keys:
        return found
    named = [one for one in dimensions if one != SOURCE]
    filtered = where.dimensions()
    plain = filtered - {SOURCE}
    by_rollup = slots.grain != "hour" and slots.until is None and len({*named, *plain}) <= 1
    if by_rollup:
        _read_rollups(cells, found, bases, slots, dimensions, where)
    else:
        found.fills = reads.fills(store, keys)
        _read_facts(store, found, bases, slots, dimensions, where)
        found.sum_up()
    singles = [one for one in bases if one.kind == "percentile"]
    if singles:
        _read_singles(store, found, singles, slots, dimensions, where)
    return found


def _read_rollups(
    rollups: Cells,
    found: Found,
    bases: Sequence[Definition],
    slots: Slots,
    dimensions: tuple[str, ...],
    where: Filter,
) -> None:
    dimension = next(iter({*dimensions, *where.dimensions()} - {SOURCE}), "")
    read_cells = rollups.sums if slots.grain is None and _add_up(bases) else rollups.read
    cells, found.fills = read_cells([one.key for one in bases], dimension, slots.period)
    kinds: dict[str, str] = {one.key: one.kind for one in bases}
    all_cells = cells
    if dimension:
        cells = _with_rest(cells, kinds)
        _warn_unknown(found, cells, dimension, bases)
    groups: dict[tuple[UUID, str | None], Group | None] = {}
    for cell in cells:
        parts = (cell.source, cell.group)
        if parts not in groups:
            has = {SOURCE: str(cell.source)} | ({dimension: cell.group} if dimension else {})
            groups[parts] = tuple(has.get(one, NOT_SET) for one in dimensions) if where.accepts(has) else None
        group = groups[parts]
        if group is not None:
            found.add(cell.metric, group, slots.bucket_of(cell.slot), cell)
    found.sum_up()
    if dimension and dimension not in where.dimensions():
        _total_distincts(found, all_cells, kinds, where)


def _add_up(bases: Sequence[Definition]) -> bool:
    """Whether nobody needs to know the days: the database may add them up."""
    return all(one.kind in ("sum", "mean", "percentile") for one in bases)


def _total_distincts(found: Found, cells: list[Cell], kinds: dict[str, str], where: Filter) -> None:
    """The total of a distinct count is its own count, not the sum of its parts."""
    for metric in [one for one in found.totals if kinds[one] == "distinct"]:
        found.totals[metric] = Folded()
    for cell in cells:
        if cell.group is None and kinds[cell.metric] == "distinct" and where.accepts({SOURCE: str(cell.source)}):
            total = found.totals.setdefault(cell.metric, Folded())
            total.add(cell.n, cell.total, cell.cells)


def _with_rest(cells: list[Cell], kinds: dict[str, str]) -> list[Cell]:
    """Cells of the dimension's values, and what is left of the total without one as "(not set)"."""
    kept = [cell for cell in cells if cell.group is not None]
    parts: dict[tuple[str, UUID, int], tuple[int, float]] = {}
    for cell in kept:
        n, total = parts.get((cell.metric, cell.source, cell.slot), (0, 0.0))
        parts[cell.metric, cell.source, cell.slot] = (n + cell.n, total + cell.total)
    # a source may send days and instants of one metric: both totals belong to the same parts
    wholes: dict[tuple[str, UUID, int], Cell] = {}
    for cell in cells:
        if cell.group is None and kinds[cell.metric] != "distinct":
            known = wholes.get((cell.metric, cell.source, cell.slot))
            both = cell if known is None else cell._replace(n=cell.n + known.n, total=cell.total + known.total)
            wholes[cell.metric, cell.source, cell.slot] = both
    for key, whole in wholes.items():
        n, total = parts.get(key, (0, 0.0))
        if whole.n != n:
            kept.append(whole._replace(group=NOT_SET, n=whole.n - n, total=whole.total - total))
    return kept


def _warn_unknown(found: Found, cells: list[Cell], dimension: str, bases: Sequence[Definition]) -> None:
    having = {cell.metric for cell in cells if cell.group != NOT_SET}
    for one in bases:
        if one.key not in having and any(cell.metric == one.key for cell in cells):
            found.warnings.append(f"{one.label} has no dimension “{dimension}” in this range: all of it is {NOT_SET}.")


def _read_facts(
    store: Store,
    found: Found,
    bases: Sequence[Definition],
    slots: Slots,
    dimensions: tuple[str, ...],
    where: Filter,
) -> None:
    lines = reads.lines(store, [one.key for one in bases])
    for base in bases:
        mine = [line for line in lines if line.metric == base.key and where.accepts(_has(line))]
        mine = [line for line in mine if _counts_in(line, base, dimensions)]
        for clock in Clock:
            _read_clock(store, found, base, [line for line in mine if line.clock == clock], slots, dimensions, clock)
        if slots.grain == "hour" and any(line.clock == Clock.DAY for line in mine):
            found.warnings.append(f"{base.label} is only known per day: hours leave those sources out.")


def _counts_in(line: Line, base: Definition, dimensions: tuple[str, ...]) -> bool:
    """A distinct count stands only where it was counted: with exactly the dimensions asked for."""
    if base.kind != "distinct":
        return True
    return set(line.dimensions) == set(dimensions) - {SOURCE}


def _has(line: Line) -> dict[str, str]:
    return {**line.dimensions, SOURCE: str(line.source)}


def _read_clock(
    store: Store,
    found: Found,
    base: Definition,
    lines: list[Line],
    slots: Slots,
    dimensions: tuple[str, ...],
    clock: Clock,
) -> None:
    names: dict[tuple[UUID, Group], int] = {}
    pairs: list[tuple[int, int]] = []
    for line in lines:
        has = _has(line)
        group = tuple(has.get(one, NOT_SET) for one in dimensions)
        pairs.append((line.id, names.setdefault((line.source, group), len(names))))
    back = {number: key for key, number in names.items()}
    fold = _FOLDS.get(base.kind, Fold.SUM)
    for number, slot, n, total, count in reads.fact_cells(store, pairs, slots.spans(clock), clock=clock, fold=fold):
        source, group = back[number]
        cells = count if base.kind == "distinct" else 1
        cell = Cell(base.key, source, None, slot, int(n), total, cells)
        found.add(base.key, group, slots.bucket_of(slot), cell)


def _read_singles(
    store: Store,
    found: Found,
    bases: Sequence[Definition],
    slots: Slots,
    dimensions: tuple[str, ...],
    where: Filter,
) -> None:
    """Percentiles are computed from single values, which are read once for all buckets."""
    lines = reads.lines(store, [one.key for one in bases])
    for base in bases:
        mine = [line for line in lines if line.metric == base.key and where.accepts(_has(line))]
        for clock in Clock:
            chosen = [line for line in mine if line.clock == clock]
            spans = slots.spans(clock)
            if not chosen or not spans:
                continue
            groups = {line.id: tuple(_has(line).get(one, NOT_SET) for one in dimensions) for line in chosen}
            rows = reads.single_values(
                store, [(line.id, line.id) for line in chosen], spans[0][1], spans[-1][2], limit=MOST_VALUES
            )
            if len(rows) > MOST_VALUES:
                message = f"{base.label} has over {MOST_VALUES:,} single values in this range; choose a shorter one."
                raise Invalid(message, details={"range": [message]})
            _sort_singles(found, base.key, groups, rows, slots, spans)


def _sort_singles(
    found: Found,
    metric: str,
    groups: dict[int, Group],
    rows: list[tuple[int, int, float]],
    slots: Slots,
    spans: list[tuple[int, int, int]],
) -> None:
    ordered = sorted(rows, key=lambda row: row[1])
    place = 0
    for line, at, value in ordered:
        while place < len(spans) - 1 and at >= spans[place][2]:
            place += 1
        bucket = slots.bucket_of(spans[place][0])
        for key in ((metric, groups[line], bucket), (metric, groups[line], -1), (metric, ("*",), -1)):
            found.singles.setdefault(key, []).append(value)
