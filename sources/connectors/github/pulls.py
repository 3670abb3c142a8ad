"""Pull requests and their reviews.

GitHub has no way to ask for what happened on a day. But whatever happens to a pull request, opening,
closing, merging, a review, moves its ``updated_at``: everything that happened from a day on belongs to
pull requests that were updated on or after that day. The list is therefore read newest change first down
to the start of the day, and then the day is known whole. Those that are still open are in the list as
soon as something happens to them; nothing of the others can have changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from sources.connectors._values import instant
from sources.connectors.github.readers import Reader, Repository, Row, Span, login, part, text
from sources.connectors.github.service import Nothing, Service, Unreadable

#: pull requests that changed while the list was being read are looked for this far back
OVERLAP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pull:
    """What the list tells of one pull request."""

    number: int
    author: str
    created: datetime
    updated: datetime
    closed: datetime | None
    merged: datetime | None


class Listed(Reader):
    """Reads the list of pull requests as far back as it is asked to."""

    def __init__(self, service: Service, repository: Repository, *, authors: bool) -> None:
        super().__init__(service, repository, authors=authors)
        self.pulls: dict[int, Pull] = {}
        self._pages: Iterator[list[Any]] | None = None
        self._oldest: datetime | None = None
        self._newest: datetime | None = None
        self._read, self._ended = 0, False

    def reach(self, start: datetime, end: datetime) -> None:
        """Down to ``start``, then once more from the top: whoever changed meanwhile moved up there."""
        if self._ended or (self._oldest is not None and self._oldest < start):
            return
        try:
            self._down(start)
            if self._read > 1:
                self._top()
        except Nothing:
            self._ended = True

    def _listing(self) -> Iterator[list[Any]]:
        wanted = {"state": "all", "sort": "updated", "direction": "desc"}
        return self.service.pages(f"{self.repository.path}/pulls", wanted)

    def _down(self, start: datetime) -> None:
        if self._pages is None:
            self._pages = self._listing()
        while self._oldest is None or self._oldest >= start:
            page = next(self._pages, None)
            if page is None:
                self._ended = True
                return
            self._read += 1
            self._oldest = self._take(page) or self._oldest

    def _top(self) -> None:
        floor = None if self._newest is None else self._newest - OVERLAP
        for page in self._listing():
            oldest = self._take(page)
            if floor is None or oldest is None or oldest < floor:
                return

    def _take(self, page: list[Any]) -> datetime | None:
        """Keep the newest word on each; returns the oldest change on the page."""
        oldest: datetime | None = None
        for item in page:
            pull = self._pull(item)
            if pull is None:
                continue
            known = self.pulls.get(pull.number)
            if known is None or known.updated <= pull.updated:
                self.pulls[pull.number] = pull
                if known is not None and known.updated < pull.updated:
                    self.moved(pull.number)
            oldest = pull.updated if oldest is None else min(oldest, pull.updated)
            self._newest = pull.updated if self._newest is None else max(self._newest, pull.updated)
        return oldest

    def _pull(self, item: Any) -> Pull | None:
        one = part(item)
        number, created, updated = one.get("number"), instant(one.get("created_at")), instant(one.get("updated_at"))
        if not isinstance(number, int) or created is None or updated is None:
            self.reject(
                f"pull:{number}", "GitHub sent a pull request without a number or a readable time.", {"number": number}
            )
            return None
        closed, merged = instant(one.get("closed_at")), instant(one.get("merged_at"))
        return Pull(number, login(one.get("user")), created, updated, closed, merged)

    def moved(self, number: int) -> None:
        """A pull request changed since it was read."""

    def author(self, pull: Pull) -> str | None:
        """Who opened it, if logins are wanted."""
        return (pull.author or "(unknown)") if self.authors else None

    def by_number(self) -> list[Pull]:
        return [self.pulls[number] for number in sorted(self.pulls)]


class Pulls(Listed):
    """Openings, merges and closings of a day. The lines of a merged one are only told one by one."""

    field = "pulls"

    def __init__(self, service: Service, repository: Repository, *, authors: bool) -> None:
        super().__init__(service, repository, authors=authors)
        self._lines: dict[int, tuple[int, int] | None] = {}

    def moved(self, number: int) -> None:
        self._lines.pop(number, None)

    def rows(self, span: Span) -> list[Row]:
        return [self._row(pull, span) for pull in self.by_number() if _touches(pull, span)]

    def _row(self, pull: Pull, span: Span) -> Row:
        """Only what happened on the day, so that a day's row stays the same when more happens later."""
        row: Row = {"number": pull.number, "created_at": text(pull.created), "author": self.author(pull)}
        if pull.merged in span and pull.merged is not None:
            lines = self._size(pull.number)
            row["merged_at"] = text(pull.merged)
            row["additions"], row["deletions"] = lines or (None, None)
        elif pull.merged is None and pull.closed in span and pull.closed is not None:
            row["closed_at"] = text(pull.closed)
        return row

    def _size(self, number: int) -> tuple[int, int] | None:
        if number not in self._lines:
            self._lines[number] = self._ask_size(number)
        return self._lines[number]

    def _ask_size(self, number: int) -> tuple[int, int] | None:
        try:
            detail = self.service.one(f"{self.repository.path}/pulls/{number}")
        except (Unreadable, Nothing):
            detail = {}
        added, deleted = detail.get("additions"), detail.get("deletions")
        if _is_count(added) and _is_count(deleted):
            return added, deleted
        self.reject(
            f"lines:{number}", "GitHub did not tell how many lines this pull request changed.", {"number": number}
        )
        return None


