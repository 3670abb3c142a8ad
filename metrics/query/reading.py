"""From the store to folds: by rollup where the question allows it, else by observations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from metrics.catalog import Definition
from metrics.query import facts
from metrics.query.cells import Cells
from metrics.query.filters import Filter
from metrics.query.folding import Folded
from metrics.query.found import Found, Group
from metrics.query.model import NOT_SET, SOURCE
from metrics.query.slots import Slots
from metrics.store import reads
from metrics.store.reads import Strip

#: what the cells of one metric of one source hold, by day: how many observations, and what adds up
_ByDay = dict[tuple[str, UUID], dict[int, tuple[int, float]]]


def read(cells: Cells, bases: Sequence[Definition], slots: Slots, dimensions: tuple[str, ...], where: Filter) -> Found:
    """Everything that the asked metrics need for this period."""
    found = Found(slots)
    keys = [one.key for one in bases]
    if not keys:
        return found
    named = {*dimensions, *where.dimensions()} - {SOURCE}
    by_rollup = slots.grain != "hour" and slots.until is None and len(named) <= 1
    if by_rollup:
        _Rollups(found, bases, dimensions, where, next(iter(named), "")).read(cells)
    else:
        found.fills = reads.fills(cells.store, keys)
        facts.read_facts(cells.store, found, bases, dimensions, where)
    singles = [one for one in bases if one.kind == "percentile"]
    if singles:
        facts.read_singles(cells.store, found, singles, dimensions, where)
    return found


@dataclass
class _Rollups:
    """A question about a total or one dimension, answered from day cells."""

    found: Found
    bases: Sequence[Definition]
    dimensions: tuple[str, ...]
    where: Filter
    dimension: str
    groups: dict[object, Group | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kinds: dict[str, str] = {one.key: one.kind for one in self.bases}
        self.sources_matter = SOURCE in {*self.dimensions, *self.where.dimensions()}

    def read(self, cells: Cells) -> None:
        slots = self.found.slots
        ask = cells.sums if slots.grain is None and self._add_up() else cells.days
        strips, self.found.fills = ask(list(self.kinds), self.dimension, slots.period)
        strips = [one for one in strips if one.days]
        parts = strips
        if self.dimension:
            parts = self._with_rest(strips)
            self._warn_unknown(parts)
        for strip in parts:
            group = self._group(strip)
            if group is not None:
                self.found.folds_of(strip.metric, group).add_strip(strip, slots.places)
                if self.kinds[strip.metric] == "last":
                    self.found.note_latest(strip, group)
        if self.dimension and self.dimension not in self.where.dimensions():
            self._total_distincts(strips)

    def _add_up(self) -> bool:
        """Whether nobody needs to know the days: the database may add them up."""
        return all(kind in ("sum", "mean", "percentile") for kind in self.kinds.values())

    def _group(self, strip: Strip) -> Group | None:
        """The group of a strip; None where the filter doesn't accept it."""
        key = (strip.source, strip.group) if self.sources_matter else strip.group
        if key not in self.groups:
            has = {SOURCE: str(strip.source)}
            if strip.group is not None:
                has[self.dimension] = strip.group
            accepted = self.where.accepts(has)
            self.groups[key] = tuple(has.get(one, NOT_SET) for one in self.dimensions) if accepted else None
        return self.groups[key]

    def _with_rest(self, strips: list[Strip]) -> list[Strip]:
        """Strips of the dimension's values, and what is left of the total without one as "(not set)"."""
        kept = [one for one in strips if one.group is not None]
        # a source may send days and instants of one metric: both totals belong to the same parts
        wholes = _by_day(one for one in strips if one.group is None and self.kinds[one.metric] != "distinct")
        parts = _by_day(kept)
        for (metric, source), days in wholes.items():
            of_parts = parts.get((metric, source), {})
            rest = Strip(metric, source, NOT_SET, [], [], [])
            for day, (n, total) in days.items():
                n_parts, total_parts = of_parts.get(day, (0, 0.0))
                if n != n_parts:
                    rest.days.append(day)
                    rest.ns.append(n - n_parts)
                    rest.totals.append(total - total_parts)
            if rest.days:
                kept.append(rest)
        return kept

    def _warn_unknown(self, parts: list[Strip]) -> None:
        having = {one.metric for one in parts if one.group != NOT_SET}
        unknown = {one.metric for one in parts} - having
        self.found.warnings += [
            f"{one.label} has no dimension “{self.dimension}” in this range: all of it is {NOT_SET}."
            for one in self.bases
            if one.key in unknown
        ]

    def _total_distincts(self, strips: list[Strip]) -> None:
        """The total of a distinct count is its own count, not the sum of its parts; missing where nobody counted it."""
        wholes = {key: Folded() for key, kind in self.kinds.items() if kind == "distinct"}
        for strip in strips:
            whole = wholes.get(strip.metric) if strip.group is None else None
            if whole is not None and self.where.accepts({SOURCE: str(strip.source)}):
                whole.join(Folded(sum(strip.ns), sum(strip.totals), len(strip.days)))
        self.found.wholes = wholes


def _by_day(strips: Iterable[Strip]) -> _ByDay:
    found: _ByDay = {}
    for strip in strips:
        known = found.setdefault((strip.metric, strip.source), {})
        for day, n, total in zip(strip.days, strip.ns, strip.totals, strict=True):
            before = known.get(day, (0, 0.0))
            known[day] = (before[0] + n, before[1] + total)
    return found
