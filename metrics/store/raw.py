"""Observations as they are stored: which of them, page by page in the order of their key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from livinglytics.lib import buckets
from livinglytics.lib.buckets import Period
from metrics.models import Clock
from metrics.store.base import Rows, Store

Condition = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which observations: of these metrics and sources (none named: all), within these days of the zone."""

    metrics: tuple[str, ...] = ()
    sources: tuple[UUID, ...] = ()
    period: Period | None = None
    zone: str = "UTC"

    def series(self, store: Store) -> Condition:
        """The condition on series ``s``, with its parameters."""
        parts: list[str] = ["s.team_id = %s"]
        params: list[Any] = [store.team]
        wanted: Sequence[tuple[str, Sequence[Any]]] = (
            ("metric", self.metrics),
            ("source_id", [store.id(one) for one in self.sources]),
        )
        for column, values in wanted:
            if values:
                parts.append(f"s.{column} IN ({', '.join(['%s'] * len(values))})")
                params += values
        return " AND ".join(parts), params

    def moments(self) -> Condition:
        """The condition on series ``s`` and observations ``o``: calendar days, or instants of the zone's days."""
        if self.period is None:
            return "", []
        first, last = buckets.day_number(self.period.first), buckets.day_number(self.period.last)
        start, end = (buckets.epoch(one) for one in self.period.bounds(self.zone))
        return (
            f" AND ((s.clock = {Clock.DAY.value} AND o.at >= %s AND o.at <= %s) "
            f"OR (s.clock = {Clock.INSTANT.value} AND o.at >= %s AND o.at < %s))"
        ), [first, last, start, end]


def page(store: Store, wanted: Wanted, *, size: int, after: tuple[int, int] | None = None) -> Rows:
    """At most ``size`` rows (series, source, metric, dimensions, clock, at, n, value, raw) after a key."""
    series, params = wanted.series(store)
    moments, more = wanted.moments()
    place = ""
    if after is not None:
        place = " AND o.series_id >= %s AND (o.series_id, o.at) > (%s, %s)"
        more = [*more, after[0], *after]
    return store.fetch(
        "SELECT s.id, s.source_id, s.metric, s.dimensions, s.clock, o.at, o.n, "
        "CAST(o.value AS double precision), o.raw_id "
        f"FROM metrics_series s JOIN metrics_observation o ON o.series_id = s.id WHERE {series}{moments}{place} "
        "ORDER BY o.series_id, o.at LIMIT %s",
        [*params, *more, size],
    )


def every_row(store: Store, wanted: Wanted) -> tuple[str, list[Any]]:
    """SQLite's SQL and parameters of all of them in the order of their key, moments as text already."""
    series, params = wanted.series(store)
    moments, more = wanted.moments()
    sql = (
        "SELECT s.id, s.source_id, s.metric, s.dimensions, s.clock, CASE s.clock "
        f"WHEN {Clock.DAY.value} THEN date(o.at * 86400, 'unixepoch') "
        "ELSE strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', o.at, 'unixepoch') END, o.n, o.value, o.raw_id "
        f"FROM metrics_series s CROSS JOIN metrics_observation o WHERE o.series_id = s.id AND {series}{moments}"
    )
    return sql, [*params, *more]


def moment_text(clock: int, at: int) -> str:
    """An ISO date of a day, an ISO time in UTC of an instant."""
    if clock == Clock.DAY:
        return buckets.from_day_number(at).isoformat()
    return buckets.from_epoch(at).strftime("%Y-%m-%dT%H:%M:%SZ")
