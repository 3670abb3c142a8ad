"""A few numbers at a glance: each with its change, the value before and a sparkline."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final

import orjson

from accounts.rendering import FastJSONRenderer
from livinglytics.lib import buckets, clock
from livinglytics.lib.buckets import Grain
from metrics.query import respond
from metrics.query.context import context
from metrics.query.engine import ask
from metrics.query.model import Answer, Workspace
from metrics.query.request import Asked

#: what the first Living Lytics dashboard showed
FIRST_TILES: Final = ("sessions", "conversions", "ig_reach", "engagement")
#: of each process, in bytes of answers and their questions
_REMEMBERED: Final = 16_000_000
_QUARTER: Final = 900
_Key = tuple[Workspace, int, str, str]


@dataclass(frozen=True, slots=True)
class Tiles:
    """The answer as JSON text, and whether it was remembered."""

    json: bytes
    cached: bool

    @property
    def body(self) -> Any:
        """The answer as plain values."""
        return orjson.loads(self.json)


def spark_grain(days: int) -> Grain:
    """A grain that gives a sparkline at most about a hundred points."""
    return "day" if days <= 100 else "week" if days <= 700 else "month"


def tiles(workspace: Workspace, text: str, read: Callable[[datetime], Asked], *, now: datetime | None = None) -> Tiles:
    """One tile per asked metric. ``text`` is the question as it came, ``read`` understands it.

    Two statements: the data version, and the days of both periods; one where the answer is remembered.
    It is remembered in this process under the question's text, the data version and the local hour: the
    version rises with every change of the numbers or definitions, and the hour decides which days are open
    and what "the last 28 days" are. So the same text means the same answer, and is not even read again.
    """
    moment = now or clock.now()
    known = context(workspace.team_id)
    key = (workspace, known.version, _hour(workspace.zone, int(moment.timestamp()) // _QUARTER), text)
    kept = _memory.get(key)
    if kept is not None:
        return Tiles(kept, True)
    asked = read(moment)
    query = replace(asked.query, grain=spark_grain(asked.query.period.days), notes=False)
    answer = ask(workspace, query, now=moment, known=known)
    made = FastJSONRenderer().render(_body(answer, asked.notices))
    _memory.keep(key, made)
    return Tiles(made, False)


def forget() -> None:
    """Drop every remembered answer of this process."""
    _memory.clear()


class _Memory:
    """Answers up to so many bytes; the one that was asked for longest ago goes first."""

    def __init__(self, most: int) -> None:
        self._most, self._held = most, 0
        self._kept: OrderedDict[_Key, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _Key) -> bytes | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: _Key, made: bytes) -> None:
        with self._lock:
            if key in self._kept:
                self._held -= _weight(key, self._kept.pop(key))
            self._kept[key] = made
            self._held += _weight(key, made)
            while self._held > self._most:
                self._held -= _weight(*self._kept.popitem(last=False))

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._held = 0


def _weight(key: _Key, made: bytes) -> int:
    return len(key[-1]) + len(made) + 500


_memory: Final = _Memory(_REMEMBERED)


@functools.lru_cache(2_000)
def _hour(zone: str, quarter: int) -> str:
    """The local hour of a quarter of an hour: every zone's hours and days begin with one."""
    moment = datetime.fromtimestamp(quarter * _QUARTER, UTC)
    return moment.astimezone(buckets.zone_info(zone)).strftime("%Y%m%d%H%z")


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
