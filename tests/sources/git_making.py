"""Real repositories with a history that is always the same, and a runner in miniature that reads them."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from livinglytics.lib.buckets import day_bounds, local_day
from livinglytics.lib.http import Client, Limits
from sources.actions.checking import asked
from sources.connectors._base import Batch, Checked, Context, State
from sources.connectors.git import Git, GitConfig
from sources.records import CompleteDays, MetricPoint
from tests.fakes._server import FakeServer

GIT = Git()
TOKEN = "glpat-secret-token"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Cell = tuple[str, datetime, tuple[tuple[str, str], ...]]


class CrashedError(Exception):
    """The worker was killed."""


def ago(days: float = 0, *, seconds: int = 0) -> datetime:
    return NOW - timedelta(days=days, seconds=seconds)


class Repo:
    """A bare repository at ``place``, written through a folder beside it."""

    def __init__(self, place: Path, *, branch: str = "main") -> None:
        self.place, self.branch = place, branch
        place.parent.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--bare", "--template=", f"--initial-branch={branch}", str(place), bare=False)
        self.numbers = 0
        self.branches: set[str] = set()

    def git(self, *arguments: str, given: bytes = b"", at: datetime = NOW, bare: bool = True, **more: str) -> str:
        """Run git on it at a moment of its own."""
        moment = f"{int(at.timestamp())} +0900"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nowhere",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada Lovelace",
            "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_COMMITTER_NAME": "Grace",
            "GIT_COMMITTER_EMAIL": "grace@example.com",
            "GIT_AUTHOR_DATE": f"{int((at - timedelta(hours=5)).timestamp())} -0200",
            "GIT_COMMITTER_DATE": moment,
        }
        how = [f"--git-dir={self.place}"] if bare else []
        done = subprocess.run(
            ["git", *how, *arguments], input=given, capture_output=True, env=environment | more, check=True
        )
        return done.stdout.decode("utf-8", "replace").strip()

    @property
    def head(self) -> str:
        return self.git("rev-parse", f"refs/heads/{self.branch}")

    def commit(
        self,
        at: datetime,
        files: dict[str, bytes] | None = None,
        *,
        message: str | bytes = "Work",
        parents: list[str] | None = None,
        branch: str = "",
    ) -> str:
        """A commit on top of the branch, or of ``parents``, whose tree is what was there with ``files`` changed.

        Without ``files`` a new file of one line comes in. A file of ``b""`` goes.
        """
        branch = branch or self.branch
        self.numbers += 1
        changed = {f"file-{self.numbers}": b"one line\n"} if files is None else files
        text = message.encode() if isinstance(message, str) else message
        committed, authored = int(at.timestamp()), max(int(at.timestamp()) - 18_000, 0)
        pieces = [] if parents is None else [f"reset refs/heads/{branch}\n\n".encode()]
        pieces.append(
            f"commit refs/heads/{branch}\nmark :1\nauthor Ada Lovelace <ada@example.com> {authored} -0200\n"
            f"committer Grace <grace@example.com> {committed} +0900\ndata {len(text)}\n".encode()
        )
        pieces.append(text + b"\n")
        if parents is None and branch in self.branches:
            pieces.append(f"from refs/heads/{branch}^0\n".encode())
        for number, parent in enumerate(parents or []):
            pieces.append(f"{'merge' if number else 'from'} {parent}\n".encode())
        for name, content in changed.items():
            path = '"' + name.replace("\n", "\\n").replace("\t", "\\t") + '"'
            how = f"M 100644 inline {path}\ndata {len(content)}\n" if content else f"D {path}"
            pieces.append(how.encode() + content + b"\n")
        self.branches.add(branch)
        done = self.git("fast-import", "--quiet", "--force", given=b"".join([*pieces, b"\nget-mark :1\n"]))
        return done.split()[-1]

    def raw_commit(self, body: bytes) -> str:
        """A commit object as it stands, however wrong it is, on top of the branch."""
        sha = self.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", given=body)
        self.git("update-ref", f"refs/heads/{self.branch}", sha)
        return sha

    def fill(self, commits: list[tuple[datetime, int, int]], *, since: str = "") -> None:
        """Many commits at once: moment, lines, and a number that tells the file."""
        lines = [f"reset refs/heads/{self.branch}\n"] if not since else []
        for number, (at, count, which) in enumerate(commits):
            text = "".join(f"{number} {line}\n" for line in range(count))
            message = f"Number {number}"
            lines.append(
                f"commit refs/heads/{self.branch}\ncommitter Grace <grace@example.com> {int(at.timestamp())} +0000\n"
                f"data {len(message)}\n{message}\n"
                + (f"from {since}\n" if since and not number else "")
                + f"M 100644 inline file-{which}\ndata {len(text)}\n{text}\n"
            )
        self.branches.add(self.branch)
        self.git("fast-import", "--quiet", "--force", given="".join(lines).encode())


def truth(repo: Repo, zone: str = "UTC", branch: str = "") -> dict[str, dict[str, int]]:
    """What each day must come to, told by ``git log`` one commit at a time."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    log = repo.git("log", "--numstat", "-M", "--format=%x01%ct%x02%B%x02", branch or repo.branch)
    for one in log.split("\x01")[1:]:
        at, message, rest = one.split("\x02")
        day = local_day(datetime.fromtimestamp(int(at), UTC), zone).isoformat()
        found["commits"][day] += 1
        found["commits_reverted"][day] += message.startswith('Revert "')
        for line in rest.split("\n"):
            if line.count("\t") == 2:
                added, deleted, _ = line.split("\t")
                found["commit_files_changed"][day] += 1
                found["commit_lines_added"][day] += int(added) if added != "-" else 0
                found["commit_lines_deleted"][day] += int(deleted) if deleted != "-" else 0
    return {name: {day: n for day, n in days.items() if n} for name, days in found.items() if any(days.values())}


