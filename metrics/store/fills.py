"""How far a source's numbers go: the total cut of each metric remembers its days, and what a sync proved."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from metrics.store.adding import Cell
from metrics.store.base import Store


def extend(store: Store, totals: Collection[int], cells: Mapping[int, Mapping[int, Cell]]) -> None:
    """The total cuts remember between which days there are numbers."""
    spans = [(cut, min(days), max(days)) for cut in totals if (days := cells.get(cut))]
    if not spans:
        return
    values = ", ".join(f"({cut:d}, {low:d}, {high:d})" for cut, low, high in spans)
    store.run(
        f"WITH span (id, low, high) AS (VALUES {values}) UPDATE metrics_cut SET "
        "first_day = CASE WHEN first_day IS NULL OR low < first_day THEN low ELSE first_day END, "
        "last_day = CASE WHEN last_day IS NULL OR high > last_day THEN high ELSE last_day END "
        "FROM span WHERE metrics_cut.id = span.id AND (first_day IS NULL OR low < first_day OR high > last_day)"
    )


def prove(store: Store, source_id: UUID, metrics: Sequence[str], first: int, through: int) -> int:
    """The source saw everything of these metrics from ``first`` through ``through`` (day numbers).

    Windows that touch or overlap grow together; a later window that leaves a gap replaces the old one.
    Returns how many fill records that changed.
    """
    marks = ", ".join(["%s"] * len(metrics))
    apart = "(proven_from IS NULL OR %s > proven_through + 1 OR %s < proven_from - 1)"
    return store.run(
        "UPDATE metrics_cut SET "
        f"proven_from = CASE WHEN {apart} THEN %s WHEN %s < proven_from THEN %s ELSE proven_from END, "
        f"proven_through = CASE WHEN {apart} THEN %s WHEN %s > proven_through THEN %s ELSE proven_through END "
        f"WHERE team_id = %s AND source_id = %s AND dimension = '' AND metric IN ({marks}) "
        "AND (proven_from IS NULL OR %s < proven_from OR %s > proven_through)",
        [
            *(first, through, first, first, first),
            *(first, through, through, through, through),
            store.team,
            store.id(source_id),
            *metrics,
            *(first, through),
        ],
    )
