"""Drawings that fit a table cell: the numbers stand beside them as text, so each is decoration."""

from __future__ import annotations

from metrics.charts.svg import tag

HEIGHT = 16


def _cell(*parts: str) -> str:
    return tag("svg", "".join(parts), class_="small-plot", width="100%", height=HEIGHT, aria_hidden="true")


def _percent(share: float) -> str:
    return f"{min(max(share, 0.0), 1.0) * 100:.2f}%"


def split_bar(negative: float, neutral: float, positive: float) -> str:
    """Diverging bars of three parts: negative to the left of the middle, positive to the right, neutral across it."""
    whole = negative + neutral + positive
    if whole <= 0:
        return _cell(tag("rect", class_="track", width="100%", height=HEIGHT, rx=2))
    left, middle, right = (part / whole / 2 for part in (negative, neutral, positive))
    start = 0.5 - middle / 2 - left
    spans = (("part-bad", start, left), ("part-mid", start + left, middle), ("part-good", start + left + middle, right))
    bars = [
        tag("rect", class_=kind, x=_percent(x), y=2, width=_percent(width), height=HEIGHT - 4)
        for kind, x, width in spans
        if width > 0
    ]
    return _cell(*bars, tag("line", class_="base-line", x1="50%", x2="50%", y1=0, y2=HEIGHT))


def interval(value: float | None, low: float | None, high: float | None, *, axis: tuple[float, float]) -> str:
    """A dot with its interval on a shared axis; the line at zero when the axis holds it."""
    start, end = axis
    span = (end - start) or 1.0
    parts = []
    if start < 0 < end:
        zero = _percent(-start / span)
        parts.append(tag("line", class_="grid-line", x1=zero, x2=zero, y1=0, y2=HEIGHT))
    if low is not None and high is not None:
        ends = {"x1": _percent((low - start) / span), "x2": _percent((high - start) / span)}
        parts.append(tag("line", class_="whisker", y1=HEIGHT / 2, y2=HEIGHT / 2, **ends))
    if value is not None:
        parts.append(tag("circle", class_="point", cx=_percent((value - start) / span), cy=HEIGHT / 2, r=4))
    return _cell(*parts)


def bullet(value: float | None, goal: float | None, top: float) -> str:
    """A bar on a track with the goal as an upright line. `top` is the end of the track."""
    parts = [tag("rect", class_="track", width="100%", height=HEIGHT, rx=2)]
    if value is not None and top > 0:
        parts.append(tag("rect", class_="bar", y=4, width=_percent(value / top), height=HEIGHT - 8))
    if goal is not None and top > 0:
        place = _percent(goal / top)
        parts.append(tag("line", class_="goal", x1=place, x2=place, y1=0, y2=HEIGHT))
    return _cell(*parts)
