"""Fair comparison: as many days, Mondays with Mondays, an open period over the same elapsed time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from livinglytics.lib import buckets
from livinglytics.lib.buckets import Period
from metrics.query.knowing import Knowledge
from metrics.query.model import Compare, Query, Workspace


@dataclass(frozen=True, slots=True)
class Basis:
    """What is compared with what. ``until`` cuts the last day of ``against`` at the time of day it is now."""

    now: Period | None
    against: Period | None
    rule: str
    until: datetime | None = None


def against(query: Query) -> Period | None:
    """The whole period that the question is compared with."""
    if query.compare is None:
        return None
    return _moved(query.period, query.compare)


def _moved(period: Period, compare: Compare) -> Period:
    if compare.kind == "custom" and compare.period is not None:
        return compare.period
    if compare.kind == "year":
        return period.year_ago(compare.match)
    return period.previous(compare.match)


def basis(query: Query, known: Knowledge, workspace: Workspace, now: datetime) -> Basis:
    """The days that a change may honestly be computed over.

    An open day is left out of both sides, unless every number carries a time of day: then the other
    side ends at the same time of day. Days that a source hasn't reached are left out of both sides too.
    """
    other = against(query)
    if other is None or query.compare is None:
        return Basis(None, None, "")
    today = buckets.local_day(now, workspace.zone)
    last = min(query.period.last, today)
    is_open = query.period.last >= today >= query.period.first
    if is_open and known.instant_only and query.compare.kind != "custom":
        return _until_now(query, other, last, workspace, now)
    if is_open:
        last = today - timedelta(days=1)
    reached = known.complete_through()
    if reached is not None and query.period.first <= reached < last:
        last = reached
    if last < query.period.first:
        return Basis(None, None, "The period has no complete day yet.")
    if last == query.period.last:
        return Basis(query.period, other, _words(query.compare, other))
    length = (last - query.period.first).days
    shorter = Period(other.first, min(other.first + timedelta(days=length), other.last))
    rule = f"first {length + 1} complete days with {_words(query.compare, shorter)}"
    return Basis(Period(query.period.first, last), shorter, rule)


def _until_now(query: Query, other: Period, last: date, workspace: Workspace, now: datetime) -> Basis:
    """Both sides up to the same time of day."""
    length = (last - query.period.first).days
    end = min(other.first + timedelta(days=length), other.last)
    elapsed = now - buckets.day_bounds(last, workspace.zone)[0]
    start, stop = buckets.day_bounds(end, workspace.zone)
    until = min(start + elapsed, stop)
    clock = now.astimezone(buckets.zone_info(workspace.zone)).strftime("%H:%M")
    compare = query.compare or Compare()
    rule = f"up to {clock} on both sides, with {_words(compare, Period(other.first, end))}"
    return Basis(Period(query.period.first, last), Period(other.first, end), rule, until)


def _words(compare: Compare, period: Period) -> str:
    days = period.first.isoformat() if period.days == 1 else f"{period.first.isoformat()} to {period.last.isoformat()}"
    if compare.kind == "custom":
        return days
    matched = "weekdays matched" if compare.match == "weekday" else "dates matched"
    name = "the year before" if compare.kind == "year" else "the period before"
    return f"{name} ({days}, {matched})"
