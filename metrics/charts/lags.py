"""The lag plot: a stem per lag, the band of chance behind, the strongest lag outside it named."""

from __future__ import annotations

from html import escape

from metrics.charts.plots import LagFigure
from metrics.charts.scale import Scale, band
from metrics.charts.svg import GUTTER, TOP, Frame, grid, tag

FULL = Scale(-1.0, 1.0, (-1.0, -0.5, 0.0, 0.5, 1.0))


def lag_words(figure: LagFigure) -> str:
    """What the plot shows, and how many pairs were tried to find it."""
    if figure.sentence:
        return figure.sentence
    base = f"{figure.n} {figure.grain}s, {figure.tried} pair{'s' if figure.tried != 1 else ''} tried"
    if figure.best is None:
        return f"No lag stands out of chance for {figure.first} and {figure.second}; {base}."
    lag, value = figure.best
    steps = f"{abs(lag)} {figure.grain}{'s' if abs(lag) != 1 else ''}"
    when = "on the same" if lag == 0 else f"{steps} {'before' if lag > 0 else 'after'}"
    when = f"{when} {figure.grain} as" if lag == 0 else when
    changes = f"Changes in {figure.first} come {when} changes in {figure.second}"
    return f"{changes} (r = {value:.2f}); {base}. Not proof of a cause."


def lag_plot(figure: LagFigure, *, height: int = 240) -> str:
    """An SVG over -1..1; stems inside the band are grey, outside they carry the accent."""
    frame = Frame(height, FULL, len(figure.lags), bars=True)
    high = frame.y(figure.band)
    tall = round(frame.y(-figure.band) - high, 2)
    parts = [tag("rect", class_="band", x=0, y=round(TOP + high, 2), width="100%", height=tall), *grid(frame)]
    for index, value in enumerate(figure.values):
        if value is not None:
            parts.extend(_stem(frame, figure, index, value))
    parts += [_label(frame, figure, index) for index in range(len(figure.lags)) if figure.lags[index] % 7 == 0]
    ticks = [
        tag("text", f"{value:g}", class_="tick", x=GUTTER - 8, y=round(TOP + frame.y(value)) + 4, text_anchor="end")
        for value in FULL.ticks
    ]
    axis = tag("svg", "".join(ticks), width=GUTTER, height=height, aria_hidden="true")
    label = f"{figure.title}. {lag_words(figure)}"
    plot = tag("svg", "".join(parts), class_="plot-svg", width="100%", height=height, role="img", aria_label=label)
    return f'<div class="plot">{axis}<div class="plot-area">{plot}</div></div>'


def _stem(frame: Frame, figure: LagFigure, index: int, value: float) -> list[str]:
    inside = abs(value) <= figure.band
    x, y = f"{frame.x(index)}%", round(TOP + frame.y(value), 2)
    foot = round(TOP + frame.y(0), 2)
    title = f"<title>{escape(f'lag {figure.lags[index]}: {value:.2f}')}</title>"
    return [
        tag("line", class_="stem stem-within" if inside else "stem", x1=x, x2=x, y1=foot, y2=y),
        tag("circle", title, class_="point-within" if inside else "point", cx=x, cy=y, r=3 if inside else 4),
    ]


def _label(frame: Frame, figure: LagFigure, index: int) -> str:
    left, width = band(index, frame.count)
    lag = figure.lags[index]
    text = "0" if lag == 0 else f"{lag:+d}"
    return tag("text", text, class_="tick", x=f"{left + width / 2:.3f}%", y=frame.height - 6, text_anchor="middle")
