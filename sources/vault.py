"""The sealed settings of sources: written once, opened only to talk to the service."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from livinglytics.lib.secrets import Redactor, Sealer
from sources.connectors._auth import Token
from sources.models import ApiKey, Credential, Source

_SHORTEST_TAIL = 12


def sealer() -> Sealer:
    """Seals with the first of ``SEALING_KEYS`` and opens with any of them."""
    return Sealer([_fernet_key(key) for key in settings.SEALING_KEYS])


def _fernet_key(text: str) -> str:
    """A Fernet key as it is; any other long random text by its SHA-256."""
    try:
        if len(base64.urlsafe_b64decode(text)) == 32:
            return text
    except (binascii.Error, ValueError):
        pass
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()


def seal(values: Mapping[str, str]) -> str:
    """The secret settings as one sealed text."""
    return sealer().seal(json.dumps(dict(values), sort_keys=True))


def open_sealed(sealed: str) -> dict[str, str]:
    """The settings again. Raises CannotOpen when no key fits."""
    opened: dict[str, str] = json.loads(sealer().open(sealed))
    return opened


def secrets_of(source: Source) -> dict[str, str]:
    """The opened secrets of a source, its own or those of the team's key that it uses; {} when it has none."""
    held: Credential | ApiKey | None = Credential.objects.filter(source_id=source.pk).first()
    if held is None and source.api_key_id:
        held = ApiKey.objects.filter(pk=source.api_key_id).first()
    return open_sealed(held.sealed) if held else {}


def redactor(secrets: Mapping[str, str]) -> Redactor:
    """Takes these secrets out of any text; of a signed-in account, its tokens."""
    return Redactor(part for value in secrets.values() for part in parts_of(value))


def parts_of(value: str) -> tuple[str, ...]:
    """What must not be shown of a sealed value: the whole, or the tokens of an account."""
    token = Token.from_text(value)
    return (value,) if token is None else (token.access, token.refresh)


def hints(values: Mapping[str, str], at: datetime) -> dict[str, dict[str, str]]:
    """What may be shown of each secret: when it was set and how a long one ends; of an account, whose it is."""
    return {name: _hint(value, at.date().isoformat()) for name, value in values.items()}


def _hint(value: str, day: str) -> dict[str, str]:
    token = Token.from_text(value)
    if token is None:
        return {"set_on": day, "ends": _tail(value)}
    return {"set_on": day, "identity": token.identity, "scopes": " ".join(token.scopes)}


def _tail(value: str) -> str:
    return value[-4:] if len(value) >= _SHORTEST_TAIL else ""


def in_words(hint: Mapping[str, str]) -> str:
    """``set on 2026-03-01, ends …3f9a``; ``ada@example.com, signed in on 2026-03-01`` for an account."""
    if "identity" in hint:
        return f"{hint['identity'] or 'An account'}, signed in on {hint.get('set_on', '?')}"
    ending = f", ends …{hint['ends']}" if hint.get("ends") else ""
    return f"set on {hint.get('set_on', '?')}{ending}"


def rotate(held: Sequence[Credential] | Sequence[ApiKey]) -> int:
    """Seal these again with the newest key; returns how many."""
    with_newest = sealer()
    for one in held:
        one.sealed = with_newest.rotate(one.sealed)
        one.save(update_fields=["sealed", "updated_at"])
    return len(held)
