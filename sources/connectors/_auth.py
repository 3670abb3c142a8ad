"""Signing in at a service on behalf of a person: what every provider of accounts does in its own way.

Plain Python: where tokens are kept, and who may ask for a fresh one when, is decided by `sources/actions`.
"""

from __future__ import annotations

import abc
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self
from urllib.parse import urlencode

from livinglytics.lib.answers import Answer
from livinglytics.lib.errors import BadAnswer, Terminal
from livinglytics.lib.registry import Registry
from sources.connectors._base import Http
from sources.connectors._values import instant, thing, whole, words

_VERSION: Final = 1
_FORM: Final = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


class AppRefused(Terminal):
    """The provider doesn't accept this installation's own registration: only its operator can help."""

    code = "source.app_refused"
    status = 409


class StartAgain(Terminal):
    """A sign-in can't be finished any more: its code was used, or is too old."""

    code = "source.sign_in_ended"
    status = 409
    message = "This sign-in took too long or was finished already. Start it again."


def _same(address: str) -> str:
    return address


@dataclass(frozen=True, slots=True)
class App:
    """This installation as the provider knows it. ``base_url(default)``: an address, which tests point at a fake."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str = ""
    base_url: Callable[[str], str] = _same


@dataclass(frozen=True, slots=True)
class Token:
    """What a sign-in brought. Moments are aware; ``expires_at`` is when ``access`` ends, None for never.

    ``identity`` is the account as its owner knows it: an address or a name. Neither token shows in a text.
    """

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires_at: datetime | None = None
    obtained_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    identity: str = ""

    def usable(self, now: datetime) -> bool:
        """Whether ``access`` has not ended by the clock."""
        return self.expires_at is None or now < self.expires_at

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, for the sealed secrets of a source."""
        return {
            "v": _VERSION,
            "access": self.access,
            "refresh": self.refresh,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "obtained_at": self.obtained_at.isoformat() if self.obtained_at else None,
            "scopes": list(self.scopes),
            "identity": self.identity,
        }

    @classmethod
    def from_dict(cls, value: Any) -> Self | None:
        """The token again; None for what is none."""
        kept = thing(value)
        access, scopes = kept.get("access"), kept.get("scopes")
        if kept.get("v") != _VERSION or not isinstance(access, str) or not access:
            return None
        return cls(
            access=access,
            refresh=str(kept.get("refresh") or ""),
            expires_at=instant(kept.get("expires_at")),
            obtained_at=instant(kept.get("obtained_at")),
            scopes=tuple(str(one) for one in scopes) if isinstance(scopes, list) else (),
            identity=words(kept.get("identity")),
        )

    def to_text(self) -> str:
        """As ``to_dict``, as one text."""
        return json.dumps(self.to_dict(), sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """The token again; None for any other text, such as another kind of secret."""
        if not text.startswith("{"):
            return None
        try:
            return cls.from_dict(json.loads(text))
        except (ValueError, RecursionError):
            return None


class Provider(abc.ABC):
    """A service where people sign in. Every call is one try: the caller decides what comes of a failure.

    ``http`` is the guarded client. Refused for good is BadCredentials (somebody has to sign in again),
    ``AppRefused`` (the operator has to act) or ``StartAgain``; the rest is Transient.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    #: what somebody who signs in should know, such as how long it lasts
    note: ClassVar[str] = ""

    @abc.abstractmethod
    def authorize_url(self, app: App, *, state: str, challenge: str, scopes: Sequence[str]) -> str:
        """Where the browser is sent. ``challenge``: the S256 challenge of a PKCE verifier."""

    @abc.abstractmethod
    def exchange(self, http: Http, app: App, *, code: str, verifier: str, now: datetime) -> Token:
        """The code that came back, as a token. A code can be exchanged once."""

    @abc.abstractmethod
    def refresh(self, http: Http, app: App, token: Token, now: datetime) -> Token:
        """A fresh token for this one, which may be spent by it: keep the answer before using it."""

    @abc.abstractmethod
    def due(self, token: Token, now: datetime) -> bool:
        """Whether somebody who is about to use the token should refresh it first."""

    @abc.abstractmethod
    def upkeep(self, token: Token) -> datetime | None:
        """When a token that nobody uses must be refreshed so that it doesn't end; None for never."""

    @abc.abstractmethod
    def revoke(self, http: Http, app: App, token: Token) -> None:
        """Take back what the account's owner granted. It ends every token of this account and app."""

    def short(self, scope: str) -> str:
        """A scope as a person is told it."""
        return scope.rpartition("/")[2]


providers: Registry[Provider] = Registry("provider of accounts")


def missing_scopes(asked: Sequence[str], token: Token) -> list[str]:
    """What was asked for and not granted."""
    return [one for one in asked if one not in token.scopes]


def address(url: str, params: Mapping[str, str]) -> str:
    """``url`` with a query."""
    return f"{url}?{urlencode(params)}"


def post_form(http: Http, url: str, params: Mapping[str, str], *, classify: Any) -> dict[str, Any]:
    """The JSON object that a form is answered with. Secrets travel in the body, never in the address."""
    return thing(http.post(url, body=urlencode(params).encode(), headers=_FORM, classify=classify).json())


def access_of(body: Mapping[str, Any], label: str) -> str:
    """The access token of an answer. Raises BadAnswer."""
    found = body.get("access_token")
    if not isinstance(found, str) or not found or len(found) > 8_000:
        raise BadAnswer(f"{label} accepted the sign-in but gave no access token. Try again later.")
    return found


def ends(body: Mapping[str, Any], now: datetime, usual: timedelta) -> datetime:
    """When the access token of an answer ends; after the ``usual`` time where the answer doesn't say."""
    seconds = whole(body.get("expires_in"), 400 * 86_400)
    return now + (timedelta(seconds=seconds) if seconds else usual)


def refusal_of(answer: Answer) -> dict[str, Any]:
    """The JSON object of a refusal, empty for anything else."""
    try:
        return thing(json.loads(answer.body))
    except (ValueError, RecursionError):
        return {}


def code_of(value: Any) -> str:
    """An error code where it looks like one."""
    return value if isinstance(value, str) and re.fullmatch(r"[a-z_]{3,40}", value) else ""
