"""What is known about a bucket apart from its numbers: open days, sources behind, proved zeros."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from livinglytics.lib import buckets
from livinglytics.lib.buckets import Period
from metrics.catalog import Definition
from metrics.query.folding import Seen
from metrics.query.model import Freshness
from metrics.store.reads import Fill


@dataclass(frozen=True)
class Knowledge:
    """The fills of one metric, seen from ``today``."""

    fills: tuple[Fill, ...]
    today: date

    def seen(self, days: Period) -> Seen:
        """Whether all of these days were seen by every source, and whether some are still open."""
        last = buckets.day_number(min(days.last, self.today))
        first = buckets.day_number(days.first)
        is_open = days.last >= self.today >= days.first
        # an open day isn't over: nobody can have seen all of it
        due = last - 1 if is_open else last
        behind = any(
            through is not None and (first <= through < due or (through < first <= last and not is_open))
            for _, through in self.promises
        )
        proved = bool(self.promises) and all(_proves(*promise, first, due) for promise in self.promises)
        note = "so far" if is_open else "a source is behind" if behind else ""
        return Seen(proved=proved and first <= last, open=is_open or behind, note=note)

    @cached_property
    def promises(self) -> frozenset[tuple[int | None, int | None]]:
        """All of the fills that ``seen`` looks at: metrics with the same promises have seen the same."""
        return frozenset((fill.proven_from, fill.proven_through) for fill in self.fills)

    def complete_through(self) -> date | None:
        """The last day that every living source has reached; None when no source promises completeness."""
        ends = [fill.proven_through for fill in self.fills if fill.proven_through is not None]
        return buckets.from_day_number(min(ends)) if ends else None

    @property
    def instant_only(self) -> bool:
        """Whether all numbers carry a time of day, so that an open day can be compared up to now."""
        return bool(self.fills) and all(fill.clock == 1 for fill in self.fills)


def _proves(since: int | None, through: int | None, first: int, last: int) -> bool:
    if since is None or through is None:
        return False
    # before the source's first day there is nothing to see; a wholly earlier window proves nothing
    begins = max(first, since)
    return begins <= last <= through and since <= first


def knowledge(fills: Iterable[Fill], metrics: Iterable[str], today: date) -> dict[str, Knowledge]:
    """Knowledge by metric."""
    by_metric: dict[str, list[Fill]] = {metric: [] for metric in metrics}
    for fill in fills:
        by_metric.setdefault(fill.metric, []).append(fill)
    return {metric: Knowledge(tuple(found), today) for metric, found in by_metric.items()}


def freshness(fills: Iterable[Fill]) -> list[Freshness]:
    """One line per source and metric for the trust strip and the answer's meta."""
    found = []
    for fill in fills:
        end = fill.proven_through if fill.proven_through is not None else fill.last_day
        found.append(
            Freshness(
                source_id=fill.source,
                metric=fill.metric,
                first_day=None if fill.first_day is None else buckets.from_day_number(fill.first_day),
                complete_through=None if end is None else buckets.from_day_number(end),
                proved=fill.proven_through is not None,
            )
        )
    return found


def provisional_from(definitions: Iterable[Definition], now: datetime, zone: str) -> date | None:
    """The first day that may still move, by the longest settle time among the metrics."""
    longest = max((one.settle for one in definitions), default=timedelta(0))
    if not longest:
        return None
    return buckets.local_day(now - longest, zone)
