"""The errors that this product raises on purpose.

Every one has a stable ``code`` for programs, an HTTP ``status`` for the API and a
``message`` that says in plain words what to do next. ``Transient`` means that trying
again later can help; ``Terminal`` means that somebody has to change something first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ProductError(Exception):
    """Base of all expected errors.

    ``details`` is shown to API clients; other keyword arguments become attributes and
    fill ``{placeholders}`` of the class's default message.
    """

    code: str = "ERROR"
    status: int = 500
    message: str = "Something went wrong. Try again; if it stays, look at the log."

    def __init__(self, message: str | None = None, *, details: Mapping[str, Any] | None = None, **fields: Any) -> None:
        if message is None:
            message = type(self).message.format_map(fields) if fields else type(self).message
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = dict(details or {})
        for name, value in fields.items():
            setattr(self, name, value)

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.message, self.__dict__.copy()))


def _rebuild(kind: type[ProductError], message: str, state: dict[str, Any]) -> ProductError:
    error = kind(message)
    error.__dict__.update(state)
    return error


class Transient(ProductError):  # noqa: N818
    """It may work later without anybody's help. ``retry_after`` is in seconds, None if unknown."""

    code = "TEMPORARY_ERROR"
    status = 503
    message = "This did not work right now. It is tried again by itself."
    retry_after: float | None = None


class Terminal(ProductError):  # noqa: N818
    """Trying again cannot help until something is changed."""

    code = "REFUSED"
    status = 400
    message = "This cannot be done as asked."


class RateLimited(Transient):
    """Too many requests, ours or a service's. ``scope`` names whose limit it is."""

    code = "rate_limited"
    status = 429
    message = "Too many requests. Wait a little and try again."
    scope: str = ""


class ServiceDown(Transient):
    """A service could not be reached, or answered with a server error."""

    code = "service_unavailable"
    status = 503
    message = "The service does not answer right now. It is tried again later."


class BadCredentials(Terminal):
    """A service refused the key, token or password we hold."""

    code = "source.bad_credentials"
    status = 409
    message = "The service refused the credentials. Check them, or connect again with new ones."


class NotFound(Terminal):
    """There is no such thing, or it belongs to somebody else."""

    code = "NOT_FOUND"
    status = 404
    message = "Not found."


class Invalid(Terminal):
    """Input that does not pass the checks. ``details`` is {field: [messages]}."""

    code = "VALIDATION_ERROR"
    status = 422
    message = "Some values are not valid. Correct the marked fields."


class Forbidden(Terminal):
    """The person is known but has no right to do this."""

    code = "AUTHORIZATION_ERROR"
    status = 403
    message = "You may not do this. Ask an owner or admin of the team."


class Conflict(Terminal):
    """The thing is in a state that does not allow this, or exists already."""

    code = "CONFLICT_ERROR"
    status = 409
    message = "This does not fit the current state. Reload and try again."


class TooLarge(Terminal):
    """An upload, a request or an answer is bigger than the limit."""

    code = "TOO_LARGE"
    status = 413
    message = "This is too large."


class BadAnswer(Terminal):
    """A service answered with a body that cannot be read."""

    code = "service.bad_answer"
    status = 502
    message = "The service sent an answer that cannot be read."


class AddressRefused(Terminal):
    """A web address that points into a private network, or is not a plain web address."""

    code = "address.refused"
    status = 422
    message = "This address is not allowed. Use a public http or https address."
