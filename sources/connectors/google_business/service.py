"""The Business Profile APIs of Google: accounts, their locations, and the reviews of one.

Three services share the work: Account Management v1 and Business Information v1 name the locations, and reviews
still are at https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews/list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livinglytics.lib.errors import BadAnswer, Invalid, Terminal, Transient
from sources.connectors._values import number, thing, whole, words
from sources.connectors.google_business.places import ACCOUNT, LOCATION, Location, number_of
from sources.connectors.google_business.refusals import Refusal, SignInRefused

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from sources.connectors._base import Context

ACCOUNTS = "https://mybusinessaccountmanagement.googleapis.com"
LOCATIONS = "https://mybusinessbusinessinformation.googleapis.com"
REVIEWS = "https://mybusiness.googleapis.com"
HOSTS = tuple(one.removeprefix("https://") for one in (ACCOUNTS, LOCATIONS, REVIEWS))
PAGE_SIZE = 50
#: seconds between two requests: each API takes 300 in a minute
PACE = 0.2
#: pages of accounts and locations that are looked through; more take longer than anybody waits
MOST_LISTS = 30
_CHANGED = "If it stays, its service has changed."


@dataclass(frozen=True, slots=True)
class Page:
    """One page of reviews. ``next`` is the token of the page after it, empty at the end.

    ``total`` and ``rating`` (1 to 5) are of the whole location, None where Google does not tell them.
    """

    reviews: list[Any]
    next: str
    total: int | None
    rating: float | None


class Service:
    """Asks with the account that somebody signed in with, no faster than Google lets."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._asked = False

    def reviews(self, location: str, token: str = "", size: int = PAGE_SIZE) -> Page:
        """One page, newest change first. Raises PageEnded where Google no longer knows the ``token``."""
        path = f"v4/{location}/reviews"
        params = {"pageSize": size, "pageToken": token or None, "orderBy": "updateTime desc"}
        body = self._ask(REVIEWS, path, params, location)
        return Page(
            reviews=_list(body, "reviews"),
            next=_next(body),
            total=whole(body.get("totalReviewCount")),
            rating=number(body.get("averageRating"), 1, 5),
        )

    def title(self, location: str) -> str:
        """The location's name; empty where that API is not switched on or does not answer: reading works without."""
        try:
            body = self._ask(LOCATIONS, f"v1/locations/{number_of(location)}", {"readMask": "name,title"})
        except (Transient, Terminal):
            return ""
        return words(body.get("title"))[:200]

    def locations(self) -> list[Location]:
        """All locations that the account manages, each once: some are in several of its groups."""
        found: dict[str, Location] = {}
        left = iter(range(MOST_LISTS))
        for account in self._listed(ACCOUNTS, "v1/accounts", {"pageSize": 20}, left):
            name = words(account.get("name"))
            if not ACCOUNT.fullmatch(name):
                continue
            params = {"readMask": "name,title", "pageSize": 100}
            for one in self._listed(LOCATIONS, f"v1/{name}/locations", params, left):
                if LOCATION.fullmatch(number := words(one.get("name"))):
                    found.setdefault(number, Location(f"{name}/{number}", words(one.get("title"))[:200]))
        return list(found.values())

    def _listed(self, host: str, path: str, params: dict[str, Any], left: Iterator[int]) -> Iterator[dict[str, Any]]:
        """What all pages of a list have. Raises BadAnswer where they go round in a circle."""
        token, seen = "", {""}
        while True:
            if next(left, None) is None:
                message = "This account has too many locations to look through. Enter accounts/…/locations/… instead."
                raise Invalid(message, details={"location": [message]})
            body = self._ask(host, path, {**params, "pageToken": token or None})
            yield from map(thing, _list(body, path.rpartition("/")[2]))
            token = _next(body)
            if not token:
                return
            if token in seen:
                raise BadAnswer(f"Google sent the same page of {path} again. {_CHANGED}")
            seen.add(token)

    def _ask(self, host: str, path: str, params: dict[str, Any], location: str = "") -> dict[str, Any]:
        """The answer's object; once more with a fresh token where this one is refused."""
        if self._asked:
            self.ctx.pause(PACE)
        self._asked = True
        meaning = Refusal(self.ctx.now(), location, bool(location and params.get("pageToken")))
        url = f"{self.ctx.base_url(host)}/{path}"

        def once(token: str) -> Answer:
            headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
            return self.ctx.http.get(url, params=params, headers=headers, classify=meaning)

        token = self.ctx.token(refused="")
        try:
            answer = once(token)
        except SignInRefused:
            answer = once(self.ctx.token(refused=token))
        body = answer.json()
        if not isinstance(body, dict):
            raise BadAnswer(f"Google sent an answer of another shape. {_CHANGED}")
        return body


def _list(body: dict[str, Any], name: str) -> list[Any]:
    """Absent where there is none: Google leaves out what is empty."""
    found = body.get(name, [])
    if not isinstance(found, list):
        raise BadAnswer(f"Google sent no list of {name}. {_CHANGED}")
    return found


def _next(body: dict[str, Any]) -> str:
    token = body.get("nextPageToken", "")
    if not isinstance(token, str) or len(token) > 4_000:
        raise BadAnswer(f"Google sent a next page that can't be asked for. {_CHANGED}")
    return token
