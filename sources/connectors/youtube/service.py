"""The Data API: one list call is one page and one unit of the day's quota."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livinglytics.lib.buckets import day_bounds, local_day
from livinglytics.lib.errors import BadAnswer, RateLimited, Transient
from sources.connectors._values import whole
from sources.connectors.youtube.refusals import Gone, PlaceExpired, Refusal, meaning

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from livinglytics.lib.errors import ProductError
    from sources.connectors._base import Context, State

API = "https://youtube.googleapis.com"
#: where YouTube's quota days begin at midnight
PACIFIC = "America/Los_Angeles"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. ``following`` is the token of the next one, empty at the end."""

    items: list[Any]
    following: str


class Service:
    """Asks with one key and counts what that costs.

    ``limit`` is how many units a day may cost. YouTube tells nobody what is left, so the count of
    the day goes through ``state`` and holds for this stream of this source.
    """

    def __init__(self, ctx: Context, key: str, limit: int, state: State) -> None:
        self.ctx, self.limit = ctx, limit
        self._key = key
        kept = state.get("units")
        kept = kept if isinstance(kept, dict) else {}
        self._day, self._used = self._today(), 0
        if kept.get("day") == self._day:
            self._used = whole(kept.get("used")) or 0

    def ask(self, resource: str, **params: Any) -> Page:
        """One page. Raises RateLimited until midnight Pacific once the day's units are used up."""
        self._begin()
        answer = self.ctx.http.get(
            f"{self.ctx.base_url(API)}/youtube/v3/{resource}",
            params=params,
            headers={"X-Goog-Api-Key": self._key, "Accept": "application/json"},
            classify=self._classify,
        )
        self._used += 1
        body = answer.json()
        items = body.get("items", []) if isinstance(body, dict) else None
        if not isinstance(items, list):
            raise BadAnswer(f"YouTube sent no list of {resource}. If it stays, its service has changed.")
        return Page(items, str(body.get("nextPageToken") or ""))

    def known(self, resource: str, **params: Any) -> list[Any]:
        """The things that were asked for by name; none where YouTube answers that there is no such thing."""
        try:
            return self.ask(resource, **params).items
        except Gone:
            return []

    def pages(self, resource: str, **params: Any) -> Iterator[Page]:
        """Page after page to the end. A list that runs in circles is Transient, never a success."""
        token, seen = "", {""}
        while True:
            try:
                page = self.ask(resource, pageToken=token or None, **params)
            except PlaceExpired as error:
                raise Transient(error.message) from error
            yield page
            token = page.following
            if not token:
                return
            if token in seen:
                raise circles()
            seen.add(token)

    def state(self) -> State:
        """What to put into the checkpoint, so that the day's count goes on."""
        return {"units": {"day": self._day, "used": self._used}}

    def quota(self) -> dict[str, Any]:
        """What is left of the day, for the person who waits."""
        left = max(0, self.limit - self._used)
        return {"remaining": left, "limit": self.limit, "resets_at": self._reset().isoformat()}

    def _begin(self) -> None:
        if (today := self._today()) != self._day:
            self._day, self._used = today, 0
        if self._used >= self.limit:
            raise self._spent(f"The {self.limit} units a day of this source are used up.")

    def _classify(self, answer: Answer) -> ProductError | None:
        self._used += 1  # a refusal costs as much, also one that is tried again
        refusal = Refusal.of(answer)
        if refusal.day_is_spent:
            self._used = max(self._used, self.limit)
            return self._spent("YouTube's quota of this key is used up for today.")
        return meaning(refusal, answer)

    def _spent(self, why: str) -> RateLimited:
        wait = (self._reset() - self.ctx.now()).total_seconds()
        message = f"{why} Reading goes on by itself after midnight Pacific time."
        return RateLimited(message, retry_after=max(wait, 1.0), scope="youtube.googleapis.com")

    def _today(self) -> str:
        return local_day(self.ctx.now(), PACIFIC).isoformat()

    def _reset(self) -> Any:
        return day_bounds(local_day(self.ctx.now(), PACIFIC), PACIFIC)[1]


def circles() -> Transient:
    """What to raise where a next page was here before."""
    return Transient("YouTube sent the same page twice. The list is read again later.")
