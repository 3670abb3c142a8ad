"""The Data API of one property: a report, and what its refusals mean."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from livinglytics.lib.answers import Answer, encode_json
from livinglytics.lib.errors import BadAnswer, BadCredentials, Invalid, ProductError, RateLimited, Terminal, Transient
from livinglytics.lib.text import excerpt
from sources.connectors.ga4.access import Access, AccountAccess, KeyAccess, read_key
from sources.connectors.ga4.quota import Meter, wait_of

if TYPE_CHECKING:
    from sources.connectors._base import Context

DATA = "https://analyticsdata.googleapis.com"
ADMIN = "https://analyticsadmin.googleapis.com"
_ENABLE = "https://console.cloud.google.com/apis/library/analyticsdata.googleapis.com"
_JSON = {"accept": "application/json", "content-type": "application/json"}
_SHUT = {
    "key": "Google refused the sign-in of this service account. Make a new key and enter it here.",
    "account": "Google refused the sign-in of this account. Connect it again.",
}
T = TypeVar("T")


class TokenRefused(BadCredentials):
    """The access token is no longer good; a fresh one may be."""


class Service:
    """Asks with a token that is renewed where it ends, and never faster than the quota bears.

    ``fields``: names at Google -> the setting they come from, so that a refusal can name it.
    """

    def __init__(self, ctx: Context, access: Access, property_id: str, fields: Mapping[str, str]) -> None:
        self._ctx = ctx
        self._access = access
        self._property = property_id
        self._fields = fields
        self.meter = Meter()

    def report(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """``runReport``. Raises what ``ctx.http`` raises, and BadAnswer for what is no report."""
        pause = self.meter.pause(self._ctx.now())
        if pause:
            self._ctx.pause(pause)
        url = f"{self._ctx.base_url(DATA)}/v1beta/properties/{self._property}:runReport"
        sent = encode_json({**body, "returnPropertyQuota": True})

        def ask(headers: dict[str, str]) -> Answer:
            return self._ctx.http.post(url, body=sent, headers={**_JSON, **headers}, classify=self._refusal)

        answer = self._signed(ask).json()
        if not isinstance(answer, dict) or not isinstance(answer.get("metricHeaders"), list):
            raise BadAnswer("Google sent an answer that is no report. If it stays, the Data API has changed.")
        self.meter.note(answer.get("propertyQuota"))
        return answer

    def name(self) -> str:
        """The property's name from the Admin API, or nothing: many keys may not use that one."""
        url = f"{self._ctx.base_url(ADMIN)}/v1beta/properties/{self._property}"
        try:
            answer = self._signed(lambda headers: self._ctx.http.get(url, headers={**_JSON, **headers})).json()
        except (Transient, Terminal):
            return ""
        return str(answer.get("displayName") or "")[:200] if isinstance(answer, dict) else ""

    def _signed(self, ask: Callable[[dict[str, str]], T]) -> T:
        """Ask, and once more with a fresh token where this one is refused."""
        try:
            return ask(self._access.headers())
        except TokenRefused:
            self._access.drop()
            return ask(self._access.headers())

    def _refusal(self, answer: Answer) -> ProductError | None:
        """A refusal in Google's words as an error of ours; None leaves it to the usual rules."""
        error = _error(answer)
        said, status = str(error.get("message") or ""), error.get("status")
        if answer.status == 401:
            message = _SHUT[self._access.field]
            return TokenRefused(message, details={self._access.field: [message]})
        if status == "RESOURCE_EXHAUSTED":
            wait = answer.retry_after
            wait = wait_of(said, self._ctx.now()) if wait is None else wait
            return RateLimited(f"Google: {excerpt(said, 150)}", retry_after=wait, scope=answer.host)
        if answer.status == 403 and error:
            return self._forbidden(said, error)
        if answer.status == 400 and status == "INVALID_ARGUMENT":
            return self._invalid(said)
        return None

    def _forbidden(self, said: str, error: Mapping[str, Any]) -> BadCredentials:
        if "SERVICE_DISABLED" in _reasons(error) or "has not been used in project" in said:
            project = re.search(r"project[= ](\d+)", said)
            address = f"{_ENABLE}?project={project[1]}" if project else _ENABLE
            whose = "key's" if self._access.field == "key" else "operator's"
            message = f"The Google Analytics Data API is switched off in the {whose} project. Enable it at {address}"
            return BadCredentials(message, details={self._access.field: [message]})
        who = "service account" if self._access.field == "key" else "Google account"
        message = (
            f"The {who} may not read property {self._property}. In Google Analytics under Admin → Property access "
            f"management, add {self._access.reader} as Viewer, and check the property id."
        )
        return BadCredentials(message, details={"property": [message]})

    def _invalid(self, said: str) -> Invalid:
        if "property id" in said.lower():
            message = f"Google knows no property {self._property}. Enter the number from Admin → Property details."
            return Invalid(message, details={"property": [message]})
        words = set(re.findall(r"[A-Za-z][\w:]*", said))
        field = next((field for name, field in self._fields.items() if name in words), "")
        message = f"Google refused the report: {excerpt(said.partition(' For a list of')[0], 200)}"
        return Invalid(message, details={field: [message]} if field else None)


def access_of(ctx: Context, key: str, account: str) -> Access:
    """The way in that the settings name: exactly one. Raises Invalid."""
    if key and account:
        message = "Enter a service account's key or connect a Google account, not both."
        raise Invalid(message, details={"key": [message]})
    if key:
        return KeyAccess(ctx, read_key(key))
    if account:
        return AccountAccess(ctx)
    message = "Enter a service account's key, or connect a Google account instead."
    raise Invalid(message, details={"key": [message]})


def _error(answer: Answer) -> Mapping[str, Any]:
    """The ``error`` object of a refusal, or nothing."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _reasons(error: Mapping[str, Any]) -> set[str]:
    details = error.get("details")
    found = details if isinstance(details, list) else []
    return {str(one.get("reason")) for one in found if isinstance(one, dict)}
