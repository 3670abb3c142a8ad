"""The mapping a person confirms: which column is the date, which are numbers, which split them.

A plan is saved as JSON and found again by :func:`signature` when a file with the same
columns is uploaded.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar

from livinglytics.lib.buckets import zone_info
from livinglytics.lib.errors import Invalid
from sources.tabular import amounts, dates
from sources.tabular.shape import Reading, Shape

KEY = re.compile(r"[a-z][a-z0-9_.]{0,63}")
SCALES: dict[str, tuple[float, float]] = {"1-5": (1, 5), "0-5": (0, 5), "1-10": (1, 10), "0-10": (0, 10),
                                          "0-100": (0, 100), "0-1": (0, 1), "thumbs": (0, 1)}  # fmt: skip
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class DateRole:
    """The column that says when. ``daily``: only its calendar day counts.

    ``zone``: wall-clock times without an offset are local times there; "" = the team's zone.
    Of an hour that occurs twice when clocks go back, the first pass through it in time order is the
    first occurrence; a time that clocks skip in spring is moved forward by the gap and reported.
    """

    column: str
    format: str
    daily: bool = True
    zone: str = ""


@dataclass(frozen=True, slots=True)
class MetricRole:
    """A column of numbers. Of several rows with the same date and dimensions, ``sum`` adds up,
    ``mean`` averages, ``last`` keeps the row that stands last in the file."""

    column: str
    key: str
    label: str = ""
    kind: Literal["sum", "mean", "last"] = "sum"
    number: str = amounts.PLAIN
    currency: str = ""
    unit: str = "count"


@dataclass(frozen=True, slots=True)
class DimensionRole:
    """A column that splits the numbers. An empty cell counts as "(none)"."""

    column: str
    key: str


@dataclass(frozen=True, slots=True)
class ReviewRoles:
    """Columns of a table of reviews; "" where there is none. Without ``id`` a row is known by its content."""

    text: str
    id: str = ""
    title: str = ""
    author: str = ""
    rating: str = ""
    scale: str = "1-5"
    number: str = amounts.PLAIN
    language: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of each column. Columns that have no role are not stored.

    ``offered``: columns of numbers that look like codes, ready to be made dimensions.
    ``zero_days``: a day inside the file's span that the file does not mention had zero.
    """

    date: DateRole
    metrics: tuple[MetricRole, ...] = ()
    dimensions: tuple[DimensionRole, ...] = ()
    review: ReviewRoles | None = None
    zero_days: bool = False
    offered: tuple[str, ...] = ()
    reading: Reading = field(default_factory=Reading)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str | Mapping[str, Any]) -> Plan:
        """Raises Invalid with the name of the part that is wrong."""
        try:
            found = json.loads(text) if isinstance(text, str) else text
        except ValueError as error:
            raise _invalid("the plan is not valid JSON") from error
        parts = _known(cls, found, "plan")
        plan = cls(
            date=_part(DateRole, parts.get("date"), "date"),
            metrics=tuple(_part(MetricRole, one, "metrics") for one in _list(parts, "metrics")),
            dimensions=tuple(_part(DimensionRole, one, "dimensions") for one in _list(parts, "dimensions")),
            review=_part(ReviewRoles, parts["review"], "review") if parts.get("review") else None,
            zero_days=bool(parts.get("zero_days", False)),
            offered=tuple(str(one) for one in _list(parts, "offered")),
            reading=_part(Reading, parts.get("reading") or {}, "reading"),
        )
        plan.check()
        return plan

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the plan needs."""
        named = [self.date.column, *(m.column for m in self.metrics), *(d.column for d in self.dimensions)]
        if self.review:
            review = self.review
            named += [review.text, review.id, review.title, review.author, review.rating, review.language, review.url]
        return tuple(dict.fromkeys(name for name in named if name))

    def check(self, shape: Shape | None = None) -> None:
        """Raises Invalid when the plan cannot work, or does not fit the file's columns."""
        if self.date.format not in dates.FORMATS:
            raise _invalid(f"{self.date.format!r} is not a date format we know; for example YYYY-MM-DD")
        if self.date.zone:
            zone_info(self.date.zone)
        if not self.metrics and not self.review:
            raise _invalid("choose at least one column of numbers, or the column with the review text")
        if self.review and self.review.rating and self.review.scale not in SCALES:
            raise _invalid(f"{self.review.scale!r} is not a rating scale; choose one of {', '.join(SCALES)}")
        self._check_keys()
        missing = [name for name in self.columns if shape and name not in shape.names]
        if missing and shape:
            raise _invalid(f"the file has no column {missing[0]!r}; it has {', '.join(shape.names[:20])}")

    def _check_keys(self) -> None:
        keys = [metric.key for metric in self.metrics]
        names = [dimension.key for dimension in self.dimensions]
        for key in keys + names:
            if not KEY.fullmatch(key):
                raise _invalid(f"{key!r} is not a key: small letters, digits and _ only, beginning with a letter")
        if len(set(keys)) < len(keys) or len(set(names)) < len(names):
            raise _invalid("two columns have the same key")
        for metric in self.metrics:
            if metric.number not in amounts.STYLES:
                raise _invalid(f"{metric.number!r} is not a number format; choose one of {', '.join(amounts.STYLES)}")
            if metric.kind not in ("sum", "mean", "last"):
                raise _invalid(f"{metric.kind!r} is not a kind of metric; choose sum, mean or last")


def signature(shape: Shape) -> str:
    """Same columns, in any order and any case, give the same signature."""
    names = sorted(name.strip().casefold() for name in shape.names)
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def _invalid(message: str) -> Invalid:
    return Invalid(message[:1].upper() + message[1:] + ".", details={"plan": [message]})


def _known(kind: type, found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        raise _invalid(f"{where} is missing or not an object")
    names = {one.name for one in fields(kind)}
    unknown = sorted(set(found) - names)
    if unknown:
        raise _invalid(f"{where} has an unknown part {unknown[0]!r}")
    return dict(found)


def _list(parts: Mapping[str, Any], name: str) -> list[Any]:
    found = parts.get(name) or []
    if not isinstance(found, list | tuple):
        raise _invalid(f"{name} is not a list")
    return list(found)


def _part(kind: type[Part], found: Any, where: str) -> Part:
    values = _known(kind, found, where)
    for name, value in values.items():
        wanted = (bool, type(None)) if name in ("daily", "header") else (str,)
        if not isinstance(value, wanted):
            raise _invalid(f"{where}: {name} has the wrong type")
    try:
        return kind(**values)
    except TypeError as error:
        raise _invalid(f"{where} misses a part ({error})") from error
