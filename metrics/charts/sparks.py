"""The small line of a card or a table row."""

from __future__ import annotations

from collections.abc import Sequence

from metrics.charts.lines import Spot, runs
from metrics.charts.scale import across
from metrics.charts.shapes import Point
from metrics.charts.svg import tag

PAD = 5
WIDE = 1000


def spark_line(points: Sequence[Point], *, height: int = 40, washed: bool = False, label: str = "") -> str:
    """A sparkline from zero (or the lowest value below it). Decoration unless `label` is given."""
    shown = tuple(points)
    values = [point.value for point in shown if point.drawn and point.value is not None]
    hidden = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    if not values:
        return tag("svg", "<g/>", class_="spark", width="100%", height=height, **hidden)
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0

    def place(spot: Spot) -> str:
        x = across(spot[0], len(shown)) * WIDE / 100
        y = PAD + (height - 2 * PAD) * (1 - ((spot[1].value or 0.0) - low) / span)
        return f"{round(x, 1)} {round(y, 1)}"

    parts = [
        part
        for run in runs(shown)
        for part in _strokes(run, place_all=[place(spot) for spot in run], washed=washed, foot=height)
    ]
    return tag(
        "svg",
        "".join(parts),
        class_="spark",
        width="100%",
        height=height,
        viewBox=f"0 0 {WIDE} {height}",
        preserveAspectRatio="none",
        **hidden,
    )


def _strokes(run: list[Spot], *, place_all: list[str], washed: bool, foot: int) -> list[str]:
    open_end = run[-1][1].state == "partial" and len(run) > 1
    closed = place_all[:-1] if open_end else place_all
    if len(place_all) == 1:
        return [tag("path", class_="line", d=f"M{place_all[0]}h0.1")]
    parts = []
    if washed and len(closed) > 1:
        first, last = closed[0].split()[0], closed[-1].split()[0]
        parts.append(tag("path", class_="wash", d=f"M{'L'.join(closed)}L{last} {foot}L{first} {foot}Z"))
    if len(closed) > 1:
        parts.append(tag("path", class_="line", d=f"M{'L'.join(closed)}"))
    if open_end:
        parts.append(tag("path", class_="line line-open", d=f"M{'L'.join(place_all[-2:])}"))
    return parts
