"""A reading of every newest post's numbers a day, and of stories while they live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from livinglytics.lib.buckets import local_day
from sources.connectors._base import Batch, Progress, Raw
from sources.connectors._values import instant, thing, words
from sources.connectors.instagram.declared import OF_POSTS, OF_STORIES, POST_METRICS, STORY_METRICS
from sources.connectors.instagram.lifetimes import Lifetimes
from sources.connectors.instagram.posts import newest
from sources.connectors.instagram.refusals import BeforeBusiness, Gone, TooFewViewers
from sources.connectors.instagram.service import Service
from sources.connectors.instagram.texts import format_of, id_of
from sources.records import MetricPoint

if TYPE_CHECKING:
    from sources.connectors._base import Context, State

STATE_VERSION = 1
#: posts whose numbers are stored together
PAGE = 10
#: a reading that began longer ago is begun anew, else its day would get numbers of another
_TOO_LATE = timedelta(hours=12)
#: days for which the last numbers of stories are remembered; more stories than Instagram takes in a day times that
_REMEMBERED = timedelta(days=2)
_WATCHED = "ig_reels_avg_watch_time"


class Reading:
    """The numbers of one day. State: ``began`` and ``done`` of an unfinished one, ``names`` of the posts, ``lacking``.

    A post keeps the name it was first read with, so that an edited caption doesn't begin a new line. A reading keeps
    the day on which it began.
    """

    def __init__(self, ctx: Context, service: Service, state: State, *, pinned: State) -> None:
        self.ctx, self.service, self.pinned = ctx, service, pinned
        self.scope = [pinned["profile"]]
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        self.names = {str(key): str(name) for key, name in thing(kept.get("names")).items()}
        self.ask = Lifetimes(service, kept.get("lacking"))
        began, now = instant(kept.get("began")), ctx.now()
        resumed = began is not None and timedelta(0) <= now - began < _TOO_LATE
        self.began: datetime = began if began is not None and resumed else now
        done = kept.get("done") if resumed else None
        self.done = [str(one) for one in done] if isinstance(done, list) else []
        self.old: list[str] = []

    def batches(self, most: int) -> Iterator[Batch]:
        """Some posts at a time."""
        posts = newest(self.service, self.pinned["profile"], most)
        self.names = _named(posts, self.names)
        left = [one for one in posts if id_of(one) not in self.done]
        for start in range(0, len(left), PAGE):
            some = left[start : start + PAGE]
            raws = [raw for one in some if (raw := self._row(one)) is not None]
            self.done += [id_of(one) for one in some]
            yield self._batch(raws, len(posts), finished=start + PAGE >= len(left))
        if not left:
            yield self._batch([], len(posts), finished=True)

    def _row(self, post: Mapping[str, Any]) -> Raw | None:
        name, kind = id_of(post), words(post.get("media_product_type")) or "FEED"
        try:
            values = self.ask.of(name, kind, POST_METRICS.get(kind, POST_METRICS["FEED"]))
        except (BeforeBusiness, Gone) as why:
            self.old.append(why.message)
            return None
        if not values:
            return None
        day, now = local_day(self.began, self.ctx.zone).isoformat(), self.ctx.now()
        about = {"id": name, "name": self.names[name], "format": format_of(post)}
        return Raw(f"{day}:{name}", {"day": day, "read_at": now.isoformat(), **about, "values": values}, now)

    def _batch(self, raws: list[Raw], total: int, *, finished: bool) -> Batch:
        told, self.ask.warnings = self.ask.warnings, []
        if finished:
            told = [*told, *(f"{self.old.count(why)} × {why}" for why in dict.fromkeys(self.old))]
        state: State = {
            **self.pinned,
            "v": STATE_VERSION,
            "scope": self.scope,
            "names": dict(self.names),
            "lacking": dict(self.ask.lacking),
        }
        if not finished:
            state |= {"began": self.began.isoformat(), "done": list(self.done)}
        return Batch(
            tuple(raws),
            state,
            Progress(len(self.done), total, "posts"),
            warnings=tuple(told),
            quota=self.service.quota(),
        )


def _named(posts: list[dict[str, Any]], kept: Mapping[str, str]) -> dict[str, str]:
    """A name of its own for each post, stable from day to day."""
    names = {name: kept[name] for one in posts if (name := id_of(one)) in kept}
    for one in posts:
        name = id_of(one)
        title = words(one.get("caption"))[:60].strip() or words(one.get("shortcode"))[:60] or name
        taken = {given for other, given in names.items() if other != name}
        names.setdefault(name, f"{title} ({words(one.get('shortcode'))[:40] or name})" if title in taken else title)
    return names


def points(raw: Mapping[str, Any]) -> list[MetricPoint]:
    """A reading of a post as one point for each number; its reach, which never adds up, by the post alone."""
    day, found = date.fromisoformat(raw["day"]), []
    for name, value in sorted(raw["values"].items()):
        by = {"post": raw["name"]} if name == "reach" else {"post": raw["name"], "format": raw["format"]}
        if name in OF_POSTS:
            found.append(MetricPoint(OF_POSTS[name], day, value / 1_000 if name == _WATCHED else value, by))
    return found


class Stories:
    """The stories that can be seen now. State: ``days``, the last numbers of each story by the day it was published.

    A day's row holds all of its stories that were ever read, so it is replaced as a whole.
    """

    def __init__(self, ctx: Context, service: Service, state: State, *, pinned: State) -> None:
        self.ctx, self.service, self.pinned = ctx, service, pinned
        self.scope = [pinned["profile"]]
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        since = (local_day(ctx.now(), ctx.zone) - _REMEMBERED).isoformat()
        self.days = {str(day): dict(thing(rows)) for day, rows in thing(kept.get("days")).items() if str(day) >= since}
        self.ask = Lifetimes(service, kept.get("lacking"))

    def batches(self) -> Iterator[Batch]:
        """One batch: the days of the stories that live now."""
        touched: dict[str, dict[str, Any]] = {}
        for page in self.service.pages(f"{self.pinned['profile']}/stories", fields="id,timestamp", limit=100):
            for one in map(thing, page.rows):
                written = instant(one.get("timestamp"))
                if (name := id_of(one)) and written and (values := self._values(name)) is not None:
                    day = local_day(written, self.ctx.zone).isoformat()
                    touched[day] = self.days.setdefault(day, {})
                    touched[day][name] = values or touched[day].get(name, {})
        raws = tuple(Raw(day, {"day": day, "stories": dict(rows)}, self.ctx.now()) for day, rows in touched.items())
        state = {**self.pinned, "v": STATE_VERSION, "scope": self.scope, "days": self.days, "lacking": self.ask.lacking}
        done = sum(map(len, touched.values()))
        told = tuple(self.ask.warnings)
        yield Batch(raws, state, Progress(done, done, "stories"), warnings=told, quota=self.service.quota())

    def _values(self, name: str) -> dict[str, float] | None:
        """The numbers; none yet below five viewers; None for a story that ended just now."""
        try:
            return self.ask.of(name, "STORY", STORY_METRICS)
        except TooFewViewers:
            return {}
        except Gone:
            return None


def story_points(raw: Mapping[str, Any]) -> list[MetricPoint]:
    """A day's stories added up. A number that no story has is missing, not zero."""
    day, stories = date.fromisoformat(raw["day"]), list(raw["stories"].values())
    found = [MetricPoint("instagram.story_count", day, len(stories))]
    for name, key in OF_STORIES.items():
        told = [one[name] for one in stories if name in one]
        found += [MetricPoint(key, day, sum(told))] if told else []
    return found
