"""One day's report: the question, its pages as one table, and what Google says about the quality."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from livinglytics.lib.errors import BadAnswer, Transient

#: rows asked for at once: an answer stays below a few megabytes
PAGE_ROWS = 10_000
_READINGS = 3
Ask = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """One day, split by ``dimensions``. No dimension gives the day's total."""

    day: date
    metrics: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    currency: str = ""

    def body(self) -> dict[str, Any]:
        """As ``runReport`` wants it, in an order that does not depend on numbers that move."""
        body: dict[str, Any] = {
            "dateRanges": [{"startDate": self.day.isoformat(), "endDate": self.day.isoformat()}],
            "dimensions": [{"name": name} for name in self.dimensions],
            "metrics": [{"name": name} for name in self.metrics],
            "orderBys": [{"dimension": {"dimensionName": name}} for name in self.dimensions],
        }
        return {**body, "currencyCode": self.currency} if self.currency else body


@dataclass(slots=True)
class Table:
    """Rows of texts: the dimensions first, then the metrics.

    ``bad``: rows that can't be read; ``notes``: remarks that name the day; ``missing``: metrics hidden from this key.
    """

    rows: list[list[str]] = field(default_factory=list)
    bad: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)


def read(ask: Ask, question: Question) -> Table:
    """The whole table. Pages that don't fit together are read again, as the day moved meanwhile."""
    for _ in range(_READINGS):
        table = _read_once(ask, question)
        if table is not None:
            return table
    raise Transient(f"The numbers of {said(question.day)} moved while they were read. They are read again later.")


def said(day: date) -> str:
    """A day in words: 3 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


def _read_once(ask: Ask, question: Question) -> Table | None:
    """None where a page repeats or lacks rows: the list was not the same for all pages."""
    table, offset, total = Table(), 0, None
    body = question.body()
    while total is None or offset < total:
        answer = ask({**body, "limit": str(PAGE_ROWS), "offset": str(offset)})
        places = _places(answer, question)
        rows, count = _list(answer, "rows"), answer.get("rowCount") or 0
        if not isinstance(count, int) or count != (count if total is None else total) or not _fits(rows, offset, count):
            return None
        total = count
        for row in rows:
            _take(table, row, places)
        offset += len(rows)
        _remark(table, answer.get("metadata"), question.day)
    seen = {tuple(row[: len(question.dimensions)]) for row in table.rows}
    return table if len(seen) == len(table.rows) else None


def _fits(rows: Sequence[Any], offset: int, count: int) -> bool:
    """Whether this page belongs to a list of ``count`` rows: none too many, and some where some must come."""
    return offset + len(rows) <= count and (bool(rows) or offset == count)


def _places(answer: Mapping[str, Any], question: Question) -> tuple[list[int], list[int]]:
    """Where the dimensions and metrics stand in each row: by the headers, not by the order asked for."""
    return (
        _columns(_list(answer, "dimensionHeaders"), question.dimensions),
        _columns(_list(answer, "metricHeaders"), question.metrics),
    )


def _columns(headers: Sequence[Any], names: Sequence[str]) -> list[int]:
    told = [one.get("name") if isinstance(one, dict) else None for one in headers]
    absent = [name for name in names if name not in told]
    if absent:
        raise BadAnswer(f"Google's report has no column {absent[0]}. If it stays, the Data API has changed.")
    return [told.index(name) for name in names]


def _take(table: Table, row: Any, places: tuple[list[int], list[int]]) -> None:
    try:
        values = [_text(row["dimensionValues"], place) for place in places[0]]
        numbers = [_text(row["metricValues"], place) for place in places[1]]
        if not all(math.isfinite(float(number)) for number in numbers):
            raise ValueError
    except (KeyError, IndexError, TypeError, ValueError):
        table.bad.append(row)
        return
    table.rows.append([value or "(not set)" for value in values] + numbers)


def _text(values: Any, place: int) -> str:
    value = values[place]["value"]
    if not isinstance(value, str):
        raise TypeError
    return value[:500]


def _list(answer: Mapping[str, Any], name: str) -> list[Any]:
    found = answer.get(name) or []
    if not isinstance(found, list):
        raise BadAnswer(f"Google's report has {name} of another shape. If it stays, the Data API has changed.")
    return found


def _remark(table: Table, metadata: Any, day: date) -> None:
    """What Google says about the quality of the numbers, each remark once and with its day."""
    told: Mapping[str, Any] = metadata if isinstance(metadata, dict) else {}
    found = []
    if told.get("samplingMetadatas"):
        found.append(f"Google estimated the numbers from a sample{_share(told['samplingMetadatas'])}.")
    if told.get("subjectToThresholding") is True:
        found.append("Google left rows out that stand for too few people. The sums are too low by these.")
    if told.get("dataLossFromOtherRow") is True:
        found.append("Google put rare values together as “(other)”. The sums are right, the breakdown is not whole.")
    if told.get("dataTruncationReasons"):
        found.append("Google left out a part of the data.")
    restricted = _restricted(told)
    table.missing |= restricted
    found += [f"This service account may not see {name}. It is left out." for name in sorted(restricted)]
    table.notes += [text for one in found if (text := f"{said(day)}: {one}") not in table.notes]


def _share(samples: Any) -> str:
    try:
        share = int(samples[0]["samplesReadCount"]) / int(samples[0]["samplingSpaceSize"])
    except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError):
        return ""
    return f" of {share:.0%}"


def _restricted(told: Mapping[str, Any]) -> set[str]:
    schema = told.get("schemaRestrictionResponse")
    found = schema.get("activeMetricRestrictions") if isinstance(schema, dict) else None
    return {str(one["metricName"]) for one in found or () if isinstance(one, dict) and one.get("metricName")}
