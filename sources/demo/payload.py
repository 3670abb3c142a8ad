"""The one shape of a demo day's numbers, how an open day is cut, and how it becomes points.

A payload is JSON: ``day``; ``counts`` {metric: {cell: value}} that grow with the hours;
``means`` {metric: {cell: [total, n]}}; ``fixed`` {metric: {cell: value}} that do not grow;
``instants`` {metric: [[epoch seconds, value], …]}. A cell joins its dimension values with
``|`` in the order that the world declares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sources.demo.seasons import done_by
from sources.records import MetricPoint, Record

Payload = dict[str, Any]
Cells = dict[str, float]
Dimensions = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Page:
    """One day to tell: the day, its local bounds in UTC, the moment of telling, and the anchor."""

    day: date
    start: datetime
    end: datetime
    now: datetime
    anchor: date

    @property
    def elapsed(self) -> float:
        """The share of the day that is over, 0..1."""
        return min(1.0, max(0.0, (self.now - self.start) / (self.end - self.start)))

    def moment(self, share: float) -> datetime:
        """The whole second at which ``share`` of the day is over."""
        return (self.start + (self.end - self.start) * share).replace(microsecond=0)


def cut(payload: Payload, page: Page) -> Payload:
    """What is known of the day by ``page.now``; a day that is over stays whole."""
    if page.elapsed >= 1:
        return payload
    part, now = done_by(page.elapsed), page.now.timestamp()
    return payload | {
        "counts": {m: {c: _part(v, part) for c, v in cells.items()} for m, cells in payload["counts"].items()},
        "means": {m: {c: _part_of_mean(v, part) for c, v in cells.items()} for m, cells in payload["means"].items()},
        "instants": {m: [one for one in seen if one[0] <= now] for m, seen in payload["instants"].items()},
    }


def _part(value: float, part: float) -> float:
    return math.floor(value * part) if isinstance(value, int) else round(value * part, 4)


def _part_of_mean(mean: list[float], part: float) -> list[float]:
    total, n = mean
    kept = math.floor(n * part)
    return [round(total * kept / n, 2) if n else 0.0, kept]


def points(payload: Payload, dimensions: Dimensions) -> list[Record]:
    """The payload as metric points. A cell of zero makes none: its day is covered, so it reads as zero."""
    day = date.fromisoformat(payload["day"])
    found: list[Record] = []
    for section in ("counts", "fixed"):
        for metric, cells in payload[section].items():
            names = dimensions.get(metric, ())
            found += [MetricPoint(metric, day, v, _split(names, cell)) for cell, v in cells.items() if v]
    for metric, means in payload["means"].items():
        names = dimensions.get(metric, ())
        found += [MetricPoint(metric, day, v, _split(names, cell), n) for cell, (v, n) in means.items() if n]
    for metric, seen in payload["instants"].items():
        found += [MetricPoint(metric, datetime.fromtimestamp(at, UTC), value) for at, value in seen]
    return found


def _split(names: tuple[str, ...], cell: str) -> dict[str, str]:
    return dict(zip(names, cell.split("|"), strict=True)) if names else {}
