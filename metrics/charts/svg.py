"""The frame of a server-drawn chart: fluid width without a script, fixed height without a jump.

The outer drawing has no view box: across, everything is in percent, so text keeps its size at every width. Lines need
numbers, so they live in an inner drawing 1000 wide that is stretched, with strokes that do not stretch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from metrics.charts.scale import Scale, across, band, picked, tick_label
from metrics.charts.shapes import Annotation, ChartFigure, Point
from metrics.charts.ticks import tick_words

TOP = 12
BOTTOM = 26
GUTTER = 44
_DIGIT = 7


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot's height in pixels and its axis."""

    height: int
    scale: Scale
    count: int
    bars: bool = False

    @property
    def plot(self) -> int:
        """The height of the plot without labels."""
        return self.height - TOP - BOTTOM

    def y(self, value: float) -> float:
        """Pixels from the top of the plot."""
        return round(self.plot * (1 - self.scale.share(value)), 2)

    def x(self, index: int) -> float:
        """Percent from the left: the middle of a bar or the place of a point."""
        if not self.bars:
            return round(across(index, self.count), 3)
        left, width = band(index, self.count)
        return round(left + width / 2, 3)


def tag(name: str, inner: str = "", /, **attributes: object) -> str:
    """One element; `class_` is class, underscores become dashes, values are escaped."""
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value != ""
    )
    return f"<{name}{pairs}>{inner}</{name}>" if inner else f"<{name}{pairs}/>"


def wrap(figure: ChartFigure, frame: Frame, parts: Iterable[str], said: str) -> str:
    """Axis words in a gutter of fixed width, and beside it the plot: one image, described by its sentence."""
    axis = _axis(frame, figure.unit)
    label = f"{figure.title}. {said}"
    plot = tag(
        "svg", "".join(parts), class_="plot-svg", width="100%", height=frame.height, role="img", aria_label=label
    )
    return f'<div class="plot">{axis}<div class="plot-area" data-plot="">{plot}</div></div>'


def stretched(frame: Frame, parts: Iterable[str]) -> str:
    """The inner drawing for lines and areas."""
    return tag(
        "svg",
        "".join(parts) or "<g/>",
        y=TOP,
        width="100%",
        height=frame.plot,
        viewBox=f"0 0 1000 {frame.plot}",
        preserveAspectRatio="none",
        overflow="visible",
    )


def grid(frame: Frame) -> list[str]:
    """Level lines, and the base line at zero."""
    parts = []
    for value in frame.scale.ticks:
        y = round(TOP + frame.y(value)) + 0.5
        base = value == max(0.0, frame.scale.low)
        parts.append(tag("line", class_="base-line" if base else "grid-line", x1="0", x2="100%", y1=y, y2=y))
    return parts


def _axis(frame: Frame, unit: str) -> str:
    """The words of the level lines, against the right edge of a gutter as wide as the longest of them."""
    words = {value: tick_label(value, unit) for value in frame.scale.ticks}
    gutter = max(GUTTER, 8 + 8 + _DIGIT * max(map(len, words.values())))
    parts = [
        tag("text", escape(words[value]), class_="tick", x=gutter - 8, y=y + 4, text_anchor="end")
        for value, y in ((value, round(TOP + frame.y(value))) for value in frame.scale.ticks)
    ]
    return tag("svg", "".join(parts), width=gutter, height=frame.height, aria_hidden="true")


def days(frame: Frame, points: tuple[Point, ...], grain: str = "day") -> list[str]:
    """Labels under the axis; every second one leaves on a narrow screen."""
    parts = []
    shown = picked(len(points))
    for order, (index, words) in enumerate(zip(shown, tick_words(points, shown, grain), strict=True)):
        anchor = "middle"
        if not frame.bars and len(points) > 1:
            anchor = "start" if index == 0 else "end" if index == len(points) - 1 else "middle"
        parts.append(
            tag(
                "text",
                escape(words),
                class_="tick tick-minor" if order % 2 else "tick",
                x=f"{frame.x(index)}%",
                y=frame.height - 6,
                text_anchor=anchor,
            )
        )
    return parts


def remarks(frame: Frame, points: tuple[Point, ...], annotations: tuple[Annotation, ...]) -> list[str]:
    """A numbered mark on the axis for every annotated day; the words stand in the list under the chart."""
    places = {point.iso: index for index, point in enumerate(points)}
    parts = []
    for number, note in enumerate(annotations, start=1):
        if note.iso not in places:
            continue
        x = f"{frame.x(places[note.iso])}%"
        foot = TOP + frame.plot
        parts.append(tag("line", class_="note-line", x1=x, x2=x, y1=TOP, y2=foot))
        title = f"<title>{escape(note.text)}</title>"
        parts.append(tag("circle", title, class_="note-mark", cx=x, cy=foot, r=8))
        parts.append(tag("text", str(number), class_="note-number", x=x, y=foot + 4, text_anchor="middle"))
    return parts