@dataclass
class Reader:
    """Stores rows, checkpoints and numbers as the real one does: the last word wins, promised days are replaced."""

    config: GitConfig
    fake: FakeServer | None = None
    now: datetime = NOW
    zone: str = "UTC"
    folders: tuple[Path, ...] = ()
    scratch: Path | None = None
    state: State = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    cells: dict[Cell, float] = field(default_factory=dict)
    covered: set[str] = field(default_factory=set)
    batches: list[Batch] = field(default_factory=list)
    allowed: frozenset[str] = frozenset()
    resolve: Callable[[str, int], list[str]] | None = None
    cancelled: Callable[[], bool] = lambda: False

    def context(self) -> Context:
        hosts = self.allowed | ({self.fake.host} if self.fake else frozenset())
        how: dict[str, Any] = {"resolve": self.resolve} if self.resolve else {}
        return Context(
            http=Client(limits=Limits(connect=5, read=5, total=30, tries=1), allow_private=hosts, **how),
            now=lambda: self.now,
            pause=lambda seconds: None,
            cancelled=self.cancelled,
            files=None,
            base_url=lambda default: self.fake.url if self.fake else default,
            zone=self.zone,
            folders=self.folders,
            scratch=self.scratch,
        )

    def run(self, *, die_after: int | None = None, after: Callable[[Batch], Any] = bool) -> list[Batch]:
        """Read to the end, or be killed once ``die_after`` pages are stored. ``after`` sees each page."""
        self.batches = []
        with closing(cast(Any, GIT.read(self.context(), self.config, "commits", self.state))) as pages:
            for batch in pages:
                if len(self.batches) == die_after:
                    raise CrashedError
                self.store(batch)
                after(batch)
        return self.batches

    def store(self, batch: Batch) -> None:
        self.batches.append(batch)
        fresh: dict[Cell, float] = {}
        for raw in batch.raws:
            changed = self.rows.get(raw.external_id) != raw.payload
            self.rows[raw.external_id] = json.loads(json.dumps(raw.payload))
            if changed or batch.complete:
                self.map(raw.payload, fresh)
        for promise in batch.complete:
            for cell in [one for one in self.cells if self._promised(promise, one) and one not in fresh]:
                del self.cells[cell]
            days = (promise.last - promise.first).days + 1
            self.covered |= {(promise.first + timedelta(days=number)).isoformat() for number in range(days)}
        self.cells |= fresh
        if batch.state is not None:
            self.state = json.loads(json.dumps(batch.state))

    def map(self, payload: Any, into: dict[Cell, float]) -> None:
        """Two rows of one page must not make the same point: it would be lost."""
        for one in GIT.map("commits", payload, self.config):
            assert isinstance(one, MetricPoint)
            assert isinstance(one.at, datetime)
            cell = (one.metric, one.at, tuple(sorted(one.dimensions.items())))
            assert cell not in into
            into[cell] = one.value

    def _promised(self, promise: CompleteDays, cell: Cell) -> bool:
        start, end = day_bounds(promise.first, self.zone)[0], day_bounds(promise.last, self.zone)[1]
        return cell[0] in promise.metrics and start <= cell[1] < end

    def replayed(self) -> dict[Cell, float]:
        """The numbers that stored rows alone make."""
        found: dict[Cell, float] = {}
        for payload in self.rows.values():
            self.map(payload, found)
        return found

    def days(self) -> dict[str, dict[str, int]]:
        """The sums of each day, in the shape of ``truth``."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for (metric, at, _), value in self.cells.items():
            found[metric][local_day(at, self.zone).isoformat()] += int(value)
        return {metric: dict(days) for metric, days in found.items()}

    def commits(self) -> list[dict[str, Any]]:
        """All single commits that are stored, oldest first."""
        return sorted((one for row in self.rows.values() for one in row["commits"]), key=lambda one: one["at"])

    def check(self) -> Checked:
        """What a person is told who enters these settings."""
        return asked(GIT, self.context(), self.config)
