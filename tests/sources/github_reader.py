"""A runner in miniature for the GitHub connector, and the truth about what a fake GitHub holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from livinglytics.lib.buckets import day_bounds, local_day
from livinglytics.lib.http import Client, Limits
from sources.connectors._base import Batch, Context, State
from sources.connectors.github import GitHub, GitHubConfig
from sources.records import CompleteDays, MetricPoint, Remark
from tests.fakes.github import GitHubFake, Item, Repo

GITHUB = GitHub()
TOKEN = "ghp_secret"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STREAMS = tuple(one.key for one in GITHUB.streams)
HELLO = GitHubConfig(("octo/hello",), TOKEN)
Cell = tuple[str, datetime, tuple[tuple[str, str], ...]]


class CrashedError(Exception):
    """The worker was killed."""


def ago(days: float = 0, *, hours: float = 0, seconds: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours, seconds=seconds)


@dataclass
class Reader:
    """Stores rows, checkpoints and numbers as the real one does: the last word wins, promised days are replaced."""

    fake: GitHubFake
    config: GitHubConfig = HELLO
    now: datetime = NOW
    zone: str = "UTC"
    states: dict[str, State] = field(default_factory=dict)
    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    cells: dict[Cell, tuple[float, int]] = field(default_factory=dict)
    remarks: set[Remark] = field(default_factory=set)
    batches: list[Batch] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    #: seconds until an answer counts as missing: so many that a busy machine is not taken for a silent service
    patience: float = 5.0

    def context(self, tries: int = 3) -> Context:
        limits = Limits(connect=self.patience, read=self.patience, total=6 * self.patience, tries=tries)
        http = Client(limits=limits, allow_private=frozenset({self.fake.host}), wait=self.pauses.append)
        return Context(
            http=http,
            now=lambda: self.now,
            pause=self.pauses.append,
            cancelled=lambda: False,
            files=None,
            base_url=lambda default: self.fake.url,
            zone=self.zone,
        )

    def run(self, *streams: str, die_after: int | None = None) -> list[Batch]:
        """Read the streams to their end, or be killed once ``die_after`` pages are stored."""
        self.batches = []
        for stream in streams or STREAMS:
            self.read(stream, self.context(), die_after=die_after)
        return self.batches

    def read(self, stream: str, context: Context, *, die_after: int | None = None) -> None:
        for batch in GITHUB.read(context, self.config, stream, self.states.get(stream, {})):
            if len(self.batches) == die_after:
                raise CrashedError
            self.store(stream, batch)

    def store(self, stream: str, batch: Batch) -> None:
        self.batches.append(batch)
        fresh: dict[Cell, tuple[float, int]] = {}
        for raw in batch.raws:
            known = self.rows.get((stream, raw.external_id))
            self.rows[(stream, raw.external_id)] = raw.payload
            if known != raw.payload or batch.complete:
                self.map(stream, raw.payload, fresh)
        for promise in batch.complete:
            for cell in [one for one in self.cells if self._promised(promise, one) and one not in fresh]:
                del self.cells[cell]
        self.cells |= fresh
        if batch.state is not None:
            self.states[stream] = batch.state

    def map(self, stream: str, payload: Any, into: dict[Cell, tuple[float, int]]) -> None:
        """Two rows of one page must not make the same point: it would be lost."""
        for one in GITHUB.map(stream, payload, self.config):
            if isinstance(one, MetricPoint):
                assert isinstance(one.at, datetime)
                cell = (one.metric, one.at, tuple(sorted(one.dimensions.items())))
                assert cell not in into
                into[cell] = (one.value, one.n)
            elif isinstance(one, Remark):
                self.remarks.add(one)

    def _promised(self, promise: CompleteDays, cell: Cell) -> bool:
        start, end = day_bounds(promise.first, self.zone)[0], day_bounds(promise.last, self.zone)[1]
        return cell[0] in promise.metrics and start <= cell[1] < end

    def replayed(self) -> dict[Cell, tuple[float, int]]:
        """The numbers that stored rows alone make."""
        found: dict[Cell, tuple[float, int]] = {}
        for (stream, _), payload in self.rows.items():
            self.map(stream, payload, found)
        return found

    def days(self, metric: str, repo: str = "octo/hello") -> dict[str, float]:
        """The sum of each day."""
        found: defaultdict[str, float] = defaultdict(float)
        for (name, at, dims), (value, _) in self.cells.items():
            if name == metric and dict(dims)["repo"] == repo:
                found[local_day(at, self.zone).isoformat()] += value
        return dict(found)

    def total(self, metric: str, repo: str = "octo/hello") -> float:
        return sum(self.days(metric, repo).values())


def truth(repo: Repo, zone: str = "UTC") -> dict[str, dict[str, float]]:
    """What each day must come to, counted straight from what the fake holds."""
    found: dict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))

    def add(metric: str, at: str, value: float = 1) -> None:
        found[metric][local_day(datetime.fromisoformat(at), zone).isoformat()] += value

    for pull in repo.pulls.values():
        add("prs_opened", pull["created_at"])
        if pull["merged_at"]:
            add("prs_merged", pull["merged_at"])
            add("pr_merge_hours", pull["merged_at"], _hours(pull["created_at"], pull["merged_at"]))
            add("pr_lines_added", pull["merged_at"], pull["lines"][0])
            add("pr_lines_deleted", pull["merged_at"], pull["lines"][1])
        elif pull["closed_at"]:
            add("prs_closed_unmerged", pull["closed_at"])
        reviews = [one for one in repo.reviews.get(pull["number"], []) if _counts(one, pull)]
        for one in reviews:
            add("pr_reviews", one["submitted_at"])
        _add_first(add, reviews, pull)
    for commit in repo.commits:
        add("commits", commit["person"]["date"])
    for release in repo.releases:
        if not release["draft"]:
            add("releases", release["published_at"])
    return {metric: dict(days) for metric, days in found.items()}


def _counts(review: Item, pull: Item) -> bool:
    own = review["user"] and pull["user"] and review["user"]["login"] == pull["user"]["login"]
    return review["state"] != "PENDING" and not own


def _add_first(add: Any, reviews: Iterable[Item], pull: Item) -> None:
    people = [one["submitted_at"] for one in reviews if (one["user"] or {}).get("type") != "Bot"]
    if people:
        add("pr_first_review_hours", min(people), _hours(pull["created_at"], min(people)))


def _hours(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 3600


def everything(reader: Reader, repo: str = "octo/hello") -> dict[str, dict[str, float]]:
    """What was read, in the shape of ``truth``."""
    names = {metric for metric, _, dims in reader.cells if dict(dims)["repo"] == repo}
    return {name: reader.days(name, repo) for name in names}


def same(found: dict[str, dict[str, float]], wanted: dict[str, dict[str, float]]) -> bool:
    """Equal but for the last digits of hours."""
    return _rounded(found) == _rounded(wanted)


def _rounded(days: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {metric: {day: round(value, 6) for day, value in found.items()} for metric, found in days.items() if found}
