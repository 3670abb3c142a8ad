"""One pass over a whole file before anything is stored.

It finds every bad row, the days the file spans, whether rows repeat a moment and its
dimensions, in which order the rows stand, and what the file does where clocks change.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from sources.tabular import dates
from sources.tabular.converting import Cells, Converter, RowError, RowErrors
from sources.tabular.shape import Row
from sources.tabular.wallclock import Dims, Folds

_REMEMBERED = 200_000
_NOTES = 20


@dataclass(slots=True)
class Survey:
    """What is true of the file as a whole. ``summed``: rows have to be added up before they are stored."""

    rows: int = 0
    errors: RowErrors = field(default_factory=RowErrors)
    folds: Folds = field(default_factory=Folds)
    summed: bool = False
    descending: bool = False
    first: date | None = None
    last: date | None = None
    notes: list[str] = field(default_factory=list)


class _Repeated:
    """Rows in the hour that occurs twice: how the clock moves from one row to the next."""

    def __init__(self) -> None:
        self.days: dict[date, dict[str, int]] = {}
        self.doubled: set[date] = set()
        self.crowded = False
        self._day: date | None = None
        self._last: dict[Dims, datetime] = {}
        self._moves: Counter[tuple[str, Dims]] = Counter()
        self._times: Counter[tuple[datetime, Dims]] = Counter()

    def add(self, wall: datetime, dims: Dims) -> None:
        day = wall.date()
        if day != self._day:
            self._day = day
            for memory in (self._last, self._moves, self._times):
                memory.clear()
        most = self.days.setdefault(day, {"equal": 0, "back": 0, "on": 0})
        last = self._last.get(dims)
        if last is not None:
            move = "equal" if wall == last else "back" if wall < last else "on"
            self._moves[move, dims] += 1
            most[move] = max(most[move], self._moves[move, dims])
        self._last[dims] = wall
        self._times[wall, dims] += 1
        if self._times[wall, dims] == 2:
            self.doubled.add(day)
        self.crowded = self.crowded or self._times[wall, dims] > 2 or len(self._times) > _REMEMBERED

    def folds(self, ordered: str, *, repeats: bool) -> tuple[Folds, bool]:
        """What to make of it, and whether moments may still repeat afterwards."""
        folds = Folds(descending=ordered == "down")
        step = "on" if folds.descending else "back"
        unclear = self.crowded
        for day, most in self.days.items():
            if ordered != "none" and most[step]:
                folds.stepped.add(day)
                unclear = unclear or most[step] > 1 or most["equal"] > 0
            elif ordered != "none" and most["equal"] == 1 and not repeats:
                folds.stood.add(day)
            elif day in self.doubled and not repeats:
                folds.counted.add(day)
            else:
                unclear = unclear or day in self.doubled
        return folds, unclear


class Surveyor:
    """Add every row, then ask for the :class:`Survey`."""

    def __init__(self, converter: Converter) -> None:
        self._converter = converter
        self._found = Survey()
        self._last: dates.Moment | None = None
        self._here: set[Dims] = set()
        self._ups = self._downs = 0
        self._repeats = False
        self._twice = _Repeated()
        self._span: tuple[dates.Moment, dates.Moment] | None = None
        self._moved = 0

    @property
    def rows(self) -> int:
        return self._found.rows

    def add(self, row: Row) -> None:
        self._found.rows += 1
        try:
            cells = self._converter.cells(row)
        except RowError as error:
            self._found.errors.add(row.number, str(error))
            return
        moment = cells.moment
        if self._span is None:
            self._span = (moment, moment)
        elif moment < self._span[0]:
            self._span = (moment, self._span[1])
        elif moment > self._span[1]:
            self._span = (self._span[0], moment)
        self._order(row.number, cells)

    def _order(self, number: int, cells: Cells) -> None:
        moment = cells.moment
        if isinstance(moment, datetime):
            if self._converter.plan.date.daily:
                moment = moment.date() if moment.tzinfo is None else self._converter.day(moment)
            elif moment.tzinfo is None and (change := self._converter.zone.change(moment)):
                if change.kind == "twice":
                    self._twice.add(moment, cells.dims)
                    return
                self._note_moved(number, moment, moment + change.gap)
                moment += change.gap
        if self._last is None or moment != self._last:
            self._ups += self._last is not None and moment > self._last
            self._downs += self._last is not None and moment < self._last
            self._last = moment
            self._here = {cells.dims}
        elif not self._repeats:
            self._repeats = cells.dims in self._here or len(self._here) > _REMEMBERED
            self._here.add(cells.dims)

    def _note_moved(self, number: int, wall: datetime, moved: datetime) -> None:
        self._moved += 1
        if self._moved <= _NOTES:
            self._found.notes.append(
                f"row {number}: {wall:%Y-%m-%d %H:%M} does not exist in {self._converter.zone.name} "
                f"(clocks go forward); it counts as {moved:%H:%M}"
            )

    def finish(self) -> Survey:
        found = self._found
        if self._moved > _NOTES:
            found.notes.append(f"{self._moved:,} times do not exist where clocks go forward; all were moved")
        ordered = "down" if self._downs > 10 * self._ups else "up" if self._ups >= 10 * self._downs else "none"
        found.descending = ordered == "down"
        mixed = bool(self._ups and self._downs)
        found.folds, unclear = self._twice.folds(ordered, repeats=self._repeats)
        found.summed = self._repeats or mixed or unclear
        if self._span:
            found.first, found.last = self._converter.day(self._span[0]), self._converter.day(self._span[1])
        self._note_hours(found)
        return found

    def _note_hours(self, found: Survey) -> None:
        for day in sorted(self._twice.days)[:_NOTES]:
            zone = self._converter.zone.name
            if day in found.folds.both:
                text = "the file holds the hour that occurs twice both times; it is told apart by the order of rows"
            else:
                text = "the file holds the hour that occurs twice only once; it counts as its first occurrence"
            found.notes.append(f"{day}: clocks go back in {zone}; {text}")
