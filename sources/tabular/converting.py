"""One row of a table as numbers or a review, under a plan; and every reason why it cannot be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from livinglytics.lib.buckets import day_bounds, local_day
from livinglytics.lib.spreadsheets import original_text
from sources.records import Document, MetricPoint, When
from sources.tabular import amounts, dates, limits
from sources.tabular.plan import SCALES, Plan, ReviewRoles
from sources.tabular.shape import Row, Value
from sources.tabular.wallclock import Zone

NONE = "(none)"
_THUMBS = {
    "up": 1.0, "yes": 1.0, "true": 1.0, "positive": 1.0, "recommended": 1.0, "1": 1.0, "👍": 1.0,
    "down": 0.0, "no": 0.0, "false": 0.0, "negative": 0.0, "not recommended": 0.0, "0": 0.0, "👎": 0.0,
}  # fmt: skip


class Cells(NamedTuple):
    """What a row says: when (as written), its dimensions, one number or None per metric of the plan."""

    moment: dates.Moment
    dims: tuple[str, ...]
    numbers: tuple[float | None, ...]


class RowError(ValueError):
    """The row cannot be stored. The message names every fault in it, without the row number."""


@dataclass(slots=True)
class RowErrors:
    """The first thousand bad rows by message, and how many there are."""

    total: int = 0
    messages: list[str] = field(default_factory=list)

    def add(self, number: int, reason: str) -> None:
        self.total += 1
        if len(self.messages) < limits.ERRORS:
            self.messages.append(f"row {number}: {reason}")


class Converter:
    """Turns rows into cells and cells into records. ``zone`` is the team's; the plan may name another."""

    def __init__(self, plan: Plan, names: Sequence[str], zone: str) -> None:
        self.plan = plan
        self.team_zone = zone
        self.zone = Zone(plan.date.zone or zone)
        at = {name: index for index, name in enumerate(names)}
        self._date_at = at[plan.date.column]
        self._date = dates.parser(plan.date.format)
        self._metrics = [
            (at[metric.column], metric.column, amounts.reader(metric.number, metric.currency))
            for metric in plan.metrics
        ]
        self._dims = [(at[dimension.column], dimension.column) for dimension in plan.dimensions]
        self._review = _Review(plan.review, at) if plan.review else None
        self._keys = tuple(dimension.key for dimension in plan.dimensions)

    def cells(self, row: Row) -> Cells:
        """Raises RowError."""
        if row.fault:
            raise RowError(row.fault)
        faults: list[str] = []
        moment = self._moment(row.values, faults)
        numbers = tuple([self._number(row.values[i], name, read, faults) for i, name, read in self._metrics])
        dims = tuple([self._dimension(row.values[i], name, faults) for i, name in self._dims])
        if self._review:
            self._review.check(row.values, faults)
        if faults or moment is None:
            raise RowError("; ".join(faults))
        return Cells(moment, dims, numbers)

    def _moment(self, values: list[Value], faults: list[str]) -> dates.Moment | None:
        value = values[self._date_at]
        if amounts.is_missing(value):
            faults.append(f"the date is missing (column {self.plan.date.column!r})")
            return None
        try:
            return self._date(value)
        except dates.DateError as error:
            faults.append(str(error))
            return None

    @staticmethod
    def _number(value: Value, name: str, read: amounts.Reader, faults: list[str]) -> float | None:
        try:
            return read(value)
        except amounts.NumberError as error:
            if not amounts.is_missing(value):
                faults.append(f"column {name!r}: {error}")
            return None

    @staticmethod
    def _dimension(value: Value, name: str, faults: list[str]) -> str:
        text = _text(value)
        if len(text) > limits.DIMENSION:
            faults.append(f"column {name!r} is too long for a dimension (at most {limits.DIMENSION} characters)")
        return text or NONE

    def when(self, moment: dates.Moment, *, second: bool = False) -> When:
        """The day, or the instant in UTC."""
        if not isinstance(moment, datetime):
            return moment
        if self.plan.date.daily:
            return moment.date() if moment.tzinfo is None else local_day(moment, self.team_zone)
        return self.zone.instant(moment, second=second) if moment.tzinfo is None else moment.astimezone(UTC)

    def day(self, moment: dates.Moment) -> date:
        """The calendar day of the team on which this counts."""
        if isinstance(moment, datetime) and moment.tzinfo is None and self.zone.name == self.team_zone:
            return moment.date()
        when = self.when(moment)
        return local_day(when, self.team_zone) if isinstance(when, datetime) else when

    def points(self, cells: Cells, when: When) -> list[MetricPoint]:
        """One point per number; an empty cell gives none."""
        split = dict(zip(self._keys, cells.dims, strict=True))
        pairs = zip(self.plan.metrics, cells.numbers, strict=True)
        return [MetricPoint(metric.key, when, number, split) for metric, number in pairs if number is not None]

    def document(self, row: Row, cells: Cells, *, second: bool = False) -> Document:
        """The review in this row. A day without a time counts from its first instant in the zone."""
        if self._review is None:
            raise RowError("the plan has no column with review text")
        moment = cells.moment
        if isinstance(moment, datetime):
            created = self.zone.instant(moment, second=second) if moment.tzinfo is None else moment.astimezone(UTC)
        else:
            created = day_bounds(moment, self.zone.name)[0]
        return self._review.document(row.values, created)


