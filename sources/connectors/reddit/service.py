"""Reddit's API with an app of one's own: the token, the limit, and lists of things."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from livinglytics.lib.errors import BadAnswer, BadCredentials, ProductError, RateLimited
from sources.connectors._values import thing
from sources.connectors.reddit.refusals import (
    TokenRefused,
    Unreadable,
    bad_app,
    meaning,
    meaning_for_token,
    seconds,
)
from sources.connectors.reddit.targets import SITE

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from sources.connectors._base import Context

API: Final = "https://oauth.reddit.com"
PAGE: Final = 100
#: requests that are left alone, for whatever else the app does
RESERVE: Final = 5
#: waits up to so many seconds are sat out; after longer ones the run goes on by itself
LONGEST_WAIT: Final = 60.0
_VERSION: Final = "1.0"
_NAME: Final = re.compile(r"t[1-6]_[a-z0-9]{1,12}", re.ASCII)
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,4000}")


@dataclass(frozen=True, slots=True)
class App:
    """The user's own app at Reddit. The secrets are left out where it is written down."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    username: str

    @property
    def agent(self) -> str:
        """The User-Agent as Reddit wants it; others are slowed down or blocked."""
        return f"web:livinglytics:{_VERSION} (by /u/{self.username})"

    @property
    def basic(self) -> str:
        """The value of the header that proves who asks for a token."""
        return "Basic " + base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: objects with ``kind`` and ``data``. ``after``: where the next one begins, or empty."""

    things: list[dict[str, Any]]
    after: str = ""


class Service:
    """Asks with one app and keeps within the limit that the answers announce. The token lives in here alone."""

    def __init__(self, ctx: Context, app: App) -> None:
        self.ctx = ctx
        self._app, self._token = app, ""
        self._left: float | None = None
        self._used = 0.0
        self._reset: datetime = ctx.now()

    def page(self, path: str, **params: Any) -> Page:
        """One page of a list. Raises Unreadable where Reddit doesn't show it, BadAnswer for another shape."""
        return _page(self.ask(path, **params))

    def tree(self, path: str) -> list[dict[str, Any]]:
        """The comments of a post as they are nested, as far as Reddit sends them at once."""
        body = self.ask(path, limit=500, depth=10, sort="new")
        if not isinstance(body, list) or len(body) != 2:
            raise _odd()
        return _page(body[1]).things

    def more(self, post: str, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Up to a hundred comments that a tree only named, with some of what is below them, not nested."""
        found = thing(
            self.ask("/api/morechildren", api_type="json", link_id=f"t3_{post}", children=",".join(ids), sort="new")
        )
        things = thing(thing(found.get("json")).get("data")).get("things")
        if not isinstance(things, list):
            raise _odd()
        return [thing(one) for one in things]

    def ask(self, path: str, **params: Any) -> Any:
        """The decoded answer. A token that ends meanwhile is replaced, once for each question."""
        if self._token:
            with suppress(TokenRefused):
                return self._asked(path, params)
        self._token = self._fresh()
        try:
            return self._asked(path, params)
        except TokenRefused as error:
            raise BadCredentials("Reddit refuses the token that it has just given. Check the app there.") from error

    def quota(self) -> dict[str, Any]:
        """What is left of Reddit's ten minutes, for the person who waits; empty before Reddit told it."""
        if self._left is None:
            return {}
        left = int(self._left)
        return {"remaining": left, "limit": left + int(self._used), "resets_at": self._reset.isoformat()}

    def _asked(self, path: str, params: dict[str, Any]) -> Any:
        self._keep_within_limit()
        answer = self.ctx.http.get(
            self.ctx.base_url(API) + path,
            params={**params, "raw_json": 1},
            headers={"Authorization": f"bearer {self._token}", **self._headers()},
            classify=self._classify,
        )
        self._note(answer)
        if urlsplit(answer.url).path.startswith("/subreddits/search"):
            raise Unreadable("Reddit knows no such community.")  # it looks for similar names instead of saying so
        return answer.json()

    def _fresh(self) -> str:
        """A token that holds for a day."""
        answer = self.ctx.http.post(
            self.ctx.base_url(SITE) + "/api/v1/access_token",
            body=b"grant_type=client_credentials",
            headers={
                "Authorization": self._app.basic,
                "Content-Type": "application/x-www-form-urlencoded",
                **self._headers(),
            },
            classify=meaning_for_token,
        )
        found = thing(answer.json())
        if "error" in found:
            raise bad_app()
        token = found.get("access_token")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise BadAnswer("Reddit sent no token. If it stays, its service has changed.")
        return token

    def _headers(self) -> dict[str, str]:
        return {"User-Agent": self._app.agent, "Accept": "application/json"}

    def _classify(self, answer: Answer) -> ProductError | None:
        self._note(answer)
        return meaning(answer)

    def _note(self, answer: Answer) -> None:
        left, reset = seconds(answer, "remaining"), seconds(answer, "reset")
        if left is not None and reset is not None:
            self._left, self._used = left, seconds(answer, "used") or 0.0
            self._reset = self.ctx.now() + timedelta(seconds=reset)

    def _keep_within_limit(self) -> None:
        """Wait for the next ten minutes before those of now are used up. Long waits raise RateLimited."""
        if self._left is None or self._left > RESERVE:
            return
        wait = (self._reset - self.ctx.now()).total_seconds()
        self._left = None
        if wait > LONGEST_WAIT:
            raise RateLimited(
                "Reddit's limit of requests is used up for now. Reading goes on by itself.",
                retry_after=wait,
                scope="reddit",
            )
        if wait > 0:
            self.ctx.pause(wait)


def _page(body: Any) -> Page:
    data = thing(thing(body).get("data"))
    children = data.get("children")
    if not isinstance(children, list):
        raise _odd()
    after = data.get("after") or ""
    if not isinstance(after, str) or (after and not _NAME.fullmatch(after)):
        raise _odd()
    return Page([thing(one) for one in children], after)


def _odd() -> BadAnswer:
    return BadAnswer("Reddit sent an answer of another shape. If it stays, its service has changed.")
