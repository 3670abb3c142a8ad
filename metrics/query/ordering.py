"""Which rows come first, what the limit cuts, and which earlier row stands beside which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from livinglytics.lib.errors import Invalid
from metrics.query.found import Group
from metrics.query.model import MISSING, Answer, Row


def cut(answer: Answer, other: Callable[[Sequence[Group]], Row]) -> Answer:
    """Rows in the asked order, from ``offset``, at most ``limit``; what is cut is counted and summed as Other."""
    query = answer.query
    rows = ordered(answer)
    end = len(rows) if query.limit is None else query.offset + query.limit
    shown = rows[query.offset : end]
    truncated = end < len(rows)
    if not (query.dimensions and query.grain is None and truncated):
        return replace(answer, rows=shown, truncated=truncated)
    hidden = [row.dimensions for row in rows[end:]]
    return replace(answer, rows=shown, truncated=True, other=other(hidden), other_groups=len(hidden))


def ordered(answer: Answer) -> list[Row]:
    """All rows: by time, or for breakdowns by the first metric, largest first; unknown values last."""
    query = answer.query
    wanted = query.order_by or (
        (("time", False),) if query.grain is not None else ((query.metrics[0], True),) if query.dimensions else ()
    )
    rows = list(answer.rows)
    if query.dimensions:
        rows.sort(key=lambda row: row.dimensions)
    for name, descending in reversed(wanted):
        rows.sort(key=_key(answer, name, descending))
    return rows


def _key(answer: Answer, name: str, descending: bool) -> Callable[[Row], Any]:
    if name == "time":
        return lambda row: _text(row.time or "", descending)
    if name in answer.query.dimensions:
        place = answer.query.dimensions.index(name)
        return lambda row: _text(row.dimensions[place], descending)
    if name in answer.query.metrics:
        place = answer.query.metrics.index(name)
        sign = -1.0 if descending else 1.0
        return lambda row: (row.values[place].value is None, sign * (row.values[place].value or 0.0))
    message = f"Order by “{name}” isn't possible: name time, a dimension or a metric of the query."
    raise Invalid(message, details={"order_by": [message]})


def _text(value: str, descending: bool) -> Any:
    return tuple(-ord(letter) for letter in value) if descending else value


def beside(rows: list[Row], earlier: list[Row], *, grained: bool) -> list[Row]:
    """Each row with the values of its counterpart: the same group, and the bucket of the same number."""
    places: dict[Group, int] = {}
    known: dict[tuple[Group, int], Row] = {}
    for row in earlier:
        place = places.get(row.dimensions, 0)
        known[row.dimensions, place] = row
        places[row.dimensions] = place + 1
    places.clear()
    made = []
    for row in rows:
        place = places.get(row.dimensions, 0) if grained else 0
        places[row.dimensions] = place + 1
        match = known.get((row.dimensions, place))
        made.append(row._replace(before=match.values if match else (MISSING,) * len(row.values)))
    return made
