"""What was read for one question: folds of every metric and group, single values, fills."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from metrics.query.folding import Folded, Folds, joined
from metrics.query.slots import Slots
from metrics.store.reads import Fill, Strip

Group = tuple[str, ...]


@dataclass
class Found:
    """Folds by (metric, group); fills; single values of percentiles by (metric, group, bucket), -1 for all buckets.

    ``wholes``: totals that are not the sum of their groups.
    """

    slots: Slots
    folds: dict[tuple[str, Group], Folds] = field(default_factory=dict)
    wholes: dict[str, Folded] = field(default_factory=dict)
    singles: dict[tuple[str, Group, int], list[float]] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def folds_of(self, metric: str, group: Group) -> Folds:
        """The folds to put cells into."""
        known = self.folds.get((metric, group))
        if known is None:
            known = self.folds[metric, group] = Folds(self.slots.count)
        return known

    def note_latest(self, strip: Strip, group: Group) -> None:
        """Remember the latest days of a strip, for a metric of kind *last*."""
        folds, places = self.folds_of(strip.metric, group), self.slots.places
        for day, total in zip(strip.days, strip.totals, strict=True):
            folds.note_latest(places[day], strip.source, day, total)

    def groups(self) -> list[Group]:
        """Every group that has a number."""
        return list(dict.fromkeys(group for _, group in self.folds))

    def total(self, metric: str) -> Folded:
        """All groups of a metric as one."""
        if metric in self.wholes:
            return self.wholes[metric]
        return joined(folds.whole() for (key, _), folds in self.folds.items() if key == metric)

    def part(self, metric: str, groups: Iterable[Group]) -> Folded:
        """Some groups of a metric as one."""
        return joined(self.folds[metric, group].whole() for group in groups if (metric, group) in self.folds)
