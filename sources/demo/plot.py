"""What happens to Harbor: two incidents, one release, and the mood of its customers.

Everything here hangs on the ``anchor``, the day of the first sync, which never moves
again. The mood of a day hangs on the day alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from sources.demo.chance import dice

OUTAGE, OUTAGE_DAYS = 110, 2
RELEASE = 60
CHECKOUT, CHECKOUT_DAYS = 35, 3

#: The planted effect: a share of negative reviews one point higher lowers conversions
#: by ``EFFECT`` percent (in logarithms) ``LAG`` days later.
LAG = 3
EFFECT = 1.2
USUAL_NEGATIVE = 0.28
_MOOD_SPREAD = 0.15
_OUTAGE_NEGATIVE = (0.42, 0.45, 0.28, 0.12)
_CHECKOUT_NEGATIVE = (0.14, 0.20, 0.16, 0.06)


@dataclass(frozen=True, slots=True)
class DemoEvent:
    """Something to mark on a chart. ``kind`` is incident or release; ``until`` is its last day."""

    day: date
    title: str
    kind: str
    until: date


@dataclass(frozen=True, slots=True)
class Effects:
    """Factors on one day's numbers; 1 means as usual. ``topic`` is what people write about."""

    traffic: float = 1.0
    conversion: float = 1.0
    mobile_conversion: float = 1.0
    call_errors: float = 1.0
    latency: float = 1.0
    merges: float = 1.0
    reviews: float = 1.0
    topic: str = ""


def events(end: date) -> list[DemoEvent]:
    """The planted events of the year that ends on ``end`` (the anchor), oldest first."""

    def event(ago: int, days: int, title: str, kind: str) -> DemoEvent:
        first = end - timedelta(days=ago)
        return DemoEvent(first, title, kind, first + timedelta(days=days - 1))

    return [
        event(OUTAGE, OUTAGE_DAYS, "Outage: sign-in and sync down", "incident"),
        event(RELEASE, 1, "Release 2.0", "release"),
        event(CHECKOUT, CHECKOUT_DAYS, "Checkout bug: card payments fail", "incident"),
    ]


@lru_cache(maxsize=4096)
def effects(day: date, anchor: date) -> Effects:
    """What the planted events do to ``day``."""
    ago = (anchor - day).days
    if ago > OUTAGE + 3:
        return Effects(topic="before")
    if OUTAGE - 4 < ago <= OUTAGE:
        return _outage(OUTAGE - ago)
    if ago > RELEASE:
        merges = 1.9 if ago <= RELEASE + 9 else 1.0
        return Effects(merges=merges, topic="before")
    since = RELEASE - ago
    lifted = 1.12 + 0.16 * math.exp(-since / 5)
    topic, reviews = ("release", 1.35) if since < 14 else ("after", 1.1)
    if CHECKOUT - CHECKOUT_DAYS < ago <= CHECKOUT:
        return Effects(
            traffic=lifted, conversion=0.62, mobile_conversion=0.55, latency=0.82, reviews=1.4, topic="checkout"
        )
    return Effects(traffic=lifted, latency=0.82, reviews=reviews, topic=topic)


def _outage(since: int) -> Effects:
    down = since < OUTAGE_DAYS
    return Effects(
        traffic=0.36 if down else 0.93,
        conversion=0.45 if down else 0.95,
        call_errors=(26.0, 19.0, 2.5, 1.3)[since],
        latency=(4.2, 3.1, 1.3, 1.1)[since],
        merges=0.6 if down else 1.2,
        reviews=(1.9, 2.2, 1.7, 1.3)[since],
        topic="outage" if since < 3 else "before",
    )


@lru_cache(maxsize=4096)
def negative_share(day: date, anchor: date) -> float:
    """The planned share of negative reviews: an independent daily mood plus the incidents."""
    share = USUAL_NEGATIVE + dice("mood", day).gauss(0.0, _MOOD_SPREAD)
    ago = (anchor - day).days
    for first, extra in ((OUTAGE, _OUTAGE_NEGATIVE), (CHECKOUT, _CHECKOUT_NEGATIVE)):
        if 0 <= first - ago < len(extra):
            share += extra[first - ago]
    return min(0.92, max(0.03, share))


def mood_effect(day: date, anchor: date) -> float:
    """The planted factor on conversions: what customers wrote ``LAG`` days before."""
    before = negative_share(day - timedelta(days=LAG), anchor)
    return math.exp(-EFFECT * (before - USUAL_NEGATIVE))