def _text(value: Value) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    # exports put an apostrophe before what a spreadsheet could run; read back, the text is what it was
    return original_text(str(value).strip())


class _Review:
    """The columns of a review and how its rating is read."""

    def __init__(self, roles: ReviewRoles, at: dict[str, int]) -> None:
        self._roles = roles
        names = ("text", "id", "title", "author", "rating", "language", "url")
        self._at = {part: at[getattr(roles, part)] for part in names if getattr(roles, part)}
        self._number = amounts.reader(roles.number)

    def _cell(self, values: list[Value], part: str) -> str:
        return _text(values[self._at[part]]) if part in self._at else ""

    def check(self, values: list[Value], faults: list[str]) -> None:
        if not self._cell(values, "text") and not self._cell(values, "title"):
            faults.append(f"the text is missing (column {self._roles.text!r})")
        if self._roles.id and not self._cell(values, "id"):
            faults.append(f"the id is missing (column {self._roles.id!r})")
        try:
            self._rating(values)
        except ValueError as error:
            faults.append(f"column {self._roles.rating!r}: {error}")

    def _rating(self, values: list[Value]) -> float | None:
        shown = self._cell(values, "rating")
        if amounts.is_missing(shown):
            return None
        if self._roles.scale == "thumbs":
            if shown.lower() not in _THUMBS:
                raise ValueError(f"{dates.shown(shown)} is neither up nor down")
            return _THUMBS[shown.lower()]
        low, high = SCALES[self._roles.scale]
        number = self._number(shown)
        if not low <= number <= high:
            raise ValueError(f"{dates.shown(shown)} is outside the scale {self._roles.scale}")
        return (number - low) / (high - low)

    def document(self, values: list[Value], created: datetime) -> Document:
        text, title, author, language, url = (
            self._cell(values, part) for part in ("text", "title", "author", "language", "url")
        )
        content = "\x1f".join((created.isoformat(), text, title, author, language, url, self._cell(values, "rating")))
        rating = self._rating(values)
        return Document(
            external_id=self._cell(values, "id") or hashlib.sha256(content.encode()).hexdigest()[:32],
            created_at=created,
            rating=rating,
            rating_original=self._cell(values, "rating") if rating is not None else "",
            rating_scale=self._roles.scale if rating is not None else "",
            text=text,
            title=title,
            author=author,
            language=language,
            url=url,
        )


@dataclass(frozen=True, slots=True)
class Preview:
    """What one row will become, or why it cannot be stored."""

    number: int
    records: tuple[MetricPoint | Document, ...] = ()
    error: str = ""


def preview(rows: Iterable[Row], plan: Plan, names: Sequence[str], *, zone: str = "UTC", n: int = 10) -> list[Preview]:
    """The first ``n`` rows as they would be stored, each taken by itself."""
    converter = Converter(plan, names, zone)
    shown: list[Preview] = []
    for row in rows:
        if len(shown) >= n:
            break
        try:
            cells = converter.cells(row)
            made = (
                (converter.document(row, cells),)
                if plan.review
                else converter.points(cells, converter.when(cells.moment))
            )
            shown.append(Preview(row.number, tuple(made)))
        except RowError as error:
            shown.append(Preview(row.number, error=f"row {row.number}: {error}"))
    return shown
