"""The one shape of every export: time, dimensions, then value, state and n of each metric."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from livinglytics.lib.errors import Invalid
from metrics.query.model import Answer

Cell = str | float | int | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: *text*, *number* (may have decimals) or *whole*."""

    name: str
    kind: Literal["text", "number", "whole"]


@dataclass(frozen=True)
class Table:
    """Columns, rows that are read once, and what the file says about itself."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Cell, ...]]
    about: dict[str, Any] = field(default_factory=dict)


def from_answer(answer: Answer, about: dict[str, Any]) -> Table:
    """The rows of an answer as a table; a missing value is an empty cell, never a zero.

    With a comparison, each metric also has the value of the row's counterpart (``<metric>_before``).
    """
    query = answer.query
    compared = query.compare is not None
    columns = [Column("time", "text")] if query.grain is not None else []
    columns += [Column(name, "text") for name in query.dimensions]
    for definition in answer.definitions:
        key = definition.key
        columns += [Column(key, "number"), Column(f"{key}_state", "text"), Column(f"{key}_n", "whole")]
        if compared:
            columns.append(Column(f"{key}_before", "number"))
    names = [column.name for column in columns]
    if len(set(names)) != len(names):
        message = "A dimension has the name of another column. Ask for it without that metric or dimension."
        raise Invalid(message, details={"dimensions": [message]})
    first, last = query.period.first.isoformat(), query.period.last.isoformat()
    title = query.metrics[0] if len(query.metrics) == 1 else "metrics"
    return Table(
        name=f"{title.replace('.', '-')}-{first}-{last}",
        columns=tuple(columns),
        rows=_rows(answer, compared),
        about=about | {"columns": names, "rows": len(answer.rows), "truncated": answer.truncated},
    )


def _rows(answer: Answer, compared: bool) -> Iterator[tuple[Cell, ...]]:
    timed = answer.query.grain is not None
    for row in answer.rows:
        cells: list[Cell] = [row.time] if timed else []
        cells += row.dimensions
        for index, value in enumerate(row.values):
            cells += [value.value, value.state, value.n]
            if compared:
                cells.append(row.before[index].value if row.before else None)
        yield tuple(cells)