class Reviews(Listed):
    """Reviews by others than the author. Which one was first is known, as all of a pull request are read."""

    field = "reviews"

    def __init__(self, service: Service, repository: Repository, *, authors: bool) -> None:
        super().__init__(service, repository, authors=authors)
        self._known: dict[int, list[tuple[datetime, Row]]] = {}

    def moved(self, number: int) -> None:
        self._known.pop(number, None)

    def rows(self, span: Span) -> list[Row]:
        found: list[Row] = []
        for pull in self.by_number():
            if pull.created < span.end and pull.updated >= span.start:
                found += [row for at, row in self._of(pull) if at in span]
        return found

    def _of(self, pull: Pull) -> list[tuple[datetime, Row]]:
        if pull.number not in self._known:
            self._known[pull.number] = self._ask(pull)
        return self._known[pull.number]

    def _ask(self, pull: Pull) -> list[tuple[datetime, Row]]:
        found: dict[str, tuple[datetime, bool, Row]] = {}
        try:
            for page in self.service.pages(f"{self.repository.path}/pulls/{pull.number}/reviews"):
                for item in page:
                    self._take_review(item, pull, found)
        except (Unreadable, Nothing):
            return []
        ordered = sorted(found.values(), key=lambda one: (one[0], one[2]["id"]))
        first = next((row for _, human, row in ordered if human), None)
        if first is not None:
            first |= {"first": True, "opened_at": text(pull.created), "opened_by": self.author(pull)}
        return [(at, row) for at, _, row in ordered]

    def _take_review(self, item: Any, pull: Pull, found: dict[str, tuple[datetime, bool, Row]]) -> None:
        one, user = part(item), part(item, "user")
        state = str(one.get("state") or "").lower()
        if state == "pending" or (login(user) and login(user) == pull.author):
            return
        key, at = str(one.get("id") or ""), instant(one.get("submitted_at"))
        if not key or at is None:
            reason = "GitHub sent a review without a readable time."
            self.reject(f"review:{pull.number}:{key}", reason, {"number": pull.number, "id": key})
            return
        row = {"id": key, "number": pull.number, "at": text(at), "state": state or "unknown", "author": self.who(user)}
        found[key] = (at, user.get("type") != "Bot", row)


def _touches(pull: Pull, span: Span) -> bool:
    return pull.created in span or pull.merged in span or pull.closed in span


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
