"""One row under a rule: its moment, its number, its dimensions, or its text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from livinglytics.lib.buckets import local_day
from sources.connectors._values import whole
from sources.connectors.singer.mapping import PARTS, NumberRule, TextRule
from sources.records import Document, MetricPoint
from sources.tabular import Converter, Row, RowError, limits
from sources.tabular.amounts import NumberError, is_missing, reader
from sources.tabular.converting import NONE
from sources.tabular.dates import DateError, parser, shown
from sources.tabular.shape import Value

_number = reader()
_seconds, _milliseconds = parser("unix seconds"), parser("unix milliseconds")
#: as seconds this is the year 5138
_MILLISECONDS_FROM = 1e11
_MOST = 2**31 - 1
_YEARS = range(1900, 2200)


class Cell(NamedTuple):
    """What one row adds to one number of a day."""

    day: date
    dims: dict[str, str]
    value: float
    n: int


def cell(rule: NumberRule, row: Mapping[str, Any], zone: str) -> Cell | None:
    """The row's number on its day in ``zone``; None where there is none: missing is not zero. Raises RowError.

    A time without a zone counts on the day as it is written.
    """
    when = moment(row, rule.at)
    day = local_day(when, zone) if isinstance(when, datetime) and when.tzinfo else _day(when)
    return _cell(rule, row, day)


def point(rule: NumberRule, row: Mapping[str, Any]) -> list[MetricPoint]:
    """A row that is the number of its day already, of the day as it is written. Raises RowError."""
    found = _cell(rule, row, _day(moment(row, rule.at)))
    return [MetricPoint(rule.metric, found.day, found.value, found.dims, found.n)] if found else []


def document(rule: TextRule, stream: str, row: Mapping[str, Any]) -> Document:
    """The text of a row; its id is unique among all streams of the source. Raises RowError."""
    when = moment(row, rule.created_at)
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day, tzinfo=UTC)
    aware = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    fields = [getattr(rule, name) for name in PARTS[1:]]
    values: list[Value] = [aware.isoformat(), *(at(row, name) if name else None for name in fields)]
    line = Row(0, values)
    reading = _converter(rule)
    found = reading.document(line, reading.cells(line))
    return replace(found, external_id=f"{stream}:{found.external_id}", kind=rule.as_kind)


def at(row: Mapping[str, Any], path: str) -> Value:
    """The value of a field, or of one inside (``customer.country``); a list or object as JSON."""
    found: Any = row.get(path)
    if found is None and "." in path:
        found = row
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, dict | list):
        return json.dumps(found, ensure_ascii=False)
    return found if isinstance(found, str | int | float | bool) else None


def moment(row: Mapping[str, Any], path: str) -> date | datetime:
    """A day, or a time with or without a zone: ISO 8601, or seconds or milliseconds since 1970. Raises RowError."""
    value = at(row, path)
    if is_missing(value) or isinstance(value, bool):
        raise RowError(f"the date is missing (field {path!r})")
    if isinstance(value, int | float):
        try:
            return (_milliseconds if abs(value) >= _MILLISECONDS_FROM else _seconds)(value)
        except DateError as error:
            raise RowError(str(error)) from error
    text = str(value).strip()
    try:
        found = date.fromisoformat(text) if len(text) == len("2026-01-31") else datetime.fromisoformat(text)
    except ValueError:
        raise RowError(f"{shown(text)} is no date (field {path!r}; expected like 2026-01-31T10:00:00Z)") from None
    if found.year not in _YEARS:
        raise RowError(f"{shown(text)} lies outside the years that can be stored (field {path!r})")
    return found


@lru_cache(maxsize=64)
def _converter(rule: TextRule) -> Converter:
    return rule.converter()


def _day(when: date | datetime) -> date:
    return when.date() if isinstance(when, datetime) else when


def _cell(rule: NumberRule, row: Mapping[str, Any], day: date) -> Cell | None:
    value = at(row, rule.value) if isinstance(rule.value, str) else rule.value
    if is_missing(value):
        return None
    if isinstance(value, bool):
        raise RowError(f"field {rule.value!r}: {value} is no number")
    try:
        number = _number(value)
    except NumberError as error:
        raise RowError(f"field {rule.value!r}: {error}") from error
    count = whole(at(row, rule.n), _MOST) if isinstance(rule.n, str) else rule.n
    if not count:
        raise RowError(f"field {rule.n!r}: a count of observations is a whole number of at least 1")
    return Cell(day, {name: _dimension(row, path) for name, path in sorted(rule.dimensions.items())}, number, count)


def _dimension(row: Mapping[str, Any], path: str) -> str:
    value = at(row, path)
    text = ("true" if value else "false") if isinstance(value, bool) else "" if value is None else str(value).strip()
    text = text.encode("utf-8", "ignore").decode().replace("\x00", "")
    if len(text) > limits.DIMENSION:
        raise RowError(f"field {path!r} is too long for a dimension (at most {limits.DIMENSION} characters)")
    return text or NONE
