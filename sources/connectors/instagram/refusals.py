"""What the Graph API means when it refuses: codes and subcodes, whose HTTP status tells little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from livinglytics.lib.answers import Answer
from livinglytics.lib.errors import BadCredentials, NotFound, ProductError, RateLimited, ServiceDown, Terminal
from livinglytics.lib.text import excerpt
from sources.connectors._meta import LIMITS, RECONNECT, error_in, usage_of
from sources.connectors._values import whole, words

#: seconds to wait where Meta does not say how long: its counts are of a sliding hour
USUAL_WAIT = 900.0
_BEFORE_BUSINESS, _GONE = 2_108_006, 33


class SignInRefused(BadCredentials):
    """The access token is no longer good; a fresh one may be."""


class NotAllowed(Terminal):
    """The token is good, but does not give this right."""

    code = "source.permission"
    status = 409


class Unsupported(Terminal):
    """A parameter that Instagram does not take here, mostly a metric that this account or post does not have."""


class BeforeBusiness(Terminal):
    """A post from before the account became a professional one has no numbers."""


class TooFewViewers(Terminal):
    """Instagram shows numbers of a story from five viewers on."""


class Gone(NotFound):
    """Instagram itself says that there is no such thing, or that this account may not see it."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Reads refusals. ``field``: the setting with which the account is opened."""

    field: str

    def __call__(self, answer: Answer) -> ProductError | None:
        """The error that it is; None leaves it to the usual rules."""
        error = error_in(answer)
        code = whole(error.get("code"))
        if code is None:
            return None
        if code in RECONNECT:
            return SignInRefused(_SHUT[self.field], details={self.field: [_SHUT[self.field]]})
        if code in LIMITS:
            wait = usage_of(answer).wait or answer.retry_after or USUAL_WAIT
            return RateLimited("Instagram asks us to slow down.", retry_after=wait, scope=answer.host)
        if error.get("is_transient") is True or code in (1, 2):
            return ServiceDown("Instagram does not work right now.", retry_after=answer.retry_after)
        return self._for_good(code, error)

    def _for_good(self, code: int, error: dict[str, Any]) -> ProductError | None:
        said, subcode = excerpt(words(error.get("message")), 200), whole(error.get("error_subcode"))
        if code == 10 and "viewers" in said.lower():
            return TooFewViewers("Instagram shows the numbers of a story from five viewers on.")
        if code == 10 or 200 <= code <= 299:
            message = f"{_ALLOW[self.field]} Instagram says: {said}"
            return NotAllowed(message, details={self.field: [message]})
        if code == 803 or (code == 100 and subcode == _GONE):
            return Gone("Instagram does not know this, or no longer.")
        if code == 100 and subcode == _BEFORE_BUSINESS:
            return BeforeBusiness("Posts from before the account became a professional one have no numbers.")
        if code == 100:
            return Unsupported(f"Instagram refused the question: {said}")
        return None


_SHUT = {
    "account": "Facebook no longer accepts this sign-in. Connect the account again.",
    "token": "Instagram does not accept this access token, or no longer. Make a new one and enter it here.",
}
_ALLOW = {
    "account": "The Facebook account may not read this. Connect it again, leave every box ticked, and choose the page "
    "and the Instagram account there.",
    "token": "This access token does not allow it. Make one with all the rights that the documentation names.",
}
