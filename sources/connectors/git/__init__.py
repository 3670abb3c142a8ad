"""Git: the commits of one branch of a repository, on a server or in a folder of this one.

git itself reads it. A stored row is not one commit but *one day of the repository* with all its commits, as with
other services that tell commits: several commits may share a second, and the last word on a second wins, so ``map``
adds up what fell on one second before it makes a point. Reading a day again replaces its row and its points.

A day is the day of the committer's time in the team's zone, which is also what other services count by.
How days become whole is told in ``passes``, how git is kept from doing anything else in ``program`` and ``access``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import Invalid
from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    Metric,
    Progress,
    Raw,
    Rejected,
    State,
    Stream,
    connectors,
    option,
)
from sources.connectors.git.address import address_of
from sources.connectors.git.counting import records
from sources.connectors.git.opening import opened
from sources.connectors.git.passes import Pass
from sources.records import Record

#: somebody sits in front of the form and waits
QUICK = 8.0


@dataclass(frozen=True)
class GitConfig:
    """Which repository, how to get in, and how far back."""

    repository: str = option(
        "Repository",
        help="The address that git clone takes, or a folder of this server that the operator allows.",
        placeholder="https://git.example.com/team/app.git",
    )
    token: str = option(
        "Token",
        default="",
        kind="secret",
        help="For https, a token that may read the repository and nothing else. Empty for a public one.",
    )
    user: str = option(
        "User name",
        default="",
        help="Goes with the token. Only some servers look at it: x-token-auth for Bitbucket, your name for others.",
        group="If the server asks for it",
    )
    ssh_key: str = option(
        "SSH key",
        default="",
        kind="secret",
        help="For ssh addresses: the private key of a deploy key that may only read, without a passphrase.",
        group="If the server asks for it",
    )
    host_keys: tuple[str, ...] = option(
        "Server's SSH key",
        default=(),
        kind="lines",
        help="For ssh addresses: the server's lines of known_hosts, from its documentation or ssh-keyscan.",
        placeholder="git.example.com ssh-ed25519 AAAA…",
        group="If the server asks for it",
    )
    branch: str = option("Branch", default="", help="Leave empty for the default branch.", placeholder="main")
    since: date | None = option(  # noqa: RUF009 - option() makes a dataclass field
        "Since", default=None, kind="date", help="The first day to read. Empty means the whole history."
    )
    authors: bool = option(
        "Keep authors",
        default=False,
        kind="boolean",
        help=(
            "Keeps names and e-mail addresses with the stored commits. Off, none are stored. "
            "Changing it reads everything again."
        ),
    )


@connectors.add
class Git(Connector):
    """The commits of one branch, day by day."""

    key = "git"
    label = "Git repository"
    summary = "Commits of any git repository, with changed lines and reverts."
    category = "engineering"
    icon = "git-branch"
    config = GitConfig
    streams = (Stream("commits", "Commits", note="Of one branch, merges included."),)
    metrics = (
        Metric("commits", "Commits", direction="up", description="Commits to the main branch, merges included."),
        Metric(
            "commit_lines_added",
            "Lines added by commits",
            description="By day of committing. Merges and files that are no text count nothing.",
        ),
        Metric(
            "commit_lines_deleted",
            "Lines deleted by commits",
            description="By day of committing. Merges and files that are no text count nothing.",
        ),
        Metric(
            "commit_files_changed",
            "Files changed by commits",
            description="By day of committing, each file once for each commit that changes it. Merges count nothing.",
        ),
        Metric(
            "commits_reverted",
            "Reverts",
            direction="down",
            description="Commits that take another one back, told by the words that git writes into their message.",
        ),
    )

    def check(self, ctx: Context, config: GitConfig) -> Checked:
        """Asks for the branches; nothing is fetched."""
        if config.since and config.since > local_day(ctx.now(), ctx.zone):
            message = "The first day lies in the future. Choose an earlier one."
            raise Invalid(message, details={"since": [message]})
        with opened(ctx, config, patience=QUICK) as repository:
            tip = repository.look()
        message = "The repository can be read." if tip.sha else "The repository can be read. It has no commits yet."
        return Checked(True, message, identity=address_of(config.repository).name)

    def read(self, ctx: Context, config: GitConfig, stream: str, state: State) -> Iterator[Batch]:
        """Whole days, newest first; see ``Pass``."""
        with opened(ctx, config) as repository, closing(cast(Any, Pass(ctx, config, state).pages(repository))) as pages:
            for page in pages:
                yield Batch(
                    raws=tuple(Raw(name, row) for name, row in page.rows.items()),
                    state=page.state,
                    progress=Progress(page.done, page.total, "commits", "reading" if page.state else "fetching"),
                    complete=page.complete,
                    rejected=tuple(Rejected(*bad) for bad in page.bad),
                    warnings=page.warnings,
                )

    def map(self, stream: str, raw: Any, config: GitConfig) -> list[Record]:
        """One day of the repository as points."""
        return records(raw)
