"""Secrets: sealed at rest, shown masked, kept out of texts."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets as random_source
from collections.abc import Iterable, Sequence
from urllib.parse import quote, quote_plus

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from livinglytics.lib.errors import Terminal

_HIDDEN = "•••"
#: Shorter values are not searched for in texts: they would hit ordinary words.
_SHORTEST_REDACTED = 4
_SHORTEST_MASKED = 16


class CannotOpen(Terminal):
    """A sealed value was made with a key that we no longer hold, or was changed."""

    code = "secret.cannot_open"
    status = 409
    message = "A stored secret cannot be opened with the current keys. Restore the old key or enter the secret again."


class Sealer:
    """Seals short texts with the first key and opens them with any (Fernet, AES-128-CBC + HMAC-SHA256).

    ``keys`` are Fernet keys, newest first. To change keys: put the new one in front,
    ``rotate`` every stored value, then drop the old one.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("At least one encryption key is needed. Make one with Sealer.new_key().")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise ValueError(
                "An encryption key is 32 bytes in URL-safe base64. Make one with Sealer.new_key()."
            ) from None

    @staticmethod
    def new_key() -> str:
        return Fernet.generate_key().decode()

    def seal(self, plain: str) -> str:
        return self._fernet.encrypt(plain.encode()).decode()

    def open(self, sealed: str) -> str:
        """The plain text, or CannotOpen."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise CannotOpen from None

    def rotate(self, sealed: str) -> str:
        """The same secret sealed with the newest key, or CannotOpen."""
        try:
            return self._fernet.rotate(sealed.encode()).decode()
        except InvalidToken:
            raise CannotOpen from None


def mask(secret: str) -> str:
    """First and last four characters; nothing of a short secret, whose rest would be easy to guess."""
    if not secret:
        return ""
    if len(secret) < _SHORTEST_MASKED:
        return _HIDDEN
    return f"{secret[:4]}…{secret[-4:]}"


def fingerprint(secret: str) -> str:
    """16 hex digits to tell whether two secrets are the same one without showing either."""
    return hashlib.sha256(b"fingerprint:" + secret.encode()).hexdigest()[:16]


def new_token(prefix: str) -> str:
    """A fresh random token (256 bits) that tells by its prefix what it is for."""
    return f"{prefix.rstrip('_')}_{random_source.token_urlsafe(32)}"


def hash_token(token: str) -> str:
    """SHA-256 in hex. Enough for long random tokens; never use it for passwords."""
    return hashlib.sha256(token.encode()).hexdigest()


class Redactor:
    """Replaces known secrets in any text, also in their URL, JSON and base64 spellings."""

    def __init__(self, values: Iterable[str]) -> None:
        self._spellings: list[str] = []
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        """Know these too from now on: secrets that come up while somebody holds this one."""
        spellings = set(self._spellings)
        for value in values:
            if value and len(value) >= _SHORTEST_REDACTED:
                spellings |= _spellings(value)
        self._spellings = sorted(spellings, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for spelling in self._spellings:
            text = text.replace(spelling, _HIDDEN)
        return text

    def redact(self, text: str) -> str:
        """``text`` with every known secret replaced."""
        return self(text)


def _spellings(value: str) -> set[str]:
    raw = value.encode()
    return {
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }
