"""One pass over the days of a proxy, oldest first, with where it stands. Days are LiteLLM's: UTC."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sources.connectors._base import Batch, Progress, Raw, Rejected, State
from sources.connectors._values import instant, whole
from sources.connectors.litellm.calls import Tally
from sources.connectors.litellm.windows import LATE, Windows
from sources.records import CompleteDays

if TYPE_CHECKING:
    from sources.connectors._base import Context
    from sources.connectors.litellm.service import Service
    from sources.connectors.litellm.windows import Window

STATE_VERSION = 1
#: days read at first, and the time before the last complete pass that is read again
FIRST_DAYS = 30
AGAIN = timedelta(hours=48)
_DAY, _SECONDS = timedelta(days=1), 86_400
#: what a call tells -> the metric it adds up to
METRICS = {
    "calls": "ai_sessions",
    "failed": "ai_errors",
    "cost": "ai_cost",
    "input": "ai_tokens_input",
    "output": "ai_tokens_output",
    "tokens": "ai_tokens_total",
    "millis": "ai_latency_ms",
    "looked": "ai_cache_lookups",
    "hits": "ai_cache_hits",
}


@dataclass(slots=True)
class Day:
    """A day that is being read. ``at``: seconds of it that are; ``bad``: rows that can't be read; ``firm``: it can be
    promised, as it was over when its reading began and the proxy told how many calls each part has."""

    day: date
    firm: bool
    at: int = 0
    tally: Tally = field(default_factory=Tally)
    bad: int = 0
    samples: list[Any] = field(default_factory=list)

    @property
    def start(self) -> datetime:
        return datetime.combine(self.day, time(), UTC)

    def take(self, window: Window) -> None:
        """Add a part of the day."""
        self.tally.merge(window.tally)
        self.bad += len(window.bad)
        self.samples = [*self.samples, *window.bad][:20]
        self.firm = self.firm and not window.capped

    def payload(self, split: str) -> dict[str, Any]:
        """The day as it is kept: sums, no single call."""
        return {"day": self.day.isoformat(), "by": split, "cells": self.tally.rounded()}

    def promised(self) -> tuple[CompleteDays, ...]:
        """What no call tells of a day that has some is not known, rather than zero."""
        if not self.firm or self.bad:
            return ()
        known = self.tally.known or set(METRICS)
        return (CompleteDays(tuple(key for name, key in METRICS.items() if name in known), self.day, self.day),)

    def rejected(self) -> tuple[Rejected, ...]:
        """The rows that can't be read, under the day's name: they are released once it reads well."""
        if not self.bad:
            return ()
        reason = f"{self.bad} call{'s' if self.bad > 1 else ''} can't be read. The other calls of the day are counted."
        return (Rejected(self.day.isoformat(), reason, self.samples),)


class Pass:
    """From 48 hours before the last complete pass began, in whole days, up to now.

    State: ``done`` when the last complete pass began, ``found`` whether any call was ever found; of an unfinished pass
    ``begun``, and ``day`` with how far it is read. Another proxy, split or first day starts from nothing.
    """

    def __init__(self, ctx: Context, service: Service, state: State, *, split: str, since: date | None) -> None:
        self.ctx, self.split, self.since = ctx, split, since
        self.windows = Windows(ctx, service, split)
        told = json.dumps([service.base, split, str(since or "")])
        self.scope = hashlib.sha256(told.encode()).hexdigest()[:16]
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        self.now: datetime = ctx.now().astimezone(UTC)
        self.warnings: list[str] = []
        self.done, self.begun = self._past(kept.get("done")), self._past(kept.get("begun"))
        self.found = kept.get("found") is True
        self.kept: dict[str, Any] = kept if self.begun else {}
        self.width = _SECONDS

    def batches(self) -> Iterator[Batch]:
        """Part after part, each with the place to go on from; a day's numbers come with its last part."""
        today, first = self.now.date(), self._first(self.now.date())
        if self.ctx.window is not None:
            first, today = self.ctx.window[0], min(today, self.ctx.window[1])
        if first > today:
            yield Batch((), warnings=(f"The first day, {first}, is not reached yet. Nothing is read before it.",))
            return
        total = (today - first).days + 1
        if not (self.done or self.begun or self.ctx.window) and total > 2:
            yield from self._glimpse(today, total)
        self.begun = self.begun or self.now
        day = self._resumed(first, today)
        while True:
            for ended in self._parts(day, today):
                yield self._batch(day, ended=ended, today=today, place=((day.day - first).days + ended, total))
            if day.at < self._limit(day) or day.day >= today:
                return
            day = self._opened(day.day + _DAY)

    def _first(self, today: date) -> date:
        begin = self.since or today - timedelta(days=FIRST_DAYS - 1)
        return max(begin, min(today, (self.done - AGAIN).date())) if self.done else begin

    def _glimpse(self, today: date, total: int) -> Iterator[Batch]:
        """The newest day with calls ahead of a long first reading, which comes to it again; a busy one is left."""
        for day in (self._opened(today), self._opened(today - _DAY)):
            window = self.windows.read(day.start, day.start + timedelta(seconds=self._limit(day)))
            if window is None:
                return
            day.take(window)
            if day.tally.calls:
                state = {"v": STATE_VERSION, "scope": self.scope}
                raw = Raw(day.day.isoformat(), day.payload(self.split))
                yield Batch((raw,), state, Progress(0, total, "days"), warnings=self._told())
                return

    def _parts(self, day: Day, today: date) -> Iterator[bool]:
        """Read the day window by window; true after the last one. A window with too many calls is halved."""
        while day.at < (limit := self._limit(day)):
            if self.ctx.cancelled():
                return
            end = min(day.at + self.width, limit)
            window = self.windows.read(day.start + timedelta(seconds=day.at), day.start + timedelta(seconds=end))
            if window is None:
                self.width = (end - day.at) // 2
                continue
            day.take(window)
            day.at = end
            if window.capped:
                self.warnings.append(f"{day.day}: more calls in one second than LiteLLM counts. The day may lack some.")
            if len(window.seen) * 2 < self.windows.service.most:
                self.width = min(self.width * 2, _SECONDS)
            yield day.at >= limit

    def _limit(self, day: Day) -> int:
        """Seconds of the day that have begun."""
        return max(0, min(_SECONDS, int((self.now - day.start).total_seconds()) + 1))

    def _batch(self, day: Day, *, ended: bool, today: date, place: tuple[int, int]) -> Batch:
        message = f"{day.tally.calls:,} calls on {day.day}"
        progress = Progress(*place, "days", message=message)
        if not ended:
            return Batch((), self._place(day), progress, warnings=self._told())
        self.found = self.found or bool(day.tally.calls)
        state = self._place(self._opened(day.day + _DAY)) if day.day < today else self._ended()
        # before the first call there is no log that could tell a zero: the proxy is younger, or deletes old calls
        told = self.found or bool(day.bad)
        raws = (Raw(day.day.isoformat(), day.payload(self.split)),) if told else ()
        complete = day.promised() if told else ()
        return Batch(raws, state, progress, complete, day.rejected(), self._told())

    def _opened(self, day: date) -> Day:
        over = datetime.combine(day, time(), UTC) + _DAY + LATE <= self.now
        return Day(day, over)

    def _resumed(self, first: date, today: date) -> Day:
        """Where an unfinished pass stopped, never before the first day and never in the future."""
        day = _date(self.kept.get("day")) or first
        if not first <= day <= today:
            return self._opened(min(max(day, first), today))
        found = self._opened(day)
        cells, at = self.kept.get("cells"), whole(self.kept.get("at"), _SECONDS)
        if at and at < self._limit(found) and isinstance(cells, list):
            found.at, found.tally, found.bad = at, Tally(cells), whole(self.kept.get("bad")) or 0
            found.firm = self.kept.get("firm") is True
        return found

    def _place(self, day: Day) -> State:
        state = {**self._base(), "begun": self.begun.isoformat() if self.begun else None, "day": day.day.isoformat()}
        if day.at:
            state |= {"at": day.at, "cells": day.tally.rows(), "bad": day.bad, "firm": day.firm}
        return state

    def _base(self) -> State:
        done = {"done": self.done.isoformat()} if self.done else {}
        return {"v": STATE_VERSION, "scope": self.scope, "found": self.found, **done}

    def _ended(self) -> State:
        self.done = self.begun
        return self._base()

    def _past(self, value: Any) -> datetime | None:
        found = instant(value)
        if found is None or found <= self.now:
            return found
        self.warnings.append("The time of the last reading lay in the future and was set to now.")
        return self.now

    def _told(self) -> tuple[str, ...]:
        told, self.warnings = tuple(self.warnings), []
        return told


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
