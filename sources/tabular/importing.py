"""A file under a plan as chunks ready to be stored, each with the state to go on from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO, cast

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import Invalid
from sources.records import Document, MetricPoint
from sources.tabular import inspecting
from sources.tabular.converting import Cells, Converter, RowError
from sources.tabular.plan import Plan
from sources.tabular.shape import Row, Value
from sources.tabular.surveying import Survey, Surveyor
from sources.tabular.totals import Total, Totals, totals
from sources.tabular.wallclock import Autumn, Folds

CHUNK = 5_000
STEP = 50_000  #: rows between two signs of life during the first pass
_DAY = timedelta(days=1)

State = dict[str, Any]


@dataclass(slots=True)
class Chunk:
    """``payload`` is what :func:`records` understands; ``state`` belongs to the end of the chunk.

    ``days``: with zero days, the days that are told completely by this chunk.
    """

    payload: dict[str, Any]
    first: int
    last: int
    offset: int = 0
    state: State = field(default_factory=dict)
    days: tuple[date, date] | None = None
    bad: list[tuple[Row, str]] = field(default_factory=list)


class Import:
    """One upload being read. ``zone`` is the team's, ``key`` names the stored file."""

    def __init__(self, file: BinaryIO, plan: Plan, zone: str, key: str = "") -> None:
        self.key = key
        self.file = file
        self.plan = plan
        self.zone = zone
        self.shape = inspecting.inspect(file, str(getattr(file, "name", "")), plan.reading)
        if self.shape.fatal:
            message = self.shape.fatal.message
            raise Invalid(message, details={"file": [message]})
        plan.check(self.shape)
        self.converter = Converter(plan, self.shape.names, zone)
        self._wanted = [self.shape.names.index(name) for name in plan.columns]
        self.survey_result: Survey | None = None

    def mark(self) -> str:
        """Changes with the file and the plan: a state of another import is not gone on from."""
        text = f"{self.key}|{self.plan.to_json()}|{self.zone}|{self.shape.size}|{self.shape.names}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def survey(self) -> Iterator[tuple[int, int]]:
        """The first pass; yields (rows, byte offset) now and then. The result is ``survey_result``."""
        surveyor = Surveyor(self.converter)
        for row in inspecting.rows(self.file, self.shape):
            surveyor.add(row)
            if surveyor.rows % STEP == 0:
                yield surveyor.rows, row.offset
        self.survey_result = surveyor.finish()

    def start(self) -> State:
        """The state before the first chunk. Needs the survey."""
        found = self.survey_result or Survey()
        backward = self.plan.zero_days and found.descending
        return {
            "mark": self.mark(),
            "summed": bool(not self.plan.review and (found.summed or backward)),
            "folds": found.folds.save(),
            "first": found.first.isoformat() if found.first else None,
            "last": found.last.isoformat() if found.last else None,
            "row": 0,
            "offset": 0,
            "done": False,
        }

    def chunks(self, state: State) -> Iterator[Chunk]:
        """What is left after ``state``. The last chunk's state is done."""
        made = self._summed(state) if state["summed"] else self._rows(state)
        ahead = next(made, None)
        while ahead is not None:
            chunk, ahead = ahead, next(made, None)
            chunk.state["done"] = ahead is None
            yield self._with_days(chunk, state)

    def _with_days(self, chunk: Chunk, start: State) -> Chunk:
        """Gaps before the chunk belong to it."""
        until = chunk.state.pop("until")
        if self.plan.zero_days and not self.plan.review and until:
            begin = (
                date.fromisoformat(start["told"]) + _DAY if start.get("told") else date.fromisoformat(start["first"])
            )
            chunk.days = (begin, until)
            start["told"] = chunk.state["told"] = until.isoformat()
        return chunk

    # ------------------------------------------------------------ rows that stand for themselves

    def _rows(self, state: State) -> Iterator[Chunk]:
        autumn = Autumn(Folds.restore(state["folds"]))
        if state.get("autumn"):
            autumn.restore(state["autumn"])
        chunk = self._empty(state)
        until: date | None = None
        for row in inspecting.rows(self.file, self.shape, state["row"], offset=state["offset"]):
            try:
                cells = self.converter.cells(row)
            except RowError as error:
                chunk.bad.append((row, str(error)))
                self._extend(chunk, row)
                continue
            day = self.converter.day(cells.moment) if self.plan.zero_days else None
            if self._full(chunk) and (day is None or day != until):
                yield self._close(chunk, state, autumn, until)
                chunk = self._empty(chunk.state)
            until = day
            self._put(chunk, row, self._is_second(autumn, cells))
        if chunk.last:
            yield self._close(chunk, state, autumn, until)

    def _is_second(self, autumn: Autumn, cells: Cells) -> bool:
        moment = cells.moment
        if self.plan.date.daily or not isinstance(moment, datetime) or moment.tzinfo is not None:
            return False
        change = self.converter.zone.change(moment)
        return change is not None and change.kind == "twice" and autumn.is_second(moment, cells.dims)

    @staticmethod
    def _full(chunk: Chunk) -> bool:
        return len(chunk.payload["rows"]) + len(chunk.bad) >= CHUNK

    def _empty(self, state: Mapping[str, Any]) -> Chunk:
        payload = {"columns": list(self.plan.columns), "zone": self.zone, "rows": [], "second": []}
        return Chunk(
            payload, first=0, last=0, offset=state["offset"], state={"row": state["row"], "offset": state["offset"]}
        )

    def _put(self, chunk: Chunk, row: Row, second: bool) -> None:
        if second:
            chunk.payload["second"].append(len(chunk.payload["rows"]))
        chunk.payload["rows"].append([row.values[index] for index in self._wanted])
        self._extend(chunk, row)

    @staticmethod
    def _extend(chunk: Chunk, row: Row) -> None:
        chunk.first = chunk.first or row.number
        chunk.last = row.number
        chunk.state = {"row": row.number, "offset": row.offset}

    @staticmethod
    def _close(chunk: Chunk, start: State, autumn: Autumn, until: date | None) -> Chunk:
        chunk.state = {**start, **chunk.state, "autumn": autumn.save(), "until": until}
        return chunk

    # ------------------------------------------------------------ rows that add up

    def _summed(self, state: State) -> Iterator[Chunk]:
        with totals([metric.kind for metric in self.plan.metrics]) as store:
            bad = self._add_all(store, Folds.restore(state["folds"]))
            made: list[Total] = []
            number, until = 0, None
            for number, total in enumerate(store, start=1):
                if number <= state["row"]:
                    continue
                day = total.when if not isinstance(total.when, datetime) else local_day(total.when, self.zone)
                if len(made) >= CHUNK and (day != until or not self.plan.zero_days):
                    yield self._sum_chunk(made, number - 1, state, until, bad)
                    made, bad = [], []
                until = day
                made.append(total)
            if made or (bad and not state["row"]):
                yield self._sum_chunk(made, number, state, until, bad)

    def _add_all(self, store: Totals, folds: Folds) -> list[tuple[Row, str]]:
        autumn = Autumn(folds)
        bad: list[tuple[Row, str]] = []
        for row in inspecting.rows(self.file, self.shape):
            try:
                cells = self.converter.cells(row)
            except RowError as error:
                if len(bad) < CHUNK:
                    bad.append((row, str(error)))
                continue
            when = self.converter.when(cells.moment, second=self._is_second(autumn, cells))
            store.add(when, cells.dims, cells.numbers)
        return bad

    @staticmethod
    def _sum_chunk(made: list[Total], last: int, state: State, until: date | None, bad: list[tuple[Row, str]]) -> Chunk:
        points = [[total.when.isoformat(), list(total.dims), total.values] for total in made]
        state_now = {**state, "row": last, "offset": 0, "until": until}
        first = last - len(made) + 1
        return Chunk({"points": points}, first, last, 0, state_now, bad=[] if state["row"] else bad)

    # ------------------------------------------------------------ reading a chunk again

    def again(self, first: int, last: int, offset: int, second: list[int]) -> dict[str, Any]:
        """The payload of a chunk of rows, read once more from the file."""
        chunk = self._empty({"row": first - 1, "offset": offset})
        for row in inspecting.rows(self.file, self.shape, first - 1 if offset else 0, offset=offset):
            if row.number > last:
                break
            if row.number < first:
                continue
            try:
                self.converter.cells(row)
            except RowError:
                continue
            self._put(chunk, row, second=False)
        chunk.payload["second"] = list(second)
        return chunk.payload


def records(payload: Mapping[str, Any], plan: Plan) -> list[MetricPoint | Document]:
    """The records of one chunk's payload. Needs nothing but the plan."""
    if "points" in payload:
        return list(_from_totals(payload["points"], plan))
    converter = Converter(plan, payload["columns"], payload["zone"])
    second = set(payload["second"])
    made: list[MetricPoint | Document] = []
    for index, values in enumerate(payload["rows"]):
        row = Row(index + 1, cast(list[Value], values))
        cells = converter.cells(row)
        if plan.review:
            made.append(converter.document(row, cells, second=index in second))
        else:
            made.extend(converter.points(cells, converter.when(cells.moment, second=index in second)))
    return made


def _from_totals(points: list[Any], plan: Plan) -> Iterator[MetricPoint]:
    keys = [dimension.key for dimension in plan.dimensions]
    for at, dims, values in points:
        when = datetime.fromisoformat(at) if "T" in at else date.fromisoformat(at)
        split = dict(zip(keys, dims, strict=True))
        for metric, value in zip(plan.metrics, values, strict=True):
            if value is not None:
                yield MetricPoint(metric.key, when, value[0], split, value[1] if metric.kind == "mean" else 1)
