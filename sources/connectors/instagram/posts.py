"""The newest posts of an account: as a list for what is read of each, and as documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sources.connectors._base import Batch, Progress, Raw, Rejected
from sources.connectors._values import instant, prose, thing, whole
from sources.connectors.instagram.refusals import Unsupported
from sources.connectors.instagram.service import Page, Service, circles
from sources.connectors.instagram.texts import POST_FIELDS, id_of, post_row, withdrawn

if TYPE_CHECKING:
    from sources.connectors._base import State

STATE_VERSION = 1
PAGE = 100
#: so many that are no longer listed are asked for by name in one run
MOST_ASKED = 50


def newest(service: Service, profile: str, most: int) -> list[dict[str, Any]]:
    """So many of the newest posts, each once. Those without an id or time are told by ``Posts``."""
    found: dict[str, dict[str, Any]] = {}
    for page in service.pages(f"{profile}/media", fields=POST_FIELDS, limit=min(PAGE, most)):
        for one in map(thing, page.rows):
            if (name := id_of(one)) and instant(one.get("timestamp")):
                found.setdefault(name, one)
        if len(found) >= most:
            break
    return list(found.values())[:most]


class Posts:
    """One pass over the newest posts. One that was there before, should be listed and isn't, is asked for by name:
    where Instagram says that it is gone, it is withdrawn.

    State: ``known`` id and time of the posts of the last complete pass; ``after`` cursor where this pass goes on, and
    ``seen``, what it has found so far. ``pinned`` goes with every state.
    """

    def __init__(self, service: Service, state: State, *, pinned: State, most: int) -> None:
        self.service, self.pinned, self.most = service, pinned, most
        self.scope = [pinned["profile"]]
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        self.known = _times(kept.get("known"))
        self.after = prose(kept.get("after"))
        self.seen = _times(kept.get("seen")) if self.after else {}
        self.cursors = {"", self.after}
        self.resumed = bool(self.after)

    def batches(self) -> Iterator[Batch]:
        """Page after page; what is gone comes last."""
        while len(self.seen) < self.most:
            page = self._page()
            batch = self._take(page)
            self.after = page.after
            if not page.after or len(self.seen) >= self.most:
                break
            if page.after in self.cursors:
                self.after, self.seen = "", {}
                yield self._told(batch)
                raise circles()
            self.cursors.add(page.after)
            yield self._told(batch)
        else:
            batch = Batch(())
        gone, left = self._gone(whole_list=not self.after)
        self.known, self.after, self.seen = {**left, **self.seen}, "", {}
        yield self._told(Batch((*batch.raws, *gone), rejected=batch.rejected))

    def _page(self) -> Page:
        """The next page; from the top, once, where Instagram forgot the place that a broken run had kept."""
        path, how = f"{self.pinned['profile']}/media", {"fields": POST_FIELDS, "limit": str(min(PAGE, self.most))}
        try:
            page = self.service.page(path, self.after, **how)
        except Unsupported:
            if not self.resumed:
                raise
            self.after, self.seen, self.cursors = "", {}, {""}
            page = self.service.page(path, **how)
        self.resumed = False
        return page

    def _take(self, page: Page) -> Batch:
        rows = [post_row(one) for one in page.rows]
        raws: list[Raw] = []
        for one in rows:
            if isinstance(one, Raw) and one.external_id not in self.seen and len(self.seen) < self.most:
                self.seen[one.external_id] = int(one.updated_at.timestamp()) if one.updated_at else 0
                raws.append(one)
        return Batch(tuple(raws), rejected=tuple(one for one in rows if isinstance(one, Rejected)))

    def _gone(self, *, whole_list: bool) -> tuple[list[Raw], dict[str, int]]:
        """The posts that Instagram says are gone, and those that there was no time to ask for."""
        oldest = 0 if whole_list else min(self.seen.values(), default=0)
        missing = [name for name, at in self.known.items() if name not in self.seen and at > oldest]
        gone = [withdrawn(name) for name in missing[:MOST_ASKED] if not self.service.knows(name)]
        return gone, {name: self.known[name] for name in missing[MOST_ASKED:]}

    def _told(self, batch: Batch) -> Batch:
        state: State = {**self.pinned, "v": STATE_VERSION, "scope": self.scope, "known": dict(self.known)}
        if self.after:
            state |= {"after": self.after, "seen": dict(self.seen)}
        done = len(self.seen or self.known)
        return Batch(
            batch.raws, state, Progress(done, None, "posts"), rejected=batch.rejected, quota=self.service.quota()
        )


def _times(value: Any) -> dict[str, int]:
    return {str(name): at for name, sent in thing(value).items() if (at := whole(sent)) is not None}
