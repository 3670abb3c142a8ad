"""Items of ``POST /ingest/metrics``.

Ours: ``{"metric", "value", "date" | "at", "dimensions": {}, "n"}``. The older one, a row of
several numbers: ``{"email", "source_name", "metric_date", "data": {name: number}}``, whose
``source_name`` becomes a dimension and whose ``email`` is not used: the token says who sends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sources.push.fields import ItemError, day, instant, known_names, number, text

LARGEST = 1e15
MOST_DIMENSIONS = 10
MOST_NUMBERS = 200
_METRIC = re.compile(r"[a-z][a-z0-9_.]{0,99}", re.ASCII)
_DIMENSION = re.compile(r"[a-z][a-z0-9_]{0,49}", re.ASCII)
_OURS = ("metric", "value", "date", "at", "dimensions", "n")
_OLDER = ("email", "source_name", "metric_date", "data", "meta")


def records(item: Mapping[str, Any]) -> Iterator[dict[str, Any] | ItemError]:
    """The points of one item; a bad number of the older shape is refused without the others."""
    if "metric_date" in item or "data" in item:
        yield from _older(item)
        return
    known_names(item, _OURS)
    yield {
        "metric": _metric(text(item, "metric", 1000, required=True), "metric"),
        **_when(item),
        "value": number(item.get("value"), "value", LARGEST),
        "dimensions": _dimensions(item.get("dimensions")),
        "n": _n(item.get("n", 1)),
    }


def _older(item: Mapping[str, Any]) -> Iterator[dict[str, Any] | ItemError]:
    known_names(item, _OLDER)
    date = day(item.get("metric_date"), "metric_date")
    source = text(item, "source_name", 100, required=True)
    data = item.get("data")
    if not isinstance(data, dict) or not data:
        raise ItemError("not_an_object", "data", "This must be an object of names and numbers.")
    if len(data) > MOST_NUMBERS:
        raise ItemError("too_many", "data", f"At most {MOST_NUMBERS} numbers in one item.")
    for name, value in data.items():
        place = f"data.{name[:100]}"
        try:
            metric, value = _metric(name, place), number(value, place, LARGEST)
        except ItemError as refused:
            yield refused
            continue
        yield {"metric": metric, "date": date, "value": value, "dimensions": {"source_name": source}, "n": 1}


def _when(item: Mapping[str, Any]) -> dict[str, str]:
    date, at = item.get("date"), item.get("at")
    if (date is None) == (at is None):
        message = "Send “date” (a day) or “at” (an instant with offset), one of them."
        raise ItemError("missing" if date is None else "ambiguous", "date", message)
    return {"date": day(date, "date")} if at is None else {"at": instant(at, "at")}


def _metric(name: str, field: str) -> str:
    if not _METRIC.fullmatch(name):
        message = "Use small letters, digits, _ and . only, a letter first, at most 100, like shop.orders."
        raise ItemError("bad_metric", field, message)
    return name


def _n(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1_000_000_000:
        raise ItemError("out_of_range", "n", "How many observations the value adds up: a whole number from 1 on.")
    return value


def _dimensions(value: Any) -> dict[str, str]:
    """Names and texts; a number or truth value is taken as its text, null is left out."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ItemError("not_an_object", "dimensions", "This must be an object of names and texts.")
    if len(value) > MOST_DIMENSIONS:
        raise ItemError("too_many", "dimensions", f"At most {MOST_DIMENSIONS} dimensions.")
    return {name: _dimension(name, one) for name, one in sorted(value.items()) if one is not None}


def _dimension(name: str, value: Any) -> str:
    place = f"dimensions.{name[:100]}"
    if not _DIMENSION.fullmatch(name):
        raise ItemError("bad_dimension", place, "Names have small letters, digits and _, a letter first, at most 50.")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(number(value, place, LARGEST))
    if not isinstance(value, str):
        raise ItemError("not_a_text", place, "This must be a text.")
    if len(value) > 200:
        raise ItemError("too_long", place, f"At most 200 characters, this has {len(value)}.")
    return value
