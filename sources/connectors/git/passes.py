"""One pass over the days of a branch, newest first.

A pass is bound to one commit, the head it began with: whatever is pushed meanwhile, the days come to what that head
says, and a run that was killed goes on with the same head. The next pass tells the days on which the new commits
fall, which may be long ago where an old branch was merged, and all days since the last pass. Where the head did not
come from the last one the branch was rewritten: then every day is told again, the empty ones too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import BadAnswer, Invalid, Transient
from sources.connectors.git.address import address_of, branch_of
from sources.connectors.git.counting import CHANGED, COUNTED, Row, day_row
from sources.connectors.git.days import ONE_DAY, bad, paged, promise, span
from sources.connectors.git.repository import Index, Repository, Tip, first_day
from sources.records import CompleteDays

if TYPE_CHECKING:
    from sources.connectors._base import Context, State
    from sources.connectors.git import GitConfig

STATE_VERSION: Final = 1


@dataclass(slots=True)
class Told:
    """A pass up to ``last`` as of ``head``. ``done`` is the earliest day stored.

    ``onward``: the head came from the last pass's, so only some days are told; otherwise all from ``first`` on.
    ``again``: something was stored before, so that a day may have become empty.
    """

    head: str
    first: date
    last: date
    onward: bool
    again: bool
    done: date | None = None

    def state(self) -> State:
        """As it is kept."""
        days = {"first": self.first, "last": self.last, "done": self.done}
        kept = {name: day.isoformat() for name, day in days.items() if day is not None}
        return {"head": self.head, "onward": self.onward, "again": self.again, **kept}


@dataclass(frozen=True, slots=True)
class Page:
    """Some whole days: ``rows`` by their id, and what goes with them into a batch. ``bad`` is id, reason, payload."""

    state: State | None = None
    rows: dict[str, Row] = field(default_factory=dict)
    done: int = 0
    total: int | None = None
    complete: tuple[CompleteDays, ...] = ()
    bad: tuple[tuple[str, str, Row], ...] = ()
    warnings: tuple[str, ...] = ()


class Pass:
    """Reads the branch of one source.

    State: ``head`` and ``through`` of the last complete pass; ``quiet``: its last day had no commits; ``ahead``: the
    first day to come that has commits already; ``first``: the earliest day ever told; ``pass``: an unfinished one.
    Another repository, branch, first day, zone or wish for authors starts from nothing, back to ``first``.
    """

    def __init__(self, ctx: Context, config: GitConfig, state: State) -> None:
        self.ctx, self.since, self.authors = ctx, first_day(config), config.authors
        self.name = address_of(config.repository).name
        self.today = local_day(ctx.now(), ctx.zone)
        place = address_of(config.repository).text
        self.scope = [place, branch_of(config.branch), str(config.since or ""), ctx.zone, self.authors]
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        self.again = bool(state)
        scope = state.get("scope")
        self.moved = self.again and not (isinstance(scope, list) and scope[:1] == [place])
        self.first = _day(state.get("first"))
        self.head, self.through = str(kept.get("head") or ""), _day(kept.get("through"))
        self.quiet, self.ahead = kept.get("quiet") is True, _day(kept.get("ahead"))
        self.open = _unfinished(kept.get("pass"), self.today)
        self.warnings: list[str] = []
        if self.through is not None and self.through > self.today:
            self.through = self.today
            self.warnings.append("The day of the last reading lay in the future and was set to today.")

    def pages(self, repository: Repository) -> Iterator[Page]:
        """Pages of days. After a pass that was left unfinished, another one up to what is there now."""
        tip = repository.look()
        if not tip.sha:
            yield self._nothing()
        elif self._nothing_new(tip):
            yield self._still()
        elif self.since is None or self.since <= self.today:
            yield Page()
            head = repository.bring(tip)
            if not head:
                raise Transient("The branch went away while it was being read. It is read again later.")
            told = self._going_on(repository, head)
            if told is not None:
                yield from self._tell(repository, told)
                self.open = None
            if told is None or (told.head, told.last) != (head, self.today):
                yield from self._tell(repository, self._fresh(repository, head))

    def _nothing(self) -> Page:
        if self.head or self.open:
            message = "The repository has no commits any more. Nothing was taken back. Check the address and branch."
            raise Invalid(message, details={"repository": [message]})
        return Page(total=0, warnings=("The repository has no commits yet.",))

    def _nothing_new(self, tip: Tip) -> bool:
        """Whether nothing can have changed since the last pass, so that nothing has to be fetched."""
        if tip.sha != self.head or self.open or self.through is None or (self.ahead and self.ahead <= self.today):
            return False
        return self.quiet or self.through == self.today

    def _still(self) -> Page:
        """The days since the last pass had no commits."""
        complete: tuple[CompleteDays, ...] = ()
        if self.quiet and self.through is not None and self.through < self.today:
            complete = (CompleteDays((*COUNTED, *CHANGED), self.through, self.today - ONE_DAY),)
        self.through = self.today
        return Page(self._state(None), complete=complete, total=0, warnings=self._told_warnings())

    def _going_on(self, repository: Repository, head: str) -> Told | None:
        """The unfinished pass, if the branch still holds what it began with."""
        told = self.open
        if told is None or not (told.head == head or repository.is_ancestor(told.head, head)):
            return None
        if told.onward and (self.through is None or not repository.is_ancestor(self.head, told.head)):
            return None
        return told

    def _fresh(self, repository: Repository, head: str) -> Told:
        """A pass from the last complete one on, or over everything. One that was given up may have told anything."""
        onward = self.open is None and self.through is not None and repository.is_ancestor(self.head, head)
        first = min(self.first or self.today, self.open.first if self.open else self.today)
        if self.since and not self.moved:
            first = max(first, self.since)
        return Told(head, first, self.today, onward, self.again)

    def _tell(self, repository: Repository, told: Told) -> Iterator[Page]:
        index = repository.index(told.head)
        fresh = repository.index(told.head, since=self.head) if told.onward else index
        days = self._days(told, index, fresh)
        total, done = sum(index.count(day) for day in days), 0
        odd = bad(fresh, told.last) if told.done is None else ()
        for some in paged(days, index):
            done += sum(index.count(day) for day in some)
            if told.done is not None and some[-1] >= told.done:
                continue
            rows = self._read(repository, some, index, again=told.again and not told.onward)
            complete = promise(some, told.last, repository, index)
            told.done = some[-1]
            state = self._after(told, index, finished=some[-1] == days[-1])
            yield Page(state, rows, done, total, complete, odd, self._told_warnings())
            odd = ()

    def _days(self, told: Told, index: Index, fresh: Index) -> list[date]:
        """The days to tell, newest first: from the first commit on, and as far back as something was stored before."""
        for day in [day for day in index.days if self.since and day < self.since]:
            del index.days[day]
        if told.onward and self.through is not None:
            wanted = {day for day in fresh.days if day <= told.last and day in index.days}
            wanted |= set(span(self.through, told.last))
            if self.first:
                wanted |= set(span(min(wanted), self.first))
            return sorted(wanted, reverse=True)
        told.first = min([told.first, told.last, *index.days])
        return span(told.first, told.last)[::-1]

    def _read(self, repository: Repository, days: list[date], index: Index, *, again: bool) -> dict[str, Row]:
        """The days' rows, all read in one go; without ``again`` only of days that have commits."""
        commits = repository.commits([sha for day in days for sha in index.of(day)])
        found: dict[str, Row] = {}
        for day in days:
            many = index.count(day)
            if many or again:
                rows = (one.row(authors=self.authors, cut=one.sha in repository.cut) for one in islice(commits, many))
                found[day.isoformat()] = day_row(self.name, day.isoformat(), rows)
        for _ in commits:
            raise BadAnswer("git told of more commits than it was asked for.")
        return found

    def _after(self, told: Told, index: Index, *, finished: bool) -> State:
        self.first = min(told.done or told.first, self.first or told.first)
        if not finished:
            return self._state(told)
        self.head, self.through = told.head, told.last
        self.quiet = index.count(told.last) == 0
        self.ahead = min((day for day in index.days if day > told.last), default=None)
        return self._state(None)

    def _state(self, told: Told | None) -> State:
        state: State = {"v": STATE_VERSION, "scope": self.scope, "head": self.head, "quiet": self.quiet}
        days = {"through": self.through, "first": self.first, "ahead": self.ahead}
        state |= {name: day.isoformat() for name, day in days.items() if day is not None}
        return state if told is None else {**state, "pass": told.state()}

    def _told_warnings(self) -> tuple[str, ...]:
        warnings, self.warnings = tuple(self.warnings), []
        return warnings


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _unfinished(kept: Any, today: date) -> Told | None:
    """The pass that was left unfinished, or None for what cannot be one."""
    if not isinstance(kept, dict):
        return None
    first, last, done = (_day(kept.get(name)) for name in ("first", "last", "done"))
    if first is None or last is None or done is None or not first <= last <= today or done > last:
        return None
    told = Told(str(kept.get("head") or ""), first, last, kept.get("onward") is True, kept.get("again") is True)
    return replace(told, done=done)
