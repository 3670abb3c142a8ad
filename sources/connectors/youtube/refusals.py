"""What YouTube means when it refuses: the reasons in its error bodies as errors of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from livinglytics.lib.errors import BadAnswer, BadCredentials, NotFound, RateLimited, ServiceDown, Terminal

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer
    from livinglytics.lib.errors import ProductError

_DAY_SPENT = {"quotaExceeded", "dailyLimitExceeded"}
_TOO_FAST = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}
_GONE = {"videoNotFound", "channelNotFound", "playlistNotFound", "commentNotFound", "commentThreadNotFound"}
_BAD_KEY = {"keyInvalid", "keyExpired", "API_KEY_INVALID", "dailyLimitExceededUnreg"}
_SWITCHED_OFF = {"accessNotConfigured", "SERVICE_DISABLED"}
_RESTRICTED = {
    *("ipRefererBlocked", "API_KEY_SERVICE_BLOCKED", "API_KEY_IP_ADDRESS_BLOCKED"),
    *("API_KEY_HTTP_REFERRER_BLOCKED", "API_KEY_ANDROID_APP_BLOCKED", "API_KEY_IOS_APP_BLOCKED"),
}


class Gone(NotFound):
    """YouTube itself says that there is no such video, channel, playlist or comment."""


class Unreadable(Terminal):
    """A video whose comments are switched off or kept from us."""


class PlaceExpired(Terminal):
    """A page token that YouTube no longer takes: the list has to be read from its top."""

    message = "YouTube no longer knows the place in the list."


@dataclass(frozen=True, slots=True)
class Refusal:
    """The error body: its reasons in the old and the new form, whose they are, and the message."""

    reasons: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    message: str = ""

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """The body of an answer of 400 or more; an empty refusal for a body of another shape."""
        try:
            body = answer.json()
        except BadAnswer:
            return cls()
        error = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, dict):
            return cls()
        parts = [*_objects(error.get("errors")), *_objects(error.get("details"))]
        return cls(
            frozenset(str(one.get("reason") or "") for one in parts) - {""},
            frozenset(str(one.get("domain") or "") for one in parts) - {""},
            str(error.get("message") or ""),
        )

    @property
    def day_is_spent(self) -> bool:
        """Is it the day's quota, and not a limit of a minute?"""
        return bool(self.reasons & _DAY_SPENT) or (bool(self.reasons & _TOO_FAST) and "per day" in self.message.lower())


def meaning(refusal: Refusal, answer: Answer) -> ProductError | None:
    """The error that a refusal stands for, or None for the usual one of its status."""
    reasons = refusal.reasons
    if reasons & _TOO_FAST:
        return RateLimited("YouTube asks us to slow down.", retry_after=answer.retry_after, scope=answer.host)
    if reasons & _GONE:
        return Gone("YouTube has no such video, channel or comment, or no longer.")
    if "commentsDisabled" in reasons:
        return Unreadable("Comments are switched off.")
    if "forbidden" in reasons and any(one.startswith("youtube.comment") for one in refusal.domains):
        return Unreadable("Its comments may not be read with a key.")
    if "invalidPageToken" in reasons:
        return PlaceExpired()
    if "processingFailure" in reasons:
        return ServiceDown("YouTube could not answer right now.")
    return _about_the_key(refusal)


def _about_the_key(refusal: Refusal) -> BadCredentials | None:
    if refusal.reasons & _BAD_KEY or refusal.message.startswith(("API key not valid", "API key expired")):
        return _bad_key(
            "YouTube does not take this API key. Copy it again from “Credentials” in the Google Cloud console."
        )
    if refusal.reasons & _SWITCHED_OFF:
        return _bad_key(
            "Switch on “YouTube Data API v3” for this key's project in the Google Cloud console, wait a few minutes "
            "and try again."
        )
    if refusal.reasons & _RESTRICTED:
        return _bad_key(
            "The restrictions of this API key keep us out. In the Google Cloud console, allow it to use YouTube Data "
            "API v3 from this server."
        )
    return None


def _bad_key(message: str) -> BadCredentials:
    return BadCredentials(message, details={"api_key": [message]})


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
