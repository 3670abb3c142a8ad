"""A stored day of one repository becomes points. Pure: replay runs it again.

All that happened in the same second is added up before it becomes a point. See the connector's docstring.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sources.records import MetricPoint, Record, Remark

_HOUR = 3600.0
_Key = tuple[str, datetime, tuple[tuple[str, str], ...]]


class Tally:
    """Sums by metric, second and dimensions, of one day of one repository."""

    def __init__(self, raw: Mapping[str, Any], *, by_author: bool) -> None:
        self.repo, self.by_author = str(raw["repo"]), by_author
        self._start, self._end = _at(raw["from"]), _at(raw["to"])
        self._sums: defaultdict[_Key, list[float]] = defaultdict(lambda: [0.0, 0])

    def within(self, value: Any) -> datetime | None:
        """The instant, if there is one and it is of this day."""
        if value is None:
            return None
        at = _at(value)
        return at if self._start <= at < self._end else None

    def add(self, metric: str, at: datetime, value: float, author: Any, **dimensions: str) -> None:
        """One observation. The author becomes a dimension only where that is wanted."""
        named = {"repo": self.repo, **dimensions}
        if self.by_author and author:
            named["author"] = str(author)
        cell = self._sums[(metric, at, tuple(sorted(named.items())))]
        cell[0] += value
        cell[1] += 1

    def points(self, means: frozenset[str]) -> list[Record]:
        """One point per metric, second and dimensions; ``n`` counts the observations of a mean."""
        return [
            MetricPoint(metric, at, total, dict(named), int(n) if metric in means else 1)
            for (metric, at, named), (total, n) in self._sums.items()
        ]


MEANS = frozenset({"pr_merge_hours", "pr_first_review_hours"})


def records(stream: str, raw: Mapping[str, Any], *, by_author: bool, marks: bool) -> list[Record]:
    """What one stored day says."""
    tally = Tally(raw, by_author=by_author)
    count = _COUNTS[stream]
    for row in raw[stream]:
        count(tally, row)
    found = tally.points(MEANS)
    if stream == "releases" and marks:
        found += [_remark(raw, row) for row in raw["releases"] if not row["prerelease"]]
    return found


def _count_pull(tally: Tally, row: Mapping[str, Any]) -> None:
    opened, author = _at(row["created_at"]), row["author"]
    if tally.within(row["created_at"]):
        tally.add("prs_opened", opened, 1, author)
    if merged := tally.within(row.get("merged_at")):
        tally.add("prs_merged", merged, 1, author)
        tally.add("pr_merge_hours", merged, _hours(opened, merged), author)
        for metric, field in (("pr_lines_added", "additions"), ("pr_lines_deleted", "deletions")):
            if row[field] is not None:
                tally.add(metric, merged, float(row[field]), author)
    elif closed := tally.within(row.get("closed_at")):
        tally.add("prs_closed_unmerged", closed, 1, author)


def _count_review(tally: Tally, row: Mapping[str, Any]) -> None:
    at = tally.within(row["at"])
    if at is None:
        return
    tally.add("pr_reviews", at, 1, row["author"], state=str(row["state"]))
    if row.get("first"):
        tally.add("pr_first_review_hours", at, _hours(_at(row["opened_at"]), at), row["opened_by"])


def _count_commit(tally: Tally, row: Mapping[str, Any]) -> None:
    if at := tally.within(row["at"]):
        tally.add("commits", at, 1, row["author"])


def _count_release(tally: Tally, row: Mapping[str, Any]) -> None:
    if at := tally.within(row["at"]):
        tally.add("releases", at, 1, row["author"])


_COUNTS: Mapping[str, Callable[[Tally, Mapping[str, Any]], None]] = {
    "pulls": _count_pull,
    "reviews": _count_review,
    "commits": _count_commit,
    "releases": _count_release,
}


def _remark(raw: Mapping[str, Any], row: Mapping[str, Any]) -> Remark:
    name = str(raw["repo"]).rpartition("/")[2]
    return Remark(date.fromisoformat(raw["day"]), f"{name} {row['tag']}".strip()[:120], "release")


def _hours(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds() / _HOUR)


def _at(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError(f"The time {value} has no time zone.")
    return at
