"""Rollup cells of one question, read once: the comparison looks into what is there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livinglytics.lib import buckets
from livinglytics.lib.buckets import Period
from metrics.store import Store, reads
from metrics.store.reads import Fill, Strip

#: reading the days between two periods costs less than a second statement up to this many times their length
_WORTH = 3


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What one statement brought. ``added_up``: the strips are sums of the period, not its days."""

    metrics: tuple[str, ...]
    dimension: str
    period: Period
    strips: list[Strip]
    fills: list[Fill]
    added_up: bool

    def holds(self, metrics: tuple[str, ...], dimension: str, period: Period, *, added_up: bool) -> bool:
        # the total cuts come with every dimension's
        fits = (self.dimension == dimension or not dimension) and self.metrics == metrics
        within = self.period.first <= period.first and period.last <= self.period.last
        return fits and self.added_up == added_up and (self.period == period if added_up else within)

    def of(self, dimension: str, period: Period) -> list[Strip]:
        """The strips of a question that this holds."""
        strips = self.strips if dimension == self.dimension else [one for one in self.strips if one.group is None]
        return strips if period == self.period else [_within(one, period) for one in strips]


class Cells:
    """Reads rollups of a store; what one statement brought is used for every period within it."""

    def __init__(self, store: Store, *periods: Period | None) -> None:
        self.store = store
        self._loaded: list[_Loaded] = []
        self._together: list[list[Period]] = []
        self.expect(*periods)

    def expect(self, *periods: Period | None) -> None:
        """These periods will be asked about: where one is read, the others come with it."""
        self._together.append(list(dict.fromkeys(one for one in periods if one is not None)))

    def days(self, metrics: Sequence[str], dimension: str, period: Period) -> tuple[list[Strip], list[Fill]]:
        """As ``reads.rollup_days``."""
        names = tuple(metrics)
        found = self._known(names, dimension, period, added_up=False) or self._read_days(names, dimension, period)
        return found.of(dimension, period), found.fills

    def sums(self, metrics: Sequence[str], dimension: str, period: Period) -> tuple[list[Strip], list[Fill]]:
        """As ``reads.rollup_sums``: for questions about a whole period. Days that are here already do as well."""
        names = tuple(metrics)
        found = self._known(names, dimension, period, added_up=True) or self._known(
            names, dimension, period, added_up=False
        )
        found = found or self._read_sums(names, dimension, period)
        return found.of(dimension, period), found.fills

    def _known(self, metrics: tuple[str, ...], dimension: str, period: Period, *, added_up: bool) -> _Loaded | None:
        fitting = (one for one in self._loaded if one.holds(metrics, dimension, period, added_up=added_up))
        return next(fitting, None)

    def _read_days(self, metrics: tuple[str, ...], dimension: str, period: Period) -> _Loaded:
        wide = _hull(self._with(period)) or period
        first, last = buckets.day_number(wide.first), buckets.day_number(wide.last)
        strips, fills = reads.rollup_days(self.store, metrics, dimension, first, last)
        self._loaded.append(_Loaded(metrics, dimension, wide, strips, fills, added_up=False))
        return self._loaded[-1]

    def _read_sums(self, metrics: tuple[str, ...], dimension: str, period: Period) -> _Loaded:
        periods = self._with(period)
        days = [(buckets.day_number(one.first), buckets.day_number(one.last)) for one in periods]
        found, fills = reads.rollup_sums(self.store, metrics, dimension, days)
        made = [
            _Loaded(metrics, dimension, one, strips, fills, added_up=True)
            for one, strips in zip(periods, found, strict=True)
        ]
        self._loaded += made
        return made[0]

    def _with(self, period: Period) -> list[Period]:
        """The period, then those that are expected along with it."""
        found = next((one for one in self._together if period in one), [])
        return [period, *(one for one in found if one != period)]


def _within(strip: Strip, period: Period) -> Strip:
    """The cells of a strip whose days lie in a period."""
    first, last = buckets.day_number(period.first), buckets.day_number(period.last)
    cells = zip(strip.days, strip.ns, strip.totals, strict=True)
    kept = [cell for cell in cells if first <= cell[0] <= last]
    return strip._replace(
        days=[day for day, _, _ in kept], ns=[n for _, n, _ in kept], totals=[total for _, _, total in kept]
    )


def _hull(periods: list[Period]) -> Period | None:
    """The span over all periods, or None where too many days lie between them."""
    hull = Period(min(one.first for one in periods), max(one.last for one in periods))
    return hull if hull.days <= _WORTH * sum(one.days for one in periods) else None
