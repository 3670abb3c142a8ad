"""Records as a table of words, for previews."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from livinglytics.lib.buckets import zone_info
from livinglytics.lib.text import excerpt
from sources.records import Document, MetricPoint, Record, When
from sources.tabular import Plan, Preview

_LONGEST = 140
#: texts up to this length are not broken into lines
_SHORT = 20
Column = dict[str, Any]
TableRow = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordTable:
    """``columns``: label and whether it is numeric; ``rows``: cells; a row that is refused has an ``error``."""

    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]


def table_of(records: Sequence[Record], zone: str) -> RecordTable:
    """Records of one kind, one to a row."""
    documents = [one for one in records if isinstance(one, Document)]
    if documents:
        return RecordTable(_DOCUMENT_COLUMNS, tuple(_row(_document(one, zone)) for one in documents))
    points = [one for one in records if isinstance(one, MetricPoint)]
    columns = _columns(("When", False), ("Metric", False), ("Value", True), ("Split", False))
    return RecordTable(columns, tuple(_row(_point(one, zone), numeric={2}) for one in points))


def table_of_rows(previews: Iterable[Preview], plan: Plan, zone: str) -> RecordTable:
    """Rows of a file as they will be stored, one to a row, or why they can't be."""
    if plan.review:
        columns = (*_columns(("Row", False)), *_DOCUMENT_COLUMNS)
        return RecordTable(columns, tuple(_file_row(one, _texts(one, zone)) for one in previews))
    dims = [(one.key, False) for one in plan.dimensions]
    metrics = [(one.label or one.key, True) for one in plan.metrics]
    columns = _columns(("Row", False), ("When", False), *dims, *metrics)
    first = 2 + len(dims)
    numeric = set(range(first, first + len(metrics)))
    return RecordTable(columns, tuple(_file_row(one, _numbers(one, plan, zone), numeric) for one in previews))


def when_words(when: When, zone: str) -> str:
    """A day as it is, an instant in the zone: ``2026-03-01 14:00``."""
    if isinstance(when, datetime):
        return when.astimezone(zone_info(zone)).strftime("%Y-%m-%d %H:%M")
    return when.isoformat()


def _columns(*named: tuple[str, bool]) -> tuple[Column, ...]:
    return tuple({"label": label, "numeric": numeric} for label, numeric in named)


_DOCUMENT_COLUMNS = _columns(("When", False), ("Rating", False), ("Title", False), ("Text", False), ("Author", False))


def _row(texts: Sequence[str], *, numeric: set[int] | None = None) -> TableRow:
    return {
        "cells": [
            {"text": text, "numeric": index in (numeric or ()), "short": len(text) <= _SHORT}
            for index, text in enumerate(texts)
        ]
    }


def _file_row(one: Preview, texts: list[str], numeric: set[int] | None = None) -> TableRow:
    row = _row([str(one.number), *texts], numeric=numeric)
    return row | {"number": one.number, "error": one.error.partition(": ")[2]}


def _point(one: MetricPoint, zone: str) -> list[str]:
    split = ", ".join(f"{name} {value}" for name, value in one.dimensions.items())
    return [when_words(one.at, zone), one.metric, _plain(one.value), split or "–"]


def _document(one: Document, zone: str) -> list[str]:
    words = [excerpt(text, _LONGEST) or "–" for text in (one.title, one.text, one.author)]
    return [when_words(one.created_at, zone), _rating(one), *words]


def _rating(one: Document) -> str:
    """``thumbs up``, ``4 of 5``"""
    if not one.rating_original:
        return "–"
    if one.rating_scale == "thumbs":
        return f"thumbs {one.rating_original}"
    return f"{one.rating_original} of {one.rating_scale.rpartition('-')[2]}"


def _texts(one: Preview, zone: str) -> list[str]:
    return next((_document(made, zone) for made in one.records if isinstance(made, Document)), [])


def _numbers(one: Preview, plan: Plan, zone: str) -> list[str]:
    points = [made for made in one.records if isinstance(made, MetricPoint)]
    if not points:
        return ["–"] * (1 + len(plan.dimensions) + len(plan.metrics))
    values = {made.metric: _plain(made.value) for made in points}
    dims = [points[0].dimensions.get(split.key, "–") for split in plan.dimensions]
    return [when_words(points[0].at, zone), *dims, *(values.get(metric.key, "–") for metric in plan.metrics)]


def _plain(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\u00a0") if float(value).is_integer() else f"{value:.10g}"
