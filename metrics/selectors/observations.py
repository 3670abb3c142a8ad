"""Stored numbers page by page, in the order of their key."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from livinglytics.lib.errors import Invalid
from metrics.models import Clock
from metrics.store import Store, raw
from metrics.store.raw import Wanted


@dataclass(frozen=True)
class ObservationPage:
    """Rows as JSON; ``next_cursor`` None on the last page."""

    items: list[dict[str, Any]]
    next_cursor: str | None


def observation_page(store: Store, wanted: Wanted, *, size: int, cursor: str = "") -> ObservationPage:
    """``size`` observations after the cursor. Costs the same on every page: it starts at a key."""
    rows = raw.page(store, wanted, size=size + 1, after=_place(cursor) if cursor else None)
    shown = rows[:size]
    last = _cursor(shown[-1][0], shown[-1][5]) if len(rows) > size else None
    return ObservationPage([_item(store, row) for row in shown], last)


def _item(store: Store, row: tuple[Any, ...]) -> dict[str, Any]:
    series, source, metric, dimensions, clock, at, n, value, raw_id = row
    return {
        "series": series,
        "source": str(store.uuid(source)),
        "metric": metric,
        "dimensions": json.loads(dimensions) if isinstance(dimensions, str) else dimensions,
        "clock": "instant" if clock == Clock.INSTANT else "day",
        "at": raw.moment_text(clock, at),
        "n": n,
        "value": value,
        "raw_id": raw_id,
    }


def _cursor(series: int, at: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([series, at]).encode()).decode()


def _place(cursor: str) -> tuple[int, int]:
    wrong = Invalid(details={"cursor": ["Use next_cursor of an earlier answer as it is."]})
    try:
        series, at = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise wrong from None
    if not all(isinstance(one, int) and abs(one) < 2**62 for one in (series, at)):
        raise wrong
    return series, at
