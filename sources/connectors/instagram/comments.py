"""Comments and the answers to them, post after post, newest first."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Batch, Progress, Raw, Rejected
from sources.connectors._values import instant, prose, thing, whole
from sources.connectors.instagram.posts import newest
from sources.connectors.instagram.refusals import Gone, Unsupported
from sources.connectors.instagram.service import Page, Service, circles, page_of
from sources.connectors.instagram.texts import (
    AUTHOR_FIELD,
    COMMENT_FIELDS,
    comment_row,
    id_of,
    withdrawn,
)

if TYPE_CHECKING:
    from sources.connectors._base import Context, State

STATE_VERSION = 1
#: as many as Instagram sends at once
PAGE = 50
#: posts, and comments below older ones, are read again for so long: then they change most
LOOKBACK = int(timedelta(days=7).total_seconds())
#: so many comments are known by name, and so many of them asked for in one run, to notice those that are gone
MOST_KNOWN, MOST_ASKED = 2_000, 50
#: no count that Instagram tells, and none that a state keeps
_FAILED = -1


class Walk:
    """One pass over the comments of the newest posts.

    Posts of the last seven days are read whole; older ones where their count of comments changed, down to a week
    before the last complete pass.

    State: ``cursor`` when the last complete pass began; ``counts`` how many comments each post had then; ``known`` the
    comments of young posts. Of an unfinished pass: ``started``, ``done`` posts with their counts, ``found`` as
    ``known``, and ``place``: ``post``, cursor ``after`` and ``names`` read so far. ``pinned`` goes with every state.
    """

    def __init__(self, ctx: Context, service: Service, state: State, *, pinned: State, authors: bool) -> None:
        self.service, self.pinned, self.authors = service, pinned, authors
        self.scope = [pinned["profile"], authors]
        self.warnings: list[str] = []
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        self.now = int(ctx.now().timestamp())
        self.cursor = whole(kept.get("cursor"))
        if self.cursor is not None and self.cursor > self.now:
            self.cursor = self.now
            self.warnings.append("The time of the last reading lay in the future and was set to now.")
        self.counts, self.done = _counts(kept.get("counts")), _counts(kept.get("done"))
        self.known, self.found = _names(kept.get("known")), _names(kept.get("found"))
        self.started = min(whole(kept.get("started")) or self.now, self.now)
        self.place: dict[str, Any] = dict(thing(kept.get("place")))
        self.rows, self.total, self.asked = whole(kept.get("rows")) or 0, 0, 0

    def batches(self, most: int) -> Iterator[Batch]:
        """Page after page; the last batch moves the cursor."""
        posts = newest(self.service, self.pinned["profile"], most)
        self.total = len(posts)
        listed = {id_of(one) for one in posts}
        left = [one for one in posts if id_of(one) not in self.done]
        for post in sorted(left, key=lambda one: id_of(one) != self.place.get("post")):
            count = whole(post.get("comments_count")) or 0
            if self._is_wanted(post):
                count = yield from self._post(post, count)
            self.done[id_of(post)], self.place = count, {}
        lost = [name for name, ids in self.known.items() if name not in listed and ids]
        yield self._finished(self._with_their_post(lost))

    def _is_wanted(self, post: Mapping[str, Any]) -> bool:
        name, count = id_of(post), whole(post.get("comments_count"))
        if self._young(_written(post)):
            return count != 0 or bool(self.known.get(name))
        return count != self.counts.get(name, 0)

    def _young(self, written: int) -> bool:
        return written > self.started - LOOKBACK

    def _post(self, post: Mapping[str, Any], count: int) -> Generator[Batch, None, int]:
        """The comments of one post, and the count under which it is done: another one next time where it failed."""
        name, young = id_of(post), self._young(_written(post))
        if self.place.get("post") != name:
            self.place = {"post": name, "after": "", "names": []}
        try:
            ended = yield from self._pages(post, young=young)
        except (Gone, Unsupported) as why:
            self.warnings.append(f"No comments of the post {name} were read. {why.message}")
            return _FAILED
        if young and ended:
            yield from self._compared(name)
        return count

    def _pages(self, post: Mapping[str, Any], *, young: bool) -> Generator[Batch, None, bool]:
        """The pages of one post, and whether its list was read to the end."""
        floor = None if young or id_of(post) not in self.counts else (self.cursor or 0) - LOOKBACK
        cursors, resumed = {""}, bool(self.place["after"])
        while True:
            try:
                page = self._page(id_of(post))
            except Unsupported:
                if not resumed:
                    raise
                # Instagram no longer knows the place that a broken run had kept
                self.place, resumed = {**self.place, "after": "", "names": []}, False
                continue
            resumed = False
            batch = self._rows(page, post, named=young)
            times = [one.timestamp() for row in page.rows if (one := instant(thing(row).get("timestamp")))]
            below = floor is not None and bool(times) and max(times) < floor
            if not page.after or below:
                yield self._told(batch)
                return not page.after
            circle = page.after in cursors
            cursors.add(page.after)
            self.place["after"] = "" if circle else page.after
            yield self._told(batch)
            if circle:
                raise circles()

    def _page(self, post: str) -> Page:
        fields = f"{COMMENT_FIELDS},{AUTHOR_FIELD}" if self.authors else COMMENT_FIELDS
        fields = f"{fields},replies.limit({PAGE}){{{fields}}}"
        return self.service.page(f"{post}/comments", prose(self.place.get("after")), fields=fields, limit=PAGE)

    def _rows(self, page: Page, post: Mapping[str, Any], *, named: bool) -> Batch:
        rows: list[Raw | Rejected] = []
        for one in map(thing, page.rows):
            rows.append(comment_row(one, post))
            rows += [comment_row(answer, post, parent=id_of(one)) for answer in self._answers(one)]
        raws = list({one.external_id: one for one in rows if isinstance(one, Raw)}.values())
        if named:
            self.place["names"] = list(dict.fromkeys([*self.place["names"], *(one.external_id for one in raws)]))
        self.rows += len(raws)
        return Batch(tuple(raws), rejected=tuple(one for one in rows if isinstance(one, Rejected)))

    def _answers(self, comment: Mapping[str, Any]) -> Iterator[Any]:
        """The answers that came along, and those that have to be asked for."""
        if not comment.get("replies"):
            return
        page = page_of(thing(comment["replies"]), "replies")
        fields = f"{COMMENT_FIELDS},{AUTHOR_FIELD}" if self.authors else COMMENT_FIELDS
        seen = {""}
        while True:
            yield from page.rows
            if not page.after:
                return
            if page.after in seen:
                raise circles()
            seen.add(page.after)
            page = self.service.page(f"{id_of(comment)}/replies", page.after, fields=fields, limit=PAGE)

    def _compared(self, post: str) -> Iterator[Batch]:
        """Those that were there before and are not any more, where Instagram says that they are gone."""
        names = [str(one) for one in self.place["names"]]
        missing = [one for one in self.known.get(post, ()) if one not in set(names)]
        gone, left = self._gone(missing)
        self.found[post] = [*names, *left]
        if gone:
            yield self._told(Batch(tuple(gone)))

    def _gone(self, missing: list[str]) -> tuple[list[Raw], list[str]]:
        """What is gone, and what there was no time to ask for."""
        room = max(0, MOST_ASKED - self.asked)
        self.asked += min(room, len(missing))
        return [withdrawn(one) for one in missing[:room] if not self.service.knows(one)], missing[room:]

    def _with_their_post(self, posts: list[str]) -> list[Raw]:
        """The comments that went with a post that is gone."""
        return [withdrawn(name) for post in posts if self._gone([post])[0] for name in self.known[post]]

    def _finished(self, gone: list[Raw]) -> Batch:
        state = {**self._base(), "cursor": self.started, "counts": dict(self.done), "known": _bounded(self.found)}
        return replace(self._told(Batch(tuple(gone))), state=state)

    def _told(self, batch: Batch) -> Batch:
        warnings, self.warnings = tuple(self.warnings), []
        number = min(len(self.done) + 1, self.total)
        progress = Progress(self.rows, None, "comments", message=f"Post {number} of {self.total}")
        state = self._going_on()
        return replace(batch, state=state, progress=progress, warnings=warnings, quota=self.service.quota())

    def _base(self) -> State:
        return {**self.pinned, "v": STATE_VERSION, "scope": self.scope}

    def _going_on(self) -> State:
        return {
            **self._base(),
            "cursor": self.cursor,
            "counts": dict(self.counts),
            "known": self.known,
            "started": self.started,
            "done": dict(self.done),
            "found": _bounded(self.found),
            "place": {**self.place, "names": self.place.get("names", [])[:MOST_KNOWN]},
            "rows": self.rows,
        }


def _written(post: Mapping[str, Any]) -> int:
    written = instant(post.get("timestamp"))
    if written is None:
        raise BadAnswer("Instagram sent a post without a readable time.")
    return int(written.timestamp())


def _bounded(found: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The posts that were read first are the youngest: their comments are kept, as far as there is room."""
    room, kept = MOST_KNOWN, {}
    for post, names in found.items():
        if names and room >= len(names):
            kept[post] = list(names)
            room -= len(names)
    return kept


def _counts(value: Any) -> dict[str, int]:
    return {str(name): count for name, sent in thing(value).items() if (count := whole(sent)) is not None}


def _names(value: Any) -> dict[str, list[str]]:
    return {str(post): [str(one) for one in ids] for post, ids in thing(value).items() if isinstance(ids, list)}
