"""A few numbers at a glance: each with its change, the value before and a sparkline."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, cast

import orjson
from django.core.cache import cache

from livinglytics.lib import buckets, clock
from livinglytics.lib.buckets import Grain
from metrics.query import respond
from metrics.query.context import context
from metrics.query.engine import ask
from metrics.query.filters import as_json
from metrics.query.model import Answer, Query, Workspace
from metrics.query.request import Asked

#: what the first Living Lytics dashboard showed
FIRST_TILES: Final = ("sessions", "conversions", "ig_reach", "engagement")
_KEPT_SECONDS: Final = 3_600


@dataclass(frozen=True, slots=True)
class Tiles:
    """The answer as JSON, and whether it was remembered."""

    body: dict[str, Any]
    cached: bool


def spark_grain(days: int) -> Grain:
    """A grain that gives a sparkline at most about a hundred points."""
    return "day" if days <= 100 else "week" if days <= 700 else "month"


def tiles(workspace: Workspace, asked: Asked, *, now: datetime | None = None) -> Tiles:
    """One tile per asked metric.

    Two statements: the data version, and the days of both periods; one where the answer is remembered.
    It is remembered under the data version and the local hour: the version rises with every change of
    the numbers, and the hour decides which days are open.
    """
    moment = now or clock.now()
    known = context(workspace.team_id)
    query = replace(asked.query, grain=spark_grain(asked.query.period.days), notes=False)
    key = _key(workspace, query, known.version, moment)
    if (kept := cache.get(key)) is not None:
        return Tiles(cast(dict[str, Any], orjson.loads(kept)), True)
    answer = ask(workspace, query, now=moment, known=known)
    body = _body(answer, asked.notices)
    cache.set(key, orjson.dumps(body), _KEPT_SECONDS)
    return Tiles(body, False)


def _key(workspace: Workspace, query: Query, version: int, now: datetime) -> str:
    hour = now.astimezone(buckets.zone_info(workspace.zone)).strftime("%Y%m%d%H%z")
    compare = query.compare
    parts = [
        workspace.zone,
        workspace.week_start,
        query.metrics,
        respond.days_json(query.period),
        as_json(query.where),
        None if compare is None else [compare.kind, compare.match, str(compare.period)],
    ]
    name = hashlib.blake2b(orjson.dumps(parts), digest_size=16).hexdigest()
    return f"tiles:{workspace.team_id.hex}:{version}:{hour}:{name}"


def _body(answer: Answer, notices: Iterable[str]) -> dict[str, Any]:
    body: dict[str, Any] = {one.key: _tile(answer, index) for index, one in enumerate(answer.definitions)}
    body["meta"] = {
        "range": respond.days_json(answer.query.period),
        "against": None if answer.against is None else respond.days_json(answer.against),
        "grain": answer.query.grain,
        "times": [row.time for row in answer.rows],
        "timezone": answer.workspace.zone,
        "warnings": [*notices, *answer.warnings],
        "data_version": answer.data_version,
    }
    return body


def _tile(answer: Answer, index: int) -> dict[str, Any]:
    definition = answer.definitions[index]
    made = respond.value_json(answer.totals.values[index])
    made |= {"label": definition.label, "unit": definition.unit, "direction": definition.direction}
    made |= {"change": None, "previous": None, "rule": None}
    if answer.totals.compared:
        compared = answer.totals.compared[index]
        change = respond.change_json(compared.now, compared.before, definition, partial=True)
        made |= {"change": change, "previous": compared.before.value, "rule": compared.rule}
    made["sparkline"] = [row.values[index].value for row in answer.rows]
    return made
