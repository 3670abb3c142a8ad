"""Observations added up into day cells, in plain Python: exact where the database keeps exact numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from livinglytics.lib import buckets
from metrics.models import Clock, Fold
from metrics.store.memory import Link

#: series_id, at, raw_id, n, value
Row = tuple[int, int, int, int, Any]
#: n and total; of means also squares, low, high
Cell = list[Any]
#: cut → day → cell
Cells = dict[int, dict[int, Cell]]
_SERIES = itemgetter(0)


@lru_cache(maxsize=20_000)
def day_span(day: int, zone: str) -> tuple[int, int]:
    """Seconds at which a local day (a day number) begins, and the next one does."""
    start, end = buckets.day_bounds(buckets.from_day_number(day), zone)
    return buckets.epoch(start), buckets.epoch(end)


class LocalDays:
    """The local days of instants. Those of one page lie close together: the last day is mostly the next one's too."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self._day = self._start = self._end = 0

    def __call__(self, at: int) -> int:
        """The day number of an instant in seconds."""
        if not self._start <= at < self._end:
            self._day = buckets.day_number(buckets.local_day(buckets.from_epoch(at), self.zone))
            self._start, self._end = day_span(self._day, self.zone)
        return self._day


def exact(value: Any) -> int | Decimal:
    """A number as the database writes it: sums of these are exact."""
    if isinstance(value, Decimal):
        return value
    whole = int(value)
    return whole if whole == value else Decimal(repr(value))


def add_up(
    rows: Iterable[Row], links: Mapping[int, Link], day_of: Callable[[int], int], number: Callable[[Any], Any] | None
) -> Cells:
    """The cells of these rows alone, which come series by series, each in the order of time.

    ``number`` makes a value ready for adding. A distinct count may add up to nothing: its series has no link.
    """
    cells: Cells = {}
    for series, found in groupby(rows, _SERIES):
        link = links.get(series)
        if link is None:
            continue
        into = [cells.setdefault(cut, {}) for cut in link.cuts]
        own = _own(found, None if link.clock == Clock.DAY else day_of, number)
        if link.fold == Fold.MEAN:
            _add_means(own, into)
        elif link.fold == Fold.LAST and link.clock == Clock.INSTANT:
            _add_sums(_latest(own), into)
        else:
            _add_sums(own, into)
    return cells


_Own = Iterator[tuple[int, int, Any]]


def _own(rows: Iterable[Row], day_of: Callable[[int], int] | None, number: Callable[[Any], Any] | None) -> _Own:
    """(day, n, value) of one series' rows."""
    if day_of is None and number is None:
        return ((at, n, value) for _, at, _, n, value in rows)
    if day_of is None:
        return ((at, n, number(value)) for _, at, _, n, value in rows)  # type: ignore[misc]
    if number is None:
        return ((day_of(at), n, value) for _, at, _, n, value in rows)
    return ((day_of(at), n, number(value)) for _, at, _, n, value in rows)


def _latest(own: _Own) -> _Own:
    """Each day's last value, which counts once."""
    return ((day, 1, value) for day, value in {day: value for day, _, value in own}.items())


def _add_sums(own: _Own, into: list[dict[int, Cell]]) -> None:
    for day, n, value in own:
        for days in into:
            cell = days.get(day)
            if cell is None:
                days[day] = [n, value]
            else:
                cell[0] += n
                cell[1] += value


def _add_means(own: _Own, into: list[dict[int, Cell]]) -> None:
    """A mean keeps squares, low and high of its single values too."""
    for day, n, value in own:
        whole = float(value)
        mean = whole / n
        for days in into:
            cell = days.get(day)
            if cell is None:
                days[day] = [n, value, whole * mean, mean, mean]
            else:
                cell[0] += n
                cell[1] += value
                cell[2] += whole * mean
                cell[3] = min(cell[3], mean)
                cell[4] = max(cell[4], mean)
