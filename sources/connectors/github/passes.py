"""One pass over the days of a stream, newest first, all repositories side by side.

A batch holds whole days of every repository, so that it may promise them: the loader then takes back
what GitHub no longer has. Where a repository cannot be read, or an item of it cannot, nothing is promised
and nothing is taken back; the days of a repository that was left out are read once it is there again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from livinglytics.lib.buckets import day_bounds, local_day
from livinglytics.lib.errors import NotFound
from sources.connectors.github.names import api_address, repositories
from sources.connectors.github.readers import Bad, Reader, Repository, Row, Span, text
from sources.connectors.github.service import Service, Unreadable, repository_path
from sources.records import CompleteDays

if TYPE_CHECKING:
    from sources.connectors._base import Context, State
    from sources.connectors.github import GitHubConfig

STATE_VERSION = 1
#: days read at first where no first day is set
FIRST_DAYS = 90
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a stream is read. ``again``: days told again by each later pass. ``slice``: days per batch."""

    reader: type[Reader]
    metrics: tuple[str, ...]
    again: int
    slice: int


@dataclass(slots=True)
class Days:
    """A pass: from ``last`` down to ``first``; ``done`` is the earliest day stored. ``repos`` were there throughout."""

    first: date
    last: date
    done: date
    repos: list[str]

    def state(self) -> State:
        days = {"first": self.first, "last": self.last, "done": self.done}
        return {**{name: day.isoformat() for name, day in days.items()}, "repos": self.repos}


@dataclass(frozen=True, slots=True)
class Slice:
    """Some whole days of all repositories: ``rows`` by their id, and what goes with them into a batch."""

    rows: dict[str, Row]
    state: State
    done: int
    total: int
    complete: tuple[CompleteDays, ...]
    bad: tuple[Bad, ...]
    warnings: tuple[str, ...]


