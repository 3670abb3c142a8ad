"""What Google's refusals mean: ``google.rpc.Status`` with ``ErrorInfo``, as https://google.aip.dev/193 has it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from livinglytics.lib.answers import Answer
from livinglytics.lib.buckets import day_bounds, local_day
from livinglytics.lib.errors import BadAnswer, BadCredentials, Invalid, NotFound, ProductError, RateLimited, Terminal
from livinglytics.lib.text import excerpt
from sources.connectors._values import thing, words

_APPLY = "https://support.google.com/business/contact/api_default"
_LIBRARY = "https://console.cloud.google.com/apis/library"
_SERVICE = re.compile(r"[a-z]{3,60}\.googleapis\.com")


class SignInRefused(BadCredentials):
    """The access token is no longer good; a fresh one may be."""


class PageEnded(BadAnswer):
    """Google no longer knows the page that was to come next."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Reads the refusal of one request. ``location``: the one asked about; ``paged``: for a following page."""

    now: datetime
    location: str = ""
    paged: bool = False

    def __call__(self, answer: Answer) -> ProductError | None:
        """The error that it is; None leaves it to the usual rules."""
        error = _error(answer)
        status, said = words(error.get("status")), excerpt(words(error.get("message")), 200)
        if answer.status == 401:
            message = "Google refused the sign-in of this account. Connect it again."
            return SignInRefused(message, details={"account": [message]})
        if status == "RESOURCE_EXHAUSTED":
            return self._limit(answer, error)
        if answer.status == 403 and error and answer.retry_after is None:
            return self._forbidden(answer, error, said)
        if answer.status == 404 and self.location:
            message = f"Google does not know {self.location}, or no longer. Enter the location anew in the settings."
            return NotFound(message, details={"location": [message]})
        if answer.status == 400 and status == "FAILED_PRECONDITION" and self.location:
            message = f"Google gives no reviews of {self.location}. Is the location verified? Google says: {said}"
            return Invalid(message, details={"location": [message]})
        if answer.status == 400 and self.paged:
            return PageEnded("Google did not know the next page of reviews. They are read from the top next time.")
        return None

    def _limit(self, answer: Answer, error: dict[str, Any]) -> ProductError:
        """A limit to wait for, or the limit of nothing that a project has until Google admits it."""
        if "0" in _values(error, "quota_limit_value"):
            message = (
                "Google has not admitted this installation's project to the Business Profile APIs: it may ask for "
                f"nothing yet. The operator has to apply at {_APPLY}"
            )
            return BadCredentials(message, details={"account": [message]})
        return RateLimited("Google asks us to slow down.", retry_after=self._wait(answer, error), scope=answer.host)

    def _wait(self, answer: Answer, error: dict[str, Any]) -> float:
        """As Google says; else until midnight Pacific, when a day's quota comes anew, or a minute."""
        if answer.retry_after is not None:
            return answer.retry_after
        for delay in _values(error, "retryDelay"):
            if re.fullmatch(r"\d{1,6}(\.\d{1,9})?s", delay, re.ASCII):
                return float(delay[:-1])
        if not re.search(r"per\s?day|/d/", str(error), re.IGNORECASE):
            return 60.0
        zone = "America/Los_Angeles"
        return max(1.0, (day_bounds(local_day(self.now, zone), zone)[1] - self.now).total_seconds())

    def _forbidden(self, answer: Answer, error: dict[str, Any], said: str) -> ProductError:
        reasons = _values(error, "reason")
        if "SERVICE_DISABLED" in reasons:
            service = next((one for one in _values(error, "service") if _SERVICE.fullmatch(one)), answer.host)
            message = f"{service} is switched off in the operator's project. Enable it at {_LIBRARY}/{service}"
        elif "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in reasons:
            message = "The account was connected without the right to its businesses. Connect it again and allow it."
        elif self.location:
            message = (
                f"Google does not let this account read the reviews of {self.location}. The location has to be "
                "verified, the account must manage it, and Google must have admitted the operator's project to its "
                f"APIs. Google says: {said}"
            )
            return BadCredentials(message, details={"location": [message]})
        else:
            message = f"Google does not let this account list its businesses. Google says: {said}"
        return BadCredentials(message, details={"account": [message]})


def _error(answer: Answer) -> dict[str, Any]:
    try:
        return thing(thing(answer.json()).get("error"))
    except Terminal:
        return {}


def _values(error: dict[str, Any], name: str) -> list[str]:
    """This value of every detail that has it, also among its metadata."""
    details = error.get("details")
    each = [thing(one) for one in details] if isinstance(details, list) else []
    found = [words(one.get(name)) or words(thing(one.get("metadata")).get(name)) for one in each]
    return [one for one in found if one]
