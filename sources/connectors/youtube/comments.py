"""Comments and replies, video after video, newest first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from livinglytics.lib.errors import Transient
from sources.connectors._base import Batch, Progress, Raw, Rejected
from sources.connectors._values import instant, thing, whole
from sources.connectors.youtube.listing import Found, find
from sources.connectors.youtube.refusals import Gone, PlaceExpired, Unreadable
from sources.connectors.youtube.service import Page, Service, circles
from sources.connectors.youtube.texts import row, withdrawn

if TYPE_CHECKING:
    from sources.connectors._base import Context, State
    from sources.connectors.youtube.targets import Wanted

PAGE = 100
#: comments are edited, answered and liked most in their first days: those are read again each time
LOOKBACK = 7 * 86_400
STATE_VERSION = 1


class Walk:
    """One pass over the comments of all videos.

    State: ``cursor`` when the last complete pass began; ``known`` videos it read whole; ``started``
    when this pass began; ``done`` videos of this pass; ``place`` where to go on in the video that is
    being read: ``page`` token (None behind the last), ``waiting`` threads whose replies are still to
    be read, ``replies`` token in the first of them. Another first day, or another choice about
    authors, reads everything anew.
    """

    def __init__(self, ctx: Context, service: Service, state: State, *, since: date | None, authors: bool) -> None:
        self.service, self.authors = service, authors
        self.since = int(datetime.combine(since, time(), UTC).timestamp()) if since else None
        self.scope = json.dumps([str(since or ""), authors])
        self.warnings: list[str] = []
        now = int(ctx.now().timestamp())
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        self.cursor = whole(kept.get("cursor"))
        if self.cursor is not None and self.cursor > now:
            self.cursor = now
            self.warnings.append("The time of the last reading lay in the future and was set to now.")
        self.known = {str(one) for one in kept.get("known") or ()}
        self.started = min(whole(kept.get("started")) or now, now)
        self.done = [str(one) for one in kept.get("done") or ()]
        self.skipped: set[str] = {str(one) for one in kept.get("skipped") or ()}
        self.place: dict[str, Any] = dict(thing(kept.get("place")))
        self.rows = whole(kept.get("rows")) or 0
        self.found = Found()
        self.seen: set[str] = set()
        self.restarted = False

    def batches(self, wanted: Wanted, uploads: int) -> Iterator[Batch]:
        """Page after page; the last batch promotes the cursor."""
        self.found = find(self.service, wanted, uploads)
        self.warnings += self.found.warnings
        left = [one for one in self.found.videos if one not in self.done]
        for video in sorted(left, key=lambda one: one != self.place.get("video")):
            yield from self._video(video)
        yield self._told(Batch(()), self._finished())

    def _video(self, video: str) -> Iterator[Batch]:
        if self.place.get("video") != video:
            self.place = {"video": video, "page": "", "waiting": [], "replies": ""}
        self.seen, self.restarted = set(), False
        try:
            yield from self._threads(video)
        except Unreadable as error:
            self._skip(video, error.message)
        except Gone:
            self._skip(video, "YouTube has no such video, or no longer.")
        self.done.append(video)
        self.place = {}

    def _skip(self, video: str, why: str) -> None:
        self.skipped.add(video)
        self.warnings.append(f"No comments of the video {video} were read. {why}")

    def _threads(self, video: str) -> Iterator[Batch]:
        """Pages of threads, each followed by the replies that didn't come along."""
        while True:
            yield from self._replies(video)
            if self.place["page"] is None:
                return
            page = self._page("commentThreads", "page", part="snippet,replies", videoId=video, order="time")
            if page is None:
                continue
            batch, ended = self._take(page, video)
            self.place["page"] = page.following if page.following and not ended else None
            yield from self._turned(batch, "page")

    def _replies(self, video: str) -> Iterator[Batch]:
        while self.place["waiting"]:
            parent = self.place["waiting"][0]
            try:
                page = self._page("comments", "replies", part="snippet", parentId=parent)
            except Gone:
                self._next_thread()
                yield self._told(Batch((withdrawn(parent),)))
                continue
            except Unreadable:
                self.warnings.append(f"Some replies to the comment {parent} were not read: YouTube keeps them back.")
                self._next_thread()
                continue
            if page is None:
                continue
            batch = self._rows([row(one, video, authors=self.authors) for one in page.items])
            self.place["replies"] = page.following
            if not page.following:
                self._next_thread()
            yield from self._turned(batch, "replies")

    def _page(self, resource: str, place: str, **params: Any) -> Page | None:
        """The page that the place names, or None where the place has expired and was set back to the top, once."""
        token = self.place[place]
        try:
            return self.service.ask(
                resource, textFormat="plainText", maxResults=PAGE, pageToken=token or None, **params
            )
        except PlaceExpired as error:
            if self.restarted or not token:
                raise Transient(f"{error.message} It is read again later.") from error
        self.restarted, self.place[place] = True, ""
        self.seen.clear()
        return None

    def _turned(self, batch: Batch, place: str) -> Iterator[Batch]:
        """The batch; then Transient where the next page was here before, with the place set back to the top."""
        token = self.place[place]
        mark = f"{place} {self.place['waiting'][:1] if place == 'replies' else ''} {token}"
        in_circles = bool(token) and mark in self.seen
        self.seen.add(mark)
        if in_circles:
            self.place[place] = ""
        yield self._told(batch)
        if in_circles:
            raise circles()

    def _next_thread(self) -> None:
        self.place["waiting"], self.place["replies"] = self.place["waiting"][1:], ""

    def _take(self, page: Page, video: str) -> tuple[Batch, bool]:
        """A page of threads as a batch, and whether what follows is older than what is wanted."""
        rows: list[Raw | Rejected] = []
        floor, oldest = self._floor(video), None
        for thread in map(thing, page.items):
            snippet = thing(thread.get("snippet"))
            top, replies = thing(snippet.get("topLevelComment")), thing(thread.get("replies")).get("comments")
            total, sample = whole(snippet.get("totalReplyCount")) or 0, replies if isinstance(replies, list) else []
            rows.append(row(top, video, authors=self.authors, replies=total))
            written = instant(thing(top.get("snippet")).get("publishedAt"))
            oldest = written or oldest
            is_wanted = written is not None and (floor is None or written.timestamp() >= floor)
            if total > len(sample) and is_wanted and top.get("id"):
                self.place["waiting"] = [*self.place["waiting"], str(top["id"])]
            else:
                rows += [row(one, video, authors=self.authors) for one in sample]
        ended = floor is not None and oldest is not None and oldest.timestamp() < floor
        return self._rows(rows), ended

    def _rows(self, rows: list[Raw | Rejected]) -> Batch:
        raws = [one for one in rows if isinstance(one, Raw)]
        if self.since is not None:
            raws = [one for one in raws if _written(one) >= self.since]
        self.rows += len(raws)
        return Batch(tuple(raws), rejected=tuple(one for one in rows if isinstance(one, Rejected)))

    def _floor(self, video: str) -> int | None:
        """Threads begun before it were read by an earlier pass, or are not wanted."""
        known = self.cursor - LOOKBACK if self.cursor is not None and video in self.known else None
        return max((one for one in (self.since, known) if one is not None), default=None)

    def _told(self, batch: Batch, state: State | None = None) -> Batch:
        warnings, self.warnings = tuple(self.warnings), []
        number, of = min(len(self.done) + 1, len(self.found.videos)), len(self.found.videos)
        progress = Progress(self.rows, None, "comments", message=f"Video {number} of {of}")
        return replace(
            batch, state=state or self._going_on(), progress=progress, warnings=warnings, quota=self.service.quota()
        )

    def _going_on(self) -> State:
        return {
            **self._finished(),
            "cursor": self.cursor,
            "known": sorted(self.known),
            "started": self.started,
            "done": list(self.done),
            "skipped": sorted(self.skipped),
            "place": dict(self.place),
            "rows": self.rows,
        }

    def _finished(self) -> State:
        known = sorted(set(self.found.videos) - self.skipped)
        return {
            "v": STATE_VERSION,
            "scope": self.scope,
            "cursor": self.started,
            "known": known,
            **self.service.state(),
        }


def _written(raw: Raw) -> int:
    """When a comment was written; a withdrawn one counts as new."""
    written = instant(thing(raw.payload.get("snippet")).get("publishedAt"))
    return int(written.timestamp()) if written else 2**40
