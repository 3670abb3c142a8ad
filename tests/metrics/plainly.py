"""An independent model of the store and the engine: dictionaries and loops, nothing shared with the product."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Dims = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Point:
    """One number as a source would send it."""

    metric: str
    at: date | datetime
    value: float
    n: int
    dims: Dims

    @property
    def timed(self) -> bool:
        return isinstance(self.at, datetime)


@dataclass
class Plainly:
    """Cells by (source, metric, dims, moment): the latest word on each."""

    zone: str
    cells: dict[tuple[str, str, Dims, date | datetime], tuple[int, float]] = field(default_factory=dict)

    def day(self, at: date | datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date() if isinstance(at, datetime) else at

    def land(self, source: str, points: list[Point], complete: tuple[tuple[str, ...], date, date] | None) -> None:
        """A page: what it names is replaced, what a promise leaves out is gone."""
        named = {(source, one.metric, one.dims, one.at): (one.n, one.value) for one in points}
        if complete:
            metrics, first, last = complete
            for key in list(self.cells):
                promised = key[0] == source and key[1] in metrics and first <= self.day(key[3]) <= last
                if promised and key not in named:
                    del self.cells[key]
        self.cells.update(named)

    def rows(self, metric: str, first: date, last: date) -> list[tuple[str, Dims, date | datetime, int, float]]:
        found = [
            (source, dims, at, n, value)
            for (source, name, dims, at), (n, value) in self.cells.items()
            if name == metric and first <= self.day(at) <= last
        ]
        return sorted(found, key=lambda row: (row[0], row[1], str(row[2])))

    def value(
        self, metric: str, kind: str, first: date, last: date, group: dict[str, str] | None = None
    ) -> tuple[float, int] | None:
        """(value, n) of the metric over these days and of this group; None where there is nothing."""
        rows = [
            row
            for row in self.rows(metric, first, last)
            if all(_named(row[0], row[1], name) == at for name, at in (group or {}).items())
        ]
        if not rows:
            return None
        n = sum(row[3] for row in rows)
        total = sum(row[4] for row in rows)
        if kind == "mean":
            return total / n, n
        if kind == "last":
            return self._last(rows), n
        return total, n

    def _last(self, rows: list[tuple[str, Dims, date | datetime, int, float]]) -> float:
        """Each source's latest day; of it, the latest value of every series."""
        found = 0.0
        for source in {row[0] for row in rows}:
            mine = [row for row in rows if row[0] == source]
            day = max(self.day(row[2]) for row in mine)
            latest: dict[tuple[Dims, bool], tuple[datetime, float]] = {}
            for _, dims, at, _, value in mine:
                if self.day(at) != day:
                    continue
                timed = isinstance(at, datetime)
                moment = at if isinstance(at, datetime) else datetime.combine(at, datetime.min.time(), UTC)
                if (dims, timed) not in latest or moment > latest[dims, timed][0]:
                    latest[dims, timed] = (moment, value)
            found += sum(value for _, value in latest.values())
        return found

    def groups(self, metric: str, first: date, last: date, names: tuple[str, ...]) -> set[tuple[str, ...]]:
        return {
            tuple(_named(source, dims, name) for name in names)
            for source, dims, _, _, _ in self.rows(metric, first, last)
        }


def _named(source: str, dims: Dims, name: str) -> str:
    return source if name == "source" else dict(dims).get(name, "(not set)")


def weeks(first: date, last: date) -> list[tuple[date, date, date]]:
    """(Monday, first day, last day) of the weeks of a period."""
    found = []
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        found.append((monday, max(first, monday), min(last, monday + timedelta(days=6))))
        monday += timedelta(days=7)
    return found
