"""GitHub's REST interface: one request, pages by the ``Link`` header, and refusals in GitHub's own words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from livinglytics.lib.answers import Answer
from livinglytics.lib.errors import BadAnswer, BadCredentials, ProductError, RateLimited, Terminal, Transient
from livinglytics.lib.text import excerpt

if TYPE_CHECKING:
    from sources.connectors._base import Context

VERSION = "2022-11-28"
PAGE_SIZE = 100
#: a listing that is longer than this has no end in sight
MOST_PAGES = 2_000
#: GitHub asks to wait at least a minute where it names no time, longer each time
SLOW_DOWN = 60.0


class Unreadable(Terminal):
    """This repository cannot be read, the others may be: unknown, hidden from this token, or blocked."""

    code = "github.unreadable"
    status = 404


class Nothing(Terminal):
    """There is nothing to read: the repository has no commits yet, or the feature is switched off."""

    code = "github.nothing"
    status = 404


class Service:
    """Asks GitHub for one run, one request at a time as it wants it. ``quota`` is what it said last."""

    def __init__(self, ctx: Context, address: str, token: str) -> None:
        self._http, self._now = ctx.http, ctx.now
        self.base = ctx.base_url(address).rstrip("/")
        self._headers = {
            "accept": "application/vnd.github+json",
            "authorization": f"Bearer {token.strip()}",
            "x-github-api-version": VERSION,
        }
        self.quota: dict[str, Any] = {}
        #: when the token ends, as GitHub writes it; empty for one that doesn't
        self.expires = ""
        self._slowed = 0

    def get(self, url: str, params: Mapping[str, Any] | None = None) -> Answer:
        """One answer. Raises Unreadable, Nothing, BadCredentials, RateLimited or what the client raises."""
        if not url.startswith("http"):
            url = f"{self.base}{url}"
        answer = self._http.get(url, params=params, headers=self._headers, classify=self._meaning)
        self._slowed = 0
        self.expires = answer.headers.get("github-authentication-token-expiration", self.expires)[:40]
        for name in ("limit", "remaining", "reset"):
            if (value := _whole(answer.headers.get(f"x-ratelimit-{name}"))) is not None:
                self.quota[name] = value
        return answer

    def one(self, url: str) -> Mapping[str, Any]:
        """One object."""
        body = self.get(url).json()
        if not isinstance(body, dict):
            raise BadAnswer("GitHub sent something else where an object was expected.")
        return body

    def pages(self, url: str, params: Mapping[str, Any] | None = None) -> Iterator[list[Any]]:
        """The pages of a listing as long as GitHub names a next one. Raises Transient where they go in a ring."""
        seen: set[str] = set()
        following: str | None = url
        wanted: Mapping[str, Any] | None = {"per_page": PAGE_SIZE, **(params or {})}
        while following is not None:
            if following in seen or len(seen) >= MOST_PAGES:
                raise Transient("GitHub's list goes in a ring or has no end. It is read again later.")
            seen.add(following)
            answer = self.get(following, wanted)
            body = answer.json()
            if not isinstance(body, list):
                raise BadAnswer("GitHub sent something else where a list was expected.")
            yield body
            following, wanted = self._next(answer), None

    def _next(self, answer: Answer) -> str | None:
        """The address of the next page, on the host that was asked: the token must not travel elsewhere."""
        found = answer.link("next")
        if found is not None and urlsplit(found)[:2] != urlsplit(answer.url)[:2]:
            raise BadAnswer("GitHub names a next page on another host. Check the host of this source.")
        return found

    def _meaning(self, answer: Answer) -> ProductError | None:
        said = _message(answer)
        if answer.status in (403, 429):
            return self._limit(answer, said) or _forbidden(answer, said)
        if answer.status == 401:
            return BadCredentials(
                "GitHub refused the token. It may have expired or been revoked: make a new one and enter it here.",
                details={"token": ["GitHub refused this token."]},
            )
        if answer.status in (404, 451):
            return Unreadable(
                "GitHub does not show it to this token." if answer.status == 404 else "GitHub has blocked it."
            )
        if answer.status == 410 or (answer.status == 409 and "empty" in said.lower()):
            return Nothing(said or "There is nothing to read.")
        return None

    def _limit(self, answer: Answer, said: str) -> RateLimited | None:
        """The used-up hour, or GitHub's wish for a slower pace, which may come with some of the hour left."""
        wait = answer.retry_after
        spent = answer.headers.get("x-ratelimit-remaining") == "0"
        reset = _whole(answer.headers.get("x-ratelimit-reset"))
        slow = any(words in said.lower() for words in ("secondary rate limit", "abuse detection"))
        if wait is None and spent and reset is not None and not slow:
            now: datetime = self._now()
            wait = max(1.0, reset - now.timestamp() + 1)
        elif wait is None and (slow or spent or answer.status == 429 or "rate limit" in said.lower()):
            wait = SLOW_DOWN * 2**self._slowed
            self._slowed += 1
        if wait is None:
            return None
        return RateLimited("GitHub asks us to slow down.", retry_after=min(wait, 3_700.0), scope="github")


def repository_path(name: str) -> str:
    """``/repos/owner/name``, safe in an address."""
    return f"/repos/{quote(name)}"


def _forbidden(answer: Answer, said: str) -> ProductError | None:
    if answer.status != 403:
        return None
    if "access blocked" in said.lower():
        return Unreadable("GitHub has blocked it.")
    if "x-github-sso" in answer.headers:
        message = (
            "The organisation wants single sign-on. Open the token on GitHub, choose Configure SSO and authorise it."
        )
    elif wanted := answer.headers.get("x-accepted-github-permissions"):
        message = (
            f"The token lacks a permission: {excerpt(wanted, 100).replace('=', ': ')}. Edit it on GitHub and add it."
        )
    else:
        message = f"GitHub does not allow this to the token: {excerpt(said, 150) or 'no reason given'}"
    return BadCredentials(message, details={"token": [message]})


def _message(answer: Answer) -> str:
    try:
        body = json.loads(answer.body)
    except ValueError:
        return ""
    return str(body.get("message") or "") if isinstance(body, dict) else ""


def _whole(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) <= 12 else None
