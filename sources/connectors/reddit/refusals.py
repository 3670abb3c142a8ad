"""What Reddit means when it refuses: its status codes and reasons as errors of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from livinglytics.lib.errors import BadAnswer, BadCredentials, ProductError, RateLimited, Terminal
from sources.connectors._values import number, thing

if TYPE_CHECKING:
    from livinglytics.lib.answers import Answer

_REASONS: Final = {
    "private": "It is private.",
    "banned": "Reddit has banned it.",
    "quarantined": "It is quarantined: Reddit shows it to nobody who has not agreed on its site.",
    "gated": "Reddit shows it only to people who have agreed to a warning on its site.",
    "gold_only": "It is for paying members of Reddit.",
}


class Unreadable(Terminal):
    """A community or post that is gone or kept from us; others can still be read."""

    message = "Reddit doesn't show it."


class Broken(BadAnswer):
    """A list that ended early or runs in circles: what is missing has to be read from its top."""


class TokenRefused(Terminal):
    """The token has ended or was withdrawn."""


class Blocked(Terminal):
    """Reddit's guard at the door answered with a web page, whoever we are."""

    code = "service.blocked"
    message = (
        "Reddit answered with a block page (403). Check that the user name and the app are your own and approved, and "
        "that Reddit doesn't block this server's address; its networks of data centres are often blocked."
    )


def meaning(answer: Answer) -> ProductError | None:
    """The error that a refused question stands for, or None for the usual one of its status.

    The body is never quoted: nobody knows what stands in it.
    """
    status = answer.status
    if status == 401:
        return TokenRefused("Reddit no longer takes the token.")
    if limit := limited(answer):
        return limit
    if status in (403, 451) and _is_page(answer):
        return Blocked()
    if status in (403, 404, 410, 451) and (said := _said(answer)):
        usual = "Reddit refuses to show it." if status in (403, 451) else "Reddit knows no such community or post."
        return Unreadable(_REASONS.get(str(said.get("reason") or ""), usual))
    return _refused(status)


def meaning_for_token(answer: Answer) -> ProductError | None:
    """As ``meaning``, where the app itself asks for a token."""
    if answer.status == 401:
        return bad_app()
    if limit := limited(answer):
        return limit
    if answer.status == 403 and _is_page(answer):
        return Blocked()
    return bad_app() if answer.status in (400, 403) else _refused(answer.status)


def bad_app() -> BadCredentials:
    """Which of the two is wrong, or whether the app was taken away, Reddit doesn't say."""
    message = (
        "Reddit does not take this client id and secret. Copy both again from the page of your app, and see that it is "
        "a script or web app that Reddit has approved."
    )
    return BadCredentials(message, details={"client_secret": [message]})


def limited(answer: Answer) -> RateLimited | None:
    """For 429: the wait that Reddit asks for, in its own header where the usual one is missing."""
    if answer.status != 429:
        return None
    wait = answer.retry_after
    return RateLimited(
        "Reddit asks us to slow down.", retry_after=seconds(answer, "reset") if wait is None else wait, scope="reddit"
    )


def seconds(answer: Answer, name: str) -> float | None:
    """A number out of the headers of the limit, such as ``remaining`` or ``reset``; None for what is none."""
    try:
        return number(float(answer.headers.get(f"x-ratelimit-{name}", "")), 0, 1e6)
    except ValueError:
        return None


def _refused(status: int) -> Terminal | None:
    if status >= 500 or status in (403, 404, 408, 410, 425, 451):
        return None
    return Terminal(f"Reddit refused the request ({status}). If it stays, its service has changed.")


def _is_page(answer: Answer) -> bool:
    return answer.content_type == "text/html" or answer.body.lstrip()[:1] == b"<"


def _said(answer: Answer) -> dict[str, Any]:
    """Reddit's own error body; empty for another one, such as that of something in between."""
    try:
        body = thing(answer.json())
    except BadAnswer:
        return {}
    return body if body.get("error") == answer.status or "reason" in body else {}
