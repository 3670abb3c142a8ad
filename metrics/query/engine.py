"""The one query engine: pages, API, exports, alerts and reports all ask here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from livinglytics.lib import buckets, clock
from metrics.catalog import Definition
from metrics.catalog.team import Catalog
from metrics.query import comparison, folding, knowing, ordering
from metrics.query.cells import Cells
from metrics.query.context import Context, context
from metrics.query.folding import Seen
from metrics.query.knowing import Knowledge
from metrics.query.model import Answer, Compared, Query, Row, Value, Workspace
from metrics.query.reading import Found, Group, read
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
    sides: dict[tuple[buckets.Period, datetime | None], tuple[Value, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store: Store = for_team(self.workspace.team_id)
        self.rollups = self.cells or Cells(self.store, self.query.period, comparison.against(self.query))
        self.today: date = buckets.local_day(self.now, self.workspace.zone)
        self.by_key = {one.key: one for one in self.bases}

    def answer(self, version: int) -> Answer:
        """Read, fold, order, cut, compare."""
        slots = Slots(self.query.period, self.query.grain, self.workspace)
        found = self._read(slots)
        self.found, self.slots = found, slots
        self.known = knowing.knowledge(found.fills, self.by_key, self.today)
        rows = self._rows(found, slots)
        totals = self._total(found)
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

    def _read(self, slots: Slots) -> Found:
        return read(self.rollups, self.bases, slots, self.query.dimensions, self.query.where)

    def _rows(self, found: Found, slots: Slots) -> list[Row]:
        """A row per group and bucket; without dimensions every bucket has one, empty or not."""
        groups = dict.fromkeys(group for _, group in found.groups)
        if not self.query.dimensions:
            groups = {(): None}
        if self.query.grain is None:
            period = self.query.period
            return [self._row(found, group, -1, period) for group in groups] if groups else []
        made = []
        seen_days = [(bucket, slots.days_of(bucket)) for bucket in range(slots.count)]
        for group in groups:
            made += [
                replace(self._row(found, group, bucket, days), time=slots.label(bucket))
                for bucket, days in seen_days
                if days.first <= self.today
            ]
        return made

    def _row(self, found: Found, group: Group, bucket: int, days: buckets.Period) -> Row:
        """Values of one group in one bucket; bucket -1 is the whole period."""
        base: dict[str, Value] = {}
        for one in self.bases:
            seen = self.known[one.key].seen(days)
            if one.kind == "percentile":
                base[one.key] = folding.percentile_value(one, found.singles.get((one.key, group, bucket), []), seen)
                continue
            folded = found.groups.get((one.key, group)) if bucket < 0 else found.slots.get((one.key, group, bucket))
            base[one.key] = folding.base_value(one, folded, seen)
        return Row(values=self._values(base), dimensions=group)

    def _values(self, base: dict[str, Value]) -> tuple[Value, ...]:
        return tuple(
            folding.ratio_value(one, base[one.parts[0]], base[one.parts[1]]) if one.parts else base[one.key]
            for one in self.definitions
        )

    def _total(self, found: Found, period: buckets.Period | None = None) -> Row:
        """The whole period over all groups, at its own grain: never the sum of the rows."""
        base: dict[str, Value] = {}
        for one in self.bases:
            seen = self.known[one.key].seen(period or self.query.period)
            if one.kind == "percentile":
                key = ("*",) if self.query.dimensions else ()
                base[one.key] = folding.percentile_value(one, list(found.singles.get((one.key, key, -1), [])), seen)
            else:
                base[one.key] = folding.base_value(one, found.totals.get(one.key), seen)
        return Row(values=self._values(base))

    def _other(self, found: Found, groups: Sequence[Group]) -> Row:
        """What the limit cut, as one row that makes the totals add up."""
        base: dict[str, Value] = {}
        for one in self.bases:
            parts = [found.groups[one.key, group] for group in groups if (one.key, group) in found.groups]
            if one.kind == "percentile":
                values = [v for group in groups for v in found.singles.get((one.key, group, -1), [])]
                base[one.key] = folding.percentile_value(one, values, Seen())
            else:
                seen = self.known[one.key].seen(self.query.period)
                base[one.key] = folding.base_value(one, folding.joined(parts), seen)
        return Row(values=self._values(base), dimensions=("Other",) * len(self.query.dimensions))

    def _compare(self, rows: list[Row], totals: Row, other: buckets.Period) -> tuple[list[Row], Row]:
        """The same question about the other period, row beside row, and honest changes for the totals."""
        before = Asking(self.workspace, replace(self.query, period=other, compare=None), self.now, *self._same())
        slots = Slots(other, self.query.grain, self.workspace)
        found = before._read(slots)
        before.found, before.slots = found, slots
        before.known = knowing.knowledge(found.fills, self.by_key, self.today)
        earlier = before._rows(found, slots)
        self.earlier = before
        rows = ordering.beside(rows, earlier, grained=self.query.grain is not None)
        whole = before._total(found)
        compared = tuple(self._compared(index, one) for index, one in enumerate(self.definitions))
        return rows, replace(totals, before=whole.values, compared=compared)

    def _same(self) -> tuple[tuple[Definition, ...], tuple[Definition, ...], Cells]:
        return self.definitions, self.bases, self.rollups

    def _compared(self, index: int, definition: Definition) -> Compared:
        """One metric over its fair basis. Most metrics of a question share one, so reads are remembered."""
        fills = tuple(fill for key in definition.bases() for fill in self.known[key].fills)
        basis = comparison.basis(self.query, Knowledge(fills, self.today), self.workspace, self.now)
        if basis.now is None or basis.against is None:
            nothing = Value(None, "na", 0, basis.rule)
            return Compared(nothing, nothing, self.query.period, self.query.period, basis.rule)
        now = self._side(self, basis.now, None)[index]
        before = self._side(self.earlier, basis.against, basis.until)[index]
        return Compared(now, before, basis.now, basis.against, basis.rule)

    def _side(self, read_before: Asking, period: buckets.Period, until: datetime | None) -> tuple[Value, ...]:
        """Totals of one side of a comparison; what was read for it is remembered, or found among the days."""
        if (period, until) not in self.sides:
            if until is None and read_before.query.grain == "day" and not self.query.dimensions:
                values = read_before._among_days(period)
            else:
                values = self._asked_again(period, until)
            self.sides[period, until] = values
        return self.sides[period, until]

    def _among_days(self, period: buckets.Period) -> tuple[Value, ...]:
        """Totals of some of the days that were read already."""
        days = [bucket for bucket in range(self.slots.count) if self.slots.starts[bucket] in period]
        part = Found(fills=self.found.fills)
        for one in self.bases:
            folds = [self.found.slots[one.key, (), day] for day in days if (one.key, (), day) in self.found.slots]
            if folded := folding.joined(folds):
                part.totals[one.key] = folded
            values = [value for day in days for value in self.found.singles.get((one.key, (), day), [])]
            part.singles[one.key, (), -1] = values
        return self._total(part, period).values

    def _asked_again(self, period: buckets.Period, until: datetime | None) -> tuple[Value, ...]:
        query = replace(self.query, period=period, grain=None, compare=None, dimensions=())
        side = Asking(self.workspace, query, self.now, *self._same())
        found = read(side.rollups, side.bases, Slots(period, None, self.workspace, until), (), query.where)
        side.known = knowing.knowledge(found.fills, self.by_key, self.today)
        return side._total(found).values
