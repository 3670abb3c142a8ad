"""The list of a community's posts, newest first, page after page."""

from __future__ import annotations

from typing import Any, Final

from sources.connectors._values import thing, whole
from sources.connectors.reddit.refusals import Broken
from sources.connectors.reddit.service import PAGE, Page, Service
from sources.connectors.reddit.texts import name_of, written_at

#: a list that ends after so many posts was most likely cut off: Reddit ends each at about a thousand
CUT_OFF: Final = 900
#: more pages than a list of a thousand can have
MOST_PAGES: Final = 40
#: a page is named by the post before it: so many others are tried where that one was removed
TRAIL: Final = 5


class Listing:
    """Walks down one list. ``place`` is its part of the checkpoint and is changed with every page:

    ``after`` the post behind which the next page begins, None at the end; ``trail`` posts before that one;
    ``pages``, ``listed`` counts; ``oldest`` when the last post so far was written.
    """

    def __init__(self, service: Service, community: str, place: dict[str, Any]) -> None:
        self.service, self.community, self.place = service, community, place
        self.place.setdefault("after", "")

    @property
    def is_over(self) -> bool:
        """Has the last page been read?"""
        return self.place["after"] is None

    @property
    def listed(self) -> int:
        """How many posts were listed so far."""
        return whole(self.place.get("listed")) or 0

    @property
    def oldest(self) -> int | None:
        """When the last post so far was written, in seconds since 1970."""
        return whole(self.place.get("oldest"))

    @property
    def is_cut_off(self) -> bool:
        """Did the list end where Reddit ends all of them, and not at its own end or at what is wanted?"""
        return self.is_over and self.place.get("ended") == "list" and self.listed >= CUT_OFF

    def turn(self, floor: int | None) -> list[dict[str, Any]]:
        """The next page of posts. With one older than ``floor`` the list is over.

        Raises Broken where the list ends early or in circles, Unreadable where the community isn't shown.
        """
        asked, page = self._page()
        posts = [one for one in page.things if name_of(one)]
        times = [at for one in posts if (at := written_at(one)) is not None]
        self.place["oldest"] = times[-1] if times else self.oldest
        self.place["listed"] = self.listed + len(posts)
        self.place["pages"] = pages = (whole(self.place.get("pages")) or 0) + 1
        self.place["trail"] = [name_of(one) for one in posts if name_of(one) != page.after][-TRAIL:]
        if floor is not None and times and times[-1] < floor:
            self.place["after"], self.place["ended"] = None, "floor"
        elif not page.after:
            self.place["after"], self.place["ended"] = None, "list"
        elif page.after == asked or pages >= MOST_PAGES:
            raise Broken("Reddit's list of posts runs in circles. It is read again with the next run.")
        else:
            self.place["after"] = page.after
        return page.things

    def _page(self) -> tuple[str, Page]:
        """The name asked for and the page behind it; behind an earlier name where that post was removed meanwhile.

        Behind a post that is no longer listed Reddit sends an empty page, which looks like the end.
        """
        asked = str(self.place["after"])
        page = self._asked(asked)
        trail = [str(one) for one in self.place.get("trail") or ()]
        while asked and not page.things and trail:
            asked = trail.pop()
            page = self._asked(asked)
        if asked and not page.things:
            raise Broken("Reddit's list of posts ended early. It is read again with the next run.")
        return asked, page

    def _asked(self, after: str) -> Page:
        return self.service.page(f"/r/{self.community}/new", limit=PAGE, after=after or None)


def has_comments(one: dict[str, Any]) -> bool:
    """Does Reddit count comments below this post? True too where it doesn't tell."""
    return whole(thing(one.get("data")).get("num_comments")) != 0
