"""Comments below posts: the tree that Reddit sends, and the branches that it only names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from sources.connectors._base import Batch
from sources.connectors._values import thing, whole
from sources.connectors.reddit.listing import has_comments
from sources.connectors.reddit.refusals import Broken, Unreadable
from sources.connectors.reddit.service import PAGE
from sources.connectors.reddit.texts import ID, name_of, written_at
from sources.connectors.reddit.walk import LOOKBACK, Walk

if TYPE_CHECKING:
    from sources.connectors.reddit.targets import Target

#: comments of one post that wait to be asked for: the checkpoint doesn't hold more
MOST_WAITING: Final = 5_000
#: questions about one post
MOST_TURNS: Final = 1_000


class Comments(Walk):
    """All comments below the posts of every target.

    A place holds beside the list: ``posts`` whose comments are still to be read, and for the first of them ``tree``:
    ``more`` ids to ask for, ``deep`` comments whose answers are still to be read, ``turns`` a count; and ``missed``
    where a post was not shown, so that the next run begins where this one did.
    """

    unit = "comments"

    def _read(self, target: Target) -> Iterator[Batch]:
        if target.kind == "post":
            yield from self._post(target.name)
            return
        listing = self._listing(target)
        while True:
            yield from self._waiting()
            if listing.is_over:
                return
            floor = self._floor(target)
            posts = listing.turn(floor)
            self.place["posts"] = [
                name_of(one)[3:]
                for one in posts
                if name_of(one) and has_comments(one) and (floor is None or (written_at(one) or floor) >= floor)
            ]
            self._end_of(target, listing)

    def _floor(self, target: Target) -> int | None:
        """Below posts from a week before the first wanted day there may be comments of later days."""
        cursor = self.cursors.get(target.text)
        marks = [one - LOOKBACK for one in (self.kept.first, cursor) if one is not None]
        return max(marks, default=None)

    def _waiting(self) -> Iterator[Batch]:
        """The posts of one page of the list. One that isn't shown costs only itself."""
        while posts := self.place.get("posts"):
            try:
                yield from self._post(str(posts[0]))
            except (Unreadable, Broken) as error:
                self.place["missed"] = self.place.get("missed") or isinstance(error, Unreadable)
                self._trouble(f"Comments of the post {posts[0]}", error.message)
            self.place["posts"], self.place["tree"] = posts[1:], {}

    def _post(self, post: str) -> Iterator[Batch]:
        tree = _Tree(self.place.get("tree") or {})
        if not tree.begun:
            yield self._taken(tree, self.service.tree(f"/comments/{post}"))
        while tree.more or tree.deep:
            tree.turn()
            if tree.more:
                ids, tree.more = tree.more[:PAGE], tree.more[PAGE:]
                found = self.service.more(post, ids)
            else:
                parent, *tree.deep = tree.deep
                found = self.service.tree(f"/comments/{post}/_/{parent}")
            yield self._taken(tree, found)
        if tree.is_cut:
            raise Broken(f"More than {MOST_WAITING} comments waited to be asked for; the last of them were left out.")

    def _taken(self, tree: _Tree, things: list[dict[str, Any]]) -> Batch:
        batch = self._batch(tree.take(things))
        self.place["tree"] = tree.state()
        return self._told(batch)


class _Tree:
    """What is still to be read of one post's comments."""

    def __init__(self, kept: Mapping[str, Any]) -> None:
        self.begun = bool(kept)
        self.more = [str(one) for one in kept.get("more") or ()]
        self.deep = [str(one) for one in kept.get("deep") or ()]
        self.turns, self.is_cut = whole(kept.get("turns")) or 0, bool(kept.get("cut"))
        self._known = {*self.more, *(f"/{one}" for one in self.deep)}

    def state(self) -> dict[str, Any]:
        """Its part of the checkpoint."""
        return {"more": self.more, "deep": self.deep, "turns": self.turns, "cut": self.is_cut}

    def turn(self) -> None:
        """Count a question. Raises Broken where there is no end to them."""
        self.turns += 1
        if self.turns > MOST_TURNS:
            raise Broken(f"Its comments came to no end after {MOST_TURNS} questions.")

    def take(self, things: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The comments among these and below them; branches that are only named are kept in mind."""
        found: list[Mapping[str, Any]] = []
        stack = list(things)[::-1]
        while stack:
            one = thing(stack.pop())
            data = thing(one.get("data"))
            if one.get("kind") == "more":
                self._later(data)
                continue
            found.append(one)
            below = thing(thing(data.get("replies")).get("data")).get("children")  # "" where nobody answered
            stack += below[::-1] if isinstance(below, list) else []
        return found

    def _later(self, data: Mapping[str, Any]) -> None:
        children, parent = data.get("children"), str(data.get("parent_id") or "")
        ids = [one for one in children if isinstance(one, str)] if isinstance(children, list) else []
        if data.get("id") == "_" or not ids:
            self._keep(self.deep, [parent[3:]] if parent.startswith("t1_") else [], "/")
        else:
            self._keep(self.more, ids, "")

    def _keep(self, waiting: list[str], ids: list[str], mark: str) -> None:
        for one in ids:
            if mark + one in self._known or not ID.fullmatch(one):
                continue
            if len(self.more) + len(self.deep) >= MOST_WAITING:
                self.is_cut = True
                return
            self._known.add(mark + one)
            waiting.append(one)
