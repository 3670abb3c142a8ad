"""The proxy's list of calls, page by page, and what its refusals mean.

``GET /spend/logs/v2?start_date=&end_date=&page=&page_size=`` answers ``{"data": […], "total": 1,
"total_is_capped": false}``. Both dates are UTC and belong to the span. ``total`` stops at 10,000; older versions give
at most 100 calls a page.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from livinglytics.lib.errors import (
    AddressRefused,
    BadAnswer,
    BadCredentials,
    Invalid,
    NotFound,
    ProductError,
    Terminal,
    TooLarge,
)
from sources.connectors._values import thing, whole

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from sources.connectors._base import Context

#: the first release with the list
LEAST = "1.80.8"
#: calls asked for at once; the smaller number is what older versions give, and what large calls need
PAGE_SIZE, SMALL_PAGE = 1000, 100
#: a span with more calls than fill so many pages is read in parts
PAGES = 10
_PATH = "/spend/logs/v2"


class SmallerPage(Terminal):
    """The proxy doesn't give pages of this size, or they are too large to be taken."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``total``: calls in the whole span, a lower bound where ``capped``."""

    rows: list[Any]
    total: int
    capped: bool


class Service:
    """Asks one proxy with one key. ``size`` shrinks once when the proxy asks for it."""

    def __init__(self, ctx: Context, address: str, key: str) -> None:
        self.ctx, self.size = ctx, PAGE_SIZE
        self.base = base_of(address)
        if not re.fullmatch(r"[\x21-\x7e]+", key.strip()):
            raise _key("This is not a key. Copy the proxy's master key, or the key of an admin viewer.")
        self._headers = {"authorization": f"Bearer {key.strip()}", "accept": "application/json"}

    @property
    def most(self) -> int:
        """Calls that a span may have to be read at once."""
        return self.size * PAGES

    def page(self, start: datetime, end: datetime, number: int = 1, size: int | None = None) -> Page:
        """Page ``number`` of the calls begun from ``start`` to ``end``, both included, oldest first.

        Raises SmallerPage after ``size`` became smaller: page numbers mean something else then.
        """
        try:
            body = thing(self._ask(start, end, number, size or self.size).json())
        except (SmallerPage, TooLarge) as error:
            if size or self.size == SMALL_PAGE:
                raise BadAnswer(f"The list of calls can't be read in small pages either: {error.message}") from None
            self.size = SMALL_PAGE
            raise SmallerPage("The proxy gives smaller pages only.") from None
        rows, total = body.get("data"), whole(body.get("total"))
        if not isinstance(rows, list) or total is None:
            raise BadAnswer("The proxy sent an answer without calls. Check the address; is it LiteLLM's?")
        return Page(rows, total, body.get("total_is_capped") is True)

    def _ask(self, start: datetime, end: datetime, number: int, size: int) -> Answer:
        try:
            return self.ctx.http.get(
                f"{self.ctx.base_url(self.base).rstrip('/')}{_PATH}",
                params={
                    "start_date": f"{start:%Y-%m-%d %H:%M:%S}",
                    "end_date": f"{end:%Y-%m-%d %H:%M:%S}",
                    "page": number,
                    "page_size": size,
                    "sort_by": "startTime",
                    "sort_order": "asc",
                },
                headers=self._headers,
                classify=self._meaning,
            )
        except AddressRefused as error:
            raise self._refused(error) from None

    def _refused(self, error: AddressRefused) -> AddressRefused:
        """A proxy mostly stands where this server may not call: say who can allow it, and how."""
        parts = urlsplit(self.base)
        place = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
        message = (
            f"{error.message} If this is your own proxy, ask the operator of Living Lytics to add {place} to "
            "ALLOWED_PRIVATE_HOSTS."
        )
        return AddressRefused(message, details={"address": [message]})

    def _meaning(self, answer: Answer) -> ProductError | None:
        """A refusal as an error that names the setting at fault; LiteLLM's own words may quote a part of the key."""
        said = _said(answer)
        if "prisma client is not" in said or "db not connected" in said or "no connected db" in said:
            return _address("This proxy has no database, so it keeps no calls. Connect one to it (DATABASE_URL).")
        if answer.status in (401, 403) and any(word in said for word in ("route", "admin", "role=")):
            return _key(
                "This key may not see the calls. Use the master key, or a key of a user with the role admin viewer."
            )
        if answer.status == 401:
            return _key("The proxy does not take this key. Copy its master key, or the key of an admin viewer.")
        if answer.status == 404:
            message = (
                f"There is no {_PATH} at this address. It needs LiteLLM {LEAST} or newer. If the proxy is newer, enter "
                "its base address, such as https://litellm.example.com."
            )
            return NotFound(message, details={"address": [message]})
        if answer.status == 422 and "page_size" in said:
            return SmallerPage("The proxy does not give pages of this size.")
        return None


def base_of(address: str) -> str:
    """The proxy's base address, also from that of its dashboard (/ui) or of its interface (/v1).

    Raises Invalid that names the field ``address``.
    """
    try:
        parts = urlsplit(address.strip())
        host, place = parts.hostname, parts.netloc.lower()
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        host, place, port_is_number = None, "", False
    if not host or not port_is_number or parts.scheme.lower() not in ("http", "https") or "@" in place:
        raise _address("This is not the address of a proxy. It looks like https://litellm.example.com.")
    path = re.sub(r"/(?:ui|v1|spend)(?:/.*)?$", "", parts.path.rstrip("/"))
    return f"{parts.scheme.lower()}://{place}{path}"


def _said(answer: Answer) -> str:
    """What a refusal says, in lower case: LiteLLM's ``error.message``, or the details of its framework."""
    try:
        body = thing(json.loads(answer.body[:100_000]))
    except (ValueError, RecursionError):
        return ""
    return json.dumps([thing(body.get("error")).get("message"), body.get("detail")]).lower()


def _key(message: str) -> BadCredentials:
    return BadCredentials(message, details={"api_key": [message]})


def _address(message: str) -> Invalid:
    return Invalid(message, details={"address": [message]})
