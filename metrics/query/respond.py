"""Answers as dicts that become JSON: the API's own shape, and the head that every export carries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from livinglytics.lib import numbers
from livinglytics.lib.buckets import Period
from metrics.catalog import Definition
from metrics.query import paging
from metrics.query.filters import as_json as filter_json
from metrics.query.model import Answer, Compared, Freshness, Query, Row, Value
from metrics.query.request import Asked
from sources.models import Source

Json = dict[str, Any]
_SETTLED = ("value", "zero")


def source_names(team_id: UUID) -> dict[str, str]:
    """The names of a team's sources by id: one statement."""
    rows = Source.objects.filter(team_id=team_id).values_list("pk", "name")
    return {str(pk): name for pk, name in rows}


def as_json(answer: Answer, asked: Asked, names: Mapping[str, str]) -> Json:
    """The whole answer: results, totals, other, the query as resolved, and what to know about it."""
    return {
        "results": [row_json(row, answer) for row in answer.rows],
        "totals": totals_json(answer),
        "other": None if answer.other is None else _other(answer, answer.other),
        "query": query_json(answer.query, answer),
        "meta": meta_json(answer, asked, names),
    }


def value_json(value: Value) -> Json:
    """One number; ``note`` says why it is not applicable or still open, ``small`` that n is below the floor."""
    found: Json = {"value": value.value, "state": value.state, "n": value.n}
    if value.note:
        found["note"] = value.note
    if value.small:
        found["small"] = True
    return found


def row_json(row: Row, answer: Answer) -> Json:
    """One row; with a comparison, each number stands beside the one of its counterpart."""
    place: Json = {"time": row.time} if row.time is not None else {}
    place |= dict(zip(answer.query.dimensions, row.dimensions, strict=True))
    cells = []
    for index, definition in enumerate(answer.definitions):
        cell: Json = {"metric": definition.key} | value_json(row.values[index])
        if row.before:
            before = row.before[index]
            cell["comparison"] = value_json(before) | {"change": change_json(row.values[index], before, definition)}
        cells.append(cell)
    return {"dimensions": place, "metrics": cells}


def totals_json(answer: Answer) -> Json:
    """The whole period at its own grain, with the fair comparison."""
    row = answer.totals
    cells = []
    for index, definition in enumerate(answer.definitions):
        cell: Json = {"metric": definition.key} | value_json(row.values[index])
        if row.compared:
            cell["comparison"] = compared_json(row.compared[index], definition)
        cells.append(cell)
    return {"metrics": cells}


def compared_json(compared: Compared, definition: Definition) -> Json:
    """A fair comparison: what was compared with what, by which rule, and how far apart they are."""
    return value_json(compared.before) | {
        "now": compared.now.value,
        "change": change_json(compared.now, compared.before, definition, partial=True),
        "rule": compared.rule,
        "basis": days_json(compared.basis),
        "against": days_json(compared.against),
    }


def change_json(now: Value, before: Value, definition: Definition, *, partial: bool = False) -> Json | None:
    """How far apart two values are; None where one is missing, or open and not cut to a fair basis."""
    usable = (*_SETTLED, "partial") if partial else _SETTLED
    if now.state not in usable or before.state not in usable:
        return None
    kind = "ratio" if definition.unit == "percent" else "sum"
    found = numbers.change(now.value, before.value, kind=kind, unit=definition.unit)
    points = None if found.absolute is None or kind != "ratio" else round(found.absolute * 100, 10)
    return {"absolute": found.absolute, "relative": found.relative, "pp": points, "text": found.text}


def _other(answer: Answer, other: Row) -> Json:
    cells = [
        {"metric": definition.key} | value_json(value)
        for definition, value in zip(answer.definitions, other.values, strict=True)
    ]
    return {"groups": answer.other_groups, "metrics": cells}


def days_json(period: Period) -> list[str]:
    return [period.first.isoformat(), period.last.isoformat()]


def query_json(query: Query, answer: Answer) -> Json:
    """The question as resolved: absolute days, the compared days, the zone."""
    compare = query.compare
    return {
        "metrics": list(query.metrics),
        "range": days_json(query.period),
        "asked_range": query.range_text or None,
        "compare": None
        if compare is None
        else {
            "kind": compare.kind,
            "match": compare.match,
            "against": None if answer.against is None else days_json(answer.against),
        },
        "grain": query.grain,
        "dimensions": list(query.dimensions),
        "filters": filter_json(query.where),
        "order_by": [[name, "desc" if down else "asc"] for name, down in query.order_by],
        "limit": query.limit,
        "offset": query.offset,
        "timezone": answer.workspace.zone,
        "week_start": answer.workspace.week_start,
    }


def meta_json(answer: Answer, asked: Asked, names: Mapping[str, str]) -> Json:
    """What to know about the numbers: how far they go, what may still move, what was cut."""
    warnings = [*asked.notices, *answer.warnings]
    if asked.version is not None and asked.version != answer.data_version:
        warnings.append("The numbers changed since the page before: rows may be missing or come twice.")
    end = answer.query.offset + len(answer.rows)
    return {
        "timezone": answer.workspace.zone,
        "complete_through": freshness_json(answer.freshness, names),
        "provisional": None if answer.provisional_from is None else answer.provisional_from.isoformat(),
        "restated": [one | {"source_name": names.get(one["source"], "")} for one in answer.restated],
        "warnings": warnings,
        "truncated": answer.truncated,
        "total": answer.total_rows,
        "next_cursor": paging.write(answer.query, end, answer.data_version) if answer.truncated else None,
        "data_version": answer.data_version,
    }


def freshness_json(found: list[Freshness], names: Mapping[str, str]) -> list[Json]:
    """One line per source and last day; metrics that end together stand together."""
    lines: dict[tuple[str, date | None, bool], Json] = {}
    for one in sorted(found, key=lambda one: (str(one.source_id), one.metric)):
        key = (str(one.source_id), one.complete_through, one.proved)
        if key not in lines:
            lines[key] = {
                "source": key[0],
                "source_name": names.get(key[0], ""),
                "complete_through": None if one.complete_through is None else one.complete_through.isoformat(),
                "proved": one.proved,
                "metrics": [],
            }
        if one.metric not in lines[key]["metrics"]:
            lines[key]["metrics"].append(one.metric)
    return list(lines.values())


def definition_json(definition: Definition) -> Json:
    """What a metric means, for the catalog and for the head of an export."""
    return {
        "key": definition.key,
        "label": definition.label,
        "kind": definition.kind,
        "unit": definition.unit,
        "direction": definition.direction,
        "formula": definition.formula,
        "parts": list(definition.parts) if definition.parts else None,
        "percentile": definition.percentile,
        "description": definition.description,
        "theme": definition.theme,
        "settle_hours": int(definition.settle.total_seconds() // 3600),
        "floor": definition.floor,
        "decimals": definition.decimals,
        "adds_up": definition.adds_up,
        "origin": definition.origin,
        "sources": list(definition.sources),
    }


def head_json(answer: Answer, asked: Asked, names: Mapping[str, str]) -> Json:
    """What every export says about itself: the question, the zone, how far it goes, and what the numbers mean."""
    return {
        "query": query_json(answer.query, answer),
        "meta": meta_json(answer, asked, names),
        "definitions": [definition_json(one) for one in answer.definitions],
        "totals": totals_json(answer),
    }