class Pass:
    """Reads one stream of one source.

    State: ``through`` the last day of the last complete pass, by repository; ``pass`` where an
    unfinished one stands; ``first`` the earliest day ever read; ``kept`` the last day of repositories
    that were taken off the list since: up to it nothing is promised, so that their numbers stay.
    Another host, first day, zone or wish for authors starts from nothing, back to ``first``.
    """

    def __init__(self, ctx: Context, config: GitHubConfig, plan: Plan, state: State) -> None:
        self.ctx, self.config, self.plan = ctx, config, plan
        self.service = Service(ctx, api_address(config.host), config.token)
        self.today = local_day(ctx.now(), ctx.zone)
        self.warnings: list[str] = []
        self.whole = True
        self.readers: dict[str, Reader] = {}
        wishes = [self.service.base, str(config.since or ""), config.by_author, ctx.zone]
        self.scope = json.dumps(wishes)
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        self.wanted = {name.lower(): name for name in repositories(config.repositories)}
        self.first, self.kept = _day(state.get("first")), _day(kept.get("kept"))
        self.through = _days_of(kept.get("through"))
        self.open = _open_pass(kept.get("pass"), self.today)
        self._let_go()
        if any(day > self.today for day in self.through.values()):
            self.through = {key: min(day, self.today) for key, day in self.through.items()}
            self.warnings.append("The day of the last reading lay in the future and was set to today.")

    def _let_go(self) -> None:
        """Repositories that are no longer on the list."""
        gone = [self.through.pop(key) for key in list(self.through) if key not in self.wanted]
        if self.open and not set(self.open.repos) <= set(self.wanted):
            gone.append(self.open.last)
        if gone:
            self.kept = max([*gone, self.kept or gone[0]])

    def slices(self) -> Iterator[Slice]:
        """Slices of days. After a pass that was left unfinished on an earlier day, another one up to today."""
        self._find_repositories()
        while self.config.since is None or self.config.since <= self.today:
            days = self.open or self._fresh()
            days.repos = [key for key in days.repos if key in self.readers]
            while days.done > days.first:
                yield self._slice(days)
            if days.last >= self.today:
                return
            self.open = None

    def _fresh(self) -> Days:
        starts = [self._start(key) for key in self.readers]
        first = min([*starts, self.today]) if starts else self.today
        return Days(first, self.today, self.today + ONE_DAY, sorted(self.readers))

    def _start(self, key: str) -> date:
        """A repository that was never read pulls the others along, so that whole days can be promised."""
        since = self.config.since
        if key not in self.through:
            return since or min(self.first or self.today, self.today - (FIRST_DAYS - 1) * ONE_DAY)
        again = self.through[key] - self.plan.again * ONE_DAY
        return max(again, since) if since else again

    def _find_repositories(self) -> None:
        ids: dict[int, str] = {}
        for key, name in self.wanted.items():
            try:
                body = self.service.one(repository_path(name))
            except Unreadable as error:
                self._leave_out(key, error)
                continue
            number, now = body.get("id"), str(body.get("full_name") or name)
            if not isinstance(number, int):
                self._leave_out(key, Unreadable("GitHub sent no readable answer."))
            elif number in ids:
                self.warnings.append(f"{name} and {ids[number]} are the same repository. It is counted once.")
            else:
                ids[number] = name
                if now.lower() != key:
                    self.warnings.append(f"{name} is called {now} now. Its numbers stay under {name}.")
                filed = now if now.lower() == key else name
                repository = Repository(number, filed, repository_path(now))
                self.readers[key] = self.plan.reader(self.service, repository, authors=self.config.by_author)
        self._insist()

    def _leave_out(self, key: str, error: Unreadable) -> None:
        self.whole = False
        self.readers.pop(key, None)
        self.warnings.append(f"{self.wanted[key]} was left out: {error.message} Check its name and the token's access.")

    def _insist(self) -> None:
        if not self.readers:
            message = "None of the repositories can be read. Check their names and what the token may see."
            raise NotFound(message, details={"repositories": [message]})

    def _slice(self, days: Days) -> Slice:
        newest = days.done - ONE_DAY
        oldest = max(days.first, days.done - self.plan.slice * ONE_DAY)
        rows, bad = self._read(oldest, newest)
        days.done = oldest
        days.repos = [key for key in days.repos if key in self.readers]
        warnings, self.warnings = tuple(self.warnings), []
        return Slice(
            rows=rows,
            state=self._state(days),
            done=(days.last - oldest).days + 1,
            total=(days.last - days.first).days + 1,
            complete=self._promise(oldest, newest),
            bad=tuple(bad),
            warnings=warnings,
        )

    def _read(self, oldest: date, newest: date) -> tuple[dict[str, Row], list[Bad]]:
        """The slice's days of each repository, newest first, the empty ones too: a day may have become empty."""
        days = [newest - back * ONE_DAY for back in range((newest - oldest).days + 1)]
        start, end = day_bounds(oldest, self.ctx.zone)[0], day_bounds(newest, self.ctx.zone)[1]
        rows: dict[str, Row] = {}
        bad: list[Bad] = []
        for key, reader in list(self.readers.items()):
            try:
                reader.reach(start, end)
                rows |= {f"{reader.repository.id}:{day}": self._row(reader, day) for day in days}
            except Unreadable as error:
                self._leave_out(key, error)
            bad += reader.bad.values()
            reader.bad.clear()
        self._insist()
        self.whole = self.whole and not bad
        return rows, bad

    def _row(self, reader: Reader, day: date) -> Row:
        span = Span(*day_bounds(day, self.ctx.zone))
        return {
            "repo": reader.repository.name,
            "day": day.isoformat(),
            "from": text(span.start),
            "to": text(span.end),
            reader.field: reader.rows(span),
        }

    def _promise(self, oldest: date, newest: date) -> tuple[CompleteDays, ...]:
        """Whole days of every repository. Today is not over, so it is not promised."""
        closed = min(newest, self.today - ONE_DAY)
        oldest = max(oldest, self.kept + ONE_DAY) if self.kept else oldest
        if not self.whole or closed < oldest:
            return ()
        return (CompleteDays(self.plan.metrics, oldest, closed),)

    def _state(self, days: Days) -> State:
        finished = days.done <= days.first
        if finished:
            self.through |= dict.fromkeys(days.repos, days.last)
        self.first = min(days.first, self.first or days.first)
        through = {key: day.isoformat() for key, day in sorted(self.through.items())}
        state: State = {"v": STATE_VERSION, "scope": self.scope, "through": through, "first": self.first.isoformat()}
        state |= {"kept": self.kept.isoformat()} if self.kept else {}
        return state if finished else {**state, "pass": days.state()}


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _days_of(kept: Any) -> dict[str, date]:
    if not isinstance(kept, dict):
        return {}
    days = {str(key): _day(value) for key, value in kept.items()}
    return {key: day for key, day in days.items() if day is not None}


def _open_pass(kept: Any, today: date) -> Days | None:
    """The pass that was left unfinished, or None for what cannot be one."""
    if not isinstance(kept, dict):
        return None
    first, last, done = (_day(kept.get(name)) for name in ("first", "last", "done"))
    if first is None or last is None or done is None or not first <= done <= last <= today:
        return None
    repos = kept.get("repos")
    return Days(first, last, done, [str(one) for one in repos] if isinstance(repos, list) else [])
