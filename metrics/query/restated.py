"""Which days of an answer were changed after they were first stored."""

from __future__ import annotations

from typing import Any

from livinglytics.lib import buckets
from livinglytics.lib.buckets import Period
from metrics.store import Store


def restated(store: Store, metrics: list[str], period: Period) -> list[dict[str, Any]]:
    """Per source and metric: how many days of the period were restated, and when last."""
    if not metrics:
        return []
    marks = ", ".join(["%s"] * len(metrics))
    rows = store.fetch(
        "SELECT source_id, metric, count(DISTINCT day), max(changed_at) FROM metrics_restatement "
        f"WHERE team_id = %s AND metric IN ({marks}) AND day >= %s AND day <= %s GROUP BY source_id, metric",
        [store.team, *metrics, buckets.day_number(period.first), buckets.day_number(period.last)],
    )
    return [
        {"source": str(store.uuid(source)), "metric": metric, "days": int(days), "last_changed_at": _iso(last)}
        for source, metric, days, last in rows
    ]


def _iso(moment: Any) -> str:
    return moment.isoformat() if hasattr(moment, "isoformat") else f"{moment}Z".replace(" ", "T")
