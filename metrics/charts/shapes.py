"""What the page components take: frozen shapes built by selectors, drawn by templates.

Everything shown as text is already in the reader's words; numbers stay numbers so that one formatter prints them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

PointState = Literal["value", "zero", "missing", "partial", "na"]
Direction = Literal["up", "down", "neutral"]
Judgement = Literal["good", "bad", "neutral"]
ChartKind = Literal["line", "bars", "stacked"]
TileKind = Literal["ready", "loading", "nothing", "waiting", "filtered", "error", "stale", "partial"]
Freshness = Literal["fresh", "behind", "failing", "paused"]


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket. `iso` is the bucket's first day (or instant); `value` is None when missing or not applicable.

    `cut`: the range holds only a part of the bucket; its state is partial although nothing more will come.
    """

    label: str
    iso: str
    value: float | None
    state: PointState = "value"
    note: str = ""
    cut: bool = False

    @property
    def drawn(self) -> bool:
        """Whether the point has a height on a chart."""
        return self.value is not None and self.state in ("value", "zero", "partial")


@dataclass(frozen=True, slots=True)
class Series:
    """A named run of points in order of time. `colour` is 1..6 of the palette, 0 the data accent, 7 the grey of Other.

    Sentiment is 1 positive, 7 neutral, 2 negative: apart for every kind of sight, and not good and bad.
    """

    key: str
    name: str
    points: tuple[Point, ...]
    unit: str = "count"
    colour: int = 0

    @property
    def values(self) -> tuple[float, ...]:
        """The heights that can be drawn."""
        return tuple(point.value for point in self.points if point.drawn and point.value is not None)


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark, marked on the axis of every chart that holds its day.

    `day` is the day as people write it; `own` the id of a note that a person wrote and may take away.
    """

    iso: str
    text: str
    url: str = ""
    day: str = ""
    own: str = ""


@dataclass(frozen=True, slots=True)
class ChartFigure:
    """A whole chart: heading, series, comparison, remarks, and where its rows can be fetched.

    `comparison` is aligned by position with the first series; `rule` says in words how it was chosen.
    `sentence` is made from the data by `metrics.charts.words.sentence` when left empty.
    `zoom_url` holds `{first}` and `{last}`, filled with ISO days when a stretch is dragged over.
    """

    key: str
    title: str
    series: tuple[Series, ...]
    unit: str = "count"
    kind: ChartKind = "line"
    comparison: Series | None = None
    rule: str = ""
    sentence: str = ""
    direction: Direction = "neutral"
    grain: str = "day"
    annotations: tuple[Annotation, ...] = ()
    csv_url: str = ""
    zoom_url: str = ""
    cut: str = ""

    @property
    def main(self) -> Series:
        """The series the sentence is about."""
        return self.series[0]


@dataclass(frozen=True, slots=True)
class Change:
    """A change in number and words. `sign` is -1, 0 or 1; `judgement` comes from the metric's direction."""

    text: str
    words: str = ""
    sign: int = 0
    judgement: Judgement = "neutral"
    rule: str = ""

    @property
    def arrow(self) -> str:
        """The arrow beside the number, so that colour is never the only sign."""
        return {1: "▲", -1: "▼"}.get(self.sign, "")


def judge(sign: int, direction: Direction) -> Judgement:
    """Good or bad from the metric's direction; a neutral metric is neither."""
    if sign == 0 or direction == "neutral":
        return "neutral"
    return "good" if (sign > 0) == (direction == "up") else "bad"


@dataclass(frozen=True, slots=True)
class TileState:
    """Why a tile shows what it shows.

    loading   the old value stays, dimmed, while a new one is fetched; with no value a skeleton of the same height
    nothing   no source is connected: `message`, `action_*`, and `demo_url`
    waiting   connected, first rows on the way: `job_id`, `done`, `total`, `message`
    filtered  the filters leave no rows: `message` names them, `action_url` removes them
    error     `message` (cause), `error_id`, `action_url` (retry); the tile keeps its last good value, dated `as_of`
    stale     last good value with `age`, `message` (reason), `next_try`
    partial   the period is still open; the value is "so far"
    """

    kind: TileKind = "ready"
    message: str = ""
    action_label: str = ""
    action_url: str = ""
    demo_url: str = ""
    job_id: str = ""
    live_url: str = ""
    done: int = 0
    total: int | None = None
    error_id: str = ""
    as_of: str = ""
    age: str = ""
    next_try: str = ""

    @property
    def shows_value(self) -> bool:
        """Whether a number is printed in this state."""
        return self.kind in ("ready", "loading", "error", "stale", "partial")


@dataclass(frozen=True, slots=True)
class Tile:
    """A KPI card. `value` None prints "–"; `na_reason` prints "n/a" with the reason; `n` is printed when given."""

    key: str
    label: str
    value: float | None = None
    unit: str = "count"
    definition: str = ""
    definition_url: str = ""
    change: Change | None = None
    points: tuple[Point, ...] = ()
    state: TileState = field(default_factory=TileState)
    url: str = ""
    selected: bool = False
    na_reason: str = ""
    n: int | None = None


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """One row of a ranked list. `share` is 0..1 of the whole; `url` filters the page by this row."""

    label: str
    value: float | None
    share: float = 0.0
    url: str = ""
    change: Change | None = None
    note: str = ""
    active: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """One of several sibling views, each at its own address."""

    label: str
    url: str
    active: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The top rows of one dimension with an explicit Other, so that the rows add up to `total`."""

    key: str
    title: str
    rows: tuple[BreakdownRow, ...]
    unit: str = "count"
    dimension: str = ""
    other: BreakdownRow | None = None
    other_count: int = 0
    total: float | None = None
    details_url: str = ""
    csv_url: str = ""
    tabs: tuple[Tab, ...] = ()
    empty: str = "No rows in this range."

    @property
    def adds_up(self) -> bool:
        """Whether the rows are parts of a whole; the parts of a ratio or a distinct count aren't."""
        return self.total is not None


@dataclass(frozen=True, slots=True)
class SourceFreshness:
    """A source that is not fresh: how far behind, in words, and where to retry (POST)."""

    name: str
    state: Freshness
    words: str
    url: str = ""
    retry_url: str = ""


@dataclass(frozen=True, slots=True)
class TrustStrip:
    """The line that says how far the numbers can be trusted. `complete_through` is a day in words."""

    complete_through: str
    zone: str
    fresh: int
    total: int
    behind: tuple[SourceFreshness, ...] = ()
    url: str = ""
