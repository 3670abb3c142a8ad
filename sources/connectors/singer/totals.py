"""Numbers of events: every row of a stream, added up by day, over a whole pass of the tap.

A tap sends rows at least once, and edited ones again. So nothing is added to what is stored: each pass starts without
STATE, keeps one line for each key, and replaces the days as a whole once the tap has ended well.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Batch, Context, Progress, Raw, Rejected, State
from sources.connectors.singer.catalog import Catalog, discovered
from sources.connectors.singer.job import Job
from sources.connectors.singer.mapping import NumberRule, refuse, summed
from sources.connectors.singer.messages import Message, Record, Schema, identity, message
from sources.connectors.singer.process import Tap
from sources.connectors.singer.reading import DISCOVERY, PAGE, ROTATED
from sources.connectors.singer.rows import cell
from sources.connectors.singer.workplace import Workplace
from sources.records import CompleteDays
from sources.tabular import RowError

#: seconds of a pass after which progress is no longer told: each report is a place where a run may make room
_TOLD: Final = 600.0
#: a pass that took longer is not begun again at once by the same run, which made room for others at its end
_REST: Final = timedelta(minutes=15)
_VERSION: Final = 1
_LISTED: Final = 10
_BAD_SHARE: Final = 0.05
_MOST_NUMBERS: Final = 200_000
_TABLE = """CREATE TABLE cells (
    stream TEXT, id TEXT, rule INTEGER, day INTEGER, dims TEXT, value REAL, n INTEGER,
    PRIMARY KEY (stream, id, rule)) WITHOUT ROWID"""
_SUMS = "SELECT day, rule, dims, value, n FROM cells WHERE stream = ? AND value IS NOT NULL ORDER BY day, rule, dims"


class Totals:
    """One pass. ``state`` only tells whether a long pass has just ended."""

    def __init__(self, ctx: Context, job: Job, state: State) -> None:
        self._ctx = ctx
        self._job = job
        self._scope = job.scope("totals", json.dumps({one: repr(job.rules[one]) for one in job.added_up}))
        self._rested = _rested(state, self._scope, ctx.now())
        self._keys: dict[str, tuple[str, ...]] = {}
        self._rows = 0
        self._bad = 0
        self._rejected: list[Rejected] = []
        self._warnings: list[str] = []

    def batches(self) -> Iterator[Batch]:
        """Progress, then one page with all days. Nothing once somebody cancels. Raises BadAnswer when the tap fails."""
        if self._rested:
            return
        began = self._ctx.now()
        with self._job.place(self._ctx) as place:
            catalog = discovered(place, self._ctx.cancelled, within=DISCOVERY)
            if catalog is None:
                return
            self._job.insist_on(catalog)
            chosen = self._job.added_up
            arguments = ["--catalog", str(place.keep("catalog.json", catalog.selecting(chosen)))]
            with closing(sqlite3.connect(place.folder / "cells.sqlite3")) as database:
                database.execute(_TABLE)
                with Tap(place, arguments, self._ctx.cancelled) as tap:
                    yield from self._collected(tap, catalog, database, place)
                    if tap.stopped:
                        return
                if place.rewritten():
                    self._warnings.append(ROTATED)
                yield self._page(database, began)

    def _collected(self, tap: Tap, catalog: Catalog, database: sqlite3.Connection, place: Workplace) -> Iterator[Batch]:
        began = self._ctx.now()
        for line in tap.lines():
            if line:
                self._take(message(place.mask(line.decode("utf-8", "replace"))), catalog, database)
            if self._rows % PAGE == 1 and line and (self._ctx.now() - began).total_seconds() < _TOLD:
                yield Batch((), progress=Progress(self._rows, phase="adding up", message=tap.log.told))

    def _take(self, found: Message, catalog: Catalog, database: sqlite3.Connection) -> None:
        if isinstance(found, Rejected):
            self._refuse(found)
        elif isinstance(found, Schema):
            name = catalog.name_of(found.stream)
            if name in self._job.added_up and not found.keys:
                refuse(
                    f'{name} has no key, so a row that comes twice would count twice. Only rows as "days" work here.'
                )
            self._keys[name] = found.keys
        elif isinstance(found, Record) and catalog.name_of(found.stream) in self._job.added_up:
            self._add(catalog.name_of(found.stream), found, database)

    def _add(self, stream: str, found: Record, database: sqlite3.Connection) -> None:
        self._rows += 1
        name = identity(found.row, self._keys[stream]) if stream in self._keys else ""
        if not name:
            self._refuse(Rejected(f"{stream}:?{self._rows}", "This row has no key, or came before its SCHEMA."))
            return
        try:
            cells = [cell(rule, found.row, self._ctx.zone) for rule in summed(self._job.rules[stream])]
        except (RowError, ArithmeticError) as error:
            self._refuse(Rejected(f"{stream}:{name}", str(error)))
            return
        rows = [
            (stream, name, number, one.day.toordinal(), json.dumps(one.dims), one.value, one.n)
            if one
            else (stream, name, number, 0, "", None, 0)
            for number, one in enumerate(cells)
        ]
        database.executemany("INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def _refuse(self, bad: Rejected) -> None:
        self._bad += 1
        if len(self._rejected) < _LISTED:
            self._rejected.append(bad)

    def _page(self, database: sqlite3.Connection, began: datetime) -> Batch:
        """All days of all streams at once: a page less would leave days that are half replaced."""
        self._insist_on_whole()
        raws: list[Raw] = []
        complete: list[CompleteDays] = []
        for stream in self._job.added_up:
            rules = summed(self._job.rules[stream])
            days = _days(database, stream, rules)
            if not days:
                self._warnings.append(f"{stream} has no rows with numbers. What was stored before stays.")
                continue
            last = local_day(self._ctx.now(), self._ctx.zone) - timedelta(days=1)
            first = min(days)
            # a day without rows gets a row too, so that a replay can't bring back what it once had
            every: dict[date, list[dict[str, Any]]] = {
                first + timedelta(days=count): [] for count in range((last - first).days + 1)
            }
            raws += [
                Raw(f"{stream}:{day}", {"stream": stream, "day": day.isoformat(), "points": points})
                for day, points in sorted({**every, **days}.items())
            ]
            if first <= last:
                complete.append(CompleteDays(tuple(one.metric for one in rules), first, last))
        now = self._ctx.now()
        state: State = {"v": _VERSION, "scope": self._scope}
        if (now - began).total_seconds() > _TOLD:
            state["rest"] = (now + _REST).isoformat()
        shown = Progress(self._rows, self._rows, phase="adding up")
        return Batch(tuple(raws), state, shown, tuple(complete), tuple(self._rejected), tuple(self._warnings))

    def _insist_on_whole(self) -> None:
        silent = next((one for one in self._job.added_up if one not in self._keys), "")
        if silent:
            raise BadAnswer(f"The tap ended without sending {silent}. Nothing was changed; its log may tell why.")
        if self._bad > _LISTED and self._bad > _BAD_SHARE * self._rows:
            example = self._rejected[0].reason
            raise BadAnswer(f"Too many bad rows: {self._bad} of {self._rows}, so nothing was changed. First: {example}")
        if self._bad:
            self._warnings.append(f"{self._bad} of {self._rows} rows were left out; up to {_LISTED} are listed.")


def _days(database: sqlite3.Connection, stream: str, rules: tuple[NumberRule, ...]) -> dict[date, list[dict[str, Any]]]:
    days: dict[date, list[dict[str, Any]]] = {}
    sums = groupby(database.execute(_SUMS, (stream,)), lambda row: row[:3])
    for count, ((day, rule, dims), several) in enumerate(sums):
        rows = [(value, n) for *_, value, n in several]
        made = {
            "metric": rules[rule].metric,
            "dimensions": json.loads(dims),
            # exact, so that the order in which rows come can't change a sum
            "value": math.fsum(value for value, _ in rows),
            "n": sum(n for _, n in rows),
        }
        days.setdefault(date.fromordinal(day), []).append(made)
        if count >= _MOST_NUMBERS:
            raise BadAnswer(f"{stream} gives more than {_MOST_NUMBERS:,} numbers. Map fewer dimensions.")
    return days


def _rested(state: State, scope: str, now: datetime) -> bool:
    """Did a long pass end just now? Then this is the same run, which made room for others."""
    if state.get("v") != _VERSION or state.get("scope") != scope or not isinstance(state.get("rest"), str):
        return False
    until = datetime.fromisoformat(state["rest"])
    return now < until <= now + _REST
