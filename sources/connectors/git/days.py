"""Days of a pass: in pages, promised, and those that cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from sources.connectors.git.counting import CHANGED, COUNTED, Row
from sources.connectors.git.repository import Index, Repository
from sources.records import CompleteDays

#: a page ends with the day on which it has so many commits, or after so many days
PAGE_COMMITS, PAGE_DAYS = 500, 400
ONE_DAY: Final = timedelta(days=1)


def paged(days: list[date], index: Index) -> Iterator[list[date]]:
    """Days in pages. The same days make the same pages, also in a run that goes on."""
    page: list[date] = []
    commits = 0
    for day in days:
        page.append(day)
        commits += index.count(day)
        if commits >= PAGE_COMMITS or len(page) >= PAGE_DAYS:
            yield page
            page, commits = [], 0
    if page:
        yield page


def promise(days: list[date], last: date, repository: Repository, index: Index) -> tuple[CompleteDays, ...]:
    """The days of a page as runs of whole days. The last day of a pass is not over."""
    cut = bool(repository.cut) and any(sha in repository.cut for day in days for sha in index.of(day))
    metrics = COUNTED if cut else (*COUNTED, *CHANGED)
    found = []
    over = [day for day in reversed(days) if day < last]
    for _, run in groupby(enumerate(over), key=lambda one: one[1].toordinal() - one[0]):
        whole = [day for _, day in run]
        found.append(CompleteDays(metrics, whole[0], whole[-1]))
    return tuple(found)


def bad(index: Index, last: date) -> tuple[tuple[str, str, Row], ...]:
    """One entry for each kind of commit that falls on no day that can be told: there may be thousands."""
    found: list[tuple[str, str, Row]] = []
    if index.odd:
        reason = f"{index.odd} commits have no usable time. They are not counted."
        found.append(("timeless", reason, {"commits": index.odd, "such_as": index.timeless}))
    ahead = sorted(day for day in index.days if day > last + ONE_DAY)
    if ahead:
        many = sum(index.count(day) for day in ahead)
        reason = f"{many} commits are dated in the future. They are counted when their day has come."
        found.append(("ahead", reason, {"commits": many, "such_as": index.of(ahead[0])[:5]}))
    return tuple(found)


def span(first: date, last: date) -> list[date]:
    """All days from ``first`` to ``last``, both included; none where they are the wrong way round."""
    return [first + number * ONE_DAY for number in range((last - first).days + 1)]
