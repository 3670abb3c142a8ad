"""Stored numbers page by page, in the order of their key."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from livinglytics.lib.errors import Invalid
from metrics.exports.observations import Wanted, moment_text
from metrics.models import Clock
from metrics.store import Store


@dataclass(frozen=True)
class ObservationPage:
    """Rows as JSON; ``next_cursor`` None on the last page."""

    items: list[dict[str, Any]]
    next_cursor: str | None


def observation_page(store: Store, wanted: Wanted, *, size: int, cursor: str = "") -> ObservationPage:
    """``size`` observations after the cursor. Costs the same on every page: it starts at a key."""
    where, params = wanted.where(store)
    if cursor:
        series, at = _place(cursor)
        where += " AND o.series_id >= %s AND (o.series_id, o.at) > (%s, %s)"
        params += [series, series, at]
    rows = store.fetch(
        "SELECT s.id, s.source_id, s.metric, s.dimensions, s.clock, o.at, o.n, "
        "CAST(o.value AS double precision), o.raw_id "
        f"FROM metrics_series s JOIN metrics_observation o ON o.series_id = s.id WHERE {where} "
        "ORDER BY o.series_id, o.at LIMIT %s",
        [*params, size + 1],
    )
    more = len(rows) > size
    shown = rows[:size]
    last = _cursor(shown[-1][0], shown[-1][5]) if more else None
    return ObservationPage([_item(store, row) for row in shown], last)


def _item(store: Store, row: tuple[Any, ...]) -> dict[str, Any]:
    series, source, metric, dimensions, clock, at, n, value, raw = row
    return {
        "series": series,
        "source": str(store.uuid(source)),
        "metric": metric,
        "dimensions": json.loads(dimensions) if isinstance(dimensions, str) else dimensions,
        "clock": "instant" if clock == Clock.INSTANT else "day",
        "at": moment_text(clock, at),
        "n": n,
        "value": value,
        "raw_id": raw,
    }


def _cursor(series: int, at: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([series, at]).encode()).decode()


def _place(cursor: str) -> tuple[int, int]:
    try:
        series, at = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        if not all(isinstance(one, int) and abs(one) < 2**62 for one in (series, at)):
            raise ValueError
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise Invalid(details={"cursor": ["Use next_cursor of an earlier answer as it is."]}) from None
    return series, at
