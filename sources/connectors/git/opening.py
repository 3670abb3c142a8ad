"""Getting a repository for the length of a run: a copy from a server, or the folder that is here already."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sources.connectors.git import access, scratch
from sources.connectors.git.address import address_of, branch_of
from sources.connectors.git.program import PATIENCE
from sources.connectors.git.refusals import NotShallow
from sources.connectors.git.repository import SHA, InPlace, Repository, Tip, first_day, no_branch

if TYPE_CHECKING:
    from sources.connectors._base import Context
    from sources.connectors.git import GitConfig

#: a first day is read with so much before it: clocks of authors are not always right
MARGIN: Final = timedelta(days=30)
_KEPT: Final = "refs/heads/read"
#: generations of commits that are fetched at first; then as many again, twice as many, and so on
_FIRST: Final = 100


class Copy(Repository):
    """A bare copy of one branch of a server, made for one run."""

    def __init__(self, ctx: Context, way: access.Way, home: Path, config: GitConfig) -> None:
        super().__init__(ctx, way.git, home, home / "copy")
        self.way, self.url = way, way.url
        self.branch, self.since = branch_of(config.branch), first_day(config)

    def look(self) -> Tip:
        self.git.insist_on_version()
        wanted = f"refs/heads/{self.branch}" if self.branch else "HEAD"
        sha, some = "", False
        for line in self.git.lines("ls-remote", "--", self.url, "HEAD", "refs/heads/*"):
            found, _, ref = line.partition("\t")
            if not SHA.fullmatch(found):
                continue
            some = some or ref.startswith("refs/heads/")
            sha = found if ref == wanted else sha
        if not sha and some:
            raise no_branch(self.branch)
        if not some:
            self.way.insist_on_empty(self.ctx)
        return Tip(sha, wanted)

    def bring(self, tip: Tip) -> str:
        kind = "sha256" if len(tip.sha) == 64 else "sha1"
        self.git.text("init", "--quiet", "--bare", "--template=", f"--object-format={kind}", "--", str(self.place))
        if self.since is None or not self._young(tip, self.since):
            self._fetch(tip)
        self.note_cut()
        return self.sha_of(_KEPT)

    def _young(self, tip: Tip, since: date) -> bool:
        """Only as much as the first day asks for; False where the server cannot send a part.

        The history is deepened until all that is cut off is too old to be told. (git can be asked for the commits
        since a day instead; then it cuts off the young parent of a merge together with the old one.)
        """
        start = datetime.combine(since, time(), UTC) - MARGIN
        try:
            self._fetch(tip, f"--depth={_FIRST}")
        except NotShallow:
            return False
        deeper, before = _FIRST, None
        while self._cut_after(start) and self.cut != before:
            before = self.cut
            self._fetch(tip, f"--deepen={deeper}")
            deeper *= 2
        return True

    def _cut_after(self, start: datetime) -> bool:
        """Whether a commit without its parents is young enough to be told, or to hide one that is."""
        self.note_cut()
        if not self.cut:
            return False
        asked = self.naming(sorted(self.cut))
        how = ("rev-list", "--ignore-missing", "--no-walk=unsorted", "--timestamp", "--stdin")
        lines = self.git.lines(*self.here(*how), given=asked)
        times = [int(line.partition(" ")[0]) for line in lines]
        return max(times, default=0) >= start.timestamp()

    def _fetch(self, tip: Tip, *how: str) -> None:
        always = ("--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--progress", *how)
        arguments = self.here("fetch", *always, "--", self.url, f"+{tip.ref}:{_KEPT}")
        watch = scratch.SizeWatch(self.home)
        for _ in self.git.stream(*arguments, watch=watch):
            continue
        watch.look()


@contextlib.contextmanager
def opened(ctx: Context, config: GitConfig, patience: float = PATIENCE) -> Iterator[Repository]:
    """The repository of a source, for the length of the block. Raises Invalid at the setting at fault."""
    address, branch = address_of(config.repository), branch_of(config.branch)
    with scratch.folder(ctx.scratch) as home:
        if address.scheme == "local":
            yield InPlace(ctx, home, access.local(ctx, address), branch)
        else:
            yield Copy(ctx, access.remote(ctx, config, address, home, patience=patience), home, config)
