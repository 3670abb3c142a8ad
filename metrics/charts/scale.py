"""Where a value and a bucket land on a chart: round axis steps, positions across."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from livinglytics.lib import numbers

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_SECONDS = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 43200.0)
_WHOLE = frozenset({"count", ""})
#: an axis of round steps needs no zeros behind the point: $30.0k, 1.50 MB
_ZEROS = re.compile(r"(.*\d\.\d*?)0*(\D*)")
_FIXED = {"rating": (1.0, 5.0, 1.0)}


@dataclass(frozen=True, slots=True)
class Scale:
    """A vertical axis from `low` to `high` with round `ticks`."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """How far up the axis a value lies, 0..1."""
        return (value - self.low) / (self.high - self.low)


def scale_for(values: Iterable[float], unit: str = "count", *, steps: int = 4) -> Scale:
    """An axis that holds zero and every value, with about `steps` steps of 1, 2, 2.5 or 5 times a power of ten.

    Ratings keep their own range, 1 to 5, because zero is not a rating.
    """
    if unit in _FIXED:
        low, high, step = _FIXED[unit]
        return Scale(low, high, _ticks(low, high, step))
    found = [*values, 0.0]
    bottom, top = min(found), max(found)
    if bottom == top:
        top = bottom + 1
    step = _step((top - bottom) / steps, unit)
    low, high = math.floor(bottom / step) * step, math.ceil(top / step) * step
    return Scale(low, high, _ticks(low, high, step))


def _step(rough: float, unit: str) -> float:
    if unit == "seconds":
        fitting = next((step for step in _SECONDS if step >= rough), None)
        if fitting is not None and rough >= 0.5:
            return fitting
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size for size in _STEPS if size * power >= rough * 0.999) * power
    return max(step, 1.0) if unit in _WHOLE else step


def _ticks(low: float, high: float, step: float) -> tuple[float, ...]:
    count = round((high - low) / step)
    return tuple(round(low + index * step, 10) for index in range(count + 1))


def tick_label(value: float, unit: str) -> str:
    """The words of one tick, short."""
    if unit in _WHOLE:
        return numbers.axis_label(value)
    if unit == "percent":
        return f"{value * 100:g} %"
    if unit in ("rating", "score"):
        return f"{value:g}"
    text = numbers.format_value(value, unit)
    found = _ZEROS.fullmatch(text)
    return f"{found[1].rstrip('.')}{found[2]}" if found else text


def across(index: int, count: int) -> float:
    """The place of a point of a line, 0..100 percent; a single point stands in the middle."""
    return 50.0 if count < 2 else index * 100 / (count - 1)


def band(index: int, count: int, fill: float = 0.72) -> tuple[float, float]:
    """The left edge and the width of a bar, in percent."""
    slot = 100 / max(count, 1)
    return index * slot + slot * (1 - fill) / 2, slot * fill


def picked(count: int, most: int = 7) -> tuple[int, ...]:
    """Which buckets get a label: evenly spaced, always the first."""
    if count <= most:
        return tuple(range(count))
    stride = math.ceil((count - 1) / (most - 1))
    return tuple(range(0, count, stride))
