"""Figures that are not about one value over time: the heat grid and the lag plot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeatFigure:
    """A grid of values: a row per weekday, a column per hour. None is missing and stays hollow."""

    key: str
    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[float | None, ...], ...]
    unit: str = "count"
    sentence: str = ""
    corner: str = ""
    csv_url: str = ""


@dataclass(frozen=True, slots=True)
class LagFigure:
    """Correlation (-1..1) by lag in buckets. `band` is the half-width within which chance alone explains it.

    A positive lag means that `first` moves before `second`. `tried` is the number of pairs looked at, `n` of buckets.
    """

    key: str
    title: str
    first: str
    second: str
    lags: tuple[int, ...]
    values: tuple[float | None, ...]
    band: float
    tried: int
    n: int
    grain: str = "day"
    sentence: str = ""
    csv_url: str = ""

    @property
    def best(self) -> tuple[int, float] | None:
        """The lag with the strongest correlation outside the band."""
        found = [(lag, value) for lag, value in zip(self.lags, self.values, strict=True) if value is not None]
        outside = [pair for pair in found if abs(pair[1]) > self.band]
        return max(outside, key=lambda pair: abs(pair[1]), default=None)
