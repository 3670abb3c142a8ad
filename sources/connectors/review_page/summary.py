"""The totals of all pages, once a day."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import ProductError
from sources.connectors._base import Raw
from sources.connectors._values import number, whole
from sources.connectors.review_page.addresses import Address, shown
from sources.connectors.review_page.linked import Totals
from sources.connectors.review_page.memory import Place
from sources.connectors.review_page.walk import Content, Walk
from sources.records import MetricPoint


class Summary(Walk):
    """The averages and counts that the first pages show, one reading a day each.

    What the other stream of this run has read already is not asked for again.
    """

    def content(self, address: Address, place: Place) -> Content:
        """The reading of the page's totals. What the page leaves out is missing, not zero."""
        known = self.visits.run.totals.get(address.url)
        if isinstance(known, ProductError):
            self.told.add(address.mark)
            raise copy.copy(known)
        if known is None:
            page, entry = self.fetch(address.url)
            known = page.totals if page else entry.totals
            if page is not None:
                self.memory.note(address.url, page, "", whole_read=not page.data.problems)
        found = Content()
        if known.told:
            found.raws.append(self._reading(address, known))
        if known.others:
            found.warnings.append(
                f"{shown(address.url)} shows an average of {known.others + 1} items; read is that of "
                f"“{known.item or 'the first'}”."
            )
        return found

    def _reading(self, address: Address, totals: Totals) -> Raw:
        now = self.ctx.now()
        day = local_day(now, self.ctx.zone).isoformat()
        payload = {
            "day": day,
            "page": shown(address.url),
            "item": totals.item,
            "stars": totals.stars,
            "reviews": totals.reviews,
            "ratings": totals.ratings,
        }
        return Raw(f"{day}:{address.mark}", payload, now)


def points(raw: Mapping[str, Any]) -> Iterator[MetricPoint]:
    """What the page told; an average of no ratings is none."""
    day, of = date.fromisoformat(raw["day"]), {"page": str(raw["page"])}
    reviews, stars, ratings = whole(raw.get("reviews")), number(raw.get("stars"), 1, 5), whole(raw.get("ratings"))
    if reviews is not None:
        yield MetricPoint("review_page.total_reviews", day, reviews, of)
    weight = 1 if ratings is None else ratings
    if stars is not None and weight:
        yield MetricPoint("review_page.stars", day, stars * weight, of)
        yield MetricPoint("review_page.ratings", day, weight, of)
