"""Two ways in: a service account's key with the access token that it buys, or an account that was signed in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, Protocol
from urllib.parse import urlencode

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from livinglytics.lib.answers import Answer
from livinglytics.lib.errors import BadAnswer, BadCredentials, Invalid, ProductError, Terminal

if TYPE_CHECKING:
    from sources.connectors._base import Context

TOKENS = "https://oauth2.googleapis.com"
#: who the signed request is for: always Google, also where a gateway or a fake answers
AUDIENCE = f"{TOKENS}/token"
SCOPE = "https://www.googleapis.com/auth/analytics.readonly"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: Google takes an hour at most; five minutes less forgive a clock that runs fast
_SIGNED_FOR = timedelta(minutes=55)
_EARLY = timedelta(seconds=60)
_MAKE_ONE = "Make one in Google Cloud under IAM → Service accounts → Keys → Add key → JSON, and paste the whole file."


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A service account's e-mail address and private key. The key never shows in a text."""

    email: str
    key_id: str
    private: RSAPrivateKey = field(repr=False)


def read_key(text: str) -> ServiceKey:
    """The key file's content. Raises Invalid for the field ``key``; the message never quotes it."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        _refuse(f"This is not a key file: it is not valid JSON. {_MAKE_ONE}")
    if not isinstance(found, dict) or found.get("type") != "service_account":
        _refuse(f"This is not the key of a service account. {_MAKE_ONE}")
    email, pem = found.get("client_email"), found.get("private_key")
    if not isinstance(email, str) or "@" not in email or not isinstance(pem, str):
        _refuse(f"The key file is not whole: client_email or private_key is missing. {_MAKE_ONE}")
    return ServiceKey(email[:200], str(found.get("private_key_id") or ""), _private(pem))


def _private(pem: str) -> RSAPrivateKey:
    unfolded = pem if "\n" in pem else pem.replace("\\n", "\n")
    try:
        private = load_pem_private_key(unfolded.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, RSAPrivateKey):
        _refuse(f"The private key in the key file can't be read. {_MAKE_ONE}")
    return private


def _refuse(message: str) -> NoReturn:
    raise Invalid(message, details={"key": [message]})


class Access(Protocol):
    """How the Data API is opened. ``field``: the setting that is at fault when it stays shut; ``reader``: who reads."""

    field: str
    reader: str

    def headers(self) -> dict[str, str]:
        """The header that opens the door."""

    def drop(self) -> None:
        """The service refused the token that was given last."""


class AccountAccess:
    """The Google account that somebody signed in with. Whoever keeps it renews its tokens."""

    field = "account"
    reader = "the Google account that you connected"

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._token = ""
        self._refused = ""

    def headers(self) -> dict[str, str]:
        """The header that opens the door, never with a token that was refused."""
        self._token = self._ctx.token(refused=self._refused)
        self._refused = ""
        return {"authorization": f"Bearer {self._token}"}

    def drop(self) -> None:
        """Ask for another one next time."""
        self._refused = self._token


class KeyAccess:
    """Buys access tokens with the key and keeps the newest in memory, for one run."""

    field = "key"

    def __init__(self, ctx: Context, key: ServiceKey) -> None:
        self._ctx = ctx
        self._key = key
        self.reader = key.email
        self._token = ""
        self._good_until: datetime | None = None

    def headers(self) -> dict[str, str]:
        """The header that opens the door, with a fresh token where the last one is about to end."""
        if self._good_until is None or self._ctx.now() >= self._good_until:
            self._buy()
        return {"authorization": f"Bearer {self._token}"}

    def drop(self) -> None:
        """Forget the token: the service refused it."""
        self._good_until = None

    def _buy(self) -> None:
        now: datetime = self._ctx.now()
        form = urlencode({"grant_type": GRANT, "assertion": self._assertion(now)}).encode()
        answer = self._ctx.http.post(
            self._ctx.base_url(TOKENS) + "/token",
            body=form,
            headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            classify=_refusal,
        )
        body = answer.json()
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token:
            raise BadAnswer("Google accepted the key but gave no access token. Try again later.")
        self._token, self._good_until = token, now + _lasts(body.get("expires_in")) - _EARLY

    def _assertion(self, now: datetime) -> str:
        began = int(now.timestamp())
        claims = {
            "iss": self._key.email,
            "scope": SCOPE,
            "aud": AUDIENCE,
            "iat": began,
            "exp": began + int(_SIGNED_FOR.total_seconds()),
        }
        named = {"kid": self._key.key_id} if self._key.key_id else None
        return jwt.encode(claims, self._key.private, algorithm="RS256", headers=named)


def _lasts(seconds: Any) -> timedelta:
    known = isinstance(seconds, int | float) and 0 < seconds <= 86_400
    return timedelta(seconds=float(seconds) if known else 3599)


def _refusal(answer: Answer) -> ProductError | None:
    """What the token endpoint means, in our words; None leaves limits and failures to the usual rules."""
    if answer.status not in (400, 401, 403):
        return None
    code, said = _reason(answer)
    if not code:
        return None
    if "short-lived" in said or "iat" in said.split() or "exp" in said.split():
        return Terminal(
            "Google refused the sign-in because of the time. Set the clock of this server right and sync again.",
            code="source.wrong_clock",
        )
    if "signature" in said:
        message = "Google no longer accepts this key: it was deleted or replaced. Make a new key and enter it here."
    elif "account not found" in said or "disabled" in said:
        message = "Google knows no such service account, or it is disabled. Enable it, or enter the key of another."
    else:
        message = f"Google refused the key ({code}). Make a new key and enter it here."
    return BadCredentials(message, details={"key": [message]})


def _reason(answer: Answer) -> tuple[str, str]:
    """The error code where it looks like one, and Google's remark in lower case. Neither is shown as it came."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    code = str(body.get("error") or "")
    said = str(body.get("error_description") or "").lower()
    return (code if re.fullmatch(r"[a-z_]{3,40}", code) else ""), said
