"""Local times without a zone as instants, truthfully over clock changes.

When clocks go back, an hour occurs twice. A file that holds it twice is understood by the
order of its rows; a file that holds it once says nothing about which one, so the first
occurrence is taken and reported. When clocks go forward, an hour does not occur; a time in it
is moved forward by the gap and reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from livinglytics.lib.buckets import zone_info

Dims = tuple[str, ...]
_SETS = ("stepped", "stood", "counted")


@dataclass(frozen=True, slots=True)
class Change:
    """What a local day does: the wall clock from ``first`` to ``last`` is ambiguous or missing."""

    kind: str  # "twice" | "never"
    gap: timedelta


class Zone:
    """One named zone with the offsets of its days remembered."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._info = zone_info(name)
        self._days: dict[date, timedelta | None] = {}

    def _steady(self, day: date) -> timedelta | None:
        """The offset that holds all day (and a bit around it), or None on days with a change."""
        if day not in self._days:
            if len(self._days) > 4096:
                self._days.clear()
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=self._info)
            around = {(noon + timedelta(hours=h)).replace(fold=f).utcoffset() for h in range(-15, 16) for f in (0, 1)}
            self._days[day] = around.pop() if len(around) == 1 else None
        return self._days[day]

    def change(self, wall: datetime) -> Change | None:
        """Whether this wall-clock time occurs twice or never."""
        if self._steady(wall.date()) is not None:
            return None
        first, second = self._offset(wall, 0), self._offset(wall, 1)
        if first == second:
            return None
        return Change("twice" if first > second else "never", abs(first - second))

    def _offset(self, wall: datetime, fold: int) -> timedelta:
        return wall.replace(tzinfo=self._info, fold=fold).utcoffset() or timedelta(0)

    def instant(self, wall: datetime, *, second: bool = False) -> datetime:
        """The instant in UTC; of a repeated time the second occurrence if asked for."""
        offset = self._steady(wall.date())
        if offset is None:
            offset = self._offset(wall, int(second and (self.change(wall) or Change("", timedelta(0))).kind == "twice"))
        return (wall - offset).replace(tzinfo=UTC)


@dataclass(slots=True)
class Folds:
    """What a whole file says about its repeated hours.

    ``stepped``: days on which the clock of the rows steps back into the hour once it is through;
    ``stood``: days on which it only stands still once, as hourly rows do; ``counted``: days that
    hold the same time twice in another way. On all other days the file holds the hour once.
    ``descending``: the newest row comes first.
    """

    stepped: set[date] = field(default_factory=set)
    stood: set[date] = field(default_factory=set)
    counted: set[date] = field(default_factory=set)
    descending: bool = False

    @property
    def both(self) -> set[date]:
        return self.stepped | self.stood | self.counted

    def save(self) -> dict[str, Any]:
        days = {name: sorted(day.isoformat() for day in getattr(self, name)) for name in _SETS}
        return {**days, "descending": self.descending}

    @classmethod
    def restore(cls, saved: dict[str, Any]) -> Folds:
        days = {name: {date.fromisoformat(day) for day in saved[name]} for name in _SETS}
        return cls(**days, descending=bool(saved["descending"]))


class Autumn:
    """Follows the rows through a repeated hour and tells, per set of dimensions, which occurrence each is."""

    def __init__(self, folds: Folds) -> None:
        self._folds = folds
        self._both = folds.both
        self._day: date | None = None
        self._last: dict[Dims, datetime] = {}
        self._passes: dict[Dims, int] = {}
        self._times: dict[tuple[datetime, Dims], int] = {}

    def is_second(self, wall: datetime, dims: Dims) -> bool:
        """Rows of days that hold the hour once are never second."""
        day = wall.date()
        if day not in self._both:
            return False
        if day != self._day:
            self._day = day
            self._last, self._passes, self._times = {}, {}, {}
        later = self._count(wall, dims) if day in self._folds.counted else self._pass(wall, dims)
        return later != self._folds.descending

    def _pass(self, wall: datetime, dims: Dims) -> bool:
        last = self._last.get(dims)
        stepped = last is not None and (wall > last if self._folds.descending else wall < last)
        if stepped or (wall == last and wall.date() in self._folds.stood):
            self._passes[dims] = self._passes.get(dims, 0) + 1
        self._last[dims] = wall
        return self._passes.get(dims, 0) > 0

    def _count(self, wall: datetime, dims: Dims) -> bool:
        self._times[wall, dims] = self._times.get((wall, dims), 0) + 1
        return self._times[wall, dims] > 1

    def save(self) -> dict[str, Any]:
        return {
            "last": [[list(dims), wall.isoformat(), self._passes.get(dims, 0)] for dims, wall in self._last.items()],
            "times": [[list(dims), wall.isoformat(), count] for (wall, dims), count in self._times.items()],
        }

    def restore(self, saved: dict[str, Any]) -> None:
        for dims, wall, passes in saved["last"]:
            self._last[tuple(dims)] = datetime.fromisoformat(wall)
            self._passes[tuple(dims)] = passes
            self._day = datetime.fromisoformat(wall).date()
        for dims, wall, count in saved["times"]:
            self._times[datetime.fromisoformat(wall), tuple(dims)] = count
            self._day = datetime.fromisoformat(wall).date()
