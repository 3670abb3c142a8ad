"""A reading of all videos' counters a day: each video by name, or one sum where there are many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import BadAnswer, NotFound
from sources.connectors._base import Batch, Progress, Raw, Rejected
from sources.connectors._values import thing, whole, words
from sources.connectors.youtube.listing import find, unknown
from sources.connectors.youtube.service import Service
from sources.records import MetricPoint

if TYPE_CHECKING:
    from sources.connectors._base import Context, State
    from sources.connectors.youtube.targets import Wanted

#: as many ids as YouTube takes in one question
PAGE = 50
#: up to so many videos are told apart; beyond that a chart of them would say nothing
TOLD_APART = 50
COUNTERS = {"youtube.views": "viewCount", "youtube.likes": "likeCount", "youtube.comments": "commentCount"}


@dataclass(slots=True)
class Reading:
    """The counters of one run. State: ``day`` and ``apart`` of the last reading, ``names`` of its videos.

    A day keeps its way of counting: two ways on one day would add up to twice the truth. A video keeps
    the name it was first read with, so that a new title doesn't begin a new line.
    """

    ctx: Context
    service: Service
    state: State
    items: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def batches(self, wanted: Wanted, uploads: int) -> Iterator[Batch]:
        """One batch: the day's numbers, whole or not at all."""
        found = find(self.service, wanted, uploads)
        self.warnings += found.warnings
        for start in range(0, len(found.videos), PAGE):
            self._read(found.videos[start : start + PAGE])
        if found.videos and not self.items and not self.rejected:
            raise _none(found.videos)
        day = local_day(self.ctx.now(), self.ctx.zone).isoformat()
        apart = len(found.videos) <= TOLD_APART
        if self.state.get("day") == day:
            apart = bool(self.state.get("apart"))
        names = self._names() if apart else {}
        raws = self._apart(day, names) if apart else self._sum(day)
        yield Batch(
            tuple(raws),
            {"day": day, "apart": apart, "names": names, **self.service.state()},
            Progress(len(self.items), len(found.videos), "videos"),
            rejected=tuple(self.rejected),
            warnings=tuple(self.warnings),
            quota=self.service.quota(),
        )

    def _read(self, ids: list[str]) -> None:
        items = self.service.known("videos", part="snippet,statistics", id=",".join(ids))
        found = {str(thing(one).get("id") or ""): thing(one) for one in items}
        for name, item in found.items():
            if name not in ids:
                self.rejected.append(Rejected(name[:200], "YouTube sent a video that was not asked for.", item))
            else:
                self.items.append(item)
        missing = [name for name in ids if name not in found]
        if missing:
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            self.warnings.append(f"No numbers of these videos, deleted or private: {', '.join(missing[:5])}{more}.")

    def _names(self) -> dict[str, str]:
        """A name of its own for each video, stable from day to day."""
        kept = thing(self.state.get("names"))
        names = {one["id"]: str(kept[one["id"]]) for one in self.items if one["id"] in kept}
        for one in self.items:
            title = words(thing(one.get("snippet")).get("title"))[:100] or one["id"]
            taken = {name for other, name in names.items() if other != one["id"]}
            names.setdefault(one["id"], f"{title} ({one['id']})" if title in taken else title)
        return names

    def _apart(self, day: str, names: Mapping[str, str]) -> list[Raw]:
        now = self.ctx.now()
        return [
            Raw(
                f"{day}:{one['id']}",
                {"day": day, "id": one["id"], "name": names[one["id"]], "statistics": one.get("statistics")},
                now,
            )
            for one in self.items
        ]

    def _sum(self, day: str) -> list[Raw]:
        """All videos as one row. A counter that no video shows is missing, not zero."""
        totals: dict[str, int] = {}
        for one in self.items:
            try:
                counted = counters(one.get("statistics"))
            except BadAnswer as error:
                self.rejected.append(Rejected(f"{day}:{one['id']}", error.message, one.get("statistics")))
                continue
            for name, count in counted.items():
                totals[name] = totals.get(name, 0) + count
        return [Raw(f"{day}:all", {"day": day, "statistics": totals}, self.ctx.now())] if totals else []


def counters(statistics: Any) -> dict[str, int]:
    """Those counters that are shown. Raises BadAnswer for one that is no number."""
    found: dict[str, int] = {}
    for name in COUNTERS.values():
        sent = thing(statistics).get(name)
        if sent is None:
            continue
        count = whole(sent)
        if count is None:
            raise BadAnswer(f"YouTube sent a {name} that is no number.")
        found[name] = count
    return found


def points(raw: Mapping[str, Any]) -> list[MetricPoint]:
    """A row as one point for each counter that it shows."""
    day, counted = date.fromisoformat(raw["day"]), counters(raw["statistics"])
    dimensions = {"video": str(raw["name"])} if raw.get("name") else {}
    return [MetricPoint(metric, day, counted[name], dimensions) for metric, name in COUNTERS.items() if name in counted]


def _none(ids: list[str]) -> NotFound:
    return unknown([f"video {name}" for name in ids])
