"""The one query engine: pages, API, exports, alerts and reports all ask here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import repeat

from livinglytics.lib import buckets, clock
from livinglytics.lib.buckets import Period
from metrics.catalog import Definition
from metrics.catalog.team import Catalog
from metrics.query import comparison, folding, knowing, ordering
from metrics.query.cells import Cells
from metrics.query.context import Context, context
from metrics.query.folding import Folded, Seen
from metrics.query.found import Found, Group
from metrics.query.knowing import Knowledge
from metrics.query.model import Answer, Compared, Query, Row, Value, Workspace
from metrics.query.reading import read
from metrics.query.restated import restated
from metrics.query.slots import Slots
from metrics.store import Store, for_team


def ask(workspace: Workspace, query: Query, *, now: datetime | None = None, known: Context | None = None) -> Answer:
    """Answer one question. Raises Invalid for an unknown metric or a range that can't be shown.

    ``known``: the team's catalog and data version, where the caller of several questions holds them already.
    """
    known = known or context(workspace.team_id)
    definitions = tuple(known.catalog.get(key) for key in query.metrics)
    asking = Asking(workspace, query, now or clock.now(), definitions, _bases(definitions, known.catalog))
    return asking.answer(known.version)


def _bases(definitions: Sequence[Definition], catalog: Catalog) -> tuple[Definition, ...]:
    """The stored metrics behind the asked ones, each once."""
    keys = dict.fromkeys(key for one in definitions for key in one.bases())
    return tuple(catalog.find(key) or Definition(key, key) for key in keys)


@dataclass
class Asking:
    """One question on its way to an answer."""

    workspace: Workspace
    query: Query
    now: datetime
    definitions: tuple[Definition, ...]
    bases: tuple[Definition, ...]
    cells: Cells | None = None
    sides: dict[tuple[Period, datetime | None], tuple[Value, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store: Store = for_team(self.workspace.team_id)
        self.rollups = self.cells or Cells(self.store, self.query.period, comparison.against(self.query))
        self.today: date = buckets.local_day(self.now, self.workspace.zone)
        self.by_key = {one.key: one for one in self.bases}

    def answer(self, version: int) -> Answer:
        """Read, fold, order, cut, compare."""
        rows, totals = self._read()
        found = self.found
        other_period = comparison.against(self.query)
        warnings = [*found.warnings]
        if other_period is not None:
            rows, totals = self._compare(rows, totals, other_period)
        answer = Answer(
            query=self.query,
            definitions=self.definitions,
            rows=rows,
            totals=totals,
            workspace=self.workspace,
            today=self.today,
            data_version=version,
            total_rows=len(rows),
            freshness=knowing.freshness(found.fills),
            provisional_from=knowing.provisional_from(self.definitions, self.now, self.workspace.zone),
            restated=restated(self.store, list(self.by_key), self.query.period) if self.query.notes else [],
            warnings=warnings,
            against=other_period,
            asked_at=self.now,
        )
        return ordering.cut(answer, lambda groups: self._other(found, groups))

    def _read(self) -> tuple[list[Row], Row]:
        """The rows of the question and its totals. What they were made of is kept for the comparison."""
        slots = Slots(self.query.period, self.query.grain, self.workspace)
        self.found = read(self.rollups, self.bases, slots, self.query.dimensions, self.query.where)
        self.known = knowing.knowledge(self.found.fills, self.by_key, self.today)
        rows, totals = self._rows(self.found), self._total(self.found)
        self.whole = totals.values
        return rows, totals

    def _rows(self, found: Found) -> list[Row]:
        """A row per group and bucket; without dimensions every bucket has one, empty or not."""
        slots = found.slots
        groups = found.groups() if self.query.dimensions else [()]
        spans = slots.days if slots.grain is None else [days for days in slots.days if days.first <= self.today]
        seen = self._seen(spans)
        rows: list[Row] = []
        for group in groups:
            base = {one.key: self._column(found, one, group, seen[one.key]) for one in self.bases}
            columns = [_ratios(one, base) if one.parts else base[one.key] for one in self.definitions]
            rows += map(Row, zip(*columns, strict=True), slots.labels, repeat(group))
        return rows

    def _seen(self, spans: Sequence[Period]) -> dict[str, list[Seen]]:
        """What is known of these days, by metric; metrics with the same promises share it."""
        made: dict[object, list[Seen]] = {}
        found = {}
        for key in self.by_key:
            known = self.known[key]
            if known.promises not in made:
                made[known.promises] = [known.seen(days) for days in spans]
            found[key] = made[known.promises]
        return found

    def _column(self, found: Found, base: Definition, group: Group, seen: Sequence[Seen]) -> list[Value]:
        """One stored metric's values of a group, bucket by bucket."""
        if base.kind == "percentile":
            values = [found.singles.get((base.key, group, bucket), []) for bucket in range(len(seen))]
            return [folding.percentile_value(base, one, known) for one, known in zip(values, seen, strict=True)]
        return folding.base_values(base, found.folds.get((base.key, group)), seen)

    def _values(self, base: dict[str, Value]) -> tuple[Value, ...]:
        return tuple(
            folding.ratio_value(one, base[one.parts[0]], base[one.parts[1]]) if one.parts else base[one.key]
            for one in self.definitions
        )

    def _total(self, found: Found) -> Row:
        """The whole period over all groups, at its own grain: never the sum of the rows."""
        group = ("*",) if self.query.dimensions else ()
        return Row(self._whole(found.slots.period, lambda key: found.singles.get((key, group, -1), []), found.total))

    def _whole(
        self, period: Period, singles: Callable[[str], list[float]], folded: Callable[[str], Folded]
    ) -> tuple[Value, ...]:
        """One value per metric for all of a period."""
        base: dict[str, Value] = {}
        for key, (seen,) in self._seen([period]).items():
            one = self.by_key[key]
            if one.kind == "percentile":
                base[key] = folding.percentile_value(one, list(singles(key)), seen)
            else:
                base[key] = folding.base_value(one, folded(key), seen)
        return self._values(base)

    def _other(self, found: Found, groups: Sequence[Group]) -> Row:
        """What the limit cut, as one row that makes the totals add up."""
        base: dict[str, Value] = {}
        for key, (seen,) in self._seen([self.query.period]).items():
            one = self.by_key[key]
            if one.kind == "percentile":
                values = [v for group in groups for v in found.singles.get((key, group, -1), [])]
                base[key] = folding.percentile_value(one, values, Seen())
            else:
                base[key] = folding.base_value(one, found.part(key, groups), seen)
        return Row(self._values(base), dimensions=("Other",) * len(self.query.dimensions))

    def _compare(self, rows: list[Row], totals: Row, other: Period) -> tuple[list[Row], Row]:
        """The same question about the other period, row beside row, and honest changes for the totals."""
        before = Asking(self.workspace, replace(self.query, period=other, compare=None), self.now, *self._same())
        earlier, whole = before._read()
        self.earlier = before
        rows = ordering.beside(rows, earlier, grained=self.query.grain is not None)
        compared = tuple(self._compared(index, one) for index, one in enumerate(self.definitions))
        return rows, totals._replace(before=whole.values, compared=compared)

    def _same(self) -> tuple[tuple[Definition, ...], tuple[Definition, ...], Cells]:
        return self.definitions, self.bases, self.rollups

    def _compared(self, index: int, definition: Definition) -> Compared:
        """One metric over its fair basis. Most metrics of a question share one, so reads are remembered."""
        fills = tuple(fill for key in definition.bases() for fill in self.known[key].fills)
        basis = comparison.basis(self.query, Knowledge(fills, self.today), self.workspace, self.now)
        if basis.now is None or basis.against is None:
            nothing = Value(None, "na", 0, basis.rule)
            return Compared(nothing, nothing, self.query.period, self.query.period, basis.rule)
        if basis.until is None:
            self.rollups.expect(basis.now, basis.against)
        now = self._side(self, basis.now, None)[index]
        before = self._side(self.earlier, basis.against, basis.until)[index]
        return Compared(now, before, basis.now, basis.against, basis.rule)

    def _side(self, asked: Asking, period: Period, until: datetime | None) -> tuple[Value, ...]:
        """Totals of one side of a comparison: those of a question asked already, some of its days, or read anew."""
        if (period, until) not in self.sides:
            simple = until is None and not self.query.dimensions and self.query.grain != "hour"
            if simple and period == asked.query.period:
                values = asked.whole
            elif simple and self.query.grain == "day":
                values = asked._among_days(period)
            else:
                values = self._asked_again(period, until)
            self.sides[period, until] = values
        return self.sides[period, until]

    def _among_days(self, period: Period) -> tuple[Value, ...]:
        """Totals of some of the days that were read already."""
        inside = [bucket for bucket, day in enumerate(self.found.slots.starts) if day in period]
        days = slice(inside[0], inside[-1] + 1) if inside else slice(0)
        found = self.found

        def singles(key: str) -> list[float]:
            return [value for day in inside for value in found.singles.get((key, (), day), [])]

        def folded(key: str) -> Folded:
            return found.folds[key, ()].whole(days) if (key, ()) in found.folds else Folded()

        return self._whole(period, singles, folded)

    def _asked_again(self, period: Period, until: datetime | None) -> tuple[Value, ...]:
        query = replace(self.query, period=period, grain=None, compare=None, dimensions=())
        side = Asking(self.workspace, query, self.now, *self._same())
        found = read(side.rollups, side.bases, Slots(period, None, self.workspace, until), (), query.where)
        side.known = knowing.knowledge(found.fills, self.by_key, self.today)
        return side._total(found).values


def _ratios(definition: Definition, base: Mapping[str, Sequence[Value]]) -> list[Value]:
    """A column of sums over sums."""
    tops, bottoms = (base[key] for key in definition.bases())
    return [folding.ratio_value(definition, top, bottom) for top, bottom in zip(tops, bottoms, strict=True)]
