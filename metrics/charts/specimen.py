"""Made-up figures for the style page: every component in every state, with nothing from the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import sin
from typing import Any

from livinglytics.lib import numbers
from metrics.charts.bar import Choice, ContextBar, FilterChip
from metrics.charts.judged import judged
from metrics.charts.plots import HeatFigure, LagFigure
from metrics.charts.shapes import (
    Annotation,
    Breakdown,
    BreakdownRow,
    ChartFigure,
    Point,
    PointState,
    Series,
    SourceFreshness,
    Tab,
    Tile,
    TileState,
    TrustStrip,
)

START = date(2025, 10, 18)
DAYS = 28
SWATCHES = (
    "paper surface sunken line control ink ink-2 ink-3 accent accent-soft good good-soft bad bad-soft warn warn-soft "
    "cat-1 cat-2 cat-3 cat-4 cat-5 cat-6"
)
RULE = "Against the 28 days before, weekdays matched; the open day over the same hours."
DEFINITION = "People who opened at least one page. A person counts once a day, however often they come."


def wave(
    base: float, swing: float, *, shift: int = 0, states: dict[int, PointState] | None = None
) -> tuple[Point, ...]:
    """A month of points with a weekly beat."""
    made = []
    for index in range(DAYS):
        day = START + timedelta(days=index - shift)
        state = (states or {}).get(index, "value")
        height = base + swing * sin(index * 0.9) + swing * 0.9 * sin(index / 5) + index * swing / 20
        value = None if state in ("missing", "na") else round(height * (0.45 if state == "partial" else 1))
        note = {"missing": "The service did not answer", "partial": "Until 14:00"}.get(state, "")
        made.append(Point(day.strftime("%-d %b"), day.isoformat(), value, state, note))
    return tuple(made)


def _line() -> ChartFigure:
    states: dict[int, PointState] = {11: "missing", 12: "missing", DAYS - 1: "partial"}
    return ChartFigure(
        key="style-line",
        title="Visitors",
        series=(Series("visitors", "Visitors", wave(4100, 800, states=states)),),
        comparison=Series("before", "28 days before", wave(3700, 700, shift=28)),
        rule=RULE,
        direction="up",
        annotations=(Annotation("2025-11-06", "Version 2.4 released", "#", day="6 Nov 2025"),),
        csv_url="#",
        zoom_url="?range={first},{last}",
    )


def _many() -> ChartFigure:
    names = ("Steam", "Trustpilot", "App Store", "Play Store", "YouTube", "Other")
    series = tuple(
        Series(name, name, wave(900 - 130 * at, 90 - 8 * at), colour=at + 1 if name != "Other" else 7)
        for at, name in enumerate(names)
    )
    return ChartFigure(key="style-many", title="Reviews by source", series=series, csv_url="#")


def _bars() -> ChartFigure:
    states: dict[int, PointState] = {6: "missing", DAYS - 1: "partial"}
    return ChartFigure(
        key="style-bars",
        title="Reviews",
        kind="bars",
        series=(Series("reviews", "Reviews", wave(120, 60, states=states)),),
        comparison=Series("before", "28 days before", wave(100, 40, shift=28)),
        rule=RULE,
        csv_url="#",
    )


def _stack() -> ChartFigure:
    parts = (("Positive", 1), ("Neutral", 7), ("Negative", 2))
    series = tuple(Series(name, name, wave(90 - 30 * at, 16), colour=tint) for at, (name, tint) in enumerate(parts))
    return ChartFigure(key="style-stack", title="Reviews by sentiment", kind="stacked", series=series, csv_url="#")


def _heat() -> HeatFigure:
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    hours = tuple(f"{hour:02d}" for hour in range(24))
    cells = tuple(
        tuple(
            None if at == 6 and hour < 3 else max(0.0, round(40 * sin((hour - 6) / 4) - at * 3)) for hour in range(24)
        )
        for at in range(7)
    )
    return HeatFigure("style-heat", "Sessions by weekday and hour", days, hours, cells, corner="Weekday", csv_url="#")


def _lag() -> LagFigure:
    lags = tuple(range(-14, 15))
    values = tuple(round(0.62 * 2.718 ** (-((lag - 3) ** 2) / 9) + 0.1 * sin(lag * 1.7), 2) for lag in lags)
    title, first, second = "Releases and negative reviews", "Releases", "negative reviews"
    return LagFigure("style-lag", title, first, second, lags, values, band=0.21, tried=36, n=91, csv_url="#")


def _tile(key: str, label: str, state: TileState, *, points: Sequence[Point] = ()) -> Tile:
    value = None if state.kind in ("nothing", "waiting", "filtered") else 4210.0
    change = judged(numbers.change(4210, 3898), "up", words="vs 3.90k the 28 days before", rule=RULE)
    shown = change if value is not None and state.kind in ("ready", "partial", "loading") else None
    return Tile(key, label, value, definition=DEFINITION, change=shown, points=tuple(points), state=state)


def _tiles() -> list[Tile]:
    points = wave(4100, 800, states={11: "missing", DAYS - 1: "partial"})
    states = [
        ("Partial", TileState("partial")),
        ("Loading", TileState("loading")),
        ("Nothing connected", TileState("nothing", action_url="#", demo_url="#")),
        (
            "Waiting",
            TileState("waiting", message="Fetched 1 240 of about 3 000 reviews, page 31", done=1240, total=3000),
        ),
        ("Filtered out", TileState("filtered", message="No rows for country = Estonia in this range.", action_url="#")),
        ("Error", TileState("error", "Steam refused the key.", "Retry", "#", error_id="e-7f3a", as_of="Tue 12 Nov")),
        ("Stale", TileState("stale", message="Reddit is slowing us down.", age="2 d", next_try="at 15:20")),
    ]
    return [_tile(f"state-{at}", label, state, points=points) for at, (label, state) in enumerate(states)]


def _kpis() -> list[Tile]:
    good = judged(numbers.change(48213, 44870), "up", words="vs 44.9k the 28 days before", rule=RULE)
    bad = judged(numbers.change(0.184, 0.151, kind="ratio"), "down", words="vs 15.1 % the 28 days before", rule=RULE)
    flat = judged(numbers.change(312, 298), words="vs 298 the 28 days before", rule=RULE)
    slow = judged(numbers.change(8040, 9120, unit="seconds"), "down", words="vs 2h 32m", rule=RULE)
    return [
        Tile(
            "visitors",
            "Visitors",
            48213,
            definition=DEFINITION,
            change=good,
            points=wave(1700, 200),
            url="#",
            selected=True,
        ),
        Tile("negative", "Negative reviews", 0.184, "percent", DEFINITION, "#", bad, wave(18, 5), url="#", n=1204),
        Tile("reviews", "Reviews", 312, definition=DEFINITION, change=flat, points=wave(11, 6), url="#"),
        Tile("lead", "Lead time", 8040, "seconds", DEFINITION, "#", slow, wave(60, 12), url="#"),
        Tile("cost", "Cost per session", None, "usd", DEFINITION, na_reason="No prices for 2 of 3 models.", url="#"),
    ]


def _breakdowns() -> list[Breakdown]:
    found = [
        ("Steam", 20312.0),
        ("Trustpilot", 11204.0),
        ("App Store", 8120.0),
        ("Play Store", 4310.0),
        ("Reddit", 1890.0),
    ]
    total = 48213.0
    rest = total - sum(value for _, value in found)
    rows = tuple(
        BreakdownRow(
            name, value, value / total, "#", judged(numbers.change(value, value * 0.96), "up") if not at else None
        )
        for at, (name, value) in enumerate(found)
    )
    other = BreakdownRow("Other", rest, rest / total, note="14 sources")
    tabs = (Tab("Source", "#", True), Tab("Country", "#"), Tab("Language", "#"))
    return [
        Breakdown("by-source", "Sources", rows, other=other, total=total, tabs=tabs, details_url="#", csv_url="#"),
        Breakdown("by-topic", "Topics", (), empty="No topics yet: they appear after the first fifty reviews."),
    ]


def _bar() -> ContextBar:
    ranges = [
        ("D", "Today", "1d"),
        ("W", "Last 7 days", "7d"),
        ("M", "Last 28 days", "28d"),
        ("Y", "Last 12 months", "12mo"),
    ]
    return ContextBar(
        action="",
        ranges=tuple(Choice(label, value, f"?range={value}", value == "28d", key) for key, label, value in ranges),
        compares=(Choice("previous period", "prev", "#", True), Choice("no comparison", "", "#", key="X")),
        grains=(Choice("day", "day", "#", True), Choice("week", "week", "#", key="I")),
        filters=(FilterChip("Source", "Steam, Trustpilot", "#"),),
        first="2025-10-18",
        last="2025-11-14",
        words="18 Oct – 14 Nov",
        earlier_url="#",
        later_url="#",
        clear_url="#",
        share_url="#",
        export_url="#",
    )


def _tokens() -> dict[str, Any]:
    return {
        "swatches": SWATCHES.split(),
        "sizes": ["xs", "sm", "md", "lg", "xl", "2xl", "kpi"],
        "icons": [
            "layout-dashboard",
            "chart-line",
            "plug",
            "folder-kanban",
            "message-square-quote",
            "cpu",
            "lightbulb",
            "bell",
        ],
    }


def specimen() -> dict[str, Any]:
    """The whole context of templates/pages/style.html."""
    behind = (
        SourceFreshness("Reddit", "behind", "2 d behind", "#", "#"),
        SourceFreshness("GA4", "failing", "key refused", "#"),
    )
    return _tokens() | {
        "bar": _bar(),
        "trust": TrustStrip("Thu 13 Nov", "Europe/Berlin", 3, 5, behind, "#"),
        "kpis": _kpis(),
        "state_tiles": _tiles(),
        "figures": [_line(), _many(), _bars(), _stack()],
        "plots": [_heat(), _lag()],
        "topics": [("Performance", 31, 12, 57, 0.22, 0.1, 0.34), ("Price", 64, 20, 16, -0.41, -0.52, -0.3)],
        "breakdowns": _breakdowns(),
        "states": ["succeeded", "running", "queued", "partial", "failed", "paused", "cancelled", "no_data"],
        "alert_kinds": ["info", "success", "warning", "error"],
    }
