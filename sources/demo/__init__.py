"""Harbor: a made-up product and a year of its numbers and reviews.

Harbor plans the work of small teams as a game: projects are ships, finished tasks are
their cargo. The demo tells its year in four worlds (``business``, ``voice``,
``engineering``, ``api``), day by day, from seeds: the same day, anchor and zone always
give the same payload. A day's numbers depend on the day alone, apart from the planted
events, which keep a fixed distance from the ``anchor``, the day of the first sync.

Planted events (days before the anchor)
    110–109  Outage. Sessions fall by two thirds, conversions by more, API errors rise
             fifteenfold and calls take four times as long; reviews speak of crashes.
    69–61    Before the release: nearly twice as many pull requests merged.
    60       Release 2.0. Sessions step up by 28 %, settling at +12 %; the API gets 18 %
             faster; reviews turn to the new editor, complaints about slowness and
             broken exports fade.
    35–33    Checkout bug. Conversions fall by about 40 %, on phones by about two thirds;
             revenue falls; reviews complain about payments.

Planted effect (``plot.LAG``, ``plot.EFFECT``)
    The share of negative reviews leads conversions by 3 days. Let s(d) be the planned
    share of negative reviews of day d, usually 0.28 with an independent daily standard
    deviation of 0.15; then conversions of day d + 3 are multiplied by
    exp(-1.2 · (s(d) - 0.28)): 10 points more negative reviews, 11 % fewer conversions.
    A review is negative when its rating is below 0.5. Between the observed share
    (about 2,500 reviews a year) and conversions, both without their weekday means,
    Pearson's r at lag 3 lies between -0.4 and -0.6, depending on the year, and at the
    other lags between 0 and 7 days within ±0.2. No other pair of worlds has a planted lag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from sources.demo import api, business, engineering, voice
from sources.demo.payload import Page, Payload, cut, points
from sources.demo.plot import DemoEvent, events
from sources.records import Record

__all__ = ["WORLDS", "DemoEvent", "Page", "Payload", "World", "events", "story"]


@dataclass(frozen=True, slots=True)
class World:
    """One stream of the demo. ``metrics`` are the keys of its points; empty for documents."""

    key: str
    metrics: tuple[str, ...]
    tell: Callable[[Page], Payload]
    cut: Callable[[Payload, Page], Payload]
    records: Callable[[Payload], list[Record]]

    def payload(self, page: Page) -> Payload:
        """What is known of the day at ``page.now``, as JSON."""
        return self.cut(self.tell(page), page)


def _numbers(
    key: str,
    metrics: tuple[str, ...],
    tell: Callable[[Page], Payload],
    dimensions: Mapping[str, tuple[str, ...]],
) -> World:
    return World(key, metrics, tell, cut, partial(points, dimensions=dimensions))


WORLDS: dict[str, World] = {
    world.key: world
    for world in (
        _numbers("business", business.METRICS, business.tell, business.DIMENSIONS),
        World("voice", (), voice.tell, voice.cut, voice.documents),
        _numbers("engineering", engineering.METRICS, engineering.tell, engineering.DIMENSIONS),
        _numbers("api", api.METRICS, api.tell, api.DIMENSIONS),
    )
}


def story() -> str:
    """What the demo shows, in Markdown, for the documentation and the demo's first page."""
    return _STORY


_STORY = """\
**Harbor** is made up. It plans the work of small teams as a game: projects are ships, finished tasks are their cargo.
All its numbers and reviews come from a random generator with a fixed seed. None of them are about a real company.

The demo covers one year, up to now:

- **Business:** sessions, users, sign-ups, revenue, advertising and Instagram, by channel, device and plan.
- **Customer voice:** about 2,500 reviews from Steam, Google and Trustpilot, in English, Spanish and German.
- **Engineering:** how six developers work with four AI models, what it costs, and what they merge.
- **API:** calls, errors and response times of six endpoints.

Four things happen in it. Try to find them:

1. **An outage of two days**, 110 days before the demo was added. Sessions and sign-ups fall, API errors rise, and
   reviews speak of crashes.
2. **Release 2.0**, 60 days before. More pull requests are merged just ahead of it, sessions step up after it, and
   reviews turn to the new editor.
3. **A checkout bug**, 35 days before, for three days. Sign-ups fall, most on phones, and so does revenue.
4. **A link through time:** when more reviews are negative, sign-ups fall three days later. Ten points more negative
   reviews go with about 11 % fewer sign-ups.
"""
