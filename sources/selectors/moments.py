"""Moments as a team reads them: in its own zone."""

from __future__ import annotations

from datetime import datetime

from livinglytics.lib.buckets import zone_info


def local_words(moment: datetime | None, zone: str) -> str:
    """``Mon 23 Nov 2026, 14:05`` in the zone; "" for None."""
    return moment.astimezone(zone_info(zone)).strftime("%a %-d %b %Y, %H:%M") if moment else ""
