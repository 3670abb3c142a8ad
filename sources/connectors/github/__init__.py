"""GitHub: pull requests, reviews, commits and releases of repositories on github.com or an own server.

**How things are counted.** A stored number is known by its source, metric, dimensions and second; the
last word on a second wins. Events don't keep apart by the second: a merge queue merges several pull
requests in one, a rebase commits twenty. So a raw row is not one pull request but *one day of one
repository*, with all that happened on it, and ``map`` adds up what fell on the same second before it makes
a point. Every second of a repository lies in exactly one such row, and the repository is a dimension:
no two rows ever make the same point. Reading a day again replaces its row and its points; replay makes the
same points out of the same rows; nothing is added to anything. Points keep their second, so a day is the
team's day, and a mean knows its single values.

A pull request that was closed and reopened has no closing any more, a branch that was rewritten has lost
commits. A new row alone could not take these back, so each batch holds whole days of all repositories
and promises them (``CompleteDays``), and each pass tells the last days again.

**How days become whole** is told in ``pulls`` for what GitHub lists by change, and in ``passes`` for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import BadCredentials, Invalid, RateLimited, Terminal, Transient
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
from sources.connectors.github.counting import records
from sources.connectors.github.names import api_address, repositories
from sources.connectors.github.passes import Pass, Plan
from sources.connectors.github.pulls import Pulls, Reviews
from sources.connectors.github.readers import Commits, Releases
from sources.connectors.github.service import Nothing, Service, Unreadable, repository_path
from sources.records import Record

#: the check looks at so many repositories, and stops after so many seconds
CHECKED, PATIENCE = 5, 6.0

PLANS = {
    "commits": Plan(Commits, ("commits",), again=30, slice=10),
    "pulls": Plan(
        Pulls,
        ("prs_opened", "prs_merged", "prs_closed_unmerged", "pr_merge_hours", "pr_lines_added", "pr_lines_deleted"),
        again=3,
        slice=1,
    ),
    "reviews": Plan(Reviews, ("pr_reviews", "pr_first_review_hours"), again=3, slice=1),
    "releases": Plan(Releases, ("releases",), again=30, slice=30),
}


@dataclass(frozen=True)
class GitHubConfig:
    """Which repositories, and how far back."""

    repositories: tuple[str, ...] = option(
        "Repositories",
        kind="lines",
        help="One per line, as owner/name or its address.",
        placeholder="octocat/hello-world",
    )
    token: str = option(
        "Token",
        kind="secret",
        help=(
            "On GitHub: Settings, Developer settings, Personal access tokens, Fine-grained tokens. Choose the "
            "repositories and give Contents and Pull requests read access. A classic token with scope repo works too."
        ),
    )
    host: str = option(
        "Enterprise host",
        default="",
        help="The host of your own GitHub Enterprise server. Leave empty for github.com.",
        placeholder="github.example.com",
    )
    since: date | None = option(  # noqa: RUF009 - option() makes a dataclass field
        "Since", default=None, kind="date", help="The first day to read. Empty means the last 90 days."
    )
    by_author: bool = option(
        "Break down by author",
        default=False,
        kind="boolean",
        help="Keeps who did what by their GitHub name. Off, no names are stored. Changing it reads everything again.",
    )
    mark_releases: bool = option(
        "Mark releases on charts",
        default=True,
        kind="boolean",
        help="Notes each release, except pre-releases, on its day.",
    )


@connectors.add
class GitHub(Connector):
    """The pace of a team's repositories, day by day."""

    key = "github"
    label = "GitHub"
    summary = "Pull requests, reviews, commits and releases of your repositories."
    category = "engineering"
    icon = "git-pull-request"
    config = GitHubConfig
    streams = (
        Stream("commits", "Commits", note="Of the default branch. The last 30 days are read again each time."),
        Stream("pulls", "Pull requests", note="One question more for each merged one, for its lines."),
        Stream("reviews", "Reviews", note="One question for each pull request that changed."),
        Stream("releases", "Releases", note="Without drafts."),
    )
    metrics = (
        Metric("prs_opened", "Opened pull requests", description="By day of opening, drafts included."),
        Metric("prs_merged", "Merged pull requests", direction="up", description="By day of merging."),
        Metric(
            "prs_closed_unmerged",
            "Pull requests closed unmerged",
            description="By day of closing. One that is opened again is taken back.",
            settle=timedelta(days=3),
        ),
        Metric(
            "pr_merge_hours",
            "Time to merge",
            "mean",
            "hours",
            "down",
            "Mean hours from opening to merging, by day of merging.",
            floor=5,
        ),
        Metric(
            "pr_first_review_hours",
            "Time to first review",
            "mean",
            "hours",
            "down",
            "Mean hours from opening to the first review by another person, by day of that review. Bots don't count.",
            floor=5,
        ),
        Metric(
            "pr_reviews",
            "Reviews",
            direction="up",
            description="Reviews by others than the author, by day and state: approved, changes_requested, commented.",
        ),
        Metric("pr_lines_added", "Lines added", description="In merged pull requests, by day of merging."),
        Metric("pr_lines_deleted", "Lines deleted", description="In merged pull requests, by day of merging."),
        Metric("commits", "Commits", direction="up", description="Commits to the main branch, merges included."),
        Metric("releases", "Releases", direction="up", description="Published releases and pre-releases."),
    )
    hosts = ("github.com", "api.github.com")
    budget = "4000/hour"

    def check(self, ctx: Context, config: GitHubConfig) -> Checked:
        """A look at the first repositories, and at the pull requests and commits of the first one."""
        try:
            names = repositories(config.repositories)
            service = Service(ctx, api_address(config.host), config.token)
            if config.since and config.since > local_day(ctx.now(), ctx.zone):
                return Checked(False, "The first day lies in the future. Choose an earlier one.", field="since")
            return _look(ctx, service, names)
        except (Invalid, BadCredentials) as error:
            return Checked(False, error.message, field=next(iter(error.details), "token"))
        except RateLimited as error:
            message = "GitHub's limit is used up right now. Reading starts by itself later."
            return Checked(True, message, identity=_identity(names), details={"retry_after": error.retry_after})
        except (Transient, Terminal) as error:
            return Checked(False, error.message, field="host" if config.host else "")

    def read(self, ctx: Context, config: GitHubConfig, stream: str, state: State) -> Iterator[Batch]:
        """Whole days, newest first; see ``Pass``."""
        work = Pass(ctx, config, PLANS[stream], state)
        for one in work.slices():
            yield Batch(
                raws=tuple(Raw(name, row) for name, row in one.rows.items()),
                state=one.state,
                progress=Progress(one.done, one.total, "days"),
                complete=one.complete,
                rejected=tuple(Rejected(*bad) for bad in one.bad),
                warnings=one.warnings,
                quota=dict(work.service.quota),
            )

    def map(self, stream: str, raw: Any, config: GitHubConfig) -> list[Record]:
        """One day of one repository as points, a release also as a remark."""
        return records(stream, raw, by_author=config.by_author, marks=config.mark_releases)


def _look(ctx: Context, service: Service, names: list[str]) -> Checked:
    began = ctx.now()
    for number, name in enumerate(names[:CHECKED]):
        path = repository_path(name)
        try:
            service.one(path)
        except Unreadable as error:
            message = f"{name}: {error.message} Check the name, and that the token may read this repository."
            return Checked(False, message, field="repositories")
        for listing in ("pulls", "commits") if number == 0 else ():
            _peek(service, f"{path}/{listing}")
        if (ctx.now() - began).total_seconds() > PATIENCE:
            break
    details: dict[str, Any] = {"repositories": len(names), "quota": dict(service.quota)}
    if service.expires:
        details["token_expires"] = service.expires
    return Checked(
        True,
        f"{len(names)} repositories can be read." if len(names) > 1 else "The repository can be read.",
        identity=_identity(names),
        details=details,
    )


def _peek(service: Service, path: str) -> None:
    """One item, to see that the token may read this. An empty repository is fine."""
    try:
        service.get(path, {"per_page": 1})
    except Nothing:
        return


def _identity(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
