"""A stored day of the repository becomes points. Pure: replay runs it again.

Commits of one second, such as a rebase makes, are added up before they become a point: the last word on a second wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sources.records import MetricPoint, Record

COUNTED: Final = ("commits", "commits_reverted")
CHANGED: Final = ("commit_lines_added", "commit_lines_deleted", "commit_files_changed")
#: a day with more commits keeps the others as sums of a second, so that a row stays small
MOST_SINGLE: Final = 5_000
Row = dict[str, Any]


def day_row(name: str, day: str, rows: Iterable[Row]) -> Row:
    """One day of one repository as it is stored. ``rows`` in an order that is always the same."""
    single: list[Row] = []
    more: defaultdict[str, list[int | None]] = defaultdict(lambda: [0, 0, None, None, None])
    for row in rows:
        if len(single) < MOST_SINGLE:
            single.append(row)
            continue
        sums = more[row["at"]]
        for place, value in enumerate(_values(row)):
            sums[place] = value if sums[place] is None else (sums[place] or 0) + (value or 0)
    single.sort(key=lambda row: (row["at"], row["sha"]))
    return {"repo": name, "day": day, "commits": single, "more": {at: more[at] for at in sorted(more)}}


def records(raw: Mapping[str, Any]) -> list[Record]:
    """What one stored day says. Lines that are not known, or none, make no point."""
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    pairs = [(row["at"], _values(row)) for row in raw["commits"]]
    for at, values in [*pairs, *raw["more"].items()]:
        for metric, value in zip((*COUNTED, *CHANGED), values, strict=True):
            if value:
                sums[(metric, at)] += int(value)
    dimensions = {"repo": str(raw["repo"])}
    return [MetricPoint(metric, _at(at), float(value), dimensions) for (metric, at), value in sums.items()]


def _values(row: Mapping[str, Any]) -> tuple[int | None, ...]:
    """Commits, reverts, lines added, lines deleted, files."""
    return 1, int(row["revert"]), row["added"], row["deleted"], row["files"]


def _at(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"The time {text} has no time zone.")
    return at
