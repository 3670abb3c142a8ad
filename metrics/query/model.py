"""Questions to the engine and its answers. Pages, API, exports, alerts and reports all use these."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from livinglytics.lib.buckets import Grain, Period
from metrics.catalog import Definition
from metrics.query.filters import EVERYTHING, Filter

State = Literal["value", "zero", "missing", "partial", "na"]
CompareKind = Literal["previous", "year", "custom"]
Match = Literal["weekday", "date"]

#: the built-in dimension: which source a number came from
SOURCE = "source"
NOT_SET = "(not set)"


@dataclass(frozen=True, slots=True)
class Workspace:
    """What the engine needs to know of a team."""

    team_id: UUID
    zone: str = "UTC"
    week_start: int = 0


@dataclass(frozen=True, slots=True)
class Compare:
    """Against what: the previous period, a year earlier, or a period of one's own."""

    kind: CompareKind = "previous"
    match: Match = "weekday"
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One question.

    ``grain`` None asks for one value of the whole period. ``order_by`` is (metric or dimension or
    "time", descending). ``limit`` counts rows; what is cut is counted and, without time, summed as Other.
    ``notes``: whether restated days are looked up too.
    """

    metrics: tuple[str, ...]
    period: Period
    grain: Grain | None = None
    dimensions: tuple[str, ...] = ()
    where: Filter = EVERYTHING
    compare: Compare | None = None
    order_by: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    offset: int = 0
    range_text: str = ""
    notes: bool = True


class Value(NamedTuple):
    """One number with what is known of it.

    ``state``: *value*; *zero*, proved by a sync that saw the whole window; *missing*, nobody looked;
    *partial*, an open day or a source that is behind; *na*, not applicable, with ``note`` saying why.
    ``n``: how many observations. ``small``: n is below the metric's floor.
    """

    value: float | None
    state: State
    n: int = 0
    note: str = ""
    small: bool = False


MISSING = Value(None, "missing")


@dataclass(frozen=True, slots=True)
class Compared:
    """A value beside the one it is compared with, both over the days of ``basis``.

    ``now`` may leave out an open day that ``value`` shows; ``rule`` says in words what was compared.
    """

    now: Value
    before: Value
    basis: Period
    against: Period
    rule: str


class Row(NamedTuple):
    """Values of the asked metrics for one bucket and one set of dimension values."""

    values: tuple[Value, ...]
    time: str | None = None
    dimensions: tuple[str, ...] = ()
    before: tuple[Value, ...] = ()
    compared: tuple[Compared, ...] = ()


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far a source's numbers go. ``proved``: the sync itself saw every day through it."""

    source_id: UUID
    metric: str
    first_day: date | None
    complete_through: date | None
    proved: bool


@dataclass(frozen=True)
class Answer:
    """What the engine found.

    ``totals`` are computed at their own grain over all rows, shown or not. ``other`` sums up the
    groups that the limit cut; ``total_rows`` counts all of them.
    """

    query: Query
    definitions: tuple[Definition, ...]
    rows: list[Row]
    totals: Row
    workspace: Workspace
    today: date
    data_version: int
    other: Row | None = None
    other_groups: int = 0
    total_rows: int = 0
    truncated: bool = False
    freshness: list[Freshness] = field(default_factory=list)
    provisional_from: date | None = None
    restated: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    against: Period | None = None
    asked_at: datetime | None = None
