"""What happened in one repository on one day, as GitHub tells it: one reader per stream.

A reader lives for one run. It is asked for days from the newest to the oldest and asks GitHub
for no more than these days need.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from sources.connectors._values import instant
from sources.connectors.github.service import Nothing, Service

Row = dict[str, Any]
#: id, reason, and what may be kept of an item that cannot be read
Bad = tuple[str, str, Row]


@dataclass(frozen=True, slots=True)
class Repository:
    """``id`` stays when it is renamed; ``name`` is what its numbers are filed under; ``path`` is where it is now."""

    id: int
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Span:
    """A local day as instants, half-open."""

    start: datetime
    end: datetime

    def __contains__(self, at: datetime | None) -> bool:
        return at is not None and self.start <= at < self.end


class Reader(ABC):
    """Rows of one stream of one repository. Logins are only kept with ``authors``."""

    #: the field of a day's payload that holds the rows
    field: ClassVar[str]

    def __init__(self, service: Service, repository: Repository, *, authors: bool) -> None:
        self.service, self.repository, self.authors = service, repository, authors
        self.bad: dict[str, Bad] = {}

    @abstractmethod
    def reach(self, start: datetime, end: datetime) -> None:
        """See everything that happened from ``start`` up to ``end``; what is later was reached before."""

    @abstractmethod
    def rows(self, span: Span) -> list[Row]:
        """The rows of one day that was reached, in a steady order."""

    def reject(self, key: Any, reason: str, known: Mapping[str, Any]) -> None:
        """Put one unreadable item aside. Only ``known`` is kept of it: it may name people."""
        name = f"{self.repository.id}:{key}"
        self.bad[name] = (name, reason, {"repository": self.repository.name, **known})

    def who(self, user: Any, other: str = "(unknown)") -> str | None:
        """The login of a person, if logins are wanted."""
        return (login(user) or other) if self.authors else None


class Commits(Reader):
    """Commits of the default branch by the day they were committed, which is what GitHub filters by.

    A branch may be rewritten, also in the past, and its order is not strictly by time, so each
    slice of days is asked for by itself.
    """

    field = "commits"

    def reach(self, start: datetime, end: datetime) -> None:
        self._found: dict[str, tuple[datetime, Row]] = {}
        wanted = {"since": text(start), "until": text(end)}
        try:
            for page in self.service.pages(f"{self.repository.path}/commits", wanted):
                for item in page:
                    self._take(item)
        except Nothing:
            return

    def _take(self, item: Any) -> None:
        commit = part(item, "commit")
        sha, at = str(part(item).get("sha") or ""), instant(part(commit, "committer").get("date"))
        if not sha or at is None:
            self.reject(f"commit:{sha}", "GitHub sent a commit without a readable time.", {"sha": sha})
            return
        row = {"sha": sha, "at": text(at), "author": self.who(part(item).get("author"))}
        self._found[sha] = (at, row)

    def rows(self, span: Span) -> list[Row]:
        found = [row for at, row in self._found.values() if at in span]
        return sorted(found, key=lambda row: (row["at"], row["sha"]))


class Releases(Reader):
    """Published releases. GitHub lists them in no order that can be relied on, so the list is read whole, once."""

    field = "releases"

    def __init__(self, service: Service, repository: Repository, *, authors: bool) -> None:
        super().__init__(service, repository, authors=authors)
        self._found: dict[str, tuple[datetime, Row]] | None = None

    def reach(self, start: datetime, end: datetime) -> None:
        if self._found is None:
            found: dict[str, tuple[datetime, Row]] = {}
            with suppress(Nothing):
                for page in self.service.pages(f"{self.repository.path}/releases"):
                    for item in page:
                        self._take(item, found)
            self._found = found

    def _take(self, item: Any, found: dict[str, tuple[datetime, Row]]) -> None:
        one = part(item)
        if one.get("draft") is True:
            return
        key, at = str(one.get("id") or ""), instant(one.get("published_at"))
        if not key or at is None:
            self.reject(f"release:{key}", "GitHub sent a release without a readable time.", {"id": key})
            return
        row = {
            "id": key,
            "at": text(at),
            "tag": str(one.get("tag_name") or "")[:200],
            "prerelease": bool(one.get("prerelease")),
            "author": self.who(one.get("author")),
        }
        found[key] = (at, row)

    def rows(self, span: Span) -> list[Row]:
        found = [row for at, row in (self._found or {}).values() if at in span]
        return sorted(found, key=lambda row: (row["at"], row["id"]))


def part(value: Any, name: str = "") -> Mapping[str, Any]:
    """The object, or the object in its field; empty for anything else."""
    if name:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def login(user: Any) -> str:
    return str(part(user).get("login") or "")[:100]


def text(at: datetime) -> str:
    """An instant in UTC as GitHub writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
