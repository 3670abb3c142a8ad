"""The Graph API of Instagram, v26.0, by Facebook Login or by a token: one request is one call of what may be asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livinglytics.lib.errors import BadAnswer, Invalid, RateLimited
from sources.connectors._meta import API, GRAPH, Usage, usage_of
from sources.connectors._values import prose, thing
from sources.connectors.instagram.refusals import USUAL_WAIT, Gone, Meaning, SignInRefused

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from sources.connectors._base import Context

#: where tokens of Instagram's own login are good; they begin with these letters
INSTAGRAM = "https://graph.instagram.com"
_OWN_LOGIN = "IG"
#: percent of what may be asked: from the first on it goes slower, at the second it stops
SLOW, STOP = 75, 95
#: seconds between two requests from ``SLOW`` on
PACE = 5.0
_CHANGED = "If it stays, its service has changed."


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. ``after`` is the cursor of what follows, empty at the end."""

    rows: list[Any]
    after: str = ""


class Service:
    """Asks as an account that was signed in, or with a token. Neither ever stands in an address."""

    def __init__(self, ctx: Context, token: str, account: str) -> None:
        self.ctx = ctx
        self.field = "token" if token else "account"
        self._own, self._refused = token.strip(), ""
        self.usage = Usage()
        if token and account:
            raise self._invalid("Enter an access token or connect a Facebook account, not both.")
        if not (token or account):
            raise self._invalid("Connect a Facebook account, or enter an access token instead.")
        if token and not (self._own.isascii() and self._own.isprintable() and " " not in self._own):
            raise self._invalid("This is not an access token. Copy it again.")

    @property
    def by_instagram(self) -> bool:
        """Whether the token is one of Instagram's own login, which knows one account and no pages."""
        return self._own.startswith(_OWN_LOGIN)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """The JSON object at a path. Raises what a refusal means, and RateLimited short of the limit."""
        self._slow_down()
        host = INSTAGRAM if self.by_instagram else GRAPH
        url = f"{self.ctx.base_url(host)}/{API}/{path}"

        def once(token: str) -> Answer:
            headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
            return self.ctx.http.get(url, params=params, headers=headers, classify=Meaning(self.field))

        token = self._own or self.ctx.token(refused="")
        try:
            answer = once(token)
        except SignInRefused:
            if self._own:
                raise
            answer = once(self.ctx.token(refused=token))
        self.usage = usage_of(answer)
        body = answer.json()
        if not isinstance(body, dict):
            raise BadAnswer(f"Instagram sent an answer of another shape. {_CHANGED}")
        return body

    def page(self, path: str, after: str = "", **params: Any) -> Page:
        """One page of a list."""
        return page_of(self.get(path, after=after or None, **params), path)

    def pages(self, path: str, **params: Any) -> Iterator[Page]:
        """Page after page to the end. Raises BadAnswer for a list that runs in circles."""
        after, seen = "", {""}
        while True:
            page = self.page(path, after, **params)
            yield page
            after = page.after
            if not after:
                return
            if after in seen:
                raise circles()
            seen.add(after)

    def knows(self, name: str) -> bool:
        """Whether there still is a post or comment with this id."""
        try:
            self.get(name, fields="id")
        except Gone:
            return False
        return True

    def quota(self) -> dict[str, Any]:
        """What is left, in percent, for the person who waits."""
        return {"remaining": max(0, 100 - self.usage.percent), "limit": 100, "unit": "percent"}

    def _slow_down(self) -> None:
        if self.usage.percent >= STOP:
            wait = self.usage.wait or USUAL_WAIT
            self.usage = Usage()
            message = "Nearly all that Instagram lets be asked is used up. Reading goes on by itself."
            raise RateLimited(message, retry_after=wait, scope="graph.facebook.com")
        if self.usage.percent >= SLOW:
            self.ctx.pause(PACE)

    def _invalid(self, message: str) -> Invalid:
        return Invalid(message, details={self.field: [message]})


def page_of(body: dict[str, Any], what: str) -> Page:
    """A list as it comes, also one inside of something else. ``next`` is never followed: it holds the token."""
    rows, paging = body.get("data"), thing(body.get("paging"))
    if not isinstance(rows, list):
        raise BadAnswer(f"Instagram sent no list of {what.rpartition('/')[2]}. {_CHANGED}")
    if not paging.get("next"):
        return Page(rows)
    after = prose(thing(paging.get("cursors")).get("after"))
    if not 0 < len(after) <= 4_000:
        raise BadAnswer(f"Instagram says that more follows, but not where. {_CHANGED}")
    return Page(rows, after)


def circles() -> BadAnswer:
    """What to raise where a next page was here before. Not Transient: the list is read from its top the next time."""
    return BadAnswer("Instagram's list went round in a circle. It is read from its top the next time.")
