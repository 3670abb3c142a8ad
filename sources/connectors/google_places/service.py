"""The Places API (New), version 1: one place, chosen fields, and what a refusal means.

Format: https://developers.google.com/maps/documentation/places/web-service/place-details and, for
errors, https://cloud.google.com/apis/design/errors (``google.rpc.Status`` with ``ErrorInfo``).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from livinglytics.lib.buckets import day_bounds, local_day
from livinglytics.lib.errors import BadAnswer, BadCredentials, NotFound, RateLimited, Terminal
from sources.connectors._values import thing, words

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from livinglytics.lib.errors import ProductError
    from sources.connectors._base import Context

API = "https://places.googleapis.com"
_CONSOLE = "in the Google Cloud console"
_KEY_REFUSED = {
    "API_KEY_INVALID": f"Google does not know this API key. Copy it again {_CONSOLE}, under “Credentials”.",
    "SERVICE_DISABLED": f"“Places API (New)” is not switched on for this key's project. Switch it on {_CONSOLE}.",
    "BILLING_DISABLED": f"The project of this API key has no billing account. Add one {_CONSOLE}.",
    "API_KEY_SERVICE_BLOCKED": f"This API key may not use “Places API (New)”. Allow it {_CONSOLE}.",
    "API_KEY_IP_ADDRESS_BLOCKED": f"This API key may not be used from this server's address. Allow it {_CONSOLE}.",
    "API_KEY_HTTP_REFERRER_BLOCKED": f"This API key is for web pages only. Make one for servers {_CONSOLE}.",
}
_KEY_OTHER = f"Google does not let this API key read places. Check the key and its restrictions {_CONSOLE}."
_UNKNOWN = "Google knows no place with this id. Ids can change: look it up again and paste the new one."


class Service:
    """Asks with one key, which travels in a header only."""

    def __init__(self, ctx: Context, key: str) -> None:
        self.ctx = ctx
        self._key = key

    def place(self, place_id: str, *fields: str) -> dict[str, Any]:
        """The place with these fields. What Google has no value for is absent."""
        answer = self.ctx.http.get(
            f"{self.ctx.base_url(API)}/v1/places/{place_id}",
            headers={
                "X-Goog-Api-Key": self._key,
                "X-Goog-FieldMask": ",".join(("id", *fields)),
                "Accept": "application/json",
            },
            classify=self._meaning,
        )
        found = thing(answer.json())
        if not words(found.get("id")):
            raise BadAnswer("Google sent no place where one was asked for. If it stays, its service has changed.")
        return found

    def _meaning(self, answer: Answer) -> ProductError | None:
        """The error that Google's own body stands for, or None for the usual one of the HTTP status."""
        error = _refusal(answer)
        status, reasons = words(error.get("status")), _values(error, "reason")
        known = next((_KEY_REFUSED[one] for one in reasons if one in _KEY_REFUSED), "")
        if status == "RESOURCE_EXHAUSTED":
            wait = self._wait(answer, error)
            return RateLimited("Google asks us to slow down.", retry_after=wait, scope="places.googleapis.com")
        if known or status in ("PERMISSION_DENIED", "UNAUTHENTICATED"):
            message = known or _KEY_OTHER
            return BadCredentials(message, details={"api_key": [message]})
        about_place = "place id" in words(error.get("message")).lower()
        if status == "NOT_FOUND" or (status == "INVALID_ARGUMENT" and about_place):
            return NotFound(_UNKNOWN, details={"place": [_UNKNOWN]})
        return None

    def _wait(self, answer: Answer, error: dict[str, Any]) -> float:
        """As Google says; else until midnight Pacific, when a day's quota comes anew, or a minute."""
        if answer.retry_after is not None:
            return answer.retry_after
        for delay in _values(error, "retryDelay"):
            if re.fullmatch(r"\d{1,6}(\.\d{1,9})?s", delay, re.ASCII):
                return float(delay[:-1])
        return _until_midnight(self.ctx.now()) if re.search(r"per\s?day", str(error), re.IGNORECASE) else 60.0


def _until_midnight(now: datetime) -> float:
    zone = "America/Los_Angeles"
    return max(1.0, (day_bounds(local_day(now, zone), zone)[1] - now).total_seconds())


def _refusal(answer: Answer) -> dict[str, Any]:
    try:
        return thing(thing(answer.json()).get("error"))
    except Terminal:
        return {}


def _values(error: dict[str, Any], name: str) -> list[str]:
    """This value of every detail that has it."""
    details = error.get("details")
    found = [words(thing(one).get(name)) for one in details] if isinstance(details, list) else []
    return [one for one in found if one]
