"""One repository to ask: its branch, which commits fall on which day, and what each of them holds."""

from __future__ import annotations

import contextlib
import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from livinglytics.lib.buckets import day_bounds, local_day
from livinglytics.lib.errors import BadAnswer, Invalid, Transient
from sources.connectors.git.commits import FORMAT, Commit, commits_of
from sources.connectors.git.program import Git

if TYPE_CHECKING:
    from sources.connectors._base import Context
    from sources.connectors.git import GitConfig

#: before this, a time means that there was none
EARLIEST: Final = datetime(1971, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
SHA: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SAMPLES: Final = 5
_TELLING: Final = (
    *("--stdin", "--always", "--root", "-r", "-M", "-l1000", "--numstat", "-z"),
    *("--no-ext-diff", "--no-textconv", "--encoding=UTF-8"),
)


@dataclass(frozen=True, slots=True)
class Tip:
    """The last commit of the branch; an empty ``sha`` where the repository has no commits. ``ref`` is git's name."""

    sha: str
    ref: str = ""


@dataclass(slots=True)
class Index:
    """Which commits fall on which day of the team: their hashes one behind the other, about 20 bytes a commit.

    ``timeless`` are the first of ``odd`` commits that have no usable time.
    """

    days: defaultdict[date, bytearray] = field(default_factory=lambda: defaultdict(bytearray))
    odd: int = 0
    timeless: list[str] = field(default_factory=list)
    width: int = 20

    def count(self, day: date) -> int:
        """How many commits a day has."""
        return len(self.days[day]) // self.width if day in self.days else 0

    def of(self, day: date) -> list[str]:
        """The commits of a day, in an order that is always the same."""
        packed = bytes(self.days.get(day, b""))
        return sorted(packed[at : at + self.width].hex() for at in range(0, len(packed), self.width))


class Repository(ABC):
    """A repository on disk. ``cut`` are commits whose parents are missing, so that nobody knows what they changed."""

    def __init__(self, ctx: Context, git: Git, home: Path, place: Path) -> None:
        self.ctx, self.git, self.home, self.place = ctx, git, home, place
        self.cut: frozenset[str] = frozenset()

    @abstractmethod
    def look(self) -> Tip:
        """The branch as it is now, asked as cheaply as it goes. Raises Invalid for a branch that is not there."""

    @abstractmethod
    def bring(self, tip: Tip) -> str:
        """Have all of it on disk; the last commit of what is there then."""

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether ``new`` came from ``old`` without rewriting. False where ``old`` is gone."""
        return bool(SHA.fullmatch(old)) and self.git.succeeds(*self.here("merge-base", "--is-ancestor", old, new))

    def index(self, head: str, since: str = "") -> Index:
        """The commits that lead to ``head``, without those that led to ``since``, by day."""
        found = Index(width=len(head) // 2)
        zone, start, end, day = self.ctx.zone, 0.0, 0.0, date.min
        without = [f"^{since}"] if since else []
        for line in self.git.lines(*self.here("rev-list", "--timestamp", head, *without, "--")):
            seconds, _, sha = line.partition(" ")
            if not SHA.fullmatch(sha) or not seconds.isdigit():
                raise BadAnswer("git listed something else than commits.")
            at = int(seconds)
            if not EARLIEST.timestamp() <= at < _LATEST.timestamp():
                found.odd += 1
                found.timeless = sorted([*found.timeless, sha])[:_SAMPLES]
                continue
            if not start <= at < end:
                day = local_day(datetime.fromtimestamp(at, UTC), zone)
                start, end = (one.timestamp() for one in day_bounds(day, zone))
            found.days[day] += bytes.fromhex(sha)
        return found

    def commits(self, wanted: Sequence[str]) -> Iterator[Commit]:
        """What these commits hold, in their order. Raises Transient when not all of them come."""
        if not wanted:
            return
        how = self.here("diff-tree", *_TELLING, f"--format={FORMAT}")
        output = self.git.stream(*how, given=self.naming(wanted))
        seen = 0
        with contextlib.closing(cast(Any, output)):
            for number, commit in enumerate(commits_of(output), start=1):
                if number > len(wanted) or commit.sha != wanted[number - 1]:
                    raise BadAnswer("git told of other commits than it was asked for.")
                seen = number
                yield commit
        if seen < len(wanted):
            raise Transient("git ended before all commits were read. They are read again later.")

    def here(self, *arguments: str) -> tuple[str, ...]:
        """What git is told to do with this repository."""
        return (f"--git-dir={self.place}", *arguments)

    def naming(self, shas: Sequence[str]) -> Path:
        """A file that names commits to git."""
        asked = self.home / "asked"
        asked.write_text("".join(f"{sha}\n" for sha in shas), encoding="ascii")
        return asked

    def sha_of(self, name: str) -> str:
        """The commit that a name stands for; empty where there is none."""
        arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        found = self.git.text(*self.here(*arguments), fine=(0, 1))
        return found if SHA.fullmatch(found) else ""

    def note_cut(self) -> None:
        """See which commits have lost their parents."""
        file = self.place / "shallow"
        self.cut = frozenset(file.read_text(encoding="ascii").split()) if file.is_file() else frozenset()


class InPlace(Repository):
    """A folder of this server, read where it is."""

    def __init__(self, ctx: Context, home: Path, place: Path, branch: str) -> None:
        super().__init__(ctx, Git(ctx, home, settings={"safe.directory": str(place)}), home, place)
        self.branch = branch

    def look(self) -> Tip:
        ref = f"refs/heads/{self.branch}" if self.branch else "HEAD"
        if sha := self.sha_of(ref):
            return Tip(sha, ref)
        if self.git.text(*self.here("for-each-ref", "--count=1", "--format=%(objectname)", "refs/heads")):
            raise no_branch(self.branch)
        return Tip("")

    def bring(self, tip: Tip) -> str:
        self.note_cut()
        return self.sha_of(tip.ref) or tip.sha


def first_day(config: GitConfig) -> date | None:
    """The first day that was set; git has none before ``EARLIEST``."""
    return config.since and max(config.since, EARLIEST.date())


def no_branch(branch: str) -> Invalid:
    """The error for a branch that is not there."""
    if branch:
        message = f"The repository has no branch called {branch[:100]}."
    else:
        message = "The repository names no default branch. Enter the branch to read."
    return Invalid(message, details={"branch": [message]})
